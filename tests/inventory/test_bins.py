"""Bins over HTTP: where units are, moved and stopped, and what that does to the figures."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import InsufficientStock
from api.inventory.models import MovementKind, StockLevel
from api.inventory.service import StockChange
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.books import stock_differences
from tests.support.people import Person, a_staff_member
from tests.support.stock import a_location, allocated, counters, demand, goods, level_of

ADMIN = "/api/v1/admin"


class Hands:
    """A member of staff who sends commands."""

    def __init__(self, client: FlaskClient, who: Person, location_id: UUID) -> None:
        self.client, self.who, self.location_id = client, who, location_id

    def posts(self, path: str, **body: Any) -> Any:
        headers = self.who.with_headers(Idempotency_Key=new_id().hex)
        return self.client.post(f"{ADMIN}{path}", json=body, headers=headers)

    def gets(self, path: str) -> Any:
        return self.client.get(f"{ADMIN}{path}", headers=self.who.headers).json

    def edits(self, path: str, **body: Any) -> Any:
        version = self.gets(path)["version"]
        headers = self.who.with_headers(If_Match=f'"{version}"')
        return self.client.patch(f"{ADMIN}{path}", json=body, headers=headers)

    def bin(self, code: str, **fields: Any) -> str:
        answer = self.posts("/bins", location_id=str(self.location_id), code=code, **fields)
        assert answer.status_code == 201, answer.json
        return str(answer.json["id"])

    def moves(self, level: UUID, quantity: int, source: str | None, target: str | None) -> Any:
        return self.posts(
            f"/stock/{level}/moves", quantity=quantity, from_bin_id=source, to_bin_id=target
        )

    def in_bins(self, level: UUID) -> dict[str, int]:
        answer = self.gets(f"/stock/{level}/bins")
        return {
            **{one["code"]: one["quantity"] for one in answer["bins"]},
            "": answer["in_no_bin"],
        }


@pytest.fixture
def hands(app: Flask) -> Hands:
    """The owner, at the only location."""
    return Hands(app.test_client(), a_staff_member(), a_location())


def test_a_bin_is_found_by_its_label_and_its_code_is_used_once(hands: Hands) -> None:
    first = hands.bin("a-01", zone="A", pick_sequence=10)
    assert hands.gets(f"/bins/{first}")["barcode"] == "L-A-01"

    again = hands.posts("/bins", location_id=str(hands.location_id), code="a-01")
    taken = hands.posts("/bins", location_id=str(hands.location_id), code="b", barcode="l-a-01")
    nowhere = hands.posts("/bins", location_id=str(new_id()), code="c")

    assert [(one.status_code, one.json["code"]) for one in (again, taken, nowhere)] == [
        (409, "bin_code_taken"),
        (409, "bin_code_taken"),
        (404, "location_not_found"),
    ]
    found = inventory_queries.bin_by_barcode("l-a-01")
    assert found is not None
    assert str(found["id"]) == first
    assert [one["code"] for one in hands.gets("/bins?q=A-&zone=A")["data"]] == ["a-01"]


def test_units_move_between_bins_and_back(hands: Hands) -> None:
    mug = goods("BIN-MUG", 10)
    level, pick, bulk = level_of(mug), hands.bin("P-1"), hands.bin("B-1", kind="bulk")

    put = hands.moves(level, 8, None, bulk)
    moved = hands.moves(level, 3, bulk, pick)

    assert (put.json["left"], moved.json["left"]) == (2, 5)
    assert hands.in_bins(level) == {"P-1": 3, "B-1": 5, "": 2}
    assert counters(mug).on_hand == 10
    short = hands.moves(level, 4, pick, bulk)
    assert (short.status_code, short.json["code"], short.json["present"]) == (409, "bin_short", 3)
    assert hands.moves(level, 3, None, pick).json["code"] == "bin_short"
    assert hands.moves(level, 3, pick, bulk).status_code == 200
    assert hands.in_bins(level) == {"B-1": 8, "P-1": 0, "": 2}
    journal = hands.gets(f"/bins/{pick}/movements")["data"]
    assert [(one["change"], one["quantity_after"]) for one in journal] == [(-3, 0), (3, 3)]
    assert stock_differences() == []


def test_a_quarantine_bin_takes_units_off_sale(hands: Hands) -> None:
    mug = goods("BIN-QUAR", 5)
    level, stop = level_of(mug), hands.bin("Q-1", kind="quarantine")
    allocated({mug: 2})

    assert hands.moves(level, 4, None, stop).json["code"] == "insufficient_stock"
    shown = hands.moves(level, 3, None, stop).json["level"]

    assert (shown["quarantine"], shown["unavailable"], shown["available"]) == (3, 3, 0)
    assert inventory_queries.availability([mug]) == {mug: 0}
    assert not _in_stock(mug)
    out_of_state = hands.posts(
        f"/stock/{level}/state",
        **{"quantity": 1, "from": "quarantine", "to": "available", "reason": "found"},
    )
    assert out_of_state.json["code"] == "state_short", "the bin says that they are stopped"
    assert hands.moves(level, 1, stop, None).json["level"]["available"] == 1
    assert _in_stock(mug)
    gone = hands.posts(f"/stock/{level}/adjust", change=-2, state="quarantine", reason="damaged")
    assert (gone.json["on_hand"], gone.json["quarantine"], gone.json["in_bins"]) == (3, 0, 0)
    assert stock_differences() == []


def test_damaged_units_are_not_sold_but_safety_stock_may_be_lost(hands: Hands) -> None:
    mug = goods("BIN-SAFE", 6, threshold=2)
    level = level_of(mug)

    damaged = hands.posts(
        f"/stock/{level}/state",
        **{"quantity": 2, "from": "available", "to": "damaged", "reason": "damaged"},
    )
    safe = hands.edits(f"/stock/{level}", safety_stock=3)

    assert (damaged.json["available"], safe.json["available"], safe.json["is_low"]) == (4, 1, True)
    with transaction(), pytest.raises(InsufficientStock):
        inventory_service.allocate(new_id(), demand({mug: 2}), cart_id=None, by=SYSTEM)
    allocated({mug: 1})
    lost = hands.posts(f"/stock/{level}/adjust", change=-3, reason="lost")
    assert (lost.json["on_hand"], lost.json["available"]) == (3, 0)
    assert hands.posts(f"/stock/{level}/adjust", change=-1, reason="lost").status_code == 409
    kinds = [one["kind"] for one in hands.gets(f"/stock/{level}/movements")["data"]]
    assert kinds == ["adjusted", "allocated", "state_changed", "state_changed", "opening"]
    assert stock_differences() == []


def test_shipped_units_leave_the_pick_bin_before_what_is_in_no_bin(hands: Hands) -> None:
    mug = goods("BIN-SHIP", 10)
    level, far = level_of(mug), hands.bin("Z-9", pick_sequence=90)
    near, bulk = hands.bin("A-1", pick_sequence=1), hands.bin("B-1", kind="bulk")
    for place, units in ((far, 2), (near, 2), (bulk, 3)):
        assert hands.moves(level, units, None, place).status_code == 200
    hands.edits(f"/stock/{level}", preferred_bin_id=far)
    order_id, wanted = new_id(), demand({mug: 8})
    with transaction():
        inventory_service.allocate(order_id, wanted, cart_id=None, by=SYSTEM)

    left = []
    for units in (1, 2, 4, 1):
        with transaction():
            line = {wanted[0].order_line_id: units}
            inventory_service.ship(order_id, line, fulfilment_id=new_id(), by=SYSTEM)
        left.append(hands.in_bins(level))

    assert left == [
        {"Z-9": 1, "A-1": 2, "B-1": 3, "": 3},
        {"Z-9": 0, "A-1": 1, "B-1": 3, "": 3},
        {"Z-9": 0, "A-1": 0, "B-1": 3, "": 0},
        {"Z-9": 0, "A-1": 0, "B-1": 2, "": 0},
    ]
    assert stock_differences() == []


def test_a_bin_with_units_keeps_its_kind_and_takes_only_its_own_location(hands: Hands) -> None:
    mug, far = goods("BIN-HERE", 4), a_location("FAR")
    level, place = level_of(mug), hands.bin("H-1")
    elsewhere = Hands(hands.client, hands.who, far).bin("H-2")
    hands.moves(level, 1, None, place)

    assert hands.edits(f"/bins/{place}", kind="quarantine").json["code"] == "bin_not_empty"
    assert hands.edits(f"/bins/{place}", is_active=False).json["units"] == 1
    assert hands.moves(level, 1, None, elsewhere).json["code"] == "bin_elsewhere"
    hands.moves(level, 1, place, None)
    assert hands.edits(f"/bins/{place}", is_active=False).status_code == 200
    assert hands.moves(level, 1, None, place).json["code"] == "bin_inactive"
    with pytest.raises(IntegrityError, match="own location"), transaction() as current:
        current.execute(text(f"INSERT INTO bin_stock VALUES ('{elsewhere}', '{level}', 1)"))
    with pytest.raises(IntegrityError, match="units_in_bins"), transaction() as current:
        current.execute(text(f"UPDATE bin_stock SET quantity = 5 WHERE level_id = '{level}'"))


def test_receipts_carry_their_cost_into_the_average(hands: Hands) -> None:
    mug = goods("BIN-COST", 0)
    level, dock = level_of(mug), UUID(hands.bin("R-1", kind="receiving"))

    def receive(units: int, cost: int | None) -> Decimal | None:
        change = StockChange(
            variant_id=mug, location_id=hands.location_id, quantity=units, bin_id=dock,
            unit_cost=cost, damaged=1,
        )  # fmt: skip
        with transaction():
            inventory_service.change_stock(
                [change], kind=MovementKind.RECEIVED, reason="received", reference="P-1", by=SYSTEM
            )
        return session.scalar(select(StockLevel.average_cost).where(StockLevel.id == level))

    averages = [receive(10, 100), receive(20, 130), receive(5, None), receive(3, 1)]

    # 10 at 1.00; 30 at 1.20; 35 at 1.20; (35 x 120 + 3 x 1) / 38.
    assert averages == [Decimal(100), Decimal(120), Decimal(120), Decimal("110.6053")]
    assert hands.in_bins(level) == {"R-1": 38, "": 0}
    assert hands.gets(f"/stock/{level}")["damaged"] == 4
    assert stock_differences() == []


def _in_stock(variant_id: UUID) -> bool:
    value: bool = session.execute(
        text("SELECT in_stock FROM variants WHERE id = :id"), {"id": variant_id}
    ).scalar_one()
    return value


def test_the_label_of_a_bin_says_what_it_is_and_what_is_next(hands: Hands) -> None:
    place = hands.bin("s-01")
    hands.bin("S-02", barcode="GATE7")
    goods("L-S-02", 1)  # a SKU that looks like a bin

    def scan(code: str) -> Any:
        return hands.gets(f"/scan?code={code}")

    marked, typed, sku = scan("l-s-01"), scan("gate7"), scan("L-S-02")
    assert (marked["kind"], marked["id"], marked["next"][0]) == ("bin", place, "move")
    assert marked["label"] == "Bin s-01 at MAIN, 0 units"
    assert (typed["kind"], typed["bin"]["code"]) == ("bin", "S-02")
    assert (sku["kind"], sku["next"]) == ("variant", ["adjust", "move", "count"])
    assert scan("L-S-03")["code"] == "code_unknown"
    hands.edits(f"/bins/{place}", is_active=False)
    assert scan("L-S-01")["next"] == []
    far, wanda = a_location("SHOP-2"), a_staff_member("warehouse")
    with transaction() as current:
        current.execute(
            text("UPDATE users SET location_ids = ARRAY[:far]::uuid[] WHERE id = :id"),
            {"far": far, "id": wanda.id},
        )
    limited = Hands(hands.client, wanda, hands.location_id)
    assert limited.gets("/scan?code=L-S-01")["code"] == "code_unknown"
    assert limited.gets("/bins")["data"] == []
    assert limited.gets(f"/bins/{place}/stock")["code"] == "bin_not_found"


def test_stock_of_any_moment_and_its_value_follow_from_the_journal(hands: Hands) -> None:
    mug, odd = goods("VAL-MUG", 0), goods("VAL-ODD", 3)
    now = clock.now()
    for hours, units, cost in ((1, 10, 100), (3, 20, 130)):
        change = StockChange(
            variant_id=mug, location_id=hands.location_id, quantity=units, unit_cost=cost
        )
        with clock.frozen(now + timedelta(hours=hours)), transaction():
            inventory_service.change_stock(
                [change], kind=MovementKind.RECEIVED, reason="received", by=SYSTEM
            )
    with clock.frozen(now + timedelta(hours=5)):
        assert hands.posts(f"/stock/{level_of(mug)}/adjust", change=-7, reason="lost").status_code

    def then(hours: int) -> list[tuple[Any, ...]]:
        moment = (now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows = hands.gets(f"/inventory/valuation?at={moment}")["data"]
        return [(r["on_hand"], r["value"] and r["value"]["amount"]) for r in rows]

    assert [then(hours) for hours in (-1, 2, 4, 6)] == [
        [(0, None), (0, None)],
        [(10, 1000), (3, None)],
        [(30, 3600), (3, None)],
        [(23, 2760), (3, None)],
    ]
    text = hands.client.get(
        f"{ADMIN}/inventory/valuation/file?at={(now + timedelta(hours=6)):%Y-%m-%dT%H:%M:%SZ}",
        headers=hands.who.headers,
    ).text.splitlines()
    assert text[0] == ("sku,product_title,variant_title,location_code,on_hand,unit_cost,value")
    assert text[1].endswith(",MAIN,23,1.20 EUR,27.60 EUR"), odd


def test_the_value_over_time_is_the_valuation_of_each_moment(hands: Hands) -> None:
    begin = clock.now() - timedelta(days=4)
    with clock.frozen(begin + timedelta(hours=1)):
        mug, tea = goods("VH-MUG", 0), goods("VH-TEA", 5)

    # Units of the opening stock have no cost: from its receipt on tea is worth what that cost.
    def change(day: float, variant: UUID, units: int, cost: int | None) -> None:
        with clock.frozen(begin + timedelta(days=day)), transaction():
            inventory_service.change_stock(
                [
                    StockChange(
                        variant_id=variant, location_id=hands.location_id, quantity=units,
                        unit_cost=cost,
                    )
                ],
                kind=MovementKind.RECEIVED, reason="received", by=SYSTEM,
            )  # fmt: skip

    change(0.5, mug, 10, 300)
    change(1.5, mug, 10, 500)
    change(2.5, tea, 3, 1000)
    change(2.6, mug, 7, None)
    told = hands.gets("/inventory/valuation/history?days=4&points=5")["points"]

    for point in told:
        rows = hands.gets(f"/inventory/valuation?at={point['at'].replace('+', '%2B')}")["data"]
        assert point["units"] == sum(one["on_hand"] for one in rows)
        assert point["value"]["amount"] == sum(
            (one["value"] or {"amount": 0})["amount"] for one in rows
        )
    assert [one["value"]["amount"] for one in told] == [0, 3000, 8000, 18800, 18800]
    long_ago = hands.gets("/inventory/valuation/history?at=0001-01-02T00:00:00Z&points=2")["points"]
    assert [one["units"] for one in long_ago] == [0, 0]
