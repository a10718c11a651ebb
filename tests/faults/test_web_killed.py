"""The web server is killed while people check out, pay and are given money back.

Every client repeats what it had asked with the same Idempotency-Key, as a storefront must.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx

from tests.support.live import Visitor, key
from tests.support.town import Town

LET_THE_LEASE_RUN_OUT = "UPDATE idempotency_keys SET claimed_until = now() WHERE status IS NULL"


def died(request: Future[httpx.Response]) -> bool:
    """Say whether a request was cut off without an answer."""
    return isinstance(request.exception(30), httpx.TransportError)


def test_checkouts_cut_off_at_any_step_are_one_order_each(
    town: Town, at_once: ThreadPoolExecutor
) -> None:
    """One stands before its cart, one before the shelf, one has written all but the number.

    And one has its order, but its client never hears of it.
    """
    level = town.owner.sells("DESK", 10, price=9000)
    town.owner.sells("BENCH", 10, price=7000)
    town.owner.sells("SHELF", 10, price=5000)
    people = [town.visitor(f"step-{step}@example.test") for step in range(4)]
    for person, sku in zip(people, ("BENCH", "DESK", "SHELF", "BENCH"), strict=True):
        person.adds(sku)
    keys = {person.email: key() for person in people}

    def checks_out(person: Visitor) -> httpx.Response:
        named = {"Idempotency-Key": keys[person.email]}
        return person.sends("POST", "/checkout", person.form(), headers=named)

    unheard_order = checks_out(people[3]).json()
    own_cart = "SELECT 1 FROM carts WHERE id = :id FOR UPDATE"
    first_cart = people[0].gets("/cart")["id"]
    with (
        town.shop.holding(own_cart, id=first_cart),
        town.shop.holding("SELECT 1 FROM stock_levels WHERE id = :id FOR UPDATE", id=level["id"]),
        town.shop.holding("SELECT 1 FROM order_counters FOR UPDATE"),
    ):
        cut_off = [at_once.submit(checks_out, person) for person in people[:3]]
        town.until_waiting_for_locks(3)
        town.shop.kill("web")
    assert all(died(request) for request in cut_off)
    town.shop.start("web")
    answers = [
        person.insists("POST", "/checkout", person.form(), Idempotency_Key=keys[person.email])
        for person in people
    ]

    assert [answer.status_code for answer in answers] == [201] * 4
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [
        None, None, None, "true",
    ]  # fmt: skip
    assert answers[3].json() == unheard_order
    for person, answer in zip(people, answers, strict=True):
        orders = town.shop.sql("SELECT id FROM orders WHERE email = :email", email=person.email)
        assert [str(row.id) for row in orders] == [answer.json()["id"]]
    numbers = sorted(int(answer.json()["number"]) for answer in answers)
    assert numbers == list(range(numbers[0], numbers[0] + 4)), "a cut-off checkout left a gap"


def test_a_payment_cut_off_between_the_steps_is_charged_once(
    town: Town, at_once: ThreadPoolExecutor
) -> None:
    """One is asked for and Stripe never hears of it; one, and Stripe's answer never comes.

    And one is paid, and the confirmation dies while it asks Stripe.
    """
    town.owner.sells("SOFA", 10, price=30_000)
    people = [town.visitor(f"payer-{step}@example.test") for step in range(3)]
    orders = [person.orders("SOFA") for person in people]
    paid = people[2].asks_to_pay(orders[2])

    def asks_to_pay(step: int) -> httpx.Response:
        wanted = {"order_id": orders[step]["id"]}
        return people[step].sends("POST", "/payments/create-payment-intent", wanted)

    def confirms() -> httpx.Response:
        return people[2].sends("POST", f"/payments/confirm-payment/{orders[2]['id']}")

    intents = "/v1/payment_intents"
    with town.from_stripe.refusing("POST", "/api/v1/webhooks/stripe", 503):
        with town.to_stripe.holding_answers("POST", intents) as answer:
            cut_off = [at_once.submit(asks_to_pay, 1)]
            answer.wait()
            with (
                town.to_stripe.holding("POST", intents) as question,
                town.to_stripe.holding_answers("GET", f"{intents}/pi_.*") as confirmation,
            ):
                town.till.pay(paid)
                cut_off += [at_once.submit(asks_to_pay, 0), at_once.submit(confirms)]
                question.wait()
                confirmation.wait()
                town.shop.kill("web")
        assert all(died(request) for request in cut_off)
        town.shop.start("web")
        settled = people[2].insists("POST", f"/payments/confirm-payment/{orders[2]['id']}")
    for step in (0, 1):
        again = people[step].insists(
            "POST", "/payments/create-payment-intent", {"order_id": orders[step]["id"]}
        )
        assert again.status_code == 200
        assert town.till.pay(again.json()).status_code == 200

    assert settled.json()["payment_status"] == "paid"
    for person, order in zip(people, orders, strict=True):
        person.waits_until(order, payment_status="paid")
        there, _ = town.till.of_order(order["id"])
        assert [intent["amount_received"] for intent in there] == [30_000]


def test_a_refund_cut_off_on_either_side_of_the_till_is_given_once(
    town: Town, at_once: ThreadPoolExecutor
) -> None:
    """One dies before Stripe hears of it, one after; the same command goes on with each."""
    town.owner.sells("RUG", 10, price=12_000)
    orders = [
        town.a_paid_order("RUG", by=town.visitor(f"rug-{step}@example.test")) for step in range(2)
    ]
    keys = [key(), key()]

    def refund(step: int) -> tuple[str, str, dict[str, Any]]:
        line = {"order_line_id": orders[step]["lines"][0]["id"], "quantity": 1}
        form = {"lines": [line], "shipping": True, "reason": "late"}
        return "POST", f"/orders/{orders[step]['id']}/refunds", form

    def gives_back(step: int) -> httpx.Response:
        return town.owner.sends(*refund(step), headers={"Idempotency-Key": keys[step]})

    with town.to_stripe.holding_answers("POST", "/v1/refunds") as answer:
        cut_off = [at_once.submit(gives_back, 1)]
        answer.wait()
        with town.to_stripe.holding("POST", "/v1/refunds") as question:
            cut_off += [at_once.submit(gives_back, 0)]
            question.wait()
            town.shop.kill("web")
    assert all(died(request) for request in cut_off)
    town.shop.start("web")
    leased = gives_back(0)
    # What Stripe did is promised until its webhook, which may come in any moment, has told of it.
    seen = [town.owner.opens(order) for order in orders]
    promised = [each["refund_pending"]["amount"] + each["refunded"]["amount"] for each in seen]
    town.shop.sql(LET_THE_LEASE_RUN_OUT)
    answers = [town.owner.insists(*refund(step), Idempotency_Key=keys[step]) for step in range(2)]

    assert (leased.status_code, leased.json()["code"]) == (409, "idempotency_in_progress")
    assert promised == [12_000, 12_000]
    assert [answer.status_code for answer in answers] == [201, 201]
    for order, answer in zip(orders, answers, strict=True):
        assert answer.json()["status"] == "succeeded"
        _, given_back = town.till.of_order(order["id"])
        assert [each["amount"] for each in given_back] == [12_000]
        assert town.owner.opens(order)["payment_status"] == "refunded"
    assert town.owner.level("RUG")["available"] == 10
