"""Somebody who works at certain locations sees and changes the stock of these alone."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api.accounts import service as accounts_service
from api.kernel.permissions import Permission
from api.kernel.principal import SYSTEM
from api.orders import queries as orders_queries
from api.platform.attention import AttentionKind, Subjects, raise_item
from api.platform.db import session, transaction
from api.platform.pagination import Sort
from tests.accounts.test_staff import audited, edits
from tests.approvals.test_approvals import limits, named
from tests.support.plans import copied, plans_of, refresh_statistics, tables_read_whole
from tests.support.shop import Shop
from tests.support.stock import counters


@pytest.fixture
def two_places(shop: Shop) -> dict[str, Any]:
    """Goods at the first location, none at a second one where Wanda works."""
    mug = shop.sells("MUG", 10)
    anna, owner = named(shop, "owner", "Anna Owner")
    wanda, person = named(shop, "manager", "Wanda Warehouse")
    there = anna.posts("/locations", {"code": "SHOP-2", "name": "Second shop"}).json
    here = anna.gets("/stock").json["data"][0]
    opened = anna.posts("/stock", {"variant_id": str(mug), "location_id": there["id"]}).json
    changed = edits(anna.client, owner, person, locations=["SHOP-2"])
    assert (changed.status_code, changed.json["locations"]) == (200, ["SHOP-2"])
    return {"anna": anna, "owner": owner, "wanda": wanda, "person": person, "mug": mug,
            "here": here, "there": opened}  # fmt: skip


def test_lists_hold_what_is_where_they_work(shop: Shop, two_places: dict[str, Any]) -> None:
    wanda, anna = two_places["wanda"], two_places["anna"]

    assert [one["code"] for one in wanda.gets("/locations").json["data"]] == ["SHOP-2"]
    assert [one["location"]["code"] for one in wanda.gets("/stock").json["data"]] == ["SHOP-2"]
    assert len(anna.gets("/stock").json["data"]) == 2
    path = f"/stock/{two_places['here']['id']}"
    for elsewhere in (wanda.gets(path), wanda.gets(f"{path}/movements")):
        assert (elsewhere.status_code, elsewhere.json["code"]) == (404, "level_not_found")
    assert wanda.gets(f"/stock/{two_places['there']['id']}").status_code == 200


def test_stock_and_parcels_elsewhere_stay_as_they_are(
    shop: Shop, two_places: dict[str, Any]
) -> None:
    wanda, anna, mug = two_places["wanda"], two_places["anna"], two_places["mug"]
    order = shop.an_order(MUG=2)
    here, there = two_places["here"], two_places["there"]
    main = UUID(here["location"]["id"])
    before = counters(mug, at=main)

    refused = [
        wanda.posts(f"/stock/{here['id']}/adjust", {"change": 1, "reason": "found"}),
        wanda.posts("/stock", {"variant_id": str(mug), "location_id": here["location"]["id"]}),
        wanda.client.patch(
            f"/api/v1/admin/stock/{here['id']}",
            json={"low_stock_threshold": 3},
            headers={**wanda.headers, "If-Match": f'"{here["version"]}"'},
        ),
    ]

    for answer in refused:
        assert (answer.status_code, answer.json["code"]) == (403, "location_not_yours")
    assert counters(mug, at=main) == before
    adjusted = wanda.posts(f"/stock/{there['id']}/adjust", {"change": 1, "reason": "found"})
    assert adjusted.status_code == 200
    assert anna.opens(order)["status"] == "placed"


def test_locations_are_known_ones_and_nobody_gives_more_than_they_have(
    shop: Shop, two_places: dict[str, Any]
) -> None:
    anna, owner, person = two_places["anna"], two_places["owner"], two_places["person"]

    unknown = edits(anna.client, owner, person, 2, locations=["NOWHERE"])
    assert (unknown.status_code, unknown.json["code"]) == (422, "location_unknown")
    lifted = edits(anna.client, owner, person, 2, locations=None)
    assert (lifted.status_code, lifted.json["locations"]) == (200, None)
    assert "location_ids" in audited("staff.edited")[-1][2]["before"]
    with transaction():
        accounts_service.create_role("shift lead", {Permission.STAFF_WRITE}, by=SYSTEM)
    second, second_person = named(shop, "shift lead", "Lena Lead")
    assert edits(anna.client, owner, second_person, locations=["SHOP-2"]).status_code == 200
    wider = edits(second.client, second_person, person, 3, locations=["MAIN", "SHOP-2"])
    assert (wider.status_code, wider.json["code"]) == (403, "grant_exceeds_own")


@pytest.fixture
def orders_apart(shop: Shop, two_places: dict[str, Any]) -> dict[str, Any]:
    """An order whose goods are at the first location, and one whose goods are where Wanda works."""
    anna, there = two_places["anna"], two_places["there"]
    elsewhere = shop.an_order(MUG=2)
    path = f"/stock/{there['id']}/adjust"
    assert anna.posts(path, {"change": 20, "reason": "received"}).status_code == 200
    own = shop.an_order(MUG=15)
    return {**two_places, "elsewhere": elsewhere, "own": own}


def test_orders_and_the_queue_hold_what_is_allocated_where_they_work(
    shop: Shop, orders_apart: dict[str, Any]
) -> None:
    wanda, anna = orders_apart["wanda"], orders_apart["anna"]
    own, elsewhere = orders_apart["own"], orders_apart["elsewhere"]

    def numbers(staff: Any, **query: Any) -> list[str]:
        return [one["number"] for one in staff.gets("/orders", **query).json["data"]]

    for query in ({}, {"queue": "to_ship"}, {"q": "mug"}, {"q": "mug", "queue": "to_ship"}):
        assert numbers(wanda, **query) == [own["number"]], query
        assert set(numbers(anna, **query)) == {own["number"], elsewhere["number"]}
    total = wanda.gets("/orders", include="total").json["page"]["total"]
    assert total == 1
    seen, whole = wanda.gets("/overview").json, anna.gets("/overview").json
    assert (seen["to_ship"], whole["to_ship"]) == (1, 2)
    assert seen["oldest_to_ship_at"] == own["placed_at"]
    assert whole["oldest_to_ship_at"] == elsewhere["placed_at"]
    lines = [{"order_line_id": own["lines"][0]["id"], "quantity": 15}]
    shipped = wanda.posts(f"/orders/{own['id']}/ship", {"lines": lines, "carrier": "dhl"})
    assert shipped.status_code == 201
    assert numbers(wanda) == [own["number"]], "what they shipped stays theirs to read"
    assert numbers(wanda, queue="to_ship") == []


def test_an_order_elsewhere_is_not_found_by_any_way(
    shop: Shop, orders_apart: dict[str, Any]
) -> None:
    wanda, anna, elsewhere = (orders_apart[name] for name in ("wanda", "anna", "elsewhere"))
    path = f"/orders/{elsewhere['id']}"
    parcel = anna.posts(f"{path}/fulfilments", {}).json
    held = anna.posts(f"{path}/holds", {"reason": "other", "note": "wait"}).json

    refused = [
        wanda.gets(path),
        wanda.gets(f"{path}/fulfilments"),
        wanda.posts(f"{path}/notes", {"text": "seen"}),
        wanda.posts(f"{path}/cancel", {"reason": "customer"}),
        wanda.gets(f"/fulfilments/{parcel['id']}"),
        wanda.posts(f"/fulfilments/{parcel['id']}/cancel"),
        wanda.posts(f"/order-holds/{held['id']}/release", {"note": "go"}),
    ]

    for answer in refused:
        assert answer.status_code == 404
        assert answer.json["code"] in ("order_not_found", "fulfilment_not_found", "hold_not_found")
    for code in (elsewhere["number"], parcel["number"]):
        scanned = wanda.gets("/scan", code=code)
        assert (scanned.status_code, scanned.json["code"]) == (404, "code_unknown")
    levels = wanda.gets("/scan", code="MUG").json["variant"]["levels"]
    assert [one["location"]["code"] for one in levels] == ["SHOP-2"]
    assert anna.opens(elsewhere)["status"] == "placed"
    assert anna.gets(path).json["on_hold"] is True


def test_attention_is_asked_for_what_lies_where_they_work(
    shop: Shop, orders_apart: dict[str, Any]
) -> None:
    wanda, anna = orders_apart["wanda"], orders_apart["anna"]
    with transaction():
        for name in ("own", "elsewhere"):
            about = Subjects(order_id=UUID(orders_apart[name]["id"]))
            raise_item(AttentionKind.OVERPAID, name, name, about=about)
        raise_item(AttentionKind.FAILING_JOB, "job", "job")

    seen, whole = wanda.gets("/attention").json["data"], anna.gets("/attention").json["data"]
    assert [one["reason"] for one in seen] == ["own"]
    assert [one["reason"] for one in whole] == ["own", "elsewhere", "job"]
    assert wanda.gets("/overview").json["needs_attention"] == 1
    assert anna.gets("/overview").json["needs_attention"] == 3
    for hidden in whole[1:]:
        path = f"/attention/{hidden['id']}"
        for answer in (wanda.gets(path), wanda.posts(f"{path}/accept", {"note": "seen"})):
            assert (answer.status_code, answer.json["code"]) == (404, "attention_item_not_found")
        assert anna.gets(path).json["resolved_at"] is None
    assert wanda.posts(f"/attention/{seen[0]['id']}/accept", {"note": "ok"}).status_code == 200


def test_the_queue_of_a_location_is_read_from_its_indexes(
    shop: Shop, orders_apart: dict[str, Any]
) -> None:
    own = orders_apart["own"]
    at = frozenset({UUID(orders_apart["there"]["location"]["id"])})
    copied("orders", own["id"], 3_000, number="'X' || n", cart_id="NULL", to_ship="n % 100 = 0")
    with transaction():
        session.execute(
            text(
                "INSERT INTO stock_allocations (id, created_at, order_id, order_line_id, level_id,"
                " quantity) SELECT gen_random_uuid(), now(), o.id, gen_random_uuid(), :level, 1"
                " FROM orders o WHERE o.number LIKE 'X%'"
            ),
            {"level": orders_apart["there"]["id"]},
        )
    refresh_statistics()
    by = replace(SYSTEM, kind="staff", id=UUID(int=1), locations=at)

    def plan(queue: str | None, sort: Sort) -> str:
        filters = orders_queries.OrderFilter(queue=queue)
        paging = {"limit": 20, "cursor": None, "with_total": False}
        return plans_of(lambda: orders_queries.list_orders(filters, sort, by=by, **paging))

    queue, newest = plan("to_ship", orders_queries.OLDEST), plan(None, orders_queries.NEWEST)
    assert "ix_orders_to_ship" in queue, queue
    assert "ix_orders_newest" in newest, newest
    assert "ix_stock_allocations_o" in queue, "what is open there, or of each order"
    assert "ix_stock_allocations_order_id" in newest, newest
    for one in (queue, newest):
        assert tables_read_whole(one) <= {"stock_levels", "order_lines"}, one


def test_orders_and_transfers_elsewhere_are_not_drafted(
    shop: Shop, two_places: dict[str, Any]
) -> None:
    wanda, anna = two_places["wanda"], two_places["anna"]
    anna.posts("/locations", {"code": "SHOP-3", "name": "Third shop"})
    anna.posts("/suppliers", {"name": "Potter", "currency": "EUR"})
    line = {"code": "MUG", "quantity": 2, "unit_cost": {"amount": 100, "currency": "EUR"}}
    elsewhere = {"supplier": "Potter", "location": "MAIN", "lines": [line]}
    moved = {"code": "MUG", "quantity": 1}
    here_to_third = {"from_location": "MAIN", "to_location": "SHOP-3", "lines": [moved]}
    drafted = anna.posts("/purchase-orders", elsewhere).json
    transfer = anna.posts("/transfers", here_to_third).json

    refused = [
        wanda.posts("/purchase-orders", elsewhere),
        wanda.posts(f"/purchase-orders/{drafted['id']}/lines", line),
        wanda.posts(f"/purchase-orders/{drafted['id']}/order"),
        wanda.posts(f"/purchase-orders/{drafted['id']}/cancel", {"reason": "no"}),
        wanda.posts("/transfers", here_to_third),
        wanda.posts(f"/transfers/{transfer['id']}/lines", moved),
        wanda.posts(f"/transfers/{transfer['id']}/ready"),
        wanda.posts(f"/transfers/{transfer['id']}/cancel", {"reason": "no"}),
    ]

    codes = [(answer.status_code, answer.json["code"]) for answer in refused]
    assert codes[0] == codes[4] == (403, "location_not_yours")
    assert set(codes[1:4]) == {(404, "purchase_order_not_found")}
    assert set(codes[5:]) == {(404, "transfer_not_found")}
    assert wanda.posts("/purchase-orders", {**elsewhere, "location": "SHOP-2"}).status_code == 201
    to_her = {**here_to_third, "to_location": "SHOP-2"}
    asked = wanda.posts("/transfers", to_her)
    assert asked.status_code == 201
    # Units leave a place by somebody who works there.
    assert wanda.posts(f"/transfers/{asked.json['id']}/ready").status_code == 200
    assert wanda.posts(f"/transfers/{asked.json['id']}/ship").status_code == 403


def test_a_count_elsewhere_is_not_found_whatever_is_done_with_it(
    shop: Shop, two_places: dict[str, Any]
) -> None:
    wanda, anna, here = (two_places[name] for name in ("wanda", "anna", "here"))
    count = anna.posts("/counts", {"level_ids": [here["id"]]}).json
    path = f"/counts/{count['id']}"

    refused = [
        wanda.posts(f"{path}/entries", {"level_id": here["id"], "counted": 1}),
        wanda.posts(f"{path}/finish", {"missing_are_zero": True}),
        wanda.posts(f"{path}/discard"),
    ]

    for answer in refused:
        assert (answer.status_code, answer.json["code"]) == (404, "count_not_found")
    assert (anna.gets(path).json["status"], anna.gets(path).json["open_count"]) == ("counting", 1)
    bins = wanda.posts("/bins", {"code": "A-1", "location": "MAIN"})
    assert (bins.status_code, bins.json["code"]) == (403, "location_not_yours")


def test_nothing_elsewhere_is_found_by_its_id(shop: Shop, two_places: dict[str, Any]) -> None:
    """Each route of the API is tried with the id of a thing at a location of others."""
    wanda, anna, here, mug = (two_places[name] for name in ("wanda", "anna", "here", "mug"))
    anna.posts("/locations", {"code": "SHOP-3", "name": "Third shop"})
    anna.posts("/suppliers", {"name": "Potter", "currency": "EUR"})
    line = {"code": "MUG", "quantity": 2, "unit_cost": {"amount": 100, "currency": "EUR"}}
    bought = {"supplier": "Potter", "location": "MAIN", "lines": [line]}
    moved = {"from_location": "MAIN", "to_location": "SHOP-3",
             "lines": [{"code": "MUG", "quantity": 1}]}  # fmt: skip
    come = {"location": "MAIN", "lines": [{"variant_id": str(mug), "quantity": 3}]}
    order = shop.an_order(MUG=2)
    ordered = f"/orders/{order['id']}"
    units = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
    made = {
        "fulfilment_id": anna.posts(f"{ordered}/ship", {"lines": [units], "carrier": "dhl"}),
        "bin_id": anna.posts("/bins", {"code": "A-1", "location": "MAIN"}),
        "claim_id": anna.posts(f"{ordered}/claims", {"kind": "broken", "lines": [units]}),
        "count_id": anna.posts("/counts", {"level_ids": [here["id"]]}),
        "hold_id": anna.posts(f"{ordered}/holds", {"reason": "other", "note": "wait"}),
        "purchase_order_id": anna.posts("/purchase-orders", bought),
        "receipt_id": anna.posts("/receipts", come),
        "transfer_id": anna.posts("/transfers", moved),
    }
    for name, answer in made.items():
        assert answer.status_code == 201, (name, answer.json)
    ids = {name: answer.json["id"] for name, answer in made.items()}
    ids |= {"level_id": here["id"], "order_id": order["id"]}
    # Their commands are tried in other tests: these say first what is wrong with a body.
    told_by_views = {"bin_id", "count_id", "level_id"}
    tried, found = set(), []

    for rule in shop.app.url_map.iter_rules():
        named = rule.arguments & ids.keys()
        if not rule.rule.startswith("/api/v1/admin") or rule.arguments != named or not named:
            continue
        path = rule.rule
        for name in named:
            path = path.replace(f"<uuid:{name}>", ids[name])
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        for method in methods & {"GET"} if named & told_by_views else methods:
            headers = {**wanda.headers, "Idempotency-Key": f"{method} {path}"[-60:]}
            answer = wanda.client.open(path, method=method, headers=headers)
            tried |= named
            if answer.status_code != 404 or not answer.json["code"].endswith("_not_found"):
                found.append((method, rule.rule, answer.status_code))

    assert tried == ids.keys()
    assert found == []
    for path in ("/purchase-orders", "/receipts", "/transfers", "/claims", "/counts", "/bins"):
        assert (wanda.gets(path).json["data"], len(anna.gets(path).json["data"])) == ([], 1), path
    for code in (made["purchase_order_id"].json["number"], made["transfer_id"].json["number"]):
        assert wanda.gets("/scan", code=code).status_code == 404
        assert anna.gets("/scan", code=code).status_code == 200
    to_her = anna.posts("/transfers", {**moved, "to_location": "SHOP-2"}).json
    assert wanda.gets(f"/transfers/{to_her['id']}").status_code == 200
    assert wanda.gets("/scan", code=to_her["number"]).json["next"] == ["mark_ready"]


def test_who_names_no_location_works_at_their_own(shop: Shop, two_places: dict[str, Any]) -> None:
    wanda, anna = two_places["wanda"], two_places["anna"]
    anna.posts("/suppliers", {"name": "Potter", "currency": "EUR"})
    line = {"code": "MUG", "quantity": 2, "unit_cost": {"amount": 100, "currency": "EUR"}}
    order = shop.an_order(MUG=2)
    units = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
    shipped = anna.posts(f"/orders/{order['id']}/ship", {"lines": [units], "carrier": "dhl"})
    assert shipped.status_code == 201
    asked = {"lines": [{**units, "reason": "changed_mind"}]}
    back = anna.posts(f"/orders/{order['id']}/returns", asked).json
    mug = str(two_places["mug"])

    made = [
        wanda.posts("/receipts", {"lines": [{"code": "MUG", "quantity": 3}]}),
        wanda.posts("/purchase-orders", {"supplier": "Potter", "lines": [line]}),
        wanda.posts("/counts", {"codes": ["MUG"]}),
        wanda.posts(
            f"/returns/{back['id']}/receive",
            {"units": [{"variant_id": mug, "quantity": 1, "disposition": "restock"}]},
        ),
    ]

    assert [answer.status_code for answer in made] == [201, 201, 201, 200], made[-1].json
    assert made[0].json["location"]["code"] == made[1].json["location"]["code"] == "SHOP-2"
    assert made[2].json["location_code"] == "SHOP-2"
    there = UUID(two_places["there"]["location"]["id"])
    assert counters(two_places["mug"], at=there).on_hand == 4
    alone = anna.posts("/receipts", {"lines": [{"code": "MUG", "quantity": 1}]}).json
    assert alone["location"]["code"] == "MAIN"
    # What waits for a second person comes to where it was asked for, wherever that one works.
    limits("manager", adjust_max_units=2)
    waits = wanda.posts("/receipts", {"lines": [{"code": "MUG", "quantity": 5}]})
    assert waits.status_code == 202
    assert anna.posts(f"/approvals/{waits.json['id']}/approve").status_code == 200
    assert counters(two_places["mug"], at=there).on_hand == 9
