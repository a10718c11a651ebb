"""Picking over HTTP: batches of waiting orders, walked by scan, with totes whose stock is right."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from api.inventory import service as inventory_service
from api.inventory.models import BinKind
from api.kernel.principal import SYSTEM
from api.orders.models import Order
from api.picking import queries
from api.picking.service.release import _claim_orders
from api.picking.states import BatchKind
from api.platform.db import db, session, transaction
from tests.support.books import differences, stock_differences
from tests.support.plans import copied, plans_of
from tests.support.shop import Shop, Staff
from tests.support.sql import count_statements
from tests.support.stock import level_of
from tests.support.threads import at_once
from tests.support.time_zones import DAY_IN_UTC, DAY_THERE, late_in_berlin
from tests.support.work import drain

PICKING = "/picking"


def default_place() -> UUID:
    with transaction():
        return inventory_service.default_location()


class Warehouse:
    """A shop with bins and totes, and the orders in it."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.place = shop, default_place()
        self.bins: dict[str, UUID] = {}
        for number, code in enumerate(("A-01", "A-02", "B-01"), start=1):
            self.adds_bin(code, zone=code[0], pick_sequence=number)
        self.adds_bin("BULK", kind=BinKind.BULK)
        for number in range(1, 5):
            self.adds_bin(f"T-0{number}", kind=BinKind.TOTE)

    def adds_bin(self, code: str, **more: Any) -> None:
        with transaction():
            self.bins[code] = inventory_service.create_bin(self.place, code, **more, by=SYSTEM)

    def stocks(self, sku: str, **units: int) -> UUID:
        """Sell a product with units in bins, and return its level."""
        variant = self.shop.sells(sku, sum(units.values()))
        level = level_of(variant)
        for code, number in units.items():
            with transaction():
                inventory_service.move_units(
                    level, number, source=None, target=self.bins[code.replace("_", "-")], by=SYSTEM
                )
        return level

    def contents(self, staff: Staff, code: str) -> dict[str, int]:
        rows = staff.gets(f"/bins/{self.bins[code]}/stock").json["data"]
        return {row["sku"]: row["quantity"] for row in rows}


@pytest.fixture
def warehouse(shop: Shop) -> Warehouse:
    return Warehouse(shop)


@pytest.fixture
def mia(shop: Shop) -> Staff:
    return shop.staff("warehouse")


def releases(staff: Staff, **body: Any) -> dict[str, Any]:
    answer = staff.posts(f"{PICKING}/batches", body)
    assert answer.status_code == 201, answer.json
    batch = answer.json
    claimed = staff.posts(f"{PICKING}/batches/{batch['id']}/claim", {})
    assert claimed.status_code == 200, claimed.json
    return dict(claimed.json)


def with_totes(staff: Staff, batch: dict[str, Any], *totes: str) -> dict[str, Any]:
    for tote in totes:
        answer = staff.posts(f"{PICKING}/batches/{batch['id']}/totes", {"tote": tote})
        assert answer.status_code == 200, answer.json
        batch = answer.json
    return batch


def picks(staff: Staff, line: dict[str, Any], **scan: Any) -> Any:
    return staff.posts(f"{PICKING}/lines/{line['id']}/pick", scan)


def picks_all(staff: Staff, batch: dict[str, Any]) -> dict[str, Any]:
    for line in batch["lines"]:
        answer = picks(staff, line, item=line["sku"], quantity=line["quantity"])
        assert (answer.status_code, answer.json["result"]) == (200, "ok"), answer.json
    answer = staff.posts(f"{PICKING}/batches/{batch['id']}/finish")
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def test_a_tote_that_two_pickers_want_at_once_is_on_one_cart(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("MUG", A_01=5)
    jon = shop.staff("warehouse")
    for _ in range(2):
        shop.an_order(MUG=1)
    batches = [releases(one, kind="totes", limit=1)["id"] for one in (mia, jon)]

    outcomes = at_once(
        shop.app,
        [
            partial(one.posts, f"{PICKING}/batches/{batch}/totes", {"tote": "T-01"})
            for one, batch in zip((mia, jon), batches, strict=True)
        ],
    )

    # An empty tote may be taken from another cart: whoever comes second gets it, or is refused.
    assert outcomes.of_status(200) + outcomes.of_status(409) == 2
    carts = [mia.gets(f"{PICKING}/batches/{one}").json["orders"][0]["totes"] for one in batches]
    assert sorted(len(cart) for cart in carts) == [0, 1]


def test_a_tote_into_which_somebody_picks_at_this_moment_is_in_use(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("MUG", A_01=5)
    jon = shop.staff("warehouse")
    for _ in range(2):
        shop.an_order(MUG=1)
    own, other = (releases(one, kind="totes", limit=1) for one in (mia, jon))
    own = with_totes(mia, own, "T-01")

    outcomes = at_once(
        shop.app,
        [
            partial(picks, mia, own["lines"][0], item="MUG", quantity=1),
            partial(jon.posts, f"{PICKING}/batches/{other['id']}/totes", {"tote": "T-01"}),
        ],
    )

    # Either the tote was taken before, and the pick is refused, or it has units and is in use.
    assert (outcomes.of_status(200), outcomes.of_status(409)) == (1, 1)
    paths = [f"{PICKING}/batches/{one['id']}" for one in (own, other)]
    carts = [mia.gets(path).json["orders"][0]["totes"] for path in paths]
    assert sorted(len(cart) for cart in carts) == [0, 1]
    assert warehouse.contents(mia, "T-01") == ({"MUG": 1} if carts[0] else {})


def test_a_batch_is_walked_by_bin_and_its_totes_hold_one_order_each(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("MUG", B_01=5)
    warehouse.stocks("TEA", A_02=5)
    first, second = shop.an_order(MUG=2, TEA=1), shop.an_order(TEA=3)
    queue = mia.gets(f"{PICKING}/queue").json
    assert [row["number"] for row in queue["orders"]] == [first["number"], second["number"]]
    assert (queue["order_count"], queue["unit_count"], queue["seconds"]) == (2, 6, 90)

    batch = with_totes(mia, releases(mia), "T-01", "T-02")

    walk = [(one["bin_code"], one["sku"], one["order_position"]) for one in batch["lines"]]
    assert walk == [("A-02", "TEA", 1), ("A-02", "TEA", 2), ("B-01", "MUG", 1)]
    assert batch["stops"] == 2
    assert mia.gets(f"{PICKING}/queue").json["order_count"] == 0
    done = picks_all(mia, batch)
    assert (done["status"], done["picked_count"]) == ("done", 6)
    assert warehouse.contents(mia, "T-01") == {"MUG": 2, "TEA": 1}
    assert warehouse.contents(mia, "T-02") == {"TEA": 3}
    assert stock_differences() == []


def test_a_parcel_takes_its_units_from_the_totes_of_its_order(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    first, second = shop.an_order(TEA=2), shop.an_order(TEA=3)
    picks_all(mia, with_totes(mia, releases(mia), "T-01", "T-02"))

    shipped = mia.posts(f"/orders/{second['id']}/ship", {"carrier": "DHL"})
    assert shipped.status_code == 201, shipped.json
    drain()

    assert warehouse.contents(mia, "T-02") == {}
    assert warehouse.contents(mia, "T-01") == {"TEA": 2}
    # The tote is free for another order, the other one is not.
    assert first
    shop.sells("CUP", 4)
    shop.an_order(CUP=1)
    batch = releases(mia)
    in_use = mia.posts(f"{PICKING}/batches/{batch['id']}/totes", {"tote": "T-01"})
    assert (in_use.status_code, in_use.json["code"]) == (409, "tote_in_use")
    assert mia.posts(f"{PICKING}/batches/{batch['id']}/totes", {"tote": "T-02"}).status_code == 200
    assert differences() == []


@pytest.mark.parametrize(
    ("scan", "result"),
    [
        ({"item": "CUP"}, "wrong_item"),
        ({"item": "NOBODY-KNOWS"}, "unknown"),
        ({"item": "TEA", "bin": "L-A-02"}, "wrong_bin"),
        ({"item": "TEA", "tote": "T-02"}, "wrong_tote"),
        ({"item": "TEA", "quantity": 3}, "too_many"),
        ({"item": "CASE", "quantity": 1_000_000_000}, "too_many"),
    ],
)
def test_a_wrong_scan_changes_nothing_and_is_on_record(
    warehouse: Warehouse, shop: Shop, mia: Staff, scan: dict[str, Any], result: str
) -> None:
    warehouse.stocks("TEA", A_01=5)
    warehouse.stocks("CUP", A_02=5)
    shop.staff().posts("/barcodes", {"sku": "TEA", "code": "CASE", "pack_quantity": 100_000})
    shop.an_order(TEA=2)
    shop.an_order(CUP=1)
    batch = with_totes(mia, releases(mia), "T-01", "T-02")
    line = batch["lines"][0]

    answer = picks(mia, line, **scan)

    assert (answer.status_code, answer.json["result"]) == (200, result)
    assert answer.json["batch"]["picked_count"] == 0
    assert warehouse.contents(mia, "A-01") == {"TEA": 5}
    again = mia.gets(f"{PICKING}/batches/{batch['id']}").json["lines"][0]
    assert again["confused_with"] == (["CUP"] if result == "wrong_item" else [])


def test_an_order_that_somebody_else_releases_now_is_passed_over(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    """Without the row locks both would choose the same orders, and one would get none of them."""
    warehouse.stocks("TEA", A_01=40)
    first, second = shop.an_order(TEA=1), shop.an_order(TEA=1)
    session.remove()
    with db.engine.begin() as somebody:
        somebody.execute(select(Order.id).where(Order.id == UUID(first["id"])).with_for_update())

        batch = releases(mia, limit=1)

    assert [row["number"] for row in batch["orders"]] == [second["number"]]


def test_an_order_is_in_one_open_batch(warehouse: Warehouse, shop: Shop, mia: Staff) -> None:
    """The row locks cannot promise it: who locks an order after the other's commit has chosen it
    before, as its row did not change. Then the index passes it over."""
    warehouse.stocks("TEA", A_01=40)
    order = shop.an_order(TEA=1)
    batch = releases(mia)
    chosen = [UUID(order["id"])]

    with transaction():
        assert _claim_orders(UUID(batch["id"]), chosen) == {}


def test_two_people_who_release_at_once_get_different_orders(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    """The locks share the orders out, and the index keeps each in one batch, see above."""
    warehouse.stocks("TEA", A_01=40)
    numbers = {shop.an_order(TEA=1)["number"] for _ in range(8)}
    people = [shop.staff("warehouse") for _ in range(8)]

    def one(who: Staff) -> list[str]:
        answer = who.posts(f"{PICKING}/batches", {"limit": 3})
        assert answer.status_code in (201, 409), answer.json
        return [row["number"] for row in answer.json.get("orders", [])]

    outcome = at_once(shop.app, [partial(one, who) for who in people])
    assert outcome.errors == []

    got = [number for numbers_of in outcome.results for number in numbers_of]
    assert len(got) == len(set(got))
    assert set(got) <= numbers
    left = mia.gets(f"{PICKING}/queue").json["order_count"]
    assert len(got) + left == 8


def test_a_batch_belongs_to_its_picker_until_somebody_takes_it_over(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    shop.an_order(TEA=2)
    batch = with_totes(mia, releases(mia), "T-01")
    jon, path = shop.staff("warehouse"), f"{PICKING}/batches/{batch['id']}/claim"

    refused = jon.posts(path, {})
    assert (refused.status_code, refused.json["code"]) == (409, "batch_claimed")
    taken = jon.posts(path, {"take_over": True, "reason": "Mia went home."})
    assert taken.status_code == 200, taken.json
    late = picks(mia, batch["lines"][0], item="TEA")
    assert (late.status_code, late.json["code"]) == (409, "claim_needed")
    assert picks(jon, batch["lines"][0], item="TEA").json["result"] == "ok"


def test_a_short_pick_plans_a_count_and_goes_on_from_another_bin(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=2, BULK=6)
    shop.an_order(TEA=2)
    batch = with_totes(mia, releases(mia), "T-01")
    line = batch["lines"][0]
    picks(mia, line, item="TEA")

    answer = mia.posts(f"{PICKING}/lines/{line['id']}/short", {"other_bin": True})

    assert answer.status_code == 200, answer.json
    rest = [one for one in answer.json["lines"] if one["status"] == "todo"]
    assert [(one["bin_code"], one["quantity"]) for one in rest] == [("BULK", 1)]
    [count] = mia.gets("/counts").json["data"]
    assert (count["status"], count["scope"]) == ("planned", "TEA in A-01: 1 not found")
    assert warehouse.contents(mia, "A-01") == {"TEA": 1}, "the figures wait for the count"
    assert picks(mia, rest[0], item="TEA").json["result"] == "ok"
    assert stock_differences() == []


def test_the_rest_of_a_short_pick_is_in_the_queue_again_when_the_rest_is_shipped(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=2)
    order = shop.an_order(TEA=2)
    batch = with_totes(mia, releases(mia), "T-01")
    line = batch["lines"][0]
    picks(mia, line, item="TEA")
    no_other = mia.posts(f"{PICKING}/lines/{line['id']}/short", {"other_bin": True})
    assert (no_other.status_code, no_other.json["code"]) == (409, "no_other_bin")
    assert mia.posts(f"{PICKING}/lines/{line['id']}/short").status_code == 200
    assert mia.posts(f"{PICKING}/batches/{batch['id']}/finish").status_code == 200
    assert mia.gets(f"{PICKING}/queue").json["order_count"] == 0

    lines = [{"order_line_id": mia.opens(order)["lines"][0]["id"], "quantity": 1}]
    shipped = mia.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL", "lines": lines})
    assert shipped.status_code == 201, shipped.json
    drain()

    assert mia.gets(f"{PICKING}/queue").json["order_count"] == 1


def test_what_was_picked_of_a_cancelled_order_is_put_back(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    order = shop.an_order(TEA=2)
    batch = with_totes(mia, releases(mia), "T-01")
    line = batch["lines"][0]
    picks(mia, line, item="TEA")
    owner = shop.staff("owner")
    cancelled = owner.cancels(order)
    assert cancelled.status_code == 200, cancelled.json
    drain()

    late = picks(mia, line, item="TEA")
    assert late.status_code == 409
    [task] = mia.gets(f"{PICKING}/put-backs").json["tasks"]
    assert (task["sku"], task["quantity"], task["bin_code"]) == ("TEA", 1, "A-01")
    too_many = mia.posts(f"{PICKING}/lines/{line['id']}/put-back", {"quantity": 2})
    assert (too_many.status_code, too_many.json["code"]) == (409, "nothing_to_put_back")
    back = mia.posts(f"{PICKING}/lines/{line['id']}/put-back", {"quantity": 1})
    assert (back.status_code, back.json["tasks"]) == (200, [])
    assert warehouse.contents(mia, "A-01") == {"TEA": 5}
    assert mia.posts(f"{PICKING}/batches/{batch['id']}/finish").status_code == 200
    assert differences() == []


def test_a_customer_cancels_until_the_first_unit_is_picked(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    buyer = shop.guest()
    order = shop.an_order(TEA=2, buyer=buyer)
    batch = with_totes(mia, releases(mia), "T-01")
    assert "cancel" in buyer.sees(order)["allowed_actions"]
    picks(mia, batch["lines"][0], item="TEA")

    assert "cancel" not in buyer.sees(order)["allowed_actions"]
    refused = buyer.cancels(order)
    assert (refused.status_code, refused.json["code"]) == (409, "already_packed")
    given_back = {"order_id": order["id"]}
    mia.posts(f"{PICKING}/batches/{batch['id']}/give-back", given_back)
    assert buyer.cancels(order).status_code == 200


def test_a_held_order_is_not_picked_and_can_be_given_back(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    order = shop.an_order(TEA=2)
    batch = with_totes(mia, releases(mia), "T-01")
    owner = shop.staff("owner")
    held = owner.posts(f"/orders/{order['id']}/holds", {"reason": "address"})
    assert held.status_code in (200, 201), held.json

    refused = picks(mia, batch["lines"][0], item="TEA")
    assert (refused.status_code, refused.json["code"]) == (409, "order_on_hold")
    path = f"{PICKING}/batches/{batch['id']}/give-back"
    named = {"order_id": order["id"]}
    assert mia.posts(path, named).json["orders"][0]["status"] == "removed"
    assert mia.posts(path, named).status_code == 404


def test_items_that_must_be_scanned_are_not_confirmed_by_key(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    shop.sells("TEA", 5, barcodes=["4006381333931"])
    shop.an_order(TEA=1)
    batch = with_totes(mia, releases(mia, kind="single_item"), "T-03")
    assert [tote["code"] for tote in batch["totes"]] == ["T-03"]

    answer = picks(mia, batch["lines"][0])

    assert (answer.status_code, answer.json["code"]) == (403, "permission_missing"), answer.json
    assert picks(mia, batch["lines"][0], item="4006381333931").json["result"] == "ok"


def test_the_figures_are_those_of_the_day(warehouse: Warehouse, shop: Shop, mia: Staff) -> None:
    warehouse.stocks("TEA", A_01=5)
    shop.an_order(TEA=2)
    done = picks_all(mia, with_totes(mia, releases(mia), "T-01"))
    day = done["finished_at"][:10]

    [row] = mia.gets(f"{PICKING}/figures", first=day, last=day).json["rows"]

    assert (row["lines"], row["units"], row["short"], row["wrong_scans"]) == (1, 2, 0, 0)
    file = mia.gets(f"{PICKING}/figures/file", first=day, last=day)
    assert file.text.startswith("day,batches,lines,units,short")
    with late_in_berlin(shop.app, "pick_batches", "finished_at"):
        [row] = mia.gets(f"{PICKING}/figures", first=DAY_IN_UTC, last=DAY_THERE).json["rows"]
        assert row["day"] == DAY_THERE


def test_the_queue_reads_its_index_and_costs_the_same_for_many_orders(
    warehouse: Warehouse, shop: Shop
) -> None:
    warehouse.stocks("TEA", A_01=9)
    order = UUID(shop.an_order(TEA=1)["id"])
    with count_statements() as few:
        queries.queue(warehouse.place)
    copied("orders", order, 3000, number="'X' || n", cart_id="NULL", to_ship="false")
    shop.an_order(TEA=1)
    request = queries.BatchRequest(kind=BatchKind.TOTES, location_id=warehouse.place, limit=12)

    plan = plans_of(lambda: session.execute(queries.next_orders(request)))
    with count_statements() as many:
        found = queries.queue(warehouse.place)

    assert "ix_orders_to_pick" in plan, plan
    assert (found["order_count"], len(many)) == (2, len(few))
