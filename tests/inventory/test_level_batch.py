"""Thresholds of many levels in one request."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from api.inventory.events import StockLow
from api.inventory.models import StockLevel
from api.kernel.ids import new_id
from api.platform.db import session
from tests.support.events import facts_of
from tests.support.people import Person, a_customer, a_staff_member
from tests.support.sql import count_statements
from tests.support.stock import a_location, goods, level_of
from tests.support.threads import at_once

URL = "/api/v1/admin/inventory/levels/batch"


@pytest.fixture
def anna(app: Flask) -> Person:
    """The owner."""
    return a_staff_member()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _send(client: FlaskClient, who: Person, items: Any, **frame: Any) -> dict[str, Any]:
    answer = client.post(URL, json={"items": items, **frame}, headers=who.headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def _thresholds() -> dict[UUID, int | None]:
    rows = session.execute(select(StockLevel.variant_id, StockLevel.low_stock_threshold))
    return {row.variant_id: row.low_stock_threshold for row in rows}


def test_levels_are_named_by_id_or_by_variant_and_location(
    client: FlaskClient, anna: Person
) -> None:
    """What is wrong with one row is told with its place, and the others land."""
    main = a_location("MAIN")
    mug, cup, jug = goods("MUG", 3, at=main), goods("CUP", 9, at=main), goods("JUG", 9, at=main)

    answer = _send(
        client,
        anna,
        [
            {"id": str(level_of(mug)), "version": 1, "low_stock_threshold": 5},
            {
                "variant_id": str(cup),
                "location": "MAIN",
                "version": 1,
                "low_stock_threshold": 4,
            },
            {"variant_id": str(jug), "location": "ATTIC", "version": 1, "low_stock_threshold": 4},
            {"id": str(level_of(jug)), "version": 7, "low_stock_threshold": 4},
            {"id": str(level_of(jug)), "version": 1, "low_stock_threshold": -1},
            {"id": str(level_of(jug)), "location": "MAIN", "version": 1, "low_stock_threshold": 1},
            {"version": 1, "low_stock_threshold": 1},
            {"id": str(level_of(jug)), "low_stock_threshold": 1},
        ],
    )

    assert [row["version"] for row in answer["data"][:2]] == [2, 2]
    assert answer["data"][1]["id"] == str(level_of(cup))
    assert [row["error"]["code"] for row in answer["data"][2:]] == [
        "level_not_found",
        "stale_version",
        "invalid",
        "invalid",
        "invalid",
        "precondition_required",
    ]
    assert answer["counts"] == {"ok": 2, "failed": 6, "not_done": 0}
    assert _thresholds() == {mug: 5, cup: 4, jug: None}
    assert [fact.variant_id for fact in facts_of(StockLow)] == [mug]


def test_with_reject_all_nothing_lands_and_nobody_is_alarmed(
    client: FlaskClient, anna: Person
) -> None:
    mug, cup = goods("MUG", 3), goods("CUP", 9)

    answer = _send(
        client,
        anna,
        [
            {"id": str(level_of(mug)), "version": 1, "low_stock_threshold": 5},
            {"id": str(level_of(cup)), "version": 2, "low_stock_threshold": 5},
        ],
        on_error="reject_all",
    )

    assert [row["status"] for row in answer["data"]] == ["not_done", "failed"]
    assert _thresholds() == {mug: None, cup: None}
    assert facts_of(StockLow) == []


def test_batches_over_the_same_levels_in_other_orders_queue(app: Flask, anna: Person) -> None:
    """Locked in the order of the request, two of them would deadlock."""
    levels = [level_of(goods(f"G-{n}", 5)) for n in range(12)]

    def send(turn: int) -> Any:
        order = levels if turn % 2 else levels[::-1]
        items = [{"id": str(level), "low_stock_threshold": turn} for level in order]
        return app.test_client().post(
            URL, json={"items": items, "force": True}, headers=anna.headers
        )

    outcomes = at_once(app, [lambda turn=turn: send(turn) for turn in range(6)])

    assert outcomes.of_status(200) == 6
    assert set(session.scalars(select(StockLevel.version))) == {7}
    assert len(set(_thresholds().values())) == 1


def test_a_row_costs_the_same_in_a_long_batch(client: FlaskClient, anna: Person) -> None:
    levels = [level_of(goods(f"G-{n}", 5)) for n in range(24)]
    counts = []
    for some in (levels[:2], levels[2:4], levels[4:]):
        with count_statements() as statements:
            _send(
                client,
                anna,
                [{"id": str(one), "version": 1, "low_stock_threshold": 2} for one in some],
            )
        counts.append(statements.count)

    assert counts[2] - counts[1] <= 18 * 5, counts


def test_batches_are_for_those_who_count_stock(app: Flask, client: FlaskClient) -> None:
    customer = a_customer("carla@shop.test")
    body = {"items": [{"id": str(new_id()), "version": 1, "low_stock_threshold": 2}]}
    assert client.post(URL, json=body).status_code == 401
    assert client.post(URL, json=body, headers=customer.headers).status_code == 403
