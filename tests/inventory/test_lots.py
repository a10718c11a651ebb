"""Lots: first expired, first out; what expired is not sold; who got a lot."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from api.inventory import jobs as inventory_jobs
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.allocation_strategy import LotPlace, first_expired_first
from api.inventory.errors import InsufficientStock, LotsNotSellable
from api.inventory.models import AdjustReason, BinKind, MovementKind
from api.inventory.models.lots import Lot, LotStock
from api.inventory.service import StockChange
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.approvals.test_approvals import named
from tests.purchasing.test_receiving import receives
from tests.support.books import differences, stock_differences
from tests.support.plans import copied, plans_of
from tests.support.shop import Shop, Staff
from tests.support.sql import count_statements
from tests.support.stock import a_location, demand, goods, level_of
from tests.support.threads import at_once

TODAY = clock.now().date()
SOON, LATER = TODAY + timedelta(days=5), TODAY + timedelta(days=50)
GONE = TODAY - timedelta(days=1)


def kept_in_lots(variant_id: UUID, tracking: str = "lot_and_expiry") -> UUID:
    """Keep a variant in lots from now on; opens its own transaction."""
    with transaction():
        session.execute(
            text("UPDATE variants SET lot_tracking = :t WHERE id = :id"),
            {"t": tracking, "id": variant_id},
        )
    return variant_id


def lot_of(variant_id: UUID, code: str, expires_on: date | None = LATER) -> UUID:
    """Open a lot; opens its own transaction."""
    label = inventory_service.LotLabel(variant_id, "SKU", code, expires_on)
    with transaction():
        return inventory_service.open_lots([label])[label.key][0]


def comes(variant_id: UUID, lot: UUID, quantity: int, *, at: UUID, bin_id: UUID | None = None
          ) -> None:  # fmt: skip
    """Receive units of a lot; opens its own transaction."""
    change = StockChange(
        variant_id=variant_id, location_id=at, quantity=quantity, bin_id=bin_id,
        lots=((lot, quantity),),
    )  # fmt: skip
    with transaction():
        inventory_service.change_stock(
            [change], kind=MovementKind.RECEIVED, reason="received", by=SYSTEM
        )


def left(variant_id: UUID) -> dict[str, int]:
    """What is left by lot, over all places."""
    session.rollback()
    rows = session.execute(
        select(Lot.code, LotStock.quantity)
        .join(Lot, Lot.id == LotStock.lot_id)
        .where(Lot.variant_id == variant_id, LotStock.quantity > 0)
    )
    found: dict[str, int] = {}
    for code, units in rows:
        found[code] = found.get(code, 0) + units
    return found


def ordered(quantities: dict[UUID, int]) -> tuple[UUID, dict[UUID, int]]:
    """Allocate units to a new order; returns it and its lines."""
    order_id, lines = new_id(), demand(quantities)
    with transaction():
        inventory_service.allocate(order_id, lines, cart_id=None, by=SYSTEM)
    return order_id, {line.order_line_id: line.quantity for line in lines}


def shipped(order_id: UUID, lines: dict[UUID, int]) -> UUID:
    """Ship lines of an order; returns the parcel."""
    parcel = new_id()
    with transaction():
        inventory_service.ship(order_id, lines, fulfilment_id=parcel, by=SYSTEM)
    return parcel


@dataclass
class Model:
    """The lots of one variant as a list of (date, place, units), and nothing else."""

    units: dict[tuple[date, str, int], int] = field(default_factory=dict)

    def take(self, quantity: int, today: date) -> dict[str, int] | None:
        """Take from the lot that expires first; None when too few are good."""
        good = sorted(key for key, units in self.units.items() if units and key[0] >= today)
        if sum(self.units[key] for key in good) < quantity:
            return None
        taken: dict[str, int] = {}
        for key in good:
            part = min(quantity, self.units[key])
            self.units[key] -= part
            quantity -= part
            if part:
                taken[key[1]] = taken.get(key[1], 0) + part
        return taken


@pytest.mark.parametrize("seed", range(3))
def test_what_ships_is_what_a_list_sorted_by_date_gives(app: Flask, seed: int) -> None:
    dice, main = random.Random(seed), a_location()
    tea = kept_in_lots(goods("TEA", 0, at=main))
    with transaction():
        bins = [
            inventory_service.create_bin(main, f"B-{n}", kind=kind, by=SYSTEM)
            for n, kind in enumerate((BinKind.PICK, BinKind.BULK))
        ]
    model, days = Model(), dice.sample(range(-20, 60), 12)
    for number, days_left in enumerate(days):
        expires = TODAY + timedelta(days=days_left)
        place, units = dice.randrange(3), dice.randint(1, 9)
        lot = lot_of(tea, f"L{number}", expires)
        comes(tea, lot, units, at=main, bin_id=None if place == 2 else bins[place])
        model.units[expires, f"L{number}", place] = units
    while True:
        quantity = dice.randint(1, 7)
        expected = model.take(quantity, TODAY)
        if expected is None:
            with pytest.raises(InsufficientStock):
                ordered({tea: quantity})
            break
        before = left(tea)
        shipped(*ordered({tea: quantity}))
        after = left(tea)
        assert {
            code: units - after.get(code, 0)
            for code, units in before.items()
            if units != after.get(code, 0)
        } == expected
    assert stock_differences() == []


def test_units_in_no_lot_go_last_and_a_lot_without_a_date_before_them() -> None:
    dated = LotPlace(new_id(), None, 1, SOON, rank=9)
    later = LotPlace(new_id(), None, 1, LATER)
    dateless, loose = LotPlace(new_id(), None, 1), LotPlace(None, None, 1)
    picked = LotPlace(None, new_id(), 1, is_picked=True)
    stopped = LotPlace(new_id(), None, 1, SOON, is_sellable=False)
    quarantined = LotPlace(new_id(), None, 1, SOON, is_quarantined=True)

    order = first_expired_first([loose, stopped, dateless, quarantined, later, dated, picked])

    assert order == [picked, dated, later, dateless, loose]


def test_what_expires_is_taken_off_sale_and_can_still_be_discarded(app: Flask) -> None:
    main = a_location()
    tea = kept_in_lots(goods("TEA", 0, at=main))
    comes(tea, lot_of(tea, "A", SOON), 4, at=main)
    comes(tea, lot_of(tea, "B", LATER), 3, at=main)
    assert inventory_queries.availability([tea]) == {tea: 7}

    with clock.frozen(clock.now() + timedelta(days=6)):
        inventory_jobs.stop_expired_lots()
        inventory_jobs.stop_expired_lots()
        level = inventory_queries.level(level_of(tea))
        assert (level["on_hand"], level["expired"], level["unavailable"]) == (7, 4, 4)
        assert (level["in_lots"], level["available"]) == (7, 3)
        with pytest.raises(InsufficientStock):
            ordered({tea: 4})
        shipped(*ordered({tea: 2}))
        assert left(tea) == {"A": 4, "B": 1}
        with transaction():
            inventory_service.adjust_lot(
                level_of(tea), change=-4, on_hand=None, expected_on_hand=None,
                reason=AdjustReason.OTHER, note=None, lot="a", expires_on=None, by=SYSTEM,
            )  # fmt: skip
        level = inventory_queries.level(level_of(tea))
        assert (level["on_hand"], level["expired"], level["available"]) == (1, 0, 1)
        assert stock_differences() == []


def test_what_was_promised_before_it_expired_does_not_ship(app: Flask) -> None:
    main = a_location()
    tea = kept_in_lots(goods("TEA", 0, at=main))
    comes(tea, lot_of(tea, "A", SOON), 4, at=main)
    order_id, lines = ordered({tea: 3})

    # Its last day is over, and the sweep has not run yet.
    with clock.frozen(clock.now() + timedelta(days=6)):
        with pytest.raises(LotsNotSellable) as refused:
            shipped(order_id, lines)
        assert (refused.value.facts["present"], refused.value.facts["requested"]) == (0, 3)
        session.rollback()
        inventory_jobs.stop_expired_lots()
        assert inventory_queries.level(level_of(tea))["available"] == 0
        comes(tea, lot_of(tea, "B", LATER), 3, at=main)
        shipped(order_id, lines)
        assert left(tea) == {"A": 4}
        assert stock_differences() == []


def test_a_recalled_lot_is_not_sold_until_the_recall_is_taken_back(shop: Shop) -> None:
    tea = kept_in_lots(shop.sells("TEA", 0), "lot")
    owner = shop.staff()
    receives(owner, {"code": "TEA", "quantity": 5, "lot": "x-1"})
    lot = owner.gets("/lots", q="X-1").json["data"][0]
    assert (lot["units"], lot["is_sellable"], lot["is_recalled"]) == (5, True, False)

    recalled = edits(owner, lot, is_recalled=True)

    assert recalled.status_code == 200, recalled.json
    assert (recalled.json["is_sellable"], recalled.json["recalled_by"]) == (False, "Anna Owner")
    assert inventory_queries.availability([tea]) == {tea: 0}
    assert session.scalar(text("SELECT in_stock FROM variants WHERE sku = 'TEA'")) is False
    assert edits(owner, lot, is_recalled=False).status_code == 412
    again = edits(owner, recalled.json, is_recalled=False)
    assert (again.json["is_sellable"], again.json["recalled_at"]) == (True, None)
    assert inventory_queries.availability([tea]) == {tea: 5}
    assert differences() == []


def test_the_label_says_lot_and_date_and_a_lot_without_a_date_is_refused(shop: Shop) -> None:
    kept_in_lots(shop.sells("TEA", 0))
    shop.sells("MUG", 0)
    owner = shop.staff()
    owner.posts("/barcodes", {"sku": "TEA", "code": "09506000134352", "pack_quantity": 1})
    printed = f"]C10109506000134352{LATER:17%y%m%d}10ab-7"

    got = receives(owner, {"code": printed, "quantity": 3})

    assert got.status_code == 201, got.json
    line = got.json["lines"][0]
    assert (line["lot"], line["expires_on"]) == ("AB-7", LATER.isoformat())
    known = receives(owner, {"code": "TEA", "quantity": 1, "lot": "ab-7"})
    assert known.json["lines"][0]["lot_id"] == line["lot_id"]
    for body, code in (
        ({"code": "TEA", "quantity": 1}, "lot_required"),
        ({"code": "TEA", "quantity": 1, "lot": "NEW"}, "lot_date_required"),
        (
            {"code": "TEA", "quantity": 1, "lot": "AB-7", "expires_on": SOON.isoformat()},
            "lot_date_differs",
        ),
        ({"code": "MUG", "quantity": 1, "lot": "AB-7"}, "lot_not_tracked"),
        ({"code": "TEA", "quantity": 1, "lot": "A" * 61}, "invalid"),
    ):
        refused = receives(owner, {"code": "MUG", "quantity": 9}, body)
        assert refused.json["code"] == code or refused.status_code == 422, refused.json
    # Nothing half-written: no mugs, no lot.
    mug = shop.variants["MUG"]
    assert inventory_queries.on_hand_of([mug]) == {mug: {"MAIN": 0}}
    assert left(shop.variants["TEA"]) == {"AB-7": 4}
    assert owner.gets("/lots").json["data"][0]["code"] == "AB-7"
    scanned = owner.gets("/scan", code=printed).json
    assert (scanned["variant"]["lot"], scanned["variant"]["expires_on"]) == (
        "ab-7", LATER.isoformat(),
    )  # fmt: skip
    undone = owner.posts(f"/receipts/{got.json['id']}/undo")
    assert undone.status_code == 200, undone.json
    assert left(shop.variants["TEA"]) == {"AB-7": 1}
    assert differences() == []


def test_a_receipt_whose_lot_went_elsewhere_is_not_undone(app: Flask, shop: Shop) -> None:
    tea = kept_in_lots(shop.sells("TEA", 0), "lot")
    owner = shop.staff()
    got = receives(owner, {"code": "TEA", "quantity": 3, "lot": "A"}).json
    receives(owner, {"code": "TEA", "quantity": 5, "lot": "B"})
    shipped(*ordered({tea: 2}))

    refused = owner.posts(f"/receipts/{got['id']}/undo")

    assert (refused.status_code, refused.json["code"]) == (409, "lot_short")
    assert left(tea) == {"A": 1, "B": 5}


def test_the_report_says_who_got_a_lot_and_what_came_back(shop: Shop) -> None:
    tea = kept_in_lots(shop.sells("TEA", 0), "lot")
    owner = shop.staff()
    receives(owner, {"code": "TEA", "quantity": 5, "lot": "A"})
    receives(owner, {"code": "TEA", "quantity": 5, "lot": "B"})
    orders = [shop.an_order(TEA=units) for units in (2, 2, 4)]
    parcels = [ships(owner, order) for order in orders]
    lot = {one["code"]: one for one in owner.gets("/lots", variant_id=str(tea)).json["data"]}

    report = owner.gets(f"/lots/{lot['A']['id']}/recipients", include="total").json

    assert [(one["number"], one["units"], one["returned"]) for one in report["data"]] == [
        (orders[2]["number"], 1, 0), (orders[1]["number"], 2, 0), (orders[0]["number"], 2, 0),
    ]  # fmt: skip
    assert report["page"]["total"] == 3
    refunded = owner.refunds(owner.opens(orders[0]), lines={0: 1}, restock=True)
    assert refunded.status_code in (200, 201), refunded.json
    assert owner.posts(f"/fulfilments/{parcels[1]}/void", {"reason": "stays"}).status_code == 200
    report = owner.gets(f"/lots/{lot['A']['id']}/recipients").json["data"]
    assert [(one["number"], one["units"], one["returned"]) for one in report] == [
        (orders[2]["number"], 1, 0), (orders[0]["number"], 2, 1),
    ]  # fmt: skip
    assert left(tea) == {"A": 3, "B": 2}
    file = owner.gets(f"/lots/{lot['A']['id']}/recipients/file")
    assert file.content_type == "text/csv; charset=utf-8"
    rows = file.text.splitlines()
    assert rows[0] == "number,customer_name,email,phone,country,units,returned,shipped_at"
    assert [row.split(",")[0] for row in rows[1:]] == [
        one["number"] for one in (orders[2], orders[0])
    ]
    assert shop.staff("warehouse").gets(f"/lots/{lot['A']['id']}/recipients").status_code == 403
    assert differences() == []


def test_somebody_elsewhere_neither_recalls_a_lot_nor_learns_who_got_it(shop: Shop) -> None:
    tea = kept_in_lots(shop.sells("TEA", 0), "lot")
    owner = shop.staff()
    receives(owner, {"code": "TEA", "quantity": 5, "lot": "A"})
    ships(owner, shop.an_order(TEA=2))
    owner.posts("/locations", {"code": "SHOP-2", "name": "Second shop"})
    wanda, person = named(shop, "manager", "Wanda Warehouse")
    with transaction():
        session.execute(
            text("UPDATE users SET location_ids = ARRAY[l.id] FROM locations l "
                 "WHERE users.id = :id AND l.code = 'SHOP-2'"),
            {"id": person.id},
        )  # fmt: skip
    (lot,) = owner.gets("/lots", variant_id=str(tea)).json["data"]
    path = f"/lots/{lot['id']}"

    def recalls() -> tuple[int, str]:
        answer = wanda.client.patch(
            f"/api/v1/admin{path}",
            json={"is_recalled": True},
            headers={**wanda.headers, "If-Match": f'"{lot["version"]}"'},
        )
        return answer.status_code, answer.json["code"]

    assert recalls() == (403, "location_not_yours")
    assert wanda.gets(f"{path}/recipients").json["data"] == []
    assert len(wanda.gets(f"{path}/recipients/file").text.splitlines()) == 1
    assert len(owner.gets(f"{path}/recipients").json["data"]) == 1
    (level,) = owner.gets("/stock").json["data"]
    gone = {"change": -3, "reason": "damaged", "lot": "A"}
    assert owner.posts(f"/stock/{level['id']}/adjust", gone).status_code == 200
    assert recalls()[0] == 200, "units of it are nowhere"


def test_lots_go_along_from_bin_to_bin_and_through_a_transfer(shop: Shop) -> None:
    tea = kept_in_lots(shop.sells("TEA", 0), "lot")
    owner = shop.staff()
    main = UUID(owner.gets("/locations").json["data"][0]["id"])
    far = a_location("FAR", priority=200)
    with transaction():
        pick = inventory_service.create_bin(main, "P-1", by=SYSTEM)
        stop = inventory_service.create_bin(main, "Q-1", kind=BinKind.QUARANTINE, by=SYSTEM)
    old, new = lot_of(tea, "OLD", SOON), lot_of(tea, "NEW", LATER)
    comes(tea, old, 3, at=main)
    comes(tea, new, 3, at=main)
    level = level_of(tea, at=main)

    move(owner, level, 4, None, pick)
    assert places(owner, level) == {("OLD", "P-1"): 3, ("NEW", "P-1"): 1, ("NEW", None): 2}
    move(owner, level, 1, pick, stop, lot_id=str(new))
    assert move(owner, level, 1, pick, None, lot_id=str(new)).json["code"] == "lot_short"
    other = lot_of(kept_in_lots(shop.sells("JUG", 0)), "OLD")
    assert move(owner, level, 1, pick, None, lot_id=str(other)).json["code"] == "lot_elsewhere"
    edits(owner, owner.gets(f"/lots/{new}").json, is_recalled=True)
    shown = inventory_queries.level(level)
    assert (shown["quarantine"], shown["expired"], shown["unavailable"]) == (1, 2, 3)
    move(owner, level, 1, stop, pick)
    shown = inventory_queries.level(level)
    assert (shown["quarantine"], shown["expired"], shown["available"]) == (0, 3, 3)
    edits(owner, owner.gets(f"/lots/{new}").json, is_recalled=False)

    transfer = owner.posts(
        "/transfers",
        {"from_location": "MAIN", "to_location": "FAR", "lines": [{"code": "TEA", "quantity": 4}]},
    ).json
    for command in ("ready", "ship"):
        assert owner.posts(f"/transfers/{transfer['id']}/{command}").status_code == 200
    assert left(tea) == {"NEW": 2}
    for units in (3, 1):
        came = owner.posts(
            f"/transfers/{transfer['id']}/receive", {"lines": [{"code": "TEA", "quantity": units}]}
        )
        assert came.status_code == 200, came.json
    assert places(owner, level_of(tea, at=far)) == {("OLD", None): 3, ("NEW", None): 1}
    assert differences() == []


def test_units_on_hand_are_told_their_lot_later(shop: Shop) -> None:
    tea = kept_in_lots(shop.sells("TEA", 5))
    owner = shop.staff()
    level = level_of(tea)
    assert owner.gets(f"/stock/{level}/lots").json == {"lots": [], "in_no_lot": 5}

    body = {"quantity": 4, "lot": "A", "expires_on": GONE.isoformat()}
    told = owner.posts(f"/stock/{level}/lots", body)

    assert (told.status_code, told.json["in_no_lot"]) == (200, 1)
    assert inventory_queries.availability([tea]) == {tea: 1}
    assert owner.posts(f"/stock/{level}/lots", body).json["code"] == "lot_short"
    assert stock_differences() == []


def test_the_database_holds_lots_within_bins_and_levels(app: Flask) -> None:
    main = a_location()
    tea, mug = kept_in_lots(goods("TEA", 0, at=main)), goods("MUG", 9, at=main)
    lot = lot_of(tea, "A")
    comes(tea, lot, 2, at=main)
    with transaction():
        pick = inventory_service.create_bin(main, "P-1", by=SYSTEM)
    insert = (
        "INSERT INTO lot_stock (id, level_id, lot_id, bin_id, quantity)"
        " VALUES (gen_random_uuid(), :level, :lot, :bin, 1)"
    )
    for level, bin_id, rule in (
        (level_of(mug), None, "levels of its own variant"),
        (level_of(tea), pick, "only where the bin has units"),
    ):
        with pytest.raises(IntegrityError, match=rule), transaction():
            session.execute(text(insert), {"level": level, "lot": lot, "bin": bin_id})
    for statement in (
        "UPDATE lot_stock SET quantity = 3",
        "UPDATE stock_levels SET on_hand = 1 WHERE in_lots > 0",
    ):
        with pytest.raises(IntegrityError, match="units_in_lots_are_on_hand"), transaction():
            session.execute(text(statement))


def test_eight_parcels_at_once_take_each_unit_of_a_lot_once(app: Flask) -> None:
    main = a_location()
    tea = kept_in_lots(goods("TEA", 0, at=main))
    comes(tea, lot_of(tea, "A", SOON), 5, at=main)
    comes(tea, lot_of(tea, "B", LATER), 11, at=main)
    orders = [ordered({tea: 2}) for _ in range(8)]

    done = at_once(app, [lambda one=one: shipped(*one) for one in orders])  # type: ignore[misc]

    assert done.errors == []
    assert left(tea) == {}
    gone = dict(
        session.execute(
            text(
                "SELECT l.code, -sum(m.change) FROM lot_movements m JOIN lots l ON l.id = m.lot_id"
                " WHERE m.order_id IS NOT NULL GROUP BY l.code"
            )
        ).all()
    )
    assert gone == {"A": 5, "B": 11}
    assert stock_differences() == []


def test_the_sweep_and_eight_orders_at_once_agree_about_what_is_sold(app: Flask) -> None:
    main = a_location()
    tea = kept_in_lots(goods("TEA", 0, at=main))
    old = lot_of(tea, "A", SOON)
    comes(tea, old, 4, at=main)
    comes(tea, lot_of(tea, "B", LATER), 4, at=main)
    with transaction():
        session.execute(text("UPDATE lots SET expires_on = :d WHERE id = :id"),
                        {"d": GONE, "id": old})  # fmt: skip

    calls: list[Any] = [lambda: ordered({tea: 1})] * 8
    done = at_once(app, [inventory_jobs.stop_expired_lots, *calls])

    refused = [error for error in done.errors if not isinstance(error, InsufficientStock)]
    assert refused == []
    level = inventory_queries.level(level_of(tea))
    assert (level["expired"], level["available"]) == (4, 0)
    assert stock_differences() == []


def test_a_shop_without_lots_runs_no_statement_of_lots(app: Flask) -> None:
    main = a_location()
    mug = goods("MUG", 9, at=main)
    order_id, lines = ordered({mug: 2})
    with count_statements() as seen:
        shipped(order_id, lines)
    assert not [one for one in seen.texts if "lot_stock" in one or "lot_movements" in one]


def test_lists_of_lots_take_one_statement_and_the_index(shop: Shop) -> None:
    tea = kept_in_lots(shop.sells("TEA", 0), "lot")
    owner = shop.staff()
    receives(owner, {"code": "TEA", "quantity": 5, "lot": "A"})
    lot = session.scalars(select(Lot.id)).one()
    copied("lots", lot, 20_000, code="'L-' || n", expires_on="current_date + n::int")

    found = plans_of(lambda: inventory_queries.lots(q="l-77"))
    dated = plans_of(lambda: inventory_queries.lots(expires_before=TODAY + timedelta(days=3)))
    of_variant = plans_of(lambda: inventory_queries.lot(lot))

    assert "ix_lots_code" in found
    assert "ix_lots_expires_on" in dated
    for plan in (dated, of_variant):
        assert "Seq Scan on lots" not in plan
    counts = []
    for limit in (1, 50):
        with count_statements() as seen:
            inventory_queries.lots(variant_id=tea, limit=limit)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def edits(staff: Staff, lot: dict[str, Any], **changes: Any) -> Any:
    """Change a lot, as the version that was read."""
    headers = {**staff.headers, "If-Match": f'"{lot["version"]}"'}
    return staff.client.patch(f"/api/v1/admin/lots/{lot['id']}", json=changes, headers=headers)


def move(staff: Staff, level: UUID, quantity: int, source: UUID | None, target: UUID | None,
         **more: Any) -> Any:  # fmt: skip
    """Move units from bin to bin."""
    body = {
        "quantity": quantity,
        "from_bin_id": source and str(source),
        "to_bin_id": target and str(target),
    }
    return staff.posts(f"/stock/{level}/moves", {**body, **more})


def places(staff: Staff, level: UUID) -> dict[tuple[str, str | None], int]:
    """What a level has, by lot and bin."""
    answer = staff.gets(f"/stock/{level}/lots").json
    return {(one["code"], one["bin_code"]): one["quantity"] for one in answer["lots"]}


def ships(staff: Staff, order: dict[str, Any]) -> str:
    """Ship all of an order; returns the parcel."""
    answer = staff.posts(f"/orders/{order['id']}/ship", {"carrier": "dhl"})
    assert answer.status_code in (200, 201), answer.json
    parcels = staff.gets(f"/orders/{order['id']}/fulfilments").json["data"]
    return str(parcels[0]["id"])
