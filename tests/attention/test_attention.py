"""What needs a person: raised once, resolved by commands, gone when its cause goes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update

from api.attention.policy import COMMANDS
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.payment_sync import flows as payment_sync_flows
from api.payments.models import Payment
from api.platform import attention, deliveries, delivery_claims, jobs, outbox
from api.platform.attention import AttentionKind, AttentionRaised, Resolution, raise_item
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from api.platform.outbox import Delivery, OutboxEvent
from tests.support.books import differences
from tests.support.shop import Shop, Staff
from tests.support.work import drain

FIVE_EUROS = Money(500, "EUR")


def listed(staff: Staff, **query: Any) -> list[dict[str, Any]]:
    return list(staff.gets("/attention", **query).json["data"])


def ends(staff: Staff, item: dict[str, Any], command: str, **body: Any) -> Any:
    return staff.posts(f"/attention/{item['id']}/{command}", body)


def orphan(shop: Shop, amount: int = 500, key: str = "x") -> str:
    """Have money at the provider that nobody here asked for."""
    made = shop.gateway.create_intent(
        amount=amount, currency="EUR", idempotency_key=key, metadata={}
    )
    shop.gateway.pay(made.id)
    payment_sync_flows.sweep_payments()
    return made.id


def test_each_kind_has_commands_and_each_of_them_a_route(shop: Shop) -> None:
    assert set(COMMANDS) == set(AttentionKind)
    rules = {rule.rule for rule in shop.app.url_map.iter_rules()}
    for commands in COMMANDS.values():
        for command in commands:
            assert f"/api/v1/admin/attention/<uuid:item_id>/{command}" in rules


def test_raising_again_changes_the_words_and_counts_nothing_up(shop: Shop) -> None:
    for amount in (FIVE_EUROS, FIVE_EUROS, Money(700, "EUR")):
        with transaction():
            raise_item(AttentionKind.OVERPAID, "a", f"{amount} too much", amount=amount)

    (item,) = listed(shop.staff())

    assert (item["reason"], item["amount"]) == (
        "7.00 EUR too much",
        {"amount": 700, "currency": "EUR"},
    )
    told = session.scalars(
        select(OutboxEvent.id).where(OutboxEvent.name == AttentionRaised.name)
    ).all()
    assert len(told) == 1
    assert shop.staff().gets("/overview").json["needs_attention"] == 1


def test_what_somebody_accepted_stays_accepted_until_the_amount_changes(shop: Shop) -> None:
    owner = shop.staff()
    with transaction():
        raise_item(AttentionKind.OVERPAID, "a", "too much", amount=FIVE_EUROS)
    (item,) = listed(owner)
    accepted = ends(owner, item, "accept", note="a tip, says the customer")

    with transaction():
        raise_item(AttentionKind.OVERPAID, "a", "too much", amount=FIVE_EUROS)
    assert listed(owner) == []
    with transaction():
        raise_item(AttentionKind.OVERPAID, "a", "too much", amount=Money(900, "EUR"))

    assert accepted.json["resolution"] == "accepted"
    assert accepted.json["resolved_by"] == "Anna Owner"
    assert accepted.json["commands"] == []
    assert [one["amount"]["amount"] for one in listed(owner)] == [900]
    assert [one["note"] for one in listed(owner, state="resolved")] == ["a tip, says the customer"]
    audited = select(AuditEntry.action).where(AuditEntry.action.like("attention.%"))
    assert session.scalars(audited).all() == ["attention.accepted"]


def test_what_went_by_itself_may_come_again(shop: Shop) -> None:
    for _ in range(2):
        with transaction():
            raise_item(AttentionKind.OVERPAID, "a", "too much", amount=FIVE_EUROS)
        with transaction():
            assert attention.clear(AttentionKind.OVERPAID, reference="a") == 1

    assert [one["resolution"] for one in listed(shop.staff(), state="resolved")] == ["gone"] * 2


def test_an_item_is_ended_once(shop: Shop) -> None:
    owner = shop.staff()
    with transaction():
        raise_item(AttentionKind.WRONG_AMOUNT, "a", "another amount", amount=FIVE_EUROS)
    (item,) = listed(owner)

    unfit = ends(owner, item, "link", order_number="1001")
    ends(owner, item, "accept", note="fine")
    again = ends(owner, item, "accept", note="fine")
    unknown = ends(owner, {"id": uuid4()}, "accept", note="fine")

    assert (unfit.status_code, unfit.json["code"]) == (409, "attention_command_unfit")
    assert unfit.json["allowed"] == ["accept"]
    assert (again.status_code, again.json["code"]) == (409, "attention_item_resolved")
    assert (unknown.status_code, unknown.json["code"]) == (404, "attention_item_not_found")


@pytest.mark.parametrize(
    ("command", "body", "role"),
    [
        ("accept", {"note": "fine"}, "warehouse"),
        ("link", {"order_number": "1"}, "support"),
        ("refund", {"reason": "other"}, "warehouse"),
        ("retry", {}, "support"),
        ("discard", {"note": "fine"}, "support"),
    ],
)
def test_commands_need_their_permission(
    shop: Shop, command: str, body: dict[str, Any], role: str
) -> None:
    assert ends(shop.staff(role), {"id": uuid4()}, command, **body).status_code == 403


def test_the_list_is_paged_narrowed_and_says_how_old_things_are(shop: Shop) -> None:
    owner = shop.staff()
    for days in (3, 2, 1):
        with clock.frozen(clock.now() - timedelta(days=days)), transaction():
            raise_item(AttentionKind.WRONG_AMOUNT, f"{days}", f"{days} days")
    with transaction():
        raise_item(AttentionKind.ORPHAN_MONEY, "o", "orphan")

    page = owner.gets("/attention", limit=2, include="total").json
    rest = owner.gets("/attention", limit=2, cursor=page["page"]["next_cursor"]).json

    assert [one["reason"] for one in [*page["data"], *rest["data"]]] == [
        "3 days", "2 days", "1 days", "orphan",
    ]  # fmt: skip
    assert page["page"]["total"] == 4
    assert page["data"][0]["age_seconds"] // 86_400 == 3
    assert [one["reason"] for one in listed(owner, kind="orphan_money")] == ["orphan"]
    assert owner.gets("/attention", kind="sunshine").status_code == 422


@pytest.mark.parametrize(
    ("state", "index"),
    [("IS NULL ORDER BY id", "_open"), ("IS NOT NULL ORDER BY id DESC", "_resolved")],
)
def test_both_lists_go_along_their_index(shop: Shop, state: str, index: str) -> None:
    with transaction():
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_sort = off"))
        query = f"EXPLAIN SELECT id FROM attention_items WHERE resolved_at {state} LIMIT 9"
        plan = "\n".join(session.scalars(text(query)))

    assert f"ix_attention_items{index}" in plan


def test_orphan_money_becomes_a_payment_of_the_order_that_it_was_meant_for(shop: Shop) -> None:
    shop.sells("MUG", 10)
    owner = shop.staff()
    order = shop.an_order(MUG=2, paid=False)
    intent = orphan(shop, 3000)
    (item,) = listed(owner)
    assert (item["kind"], item["reference"]) == ("orphan_money", intent)

    linked = ends(owner, item, "link", order_number=f"O-{order['number']}", note="paid by phone")
    payment_sync_flows.sweep_payments()

    assert (linked.status_code, linked.json["resolution"]) == (200, "linked")
    assert linked.json["order_number"] == order["number"]
    case = owner.gets(f"/orders/{order['id']}").json
    assert (case["payment_status"], case["captured"]["amount"]) == ("overpaid", 3000)
    (excess,) = case["attention"]
    assert (excess["kind"], excess["amount"]["amount"]) == ("overpaid", 512)
    assert differences() == []


def test_orphan_money_is_linked_only_where_it_fits(shop: Shop) -> None:
    owner = shop.staff()
    orphan(shop)
    (item,) = listed(owner)

    nowhere = ends(owner, item, "link", order_number="99999")

    assert (nowhere.status_code, nowhere.json["code"]) == (404, "order_not_found")
    assert listed(owner) == [item | {"age_seconds": listed(owner)[0]["age_seconds"]}]


def test_accepted_orphan_money_is_not_listed_anew_by_the_next_sweep(shop: Shop) -> None:
    owner = shop.staff()
    orphan(shop)
    (item,) = listed(owner)
    ends(owner, item, "accept", note="of our other shop")

    payment_sync_flows.sweep_payments()

    assert listed(owner) == []


def paid_twice(shop: Shop) -> dict[str, Any]:
    """Have an order of 24.88 EUR that was paid by two cards."""
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    intent = orphan(shop, 2488)
    owner = shop.staff()
    (item,) = listed(owner)
    assert ends(owner, item, "link", order_number=order["number"]).status_code == 200
    assert intent in shop.gateway.intents
    return order


def test_an_order_that_orphan_money_pays_cannot_be_paid_once_more(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    orphan(shop, 2488)
    (item,) = listed(owner)

    linked = ends(owner, item, "link", order_number=f"#{order['number']}")

    assert linked.status_code == 200
    assert owner.opens(order)["payment_status"] == "paid"
    assert shop.gateway.fetch_intent(intent).status == "canceled"


def test_the_excess_of_an_order_goes_back_by_its_item(shop: Shop) -> None:
    order, owner = paid_twice(shop), shop.staff()
    (item,) = listed(owner)
    assert (item["kind"], item["commands"]) == ("overpaid", ["refund", "accept"])

    done = ends(owner, item, "refund", reason="overpaid", note="paid twice")
    drain()

    assert (done.status_code, done.json["resolution"]) == (200, "refunded")
    assert done.json["resolved_by"] == "Anna Owner"
    case = owner.gets(f"/orders/{order['id']}").json
    assert (case["refunded"]["amount"], case["attention"]) == (2488, [])
    assert case["status"] == "placed"
    assert differences() == []


def test_the_excess_that_went_back_otherwise_leaves_the_list(shop: Shop) -> None:
    order, owner = paid_twice(shop), shop.staff()

    owner.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})
    drain()

    assert listed(owner) == []
    assert sum(one.amount for one in shop.gateway.refunds.values()) == 2 * 2488
    assert differences() == []


def test_goods_that_are_refunded_leave_the_excess_on_the_list(shop: Shop) -> None:
    """What came twice is too much as before, also when nothing of the order is left."""
    order, owner = paid_twice(shop), shop.staff()

    one = owner.refunds(order, lines={0: 1})
    after_one = [(item["kind"], item["amount"]["amount"]) for item in listed(owner)]
    owner.refunds(order, lines={0: 1}, shipping=True)
    drain()

    assert one.status_code == 201
    assert after_one == [("overpaid", 2488)]
    (item,) = listed(owner)
    assert owner.opens(order)["overpaid"] == item["amount"]
    assert ends(owner, item, "refund", reason="overpaid").status_code == 200
    assert listed(owner) == []
    assert sum(one.amount for one in shop.gateway.refunds.values()) == 2 * 2488
    assert differences() == []


def test_a_failed_refund_of_goods_raises_no_excess(shop: Shop) -> None:
    """While its units are not taken back yet, they cost nothing and their money is here."""
    order, owner = paid_twice(shop), shop.staff()
    owner.refunds(order, lines={0: 1})
    (refund,) = shop.gateway.refunds
    shop.gateway.settle_refund(refund, "failed", "lost_or_stolen_card")
    payment_sync_flows.sweep_payments()
    drain()

    excess = owner.opens(order)["overpaid"]["amount"]
    found = {item["kind"]: item["amount"]["amount"] for item in listed(owner)}

    assert found == {"overpaid": excess, "failed_refund": 999}


def test_a_failed_refund_is_made_again_by_its_item(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=2), shop.staff()
    owner.refunds(order, lines={0: 1})
    (refund,) = shop.gateway.refunds
    shop.gateway.settle_refund(refund, "failed", "lost_or_stolen_card")
    payment_sync_flows.sweep_payments()
    drain()
    (item,) = listed(owner)
    assert (item["kind"], item["amount"]["amount"]) == ("failed_refund", 999)

    done = ends(owner, item, "refund", reason="other")
    drain()

    assert (done.status_code, done.json["resolution"]) == (200, "refunded")
    assert owner.gets(f"/orders/{order['id']}").json["refunded"]["amount"] == 999
    assert differences() == []


def test_money_for_a_cancelled_order_goes_back_by_its_item(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest, owner = shop.guest(), shop.staff()
    order = shop.an_order(MUG=2, paid=False, buyer=guest)
    intent = guest.asks_to_pay(order)["payment_intent_id"]
    owner.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})
    shop.gateway.intents[intent] = replace(
        shop.gateway.intents[intent], status="succeeded", received=2488
    )
    payment_sync_flows.sweep_payments()
    (item,) = listed(owner)
    assert item["kind"] == "late_transfer"

    assert ends(owner, item, "refund", reason="other").status_code == 200

    assert owner.gets(f"/orders/{order['id']}").json["payment_status"] == "refunded"
    assert session.scalar(select(Payment.refunded)) == 2488


class Broken(RuntimeError):
    """What a job fails with."""


def failing(shop: Shop, monkeypatch: pytest.MonkeyPatch, *, times: int) -> str:
    """Have a delivery that fails so many times; returns its subscriber."""

    def breaks(_: Any) -> None:
        raise Broken("the printer is on fire")

    breaks.__module__, breaks.__name__ = "api.checkout.jobs", "breaks"
    monkeypatch.setattr(jobs.JobRegistry, "job", lambda self, name: breaks)
    with transaction():
        outbox.emit(AttentionRaised(item_id=uuid4()))
    with transaction():
        outbox.relay({AttentionRaised: ["checkout.jobs.breaks"]})
    for _ in range(times):
        with transaction():
            session.execute(update(Delivery).values(due_at=clock.now()))
        with transaction():
            due = delivery_claims.claim_due()
        deliveries.carry_out([one for one in due if one.subscriber == "checkout.jobs.breaks"])
    return "checkout.jobs.breaks"


def test_a_job_that_keeps_failing_is_listed_and_run_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = shop.staff()
    failing(shop, monkeypatch, times=4)
    assert listed(owner, kind="failing_job") == []
    failing_twice_more = failing(shop, monkeypatch, times=2)

    (item,) = listed(owner, kind="failing_job")
    assert "Broken: the printer is on fire" in item["reason"]
    assert item["commands"] == ["retry", "discard", "accept"]
    retried = ends(owner, item, "retry")
    assert retried.json["resolution"] == "retried"
    delivery = session.execute(
        select(Delivery.attempts, Delivery.done_at).where(
            Delivery.subscriber == failing_twice_more,
            Delivery.fact_id == item["reference"].partition("/")[0],
        )
    ).one()
    assert delivery == (0, None)


def test_a_job_that_works_again_leaves_the_list(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = shop.staff()
    failing(shop, monkeypatch, times=6)
    assert len(listed(owner, kind="failing_job")) == 1
    monkeypatch.setattr(jobs.JobRegistry, "job", lambda self, name: lambda fact: None)

    with transaction():
        session.execute(update(Delivery).values(due_at=clock.now()))
    with transaction():
        due = delivery_claims.claim_due()
    deliveries.carry_out([one for one in due if one.subscriber == "checkout.jobs.breaks"])

    assert listed(owner) == []


def test_a_job_is_discarded_for_good(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = shop.staff()
    failing(shop, monkeypatch, times=5)
    (item,) = listed(owner, kind="failing_job")

    done = ends(owner, item, "discard", note="the printer is sold")

    assert done.json["resolution"] == "discarded"
    waiting = select(Delivery.subscriber).where(
        Delivery.done_at.is_(None), Delivery.subscriber == "checkout.jobs.breaks"
    )
    assert session.scalars(waiting).all() == []


def test_a_job_whose_last_attempt_died_with_its_worker_is_listed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(shop, monkeypatch, times=1)
    with transaction():
        session.execute(
            update(Delivery).values(
                attempts=outbox.ATTEMPTS, due_at=clock.now() - timedelta(minutes=1)
            )
        )

    for _ in range(2):
        deliveries.list_given_up()

    assert [one["kind"] for one in listed(shop.staff())] == ["failing_job"]


def test_a_periodic_job_that_keeps_failing_is_listed_until_it_works(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = shop.staff()

    def breaks() -> None:
        raise Broken("no ink")

    job = jobs.PeriodicJob("delete-abandoned-carts", timedelta(hours=6), breaks)
    monkeypatch.setattr(jobs.JobRegistry, "periodic", lambda self, name: job)
    jobs.enqueue_due_periodics()
    for _ in range(4):
        jobs.run_periodic(job.name)
    (item,) = listed(owner, kind="failing_job")
    assert "delete-abandoned-carts failed 4 times in a row" in item["reason"]
    assert ends(owner, item, "discard", note="no").json["code"] == "job_not_waiting"
    ends(owner, item, "accept", note="the ink comes on Monday")
    jobs.run_periodic(job.name)
    assert listed(owner) == []

    monkeypatch.setattr(
        jobs.JobRegistry, "periodic", lambda self, name: replace(job, run=lambda: None)
    )
    jobs.run_periodic(job.name)
    monkeypatch.setattr(jobs.JobRegistry, "periodic", lambda self, name: job)
    for _ in range(3):
        jobs.run_periodic(job.name)

    assert [one["kind"] for one in listed(owner)] == ["failing_job"]


def test_health_tells_how_much_waits_and_stays_well(shop: Shop) -> None:
    before = shop.app.test_client().get("/health/ready").json
    with transaction():
        raise_item(AttentionKind.DISPUTE, "d", "disputed", amount=FIVE_EUROS)

    after = shop.app.test_client().get("/health/ready").json

    assert (before["parts"]["attention"], after["parts"]["attention"]) == (
        "ok",
        "1 item waits for a person",
    )
    assert before["status"] == after["status"]


def test_who_ended_an_item_is_remembered_also_when_its_cause_went_meanwhile(shop: Shop) -> None:
    with transaction():
        raise_item(AttentionKind.OVERPAID, "a", "too much", amount=FIVE_EUROS)
    owner = shop.staff()
    (item,) = listed(owner)
    with transaction():
        attention.clear(AttentionKind.OVERPAID, reference="a")
        attention.end_by_person(item["id"], Resolution.REFUNDED, note=None, by=SYSTEM)

    assert [one["resolution"] for one in listed(owner, state="resolved")] == ["refunded"]
