"""The stock desk over HTTP: who may, what it shows, what it refuses."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.kernel.ids import new_id
from tests.support.catalogue import a_product
from tests.support.people import Person, a_customer, a_staff_member
from tests.support.stock import (
    Counters,
    a_location,
    allocated,
    counters,
    goods,
    held,
    journal,
    level_of,
    stocked,
)

STOCK = "/api/v1/admin/stock"
LOCATIONS = "/api/v1/admin/locations"


@pytest.fixture
def anna(app: Flask) -> Person:
    """The owner."""
    return a_staff_member()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a token."""
    return app.test_client()


def adjusts(client: FlaskClient, who: Person, level_id: UUID, **body: Any) -> Any:
    headers = who.with_headers(Idempotency_Key=new_id().hex)
    return client.post(f"{STOCK}/{level_id}/adjust", json=body, headers=headers)


def test_a_level_shows_what_lies_there_and_who_has_a_claim(
    client: FlaskClient, anna: Person
) -> None:
    (mug,) = a_product("MUG-BLUE", title="Blue mug", barcodes=["4006381333931"])
    stocked(mug, 10, threshold=3)
    allocated({mug: 4})
    held({mug: 1})

    answer = client.get(f"{STOCK}/{level_of(mug)}", headers=anna.headers)

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    body = answer.json
    assert body is not None
    moved_at = datetime.fromisoformat(body.pop("last_moved_at"))
    assert abs((datetime.now(UTC) - moved_at).total_seconds()) < 60
    assert body.pop("location").keys() == {"id", "code", "name"}
    assert body == {
        "id": str(level_of(mug)),
        "variant_id": str(mug),
        "sku": "MUG-BLUE",
        "barcode": "4006381333931",
        "product_title": "Blue mug",
        "variant_title": None,
        "on_hand": 10,
        "allocated": 4,
        "reserved": 1,
        "available": 5,
        "damaged": 0,
        "quarantine": 0,
        "safety_stock": 0,
        "unavailable": 0,
        "in_bins": 0,
        "in_lots": 0,
        "expired": 0,
        "back_ordered": 0,
        "preferred_bin_id": None,
        "replenish_min": None,
        "replenish_max": None,
        "low_stock_threshold": 3,
        "is_low": False,
        "version": 2,
        "last_moved_by": "Stockroom",
        "last_counted_at": None,
        "last_counted_by": None,
    }


def test_the_list_is_in_order_of_sku_page_by_page(client: FlaskClient, anna: Person) -> None:
    near, far = a_location("NEAR"), a_location("FAR")
    for sku in ("c", "A", "b"):
        stocked(goods(sku, 1, at=near), 1, at=far)

    seen, cursor = [], None
    while True:
        query = {"limit": 2, "include": "total"} | ({"cursor": cursor} if cursor else {})
        body = client.get(STOCK, query_string=query, headers=anna.headers).json
        assert body is not None
        assert (body["page"]["total"], body["page"]["total_is_capped"]) == (6, False)
        seen += [level["sku"] for level in body["data"]]
        cursor = body["page"]["next_cursor"]
        if cursor is None:
            break

    assert seen == ["A", "A", "b", "b", "c", "c"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "blue mug"}, ["MUG-BLUE"]),
        ({"q": "mug-"}, ["MUG-BLUE", "MUG-RED"]),
        ({"q": "4006381333931"}, ["MUG-BLUE"]),
        ({"q": "teapot"}, []),
        ({"q": "---"}, []),
        ({"low": "true"}, ["MUG-RED"]),
        ({"low": "false"}, ["MUG-BLUE"]),
    ],
)
def test_levels_are_found_by_words_codes_and_by_running_low(
    client: FlaskClient, anna: Person, query: dict[str, str], found: list[str]
) -> None:
    blue, red = (
        *a_product("MUG-BLUE", title="Blue mug", barcodes=["4006381333931"]),
        *a_product("MUG-RED", title="Red mug"),
    )
    stocked(blue, 10, threshold=3)
    stocked(red, 3, threshold=3)

    body = client.get(STOCK, query_string=query, headers=anna.headers).json

    assert body is not None
    assert [level["sku"] for level in body["data"]] == found


def test_the_list_can_be_of_some_variants(client: FlaskClient, anna: Person) -> None:
    """One that stands nowhere, or does not exist, is left out."""
    blue, red, green = a_product("MUG-BLUE", "MUG-RED", "MUG-GREEN")
    main, annex = a_location(), a_location("ANNEX")
    stocked(blue, 10, at=main)
    stocked(blue, 2, at=annex)
    stocked(red, 3, at=main)

    def asked(*variant_ids: UUID, **query: Any) -> Any:
        ids = ",".join(map(str, variant_ids))
        answer = client.get(STOCK, query_string={"variant_ids": ids, **query}, headers=anna.headers)
        return answer.status_code, answer.get_json()

    _, found = asked(green, blue, new_id(), include="total")
    assert [(row["sku"], row["on_hand"]) for row in found["data"]] == [
        ("MUG-BLUE", 10),
        ("MUG-BLUE", 2),
    ]
    assert found["page"]["total"] == 2
    assert [row["sku"] for row in asked(red)[1]["data"]] == ["MUG-RED"]
    assert asked(green)[1]["data"] == []
    _, first = asked(blue, red, limit=1)
    _, rest = asked(red, blue, cursor=first["page"]["next_cursor"])
    assert [row["sku"] for row in rest["data"]] == ["MUG-BLUE", "MUG-RED"]
    status, refused = asked(*(new_id() for _ in range(101)))
    assert (status, refused["errors"][0]["pointer"]) == (422, "/variant_ids")
    answer = client.get(f"{STOCK}?variant_ids={red},mug", headers=anna.headers)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (
        422,
        "/variant_ids/1",
    )


def test_the_list_can_be_of_one_location(client: FlaskClient, anna: Person) -> None:
    near, far = a_location("NEAR"), a_location("FAR")
    mug = goods("MUG", 1, at=near)
    stocked(mug, 2, at=far)

    body = client.get(STOCK, query_string={"location_id": str(far)}, headers=anna.headers).json

    assert body is not None
    assert [(level["location"]["code"], level["on_hand"]) for level in body["data"]] == [("FAR", 2)]


def test_a_typing_error_in_a_filter_is_refused(client: FlaskClient, anna: Person) -> None:
    answer = client.get(STOCK, query_string={"lwo": "true"}, headers=anna.headers)

    assert answer.status_code == 422


def test_an_adjustment_answers_with_the_level_as_it_is_now(
    client: FlaskClient, anna: Person
) -> None:
    mug = goods("MUG", 5)

    answer = adjusts(client, anna, level_of(mug), change=-2, reason="damaged", note="fell down")

    assert answer.status_code == 200
    assert (answer.json["on_hand"], answer.json["last_moved_by"]) == (3, "Anna Owner")
    page = client.get(f"{STOCK}/{level_of(mug)}/movements", headers=anna.headers).json
    assert page is not None
    newest = page["data"][0]
    del newest["id"], newest["at"]
    assert newest == {
        "kind": "adjusted",
        "on_hand_change": -2,
        "allocated_change": 0,
        "reserved_change": 0,
        "damaged_change": 0,
        "quarantine_change": 0,
        "safety_stock_change": 0,
        "expired_change": 0,
        "back_ordered_change": 0,
        "on_hand_after": 3,
        "reason": "damaged",
        "note": "fell down",
        "actor": "Anna Owner",
        "reference": None,
        "order_id": None,
        "fulfilment_id": None,
        "refund_id": None,
    }


def test_the_same_adjustment_sent_twice_takes_effect_once(
    client: FlaskClient, anna: Person
) -> None:
    mug = goods("MUG", 5)
    path, body = f"{STOCK}/{level_of(mug)}/adjust", {"change": 2, "reason": "found"}
    headers = anna.with_headers(Idempotency_Key="found-two-mugs")

    first = client.post(path, json=body, headers=headers)
    second = client.post(path, json=body, headers=headers)
    other = client.post(path, json={**body, "change": 3}, headers=headers)
    without = client.post(path, json=body, headers=anna.headers)

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.data == first.data
    assert (other.status_code, without.status_code) == (422, 400)
    assert counters(mug) == Counters(on_hand=7)


def test_a_count_on_old_ground_is_told_the_present_number(
    client: FlaskClient, anna: Person
) -> None:
    mug = goods("MUG", 5)

    answer = adjusts(client, anna, level_of(mug), on_hand=9, expected_on_hand=4, reason="count")

    assert answer.status_code == 409
    assert (answer.json["code"], answer.json["current_on_hand"]) == ("stale_quantity", 5)


def test_goods_that_are_promised_cannot_be_taken(client: FlaskClient, anna: Person) -> None:
    mug = goods("MUG", 5)
    allocated({mug: 4})

    answer = adjusts(client, anna, level_of(mug), change=-2, reason="lost")

    assert answer.status_code == 409
    assert (answer.json["code"], answer.json["available"]) == ("insufficient_stock", 1)
    assert len(journal(mug)) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason": "lost"}, "/change"),
        ({"change": 1, "on_hand": 1, "reason": "lost"}, "/change"),
        ({"change": 0, "reason": "lost"}, "/change"),
        ({"change": 1.5, "reason": "lost"}, "/change"),
        ({"on_hand": 4, "reason": "count"}, "/expected_on_hand"),
        ({"on_hand": -1, "expected_on_hand": 0, "reason": "count"}, "/on_hand"),
        ({"change": 1, "reason": "because"}, "/reason"),
        ({"change": 1}, "/reason"),
    ],
)
def test_an_adjustment_that_makes_no_sense_is_refused(
    client: FlaskClient, anna: Person, body: dict[str, Any], pointer: str
) -> None:
    mug = goods("MUG", 5)

    answer = adjusts(client, anna, level_of(mug), **body)

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert counters(mug) == Counters(on_hand=5)


def test_a_threshold_is_set_on_the_version_that_was_read(client: FlaskClient, anna: Person) -> None:
    mug = goods("MUG", 5)
    path = f"{STOCK}/{level_of(mug)}"

    blind = client.patch(path, json={"low_stock_threshold": 5}, headers=anna.headers)
    set_ = client.patch(
        path, json={"low_stock_threshold": 5}, headers=anna.with_headers(If_Match='"1"')
    )
    stale = client.patch(
        path, json={"low_stock_threshold": None}, headers=anna.with_headers(If_Match='"1"')
    )

    assert (blind.status_code, set_.status_code, stale.status_code) == (428, 200, 412)
    assert set_.json is not None
    assert (set_.json["is_low"], set_.headers["ETag"]) == (True, '"2"')


def test_a_variant_is_given_a_shelf_at_another_place(client: FlaskClient, anna: Person) -> None:
    mug = goods("MUG", 5)
    far = a_location("FAR")

    body = {"variant_id": str(mug), "location_id": str(far)}
    first = client.post(STOCK, json=body, headers=anna.headers)
    again = client.post(STOCK, json=body, headers=anna.headers)
    unknown = client.post(STOCK, json={"variant_id": str(new_id())}, headers=anna.headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json is not None
    assert again.json == first.json
    assert first.headers["Location"] == f"{STOCK}/{first.json['id']}"
    assert (unknown.status_code, unknown.json and unknown.json["code"]) == (422, "variant_unknown")


def test_places_are_added_ordered_and_closed(client: FlaskClient, anna: Person) -> None:
    main = client.post(LOCATIONS, json={"code": "MAIN", "name": "Main"}, headers=anna.headers)
    side = client.post(
        LOCATIONS, json={"code": "SIDE", "name": "Side", "priority": 1}, headers=anna.headers
    )
    taken = client.post(LOCATIONS, json={"code": "MAIN", "name": "Main"}, headers=anna.headers)
    assert (main.status_code, side.status_code, taken.status_code) == (201, 201, 409)
    assert side.json is not None

    closed = client.patch(
        side.headers["Location"],
        json={"is_active": False},
        headers=anna.with_headers(If_Match=side.headers["ETag"]),
    )

    assert closed.json == {**side.json, "is_active": False, "version": 2}
    assert client.get(side.headers["Location"], headers=anna.headers).json == {
        **closed.json,
        "address": None,
        "references": [],
    }
    page = client.get(LOCATIONS, headers=anna.headers).json
    assert page is not None
    assert [place["code"] for place in page["data"]] == ["SIDE", "MAIN"]


@pytest.mark.parametrize(
    "path",
    [f"{STOCK}/{UUID(int=7)}", f"{STOCK}/{UUID(int=7)}/movements", f"{LOCATIONS}/{UUID(int=7)}"],
)
def test_what_is_not_there_is_not_found(client: FlaskClient, anna: Person, path: str) -> None:
    assert client.get(path, headers=anna.headers).status_code == 404


def test_who_may_look_may_not_touch(client: FlaskClient, app: Flask) -> None:
    mug = goods("MUG", 5)
    level_id, sam = level_of(mug), a_staff_member("support", "Sam Support")

    assert client.get(STOCK, headers=sam.headers).status_code == 200
    assert adjusts(client, sam, level_id, change=1, reason="found").status_code == 403
    assert client.get(STOCK, headers=a_customer().headers).status_code == 403
    assert client.get(STOCK).status_code == 401
    assert counters(mug) == Counters(on_hand=5)
