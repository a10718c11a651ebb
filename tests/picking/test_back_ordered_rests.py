"""The customer waits for what a picker does not find, and the bin's count says where it is."""

import threading
import time
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api.platform.db import db, session
from tests.picking.test_picking import (
    PICKING,
    Warehouse,
    mia,
    picks,
    releases,
    warehouse,
    with_totes,
)
from tests.support.books import differences
from tests.support.shop import Shop, Staff
from tests.support.threads import at_once
from tests.support.work import drain

__all__ = ["mia", "warehouse"]


@pytest.fixture
def jon(shop: Shop) -> Staff:
    return shop.staff("warehouse")


def figures(staff: Staff, level: UUID) -> tuple[int, int, int, int]:
    """Read what is on hand, allocated, in quarantine and waited for."""
    now = staff.gets(f"/stock/{level}").json
    return now["on_hand"], now["allocated"], now["quarantine"], now["back_ordered"]


def waits(staff: Staff, line: dict[str, Any]) -> Any:
    return staff.posts(f"{PICKING}/lines/{line['id']}/back-order")


def owed(staff: Staff, order: dict[str, Any]) -> int:
    return sum(line["back_ordered_quantity"] for line in staff.opens(order)["lines"])


def journal(staff: Staff, level: UUID, entries: int) -> list[tuple[Any, ...]]:
    """Read the newest entries of a level: kind, reason and what changed."""
    names = ("on_hand", "allocated", "quarantine", "back_ordered")
    rows = staff.gets(f"/stock/{level}/movements").json["data"][:entries]
    return sorted(
        (row["kind"], row["reason"], *(row[f"{name}_change"] for name in names)) for row in rows
    )


def counts(level: UUID, place: UUID, found: int, *people: Staff) -> list[Any]:
    """Enter what each of these people counted in the bin, in the only count that is planned."""
    [planned] = people[0].gets("/counts").json["data"]
    body = {"level_id": str(level), "bin_id": str(place), "counted": found}
    return [who.posts(f"/counts/{planned['id']}/entries", body) for who in people]


def test_what_waits_is_not_asked_for_at_the_packing_station(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    warehouse.stocks("TEA", A_01=5)
    order = shop.an_order(TEA=3)
    batch = with_totes(mia, releases(mia, order_ids=[order["id"]]), "T-01")
    [line] = batch["lines"]
    picks(mia, line, item="TEA", quantity=2)
    assert waits(mia, line).status_code == 200
    assert mia.posts(f"{PICKING}/batches/{batch['id']}/finish").status_code == 200

    begun = mia.posts("/packing/sessions", {"code": "T-01", "station": "north"}).json["session"]

    assert [one["quantity"] for one in begun["lines"]] == [2]
    path = f"/packing/sessions/{begun['id']}"
    assert mia.posts(f"{path}/scans", {"code": "TEA", "quantity": 2}).json["result"] == "ok"
    assert mia.posts(f"{path}/finish", {"carrier": "DHL"}).status_code == 200
    assert differences() == []


@pytest.mark.parametrize("is_found", [True, False])
def test_what_is_not_found_is_back_ordered_until_the_count_says_where_it_is(
    warehouse: Warehouse, shop: Shop, mia: Staff, jon: Staff, is_found: bool
) -> None:
    level = warehouse.stocks("TEA", A_01=5)
    buyer = shop.guest()
    order, later = shop.an_order(TEA=3, buyer=buyer), shop.an_order(TEA=2)
    batch = with_totes(mia, releases(mia, order_ids=[order["id"]]), "T-01")
    [line] = batch["lines"]
    picks(mia, line, item="TEA")

    answer = waits(mia, line)

    assert answer.status_code == 200, answer.json
    assert answer.json["lines"][0]["status"] == "short"
    assert figures(mia, level) == (5, 3, 2, 2), "nobody is promised what was not found"
    assert journal(mia, level, 3) == [
        ("back_ordered", "not found", 0, 0, 0, 2),
        ("released", "not found", 0, -2, 0, 0),
        ("state_changed", "not found", 0, 0, 2, 0),
    ]
    assert buyer.sees(order)["lines"][0]["back_ordered_quantity"] == 2
    assert differences() == []
    # Neither a person nor another order puts on sale, or walks to, what is not there.
    stopped = {"quantity": 2, "from": "quarantine", "to": "available", "reason": "found"}
    for path, body in (
        (f"/stock/{level}/state", stopped),
        (f"/stock/{level}/adjust", {"change": -2, "reason": "lost", "state": "quarantine"}),
    ):
        refused = shop.staff().posts(path, body)
        assert (refused.status_code, refused.json.get("code")) == (409, "state_short"), refused.json
    # The rest of the order goes out.
    assert mia.posts(f"{PICKING}/batches/{batch['id']}/finish").status_code == 200
    assert mia.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"}).status_code == 201
    drain()
    assert (figures(mia, level), owed(mia, order)) == ((4, 2, 2, 2), 2)
    assert differences() == []

    people = [mia] if is_found else [mia, jon]
    entries = counts(level, warehouse.bins["A-01"], 4 if is_found else 2, *people)

    assert [one.json["lines"][0]["status"] for one in entries][-1] == "posted"
    counted = (0, 0, 0, 0) if is_found else (-2, 0, 0, 0)
    assert journal(mia, level, 3 if is_found else 2)[-2:] == [
        ("counted", "count", *counted),
        ("state_changed", "counted", 0, 0, -2, 0),
    ]
    if is_found:
        assert (figures(mia, level), owed(mia, order)) == ((4, 4, 0, 0), 0)
    else:
        assert (figures(mia, level), owed(mia, order)) == ((2, 2, 0, 2), 2)
        assert differences() == []
        got = {"variant_id": line["variant_id"], "quantity": 2, "bin": "L-A-02"}
        receipt = {"location_id": str(warehouse.place), "lines": [got]}
        assert jon.posts("/receipts", receipt).status_code == 201
        assert (figures(mia, level), owed(mia, order)) == ((4, 4, 0, 0), 0)
    drain()
    kinds = [row["kind"] for row in mia.opens(order)["timeline"]]
    assert kinds.index("back_ordered") < kinds.index("back_order_allocated")
    rest = releases(mia)
    assert {one["order_number"]: one["quantity"] for one in rest["lines"]} == {
        order["number"]: 2,
        later["number"]: 2,
    }
    assert differences() == []


def test_what_is_free_elsewhere_goes_to_the_line_at_once_and_no_walk_to_the_missing_units(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    level = warehouse.stocks("TEA", A_01=3, B_01=1)
    order = shop.an_order(TEA=3)
    [line] = releases(mia, kind="order")["lines"]
    assert (line["bin_code"], line["quantity"]) == ("A-01", 3)

    assert waits(mia, line).status_code == 200

    assert (figures(mia, level), owed(mia, order)) == ((4, 1, 3, 2), 2)
    mia.posts(f"{PICKING}/batches/{mia.gets('/picking/batches').json['data'][0]['id']}/finish")
    [again] = releases(mia, kind="order")["lines"]
    assert (again["bin_code"], again["quantity"]) == ("B-01", 1), "not A-01, where nothing is"
    assert differences() == []


def test_a_discarded_count_gives_the_units_back_to_who_waits(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    level = warehouse.stocks("TEA", A_01=3)
    order = shop.an_order(TEA=3)
    [line] = with_totes(mia, releases(mia), "T-01")["lines"]
    assert waits(mia, line).status_code == 200
    assert (waits(mia, line).json["code"], figures(mia, level)) == (
        "pick_line_not_open",
        (3, 0, 3, 3),
    )

    [count] = mia.gets("/counts").json["data"]
    assert mia.posts(f"/counts/{count['id']}/discard").status_code == 200

    assert (figures(mia, level), owed(mia, order)) == ((3, 3, 0, 0), 0)
    assert differences() == []


def test_a_count_of_the_whole_level_is_of_its_bins_as_well(
    warehouse: Warehouse, shop: Shop, mia: Staff
) -> None:
    level = warehouse.stocks("TEA", A_01=3)
    order = shop.an_order(TEA=3)
    [line] = with_totes(mia, releases(mia), "T-01")["lines"]
    assert waits(mia, line).status_code == 200

    body = {"on_hand": 1, "expected_on_hand": 3, "reason": "count"}
    assert mia.posts(f"/stock/{level}/adjust", body).status_code == 200

    assert (figures(mia, level), owed(mia, order)) == ((1, 1, 0, 2), 2)
    assert differences() == []


def test_units_in_a_parcel_do_not_wait(warehouse: Warehouse, shop: Shop, mia: Staff) -> None:
    level = warehouse.stocks("TEA", A_01=3)
    order = shop.an_order(TEA=3)
    [line] = with_totes(mia, releases(mia), "T-01")["lines"]
    picks(mia, line, item="TEA")
    parcel = mia.posts(f"/orders/{order['id']}/fulfilments", {})
    assert parcel.status_code == 201, parcel.json

    refused = waits(mia, line)

    assert (refused.status_code, refused.json["code"]) == (409, "units_in_parcel")
    assert (figures(mia, level), mia.gets("/counts").json["data"]) == ((3, 3, 0, 0), [])


@pytest.mark.parametrize("ends", ["discard", "post"])
def test_a_count_that_ends_at_this_moment_is_not_the_one_that_is_waited_for(
    warehouse: Warehouse, shop: Shop, mia: Staff, ends: str
) -> None:
    """Without the lock on the count, and the look under it, nothing would ever count the units."""
    level = warehouse.stocks("TEA", A_01=5)
    shop.an_order(TEA=2)
    first = mia.posts("/counts", {"bin_id": str(warehouse.bins["A-01"])}).json["id"]
    [line] = with_totes(mia, releases(mia), "T-01")["lines"]
    session.remove()
    answers: list[Any] = []

    def picker() -> None:
        with shop.app.app_context():
            answers.append(waits(mia, line))

    with db.engine.begin() as counter:
        lock = text("SELECT 1 FROM stock_counts WHERE id = :id FOR UPDATE")
        counter.execute(lock, {"id": first})
        words = {
            "discard": "UPDATE stock_counts SET status = 'discarded', closed_at = now()",
            "post": "UPDATE stock_count_lines SET status = 'posted', closed_at = now()",
        }
        counter.execute(text(words[ends]))
        thread = threading.Thread(target=picker)
        thread.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        for _ in range(500):
            if answers or counter.scalar(waiting):
                break
            time.sleep(0.01)
    thread.join(20)

    assert answers[0].status_code == 200, answers[0].json
    assert figures(mia, level) == (5, 0, 5, 2), "the bin has none at all"
    open_ = [row for row in mia.gets("/counts").json["data"] if row["status"] == "planned"]
    assert [row["scope"] for row in open_] == ["TEA in A-01: 2 not found"]


def test_short_picks_of_one_bin_at_once_plan_one_count(
    warehouse: Warehouse, shop: Shop, mia: Staff, jon: Staff
) -> None:
    """Without the advisory lock both look, see no count, and plan one."""
    warehouse.stocks("TEA", A_01=5)
    for _ in range(2):
        shop.an_order(TEA=2)
    calls = []
    for who, command in ((mia, "short"), (jon, "back-order")):
        [line] = releases(who, kind="order", limit=1)["lines"]
        calls.append(partial(who.posts, f"{PICKING}/lines/{line['id']}/{command}", {}))
    is_locked = threading.Event()

    def let_both_come() -> None:
        with db.engine.begin() as planner:
            # Reads pass, what is planned does not.
            planner.execute(text("LOCK TABLE stock_counts IN SHARE MODE"))
            is_locked.set()
            waiting = text(
                "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
                " WHERE NOT granted AND datname = current_database()"
            )
            for _ in range(500):
                if planner.scalar(waiting) == 2:
                    break
                time.sleep(0.01)

    def comes(call: Any) -> Any:
        is_locked.wait(20)
        return call()

    outcomes = at_once(shop.app, [let_both_come, *(partial(comes, call) for call in calls)])

    assert [one.status_code for one in outcomes.results if one is not None] == [200, 200]
    [planned] = mia.gets("/counts").json["data"]
    assert planned["scope"] == "TEA in A-01: 2 not found"
    assert differences() == []


def test_short_picks_counts_and_sales_at_once_lose_no_unit(
    warehouse: Warehouse, shop: Shop, mia: Staff, jon: Staff
) -> None:
    """Without the locks of all levels first, or in another order: a deadlock, or a lost unit."""
    level = warehouse.stocks("TEA", A_01=8)
    for _ in range(4):
        shop.an_order(TEA=2)
    people = [shop.staff("warehouse") for _ in range(4)]
    lines = [releases(who, kind="order", limit=1)["lines"][0] for who in people]
    count = mia.posts("/counts", {"bin_id": str(warehouse.bins["A-01"]), "is_blind": True}).json
    body = {"level_id": str(level), "bin_id": str(warehouse.bins["A-01"]), "counted": 8}

    outcomes = at_once(
        shop.app,
        [
            *(
                lambda who=who, line=line: waits(who, line)
                for who, line in zip(people, lines, strict=True)
            ),
            lambda: jon.posts(f"/counts/{count['id']}/entries", body),
        ],
    )

    assert outcomes.of_status(200) == 5, [one.json for one in outcomes.results]
    on_hand, promised, stopped, waiting = figures(mia, level)
    assert (on_hand, promised + stopped, promised + waiting) == (8, 8, 8)
    assert differences() == []
    for one in mia.gets("/counts").json["data"]:
        if one["status"] != "posted":
            assert mia.posts(f"/counts/{one['id']}/discard").status_code == 200
    assert figures(mia, level) == (8, 8, 0, 0)
    assert differences() == []
