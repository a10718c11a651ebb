"""What is above a limit waits for a second person, and is then carried out once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.accounts.models import Session, StaffRole
from api.event_handlers import WORK
from api.kernel import clock
from api.platform.approvals import WaitingCommand
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from api.returns import flows as returns_flows
from tests.accounts.test_second_factor import comes, enrols, shows
from tests.purchasing.test_receiving import placed
from tests.support.books import differences
from tests.support.people import Person, a_staff_member
from tests.support.shop import Shop, Staff
from tests.support.stock import counters, level_of
from tests.support.threads import at_once
from tests.support.waiting import Held
from tests.support.work import drain

ROLES = "/api/v1/admin/roles"


def limits(role: str, **most: int) -> None:
    """Set the limits of a role."""
    with transaction() as current:
        current.execute(update(StaffRole).where(StaffRole.name == role).values(limits=most))


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def named(shop: Shop, role: str, name: str) -> tuple[Staff, Person]:
    person = a_staff_member(role, name)
    return Staff(shop.app.test_client(), person.headers), person


@pytest.fixture
def people(shop: Shop) -> dict[str, tuple[Staff, Person]]:
    """Sam of support may refund 5.00 alone, Mona the manager 10.00; Anna owns the shop."""
    limits("support", refund_max=500)
    limits("manager", refund_max=1000)
    return {
        "sam": named(shop, "support", "Sam Support"),
        "mona": named(shop, "manager", "Mona Manager"),
        "anna": named(shop, "owner", "Anna Owner"),
    }


def run_now(name: str) -> None:
    """Do one periodic job."""
    next(job for job in WORK.timetable if job.name == name).run()


def audited(action: str) -> list[AuditEntry]:
    entries = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
    return list(session.scalars(entries))


def refunded(staff: Staff, order: dict[str, Any]) -> int:
    return int(staff.opens(order)["refunded"]["amount"])


def test_a_refund_above_the_limit_waits_and_is_carried_out_by_the_second_person(
    shop: Shop, people: dict[str, tuple[Staff, Person]]
) -> None:
    mug = shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    (sam, sam_person), (mona, mona_person), (anna, anna_person) = people.values()

    assert sam.refunds(order, amount=500).status_code == 201, "the limit itself is within it"
    asked = sam.refunds(order, lines={0: 1}, idempotency_key="refund-of-a-mug")

    assert asked.status_code == 202, asked.json
    assert asked.json["status"] == "waiting"
    assert asked.json["summary"] == f"Refund 9.99 EUR of order {order['number']}"
    assert [one["full_name"] for one in asked.json["may_approve"]] == ["Anna Owner", "Mona Manager"]
    assert refunded(anna, order) == 500
    assert counters(mug).allocated == 2
    again = sam.refunds(order, lines={0: 1}, idempotency_key="refund-of-a-mug")
    assert (again.status_code, again.json["id"]) == (202, asked.json["id"])
    drain()
    to = {one.to for one in shop.mailer.sent if "Waiting for you" in one.subject}
    assert to == {anna_person.email, mona_person.email}

    listed = mona.gets("/approvals").json["data"]
    assert [one["id"] for one in listed] == [asked.json["id"]]
    approved = mona.posts(f"/approvals/{asked.json['id']}/approve")

    assert (approved.status_code, approved.json["status"]) == (200, "approved")
    assert approved.json["decided_by_name"] == "Mona Manager"
    assert counters(mug).allocated == 1
    assert differences() == []
    effect = audited("order.refunded")[-1]
    assert (effect.actor, effect.actor_name) == (
        f"staff:{mona_person.id}", "Mona Manager for Sam Support",
    )  # fmt: skip
    entry = audited("approval.approved")[0]
    assert entry.changes["asked_by"] == f"staff:{sam_person.id}"
    assert [one.actor for one in audited("approval.requested")] == [f"staff:{sam_person.id}"]
    late = anna.posts(f"/approvals/{asked.json['id']}/approve")
    assert (late.status_code, late.json["code"]) == (409, "approval_decided")


def test_whoever_asked_or_may_not_go_that_far_does_not_approve(
    shop: Shop, people: dict[str, tuple[Staff, Person]]
) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    (sam, _), (mona, mona_person), (anna, _) = people.values()

    asked = mona.refunds(order, lines={0: 2}, shipping=True)

    path = f"/approvals/{asked.json['id']}"
    assert [one["full_name"] for one in asked.json["may_approve"]] == ["Anna Owner"]
    own = mona.posts(f"{path}/approve")
    assert (own.status_code, own.json["code"]) == (403, "approval_not_yours")
    assert "Anna Owner" in own.json["detail"]
    assert sam.posts(f"{path}/approve").json["code"] == "permission_missing"
    assert sam.gets(path).json["code"] == "approval_not_found", "it is none of Sam's business"
    assert sam.gets("/approvals").json["data"] == []
    assert sam.posts(f"{path}/reject", {"note": "no"}).json["code"] == "approval_not_yours"
    max_, _ = named(shop, "manager", "Max Manager")
    beyond = max_.posts(f"{path}/approve")
    assert (beyond.status_code, beyond.json["code"]) == (403, "approval_not_yours")
    assert refunded(anna, order) == 0
    rejected = anna.posts(f"{path}/reject", {"note": "ask for a picture first"})
    assert (rejected.status_code, rejected.json["status"]) == (200, "rejected")
    assert mona.gets(path).json["note"] == "ask for a picture first"
    assert [one["id"] for one in mona.gets("/approvals", state="decided").json["data"]] == [
        asked.json["id"]
    ]
    assert anna.posts(f"{path}/approve").json["code"] == "approval_decided"
    assert refunded(anna, order) == 0
    assert audited("approval.rejected")[0].changes["asked_by"] == f"staff:{mona_person.id}"


def test_two_who_approve_at_once_give_the_money_back_once(
    shop: Shop, people: dict[str, tuple[Staff, Person]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock on the waiting command: two refunds, or a 500 for one of the two."""
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    (sam, _), (mona, _), (anna, _) = people.values()
    asked = sam.refunds(order, lines={0: 1}).json
    path = f"/approvals/{asked['id']}/approve"

    road = Held()
    whole = returns_flows.reserve_refund

    def slowly(*arguments: Any, **named: Any) -> bool:
        road.stand()
        return whole(*arguments, **named)

    monkeypatch.setattr(returns_flows, "reserve_refund", slowly)
    letting_go = threading.Timer(1.0, road.let_go)
    letting_go.start()

    outcomes = at_once(
        shop.app, [lambda: mona.posts(path), lambda: anna.posts(path), lambda: anna.posts(path)]
    )

    codes = sorted(answer.status_code for answer in outcomes.results)
    assert codes in ([200, 200, 409], [200, 409, 409]), outcomes
    assert refunded(anna, order) == 999
    assert len(audited("order.refunded")) == len(audited("approval.approved")) == 1
    assert differences() == []


def test_what_fits_no_longer_is_refused_in_words_and_keeps_waiting(
    shop: Shop, people: dict[str, tuple[Staff, Person]]
) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=1)
    (sam, _), (mona, _), (anna, _) = people.values()
    asked = sam.refunds(order, lines={0: 1}).json
    assert anna.refunds(order, lines={0: 1}).status_code == 201

    answer = mona.posts(f"/approvals/{asked['id']}/approve")

    assert (answer.status_code, answer.json["code"]) == (422, "quantity_exceeds_refundable")
    assert mona.gets(f"/approvals/{asked['id']}").json["status"] == "waiting"
    with transaction() as current:
        current.execute(
            update(WaitingCommand).values(expires_at=clock.now() - timedelta(seconds=1))
        )
    late = mona.posts(f"/approvals/{asked['id']}/approve")
    assert (late.status_code, late.json["code"]) == (409, "approval_decided")
    assert "expired" in late.json["detail"]
    assert mona.gets("/approvals").json["data"] == []
    assert mona.gets("/approvals", state="decided").json["data"][0]["status"] == "expired"
    assert refunded(anna, order) == 999


def test_the_expiry_of_a_command_is_written_to_the_audit_log_once(
    shop: Shop, people: dict[str, tuple[Staff, Person]]
) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=1)
    (sam, person), _, (anna, _) = people.values()
    asked = sam.refunds(order, lines={0: 1}).json
    run_now("note-expired-approvals")
    assert audited("approval.expired") == []
    with transaction() as current:
        current.execute(
            update(WaitingCommand).values(expires_at=clock.now() - timedelta(seconds=1))
        )

    run_now("note-expired-approvals")
    run_now("note-expired-approvals")

    entry = audited("approval.expired")
    assert [(one.actor, str(one.subject_id)) for one in entry] == [("system:-", order["id"])]
    assert entry[0].changes["command_id"] == asked["id"]
    assert entry[0].changes["asked_by"] == f"staff:{person.id}"
    assert anna.gets(f"/approvals/{asked['id']}").json["status"] == "expired"


def test_the_dashboard_counts_what_waits_for_whoever_sees_it(
    shop: Shop, people: dict[str, tuple[Staff, Person]]
) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    (sam, _), (mona, _), (anna, _) = people.values()
    other, _ = named(shop, "support", "Olga Other")
    asked = sam.refunds(order, lines={0: 1}).json

    counted = [one.gets("/overview").json["awaiting_approval"] for one in (sam, mona, anna, other)]

    assert counted == [1, 1, 1, 0]
    assert mona.posts(f"/approvals/{asked['id']}/reject", {"note": "no"}).status_code == 200
    assert sam.gets("/overview").json["awaiting_approval"] == 0


def test_a_cancellation_that_gives_back_too_much_waits_as_a_whole(
    shop: Shop, people: dict[str, tuple[Staff, Person]]
) -> None:
    mug = shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    (sam, _), _, (anna, _) = people.values()

    asked = sam.cancels(order)

    assert asked.status_code == 202
    assert anna.opens(order)["status"] == "placed"
    assert counters(mug).allocated == 2
    assert anna.posts(f"/approvals/{asked.json['id']}/approve").status_code == 200
    assert anna.opens(order)["status"] == "cancelled"
    assert refunded(anna, order) == 2488
    assert counters(mug).allocated == 0
    assert differences() == []
    unpaid = shop.an_order(MUG=1, paid=False)
    assert sam.cancels(unpaid).status_code == 200, "nothing goes back"


def test_an_adjustment_is_limited_by_units_and_by_value(shop: Shop) -> None:
    mug = shop.sells("MUG", 100)
    limits("warehouse", adjust_max_units=5, adjust_max_value=3000)
    wanda, _ = named(shop, "warehouse", "Wanda Warehouse")
    anna, _ = named(shop, "owner", "Anna Owner")
    level = anna.gets("/stock", variant_ids=str(mug)).json["data"][0]
    path = f"/stock/{level['id']}/adjust"

    def adjusts(change: int, reason: str = "damaged") -> Any:
        return wanda.posts(path, {"change": change, "reason": reason})

    assert adjusts(-3).status_code == 200
    by_value, by_units = adjusts(-4), adjusts(6)
    assert (by_value.status_code, by_units.status_code) == (202, 202)
    assert adjusts(50, "received").status_code == 202, "no purchase order says that they come"
    counted = wanda.posts(path, {"on_hand": 0, "expected_on_hand": 97, "reason": "count"})
    assert counted.status_code == 202
    assert counters(mug).on_hand == 97
    assert wanda.gets("/approvals").json["data"][0]["kind"] == "adjustment"
    assert anna.posts(f"/approvals/{by_value.json['id']}/approve").status_code == 200
    assert counters(mug).on_hand == 93
    stale = anna.posts(f"/approvals/{counted.json['id']}/approve")
    assert (stale.status_code, stale.json["code"]) == (409, "stale_quantity")
    movement = anna.gets(f"/stock/{level['id']}/movements").json["data"][0]
    assert movement["actor"] == "Anna Owner for Wanda Warehouse"
    withdrawn = wanda.posts(f"/approvals/{counted.json['id']}/reject", {"note": "counted wrong"})
    assert (withdrawn.status_code, withdrawn.json["status"]) == (200, "rejected")


def test_what_nobody_has_ordered_waits_with_the_receipt_that_it_came_in(shop: Shop) -> None:
    mug = shop.sells("MUG", 0)
    limits("warehouse", adjust_max_units=5, adjust_max_value=3000)
    wanda, _ = named(shop, "warehouse", "Wanda Warehouse")
    anna, _ = named(shop, "owner", "Anna Owner")
    order = placed(anna, ("MUG", 20, 450))

    def receives(units: int, of_order: bool = True, **more: Any) -> Any:
        of = {"purchase_order_id": order["id"]} if of_order else {}
        body = {**of, "lines": [{"code": "MUG", "quantity": units, **more}]}
        return wanda.posts("/receipts", body)

    assert receives(18).status_code == 201, "all of it was ordered"
    assert receives(6).status_code == 201, "4 more than ordered are within the limit"
    over = receives(6)
    cost = {"amount": 100, "currency": "EUR"}
    loose, dear = receives(6, False, unit_cost=cost), receives(4, False)
    assert [one.status_code for one in (over, loose, dear)] == [202, 202, 202]
    assert over.json["summary"] == f"Receive 6 units of MUG beyond {order['number']}"
    assert counters(mug).on_hand == 24
    assert anna.gets(f"/purchase-orders/{order['id']}").json["received_units"] == 24

    for one in (over, loose):
        assert anna.posts(f"/approvals/{one.json['id']}/approve").status_code == 200
    assert anna.posts(f"/approvals/{dear.json['id']}/reject", {"note": "no"}).status_code == 200

    assert counters(mug).on_hand == 36
    receipt = anna.gets(f"/receipts/{over.json['id']}").json
    assert (receipt["actor"], receipt["over_units"]) == ("Anna Owner for Wanda Warehouse", 6)
    assert anna.gets(f"/receipts/{loose.json['id']}").json["lines"][0]["unit_cost"] == cost
    assert anna.gets(f"/purchase-orders/{order['id']}").json["over_units"] == 10
    assert differences() == []


@pytest.mark.parametrize("in_bin", [False, True])
def test_what_two_counts_found_missing_is_approved_once(shop: Shop, in_bin: bool) -> None:
    level = str(level_of(shop.sells("MUG", 1000)))
    limits("warehouse", adjust_max_units=1)
    wanda, _ = named(shop, "warehouse", "Wanda Warehouse")
    anna, _ = named(shop, "owner", "Anna Owner")
    where = anna.gets(f"/stock/{level}").json["location"]["id"]
    place = anna.posts("/bins", {"location_id": where, "code": "A-1"}).json["id"]
    if in_bin:
        moved = {"quantity": 1000, "from_bin_id": None, "to_bin_id": place}
        assert anna.posts(f"/stock/{level}/moves", moved).status_code == 200
    counts = [wanda.posts("/counts", {"level_ids": [level]}).json["id"] for _ in range(2)]
    found = {"level_id": level, "counted": 990, "bin_id": place if in_bin else None}
    for count in counts:
        assert wanda.posts(f"/counts/{count}/entries", found).status_code == 200
    kept = wanda.posts(f"/counts/{counts[1]}/discard")
    assert (kept.status_code, kept.json["code"]) == (409, "count_lines_held")

    waiting = [one["id"] for one in anna.gets("/approvals").json["data"]]
    answers = [anna.posts(f"/approvals/{one}/approve") for one in waiting]

    assert [one.status_code for one in answers] == [200, 409]
    assert answers[1].json["code"] == "stale_quantity"
    assert anna.gets(f"/stock/{level}").json["on_hand"] == 990
    assert anna.posts(f"/approvals/{waiting[1]}/reject", {"note": "counted"}).status_code == 200
    drain()
    assert wanda.posts(f"/counts/{counts[1]}/discard").status_code == 200
    assert differences() == []


def test_a_count_above_a_limit_is_closed_by_the_second_person(shop: Shop) -> None:
    mug, jug = shop.sells("MUG", 1000), shop.sells("JUG", 1000)
    limits("warehouse", adjust_max_units=1)
    wanda, _ = named(shop, "warehouse", "Wanda Warehouse")
    anna, _ = named(shop, "owner", "Anna Owner")
    levels = [str(level_of(one)) for one in (mug, jug)]
    count = wanda.posts("/counts", {"level_ids": levels}).json["id"]

    where = anna.gets(f"/stock/{levels[0]}").json["location"]["id"]
    place = anna.posts("/bins", {"location_id": where, "code": "A-1"}).json["id"]

    def puts(level: str, units: int, source: str | None, target: str | None) -> None:
        body = {"quantity": units, "from_bin_id": source, "to_bin_id": target}
        assert anna.posts(f"/stock/{level}/moves", body).status_code == 200

    puts(levels[0], 400, None, place)
    for level, found in zip(levels, (598, 998), strict=True):
        body = {"level_id": level, "counted": found}
        assert wanda.posts(f"/counts/{count}/entries", body).status_code == 200
    waiting = anna.gets("/approvals").json["data"]
    assert [one["kind"] for one in waiting] == ["adjustment", "adjustment"]
    refused = wanda.posts(f"/counts/{count}/finish")
    assert (refused.status_code, refused.json["held"]) == (409, 2)
    of_level = {one["subject_id"]: one["id"] for one in waiting}
    assert anna.posts(f"/approvals/{of_level[levels[0]]}/approve").status_code == 200
    in_bins = anna.gets(f"/stock/{levels[0]}").json["in_bins"]
    assert (counters(mug).on_hand, in_bins) == (998, 400), "it was missing in no bin"
    puts(levels[1], 999, None, place)
    short = anna.posts(f"/approvals/{of_level[levels[1]]}/approve")
    assert (short.status_code, short.json["code"], short.json["present"]) == (409, "bin_short", 1)
    puts(levels[1], 999, place, None)
    rejection = {"note": "count again"}
    assert anna.posts(f"/approvals/{of_level[levels[1]]}/reject", rejection).status_code == 200
    drain()

    lines = {one["level_id"]: one for one in anna.gets(f"/counts/{count}").json["lines"]}
    assert [(lines[one]["status"], lines[one]["variance"]) for one in levels] == [
        ("posted", -2), ("recount", None),
    ]  # fmt: skip
    assert (counters(mug).on_hand, counters(jug).on_hand) == (998, 1000)
    assert anna.posts(f"/counts/{count}/entries", {"level_id": levels[1], "counted": 998}
                      ).status_code == 200  # fmt: skip
    assert wanda.posts(f"/counts/{count}/finish").json["status"] == "posted"
    assert counters(jug).on_hand == 998
    assert differences() == []


def test_the_only_person_approves_their_own_with_a_second_factor(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    client = shop.app.test_client()
    person = a_staff_member("owner", "Anna Owner")
    limits("owner", refund_max=500)
    anna = Staff(client, person.headers)
    asked = anna.refunds(order, lines={0: 1})
    assert [one["full_name"] for one in asked.json["may_approve"]] == ["Anna Owner"]
    path = f"/approvals/{asked.json['id']}/approve"
    without = anna.posts(path)
    assert (without.status_code, without.json["code"]) == (403, "second_factor_missing")
    app, _ = enrols(client, person)
    headers = {"Authorization": f"Bearer {comes(client, person, app.code()).json['access_token']}"}
    with transaction() as current:
        current.execute(update(Session).values(proved_at=None))
    anna = Staff(client, headers)
    stale = anna.posts(path)
    assert (stale.status_code, stale.json["code"]) == (403, "step_up_required")
    assert shows(client, "/api/v1/admin/me/step-up", headers, app.code()).status_code == 204

    approved = anna.posts(path)

    assert (approved.status_code, approved.json["was_alone"]) == (200, True)
    assert audited("approval.approved")[0].changes["was_alone"] is True
    assert audited("order.refunded")[0].actor_name == "Anna Owner"
    two = anna.refunds(order, lines={0: 1}).json
    named(shop, "support", "Sam Support")
    now_two = anna.posts(f"/approvals/{two['id']}/approve")
    assert (now_two.status_code, now_two.json["code"]) == (403, "approval_not_yours")


def test_limits_are_set_on_roles_and_nobody_widens_them(shop: Shop) -> None:
    anna, person = named(shop, "owner", "Anna Owner")
    role = next(one for one in anna.gets("/roles").json["data"] if one["name"] == "support")
    headers = person.with_headers(If_Match=f'"{role["version"]}"')
    assert [role[name] for name in ("refund_max", "adjust_max_units", "adjust_max_value")] == [
        None, None, None,
    ]  # fmt: skip

    def sets(path: str, by: Any, body: Any) -> Any:
        return anna.client.patch(f"{ROLES}/{path}", json=body, headers=by)

    foreign = sets(role["id"], headers, {"refund_max": eur(5) | {"currency": "USD"}})
    assert foreign.json["errors"] == [
        {
            "pointer": "/refund_max",
            "code": "limit_in_other_currency",
            "detail": "Limits are in EUR.",
        }
    ]
    below = sets(role["id"], headers, {"refund_max": eur(-1)})
    half = sets(role["id"], headers, {"refund_max": {"currency": "EUR"}})
    assert (foreign.status_code, below.status_code) == (422, 422)
    assert (half.status_code, half.json["errors"][0]["pointer"]) == (422, "/refund_max/amount")
    changed = sets(role["id"], headers, {"refund_max": eur(5000)})
    assert changed.json["refund_max"] == eur(5000)
    assert audited("role.edited")[0].changes == {
        "before": {"limits": None}, "after": {"limits": {"refund_max": 5000}},
    }  # fmt: skip

    body = {"name": "shift lead", "permissions": [
        "staff:write", "keys:write", "orders:refund", "orders:cancel", "customers:read",
    ], "refund_max": eur(5000)}  # fmt: skip
    assert anna.posts("/roles", body).status_code == 201
    lead, _ = named(shop, "shift lead", "Lena Lead")
    wider = lead.posts("/roles", body | {"name": "wide", "refund_max": eur(5001)})
    none = lead.posts("/roles", body | {"name": "none", "refund_max": None})
    key = lead.posts("/api-keys", {"name": "loophole", "scopes": ["orders:refund"]})
    for refused in (wider, none, key):
        assert (refused.status_code, refused.json["code"]) == (403, "grant_exceeds_own")
    assert lead.posts("/roles", body | {"name": "same"}).status_code == 201
