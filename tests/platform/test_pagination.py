"""Keyset pages: nothing twice, nothing missed, and a cursor that only fits its own list."""

import base64
import random
from datetime import datetime
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from api.kernel.ids import new_id
from api.platform import pagination
from api.platform.db import session, transaction
from tests.support.sql import count_statements
from tests.support.workshop import PATH, SHELVES

URL = f"{PATH}/shelves"


def builds(numbers: list[int], *, prefix: str = "") -> set[str]:
    """Build one shelf for each number of things on it; returns their names."""
    rows = [
        {"id": new_id(), "name": f"{prefix}{place}-{number}", "count": number}
        for place, number in enumerate(numbers)
    ]
    with transaction():
        session.execute(insert(SHELVES), rows)
    return {str(row["name"]) for row in rows}


def page(client: FlaskClient, **query: Any) -> dict[str, Any]:
    """Read one page."""
    answer = client.get(URL, query_string={k: v for k, v in query.items() if v is not None})
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def refusal(client: FlaskClient, cursor: str, **query: Any) -> tuple[int, str]:
    """Return how a cursor is refused."""
    answer = client.get(URL, query_string={"cursor": cursor, **query})
    return answer.status_code, (answer.json or {}).get("code", "")


def test_a_list_is_an_envelope(client: FlaskClient) -> None:
    builds([1, 2])

    assert page(client) == {
        "data": [
            {"id": shelf["id"], "name": f"{place}-{place + 1}", "count": place + 1}
            for place, shelf in enumerate(page(client)["data"])
        ],
        "page": {"limit": 25, "next_cursor": None, "has_more": False},
    }


@pytest.mark.parametrize("seed", range(6))
def test_no_row_comes_twice_and_none_is_missed_while_others_are_added(
    client: FlaskClient, seed: int
) -> None:
    chance = random.Random(seed)
    there_all_along = builds([chance.randrange(8) for _ in range(chance.randrange(1, 60))])
    descending = chance.random() < 0.5
    seen: list[str] = []
    counts: list[int] = []
    cursor = None
    for visit in range(200):
        found = page(client, limit=chance.randrange(1, 9), cursor=cursor, descending=descending)
        seen += [shelf["name"] for shelf in found["data"]]
        counts += [shelf["count"] for shelf in found["data"]]
        assert found["page"]["has_more"] == (found["page"]["next_cursor"] is not None)
        if not found["page"]["has_more"]:
            break
        cursor = found["page"]["next_cursor"]
        if visit < 20:
            builds([chance.randrange(8) for _ in range(2)], prefix=f"late-{visit}-")

    assert len(seen) == len(set(seen))
    assert there_all_along <= set(seen)
    assert counts == sorted(counts, reverse=descending)


def test_a_page_that_is_just_full_has_nothing_after_it(client: FlaskClient) -> None:
    builds([1] * 5)

    assert page(client, limit=5)["page"]["has_more"] is False
    first = page(client, limit=4)
    rest = page(client, limit=4, cursor=first["page"]["next_cursor"])
    assert (len(rest["data"]), rest["page"]["has_more"]) == (1, False)


def test_an_empty_list_is_a_page_too(client: FlaskClient) -> None:
    assert page(client)["data"] == []


@pytest.mark.parametrize("limit", [0, -1, 101, "many"])
def test_a_page_has_one_to_a_hundred_rows(client: FlaskClient, limit: object) -> None:
    assert client.get(f"{URL}?limit={limit}").status_code == 422


def test_a_page_costs_one_statement_wherever_it_is(client: FlaskClient) -> None:
    builds([1] * 30)
    cursor = page(client, limit=10)["page"]["next_cursor"]

    for place in (None, cursor):
        with client.application.app_context(), count_statements() as sent:
            page(client, limit=10, cursor=place)
        assert sent.count == 1, sent


def test_a_total_is_counted_when_it_is_asked_for(client: FlaskClient) -> None:
    builds([1, 2, 3])

    assert page(client, include="total", limit=2)["page"]["total"] == 3
    assert page(client, include="total", below=2)["page"]["total"] == 1
    assert "total" not in page(client)["page"]


def test_a_total_is_not_counted_for_ever(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "TOTAL_CAP", 10)
    builds([1] * 10)
    assert page(client, include="total")["page"]["total_is_capped"] is False

    builds([1] * 5, prefix="more-")

    capped = page(client, include="total")["page"]
    assert (capped["total"], capped["total_is_capped"]) == (10, True)


def test_a_cursor_does_not_fit_another_list(client: FlaskClient) -> None:
    builds([1] * 5)
    cursor = page(client, limit=2)["page"]["next_cursor"]

    assert refusal(client, cursor, below=3) == (422, "cursor_invalid")
    assert refusal(client, cursor, descending="true") == (422, "cursor_invalid")
    assert page(client, limit=3, cursor=cursor)["data"]


def forged(mark: str, *values: Any) -> str:
    """Make a cursor of our own."""
    return base64.urlsafe_b64encode(orjson.dumps([mark, *values])).decode().rstrip("=")


def test_a_cursor_that_someone_made_up_is_refused_and_not_a_bug(client: FlaskClient) -> None:
    builds([1] * 5)
    cursor = page(client, limit=2)["page"]["next_cursor"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    mark, number, row_id = orjson.loads(raw)
    assert refusal(client, forged(mark, number, row_id))[0] == 200
    assert refusal(client, "") == (422, "invalid")

    for made_up in (
        "x",
        "ü",
        "AAAA",
        base64.urlsafe_b64encode(b"5").decode(),
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b"[5]").decode(),
        forged("another-list", number, row_id),
        forged(mark),
        forged(mark, number),
        forged(mark, number, row_id, 1),
        forged(mark, "one", row_id),
        forged(mark, "1", row_id),
        forged(mark, None, row_id),
        forged(mark, True, row_id),
        forged(mark, 1.5, row_id),
        forged(mark, [1], row_id),
        forged(mark, {"a": 1}, row_id),
        forged(mark, number, 5),
        forged(mark, number, None),
        forged(mark, number, "not-an-id"),
        forged(mark, number, ["a"]),
    ):
        assert refusal(client, made_up) == (422, "cursor_invalid"), made_up


@pytest.mark.parametrize(
    "value",
    [
        5,
        None,
        "yesterday",
        "2026-01-01T00:00:00",
        "2026-13-01T00:00:00Z",
        ["x"],
        True,
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_a_made_up_moment_is_refused_and_not_a_bug(value: Any) -> None:
    with pytest.raises(pagination.CursorInvalid):
        pagination.decode_cursor(forged("m", value), "m", [datetime])


def test_a_made_up_text_is_refused_when_the_database_could_not_read_it() -> None:
    with pytest.raises(pagination.CursorInvalid):
        pagination.decode_cursor(forged("m", "a\x00b"), "m", [str])
