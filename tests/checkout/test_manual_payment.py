"""Who may order now and pay by transfer, and how much of it before any money is there."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from api.checkout import flows as checkout_flows
from api.kernel import clock
from api.orders.models import Order
from api.orders.queries import unpaid_orders
from api.platform.db import session
from api.platform.settings import Settings
from tests.support.people import a_customer
from tests.support.plans import copied, plans_of, tables_read_whole
from tests.support.shop import ADDRESS, Buyer, Shop
from tests.support.sql import count_statements
from tests.support.stock import counters
from tests.support.threads import at_once


@pytest.fixture
def setting(shop: Shop) -> Callable[..., Any]:
    """Run the shop under other settings for the length of a block."""

    @contextmanager
    def under(**changes: Any) -> Iterator[None]:
        ports = shop.app.extensions["stockroom_ports"]
        before = ports[Settings]
        ports[Settings] = dataclasses.replace(before, **changes)
        try:
            yield
        finally:
            ports[Settings] = before

    return under


def orders(buyer: Buyer, quantity: int = 1, *, ip: str = "203.0.113.7", **form: Any) -> Any:
    """Put mugs into a new cart and order them by transfer; returns the answer."""
    buyer.headers.pop("X-Cart-Token", None)
    buyer.adds("MUG", quantity)
    buyer.client.environ_base["REMOTE_ADDR"] = ip
    return buyer.tries_to_check_out(payment_method="manual", **form)


def living_at(number: int) -> dict[str, Any]:
    return {**ADDRESS, "line1": f"Marktplatz {number}"}


def test_where_it_is_off_nobody_pays_by_transfer(shop: Shop, setting: Any) -> None:
    shop.sells("MUG", 10)
    with setting(manual_payment="off"):
        answers = [orders(shop.guest()), orders(shop.customer())]

    for answer in answers:
        assert (answer.status_code, answer.json["code"]) == (422, "manual_payment_off")
        assert [error["pointer"] for error in answer.json["errors"]] == ["/payment_method"]
        assert "Choose the payment method stripe" in answer.json["detail"]


def test_by_default_only_customers_who_are_signed_in_pay_by_transfer(
    shop: Shop, setting: Any
) -> None:
    mug = shop.sells("MUG", 10)
    assert Settings().manual_payment == "customers"
    with setting(manual_payment="customers"):
        guest, customer = orders(shop.guest()), orders(shop.customer())

    assert (guest.status_code, guest.json["code"]) == (422, "manual_payment_for_customers")
    assert "Sign in" in guest.json["detail"]
    assert customer.status_code == 201
    assert counters(mug).allocated == 1


def test_the_quote_lists_what_the_asker_may_choose(shop: Shop, setting: Any) -> None:
    shop.sells("MUG", 10)

    def methods(buyer: Buyer) -> list[str]:
        buyer.adds("MUG")
        answer = buyer.client.post(
            "/api/v1/checkout/quote", json={"country": "DE"}, headers=buyer.headers
        )
        return list(answer.json["payment_methods"])

    with setting(manual_payment="customers"):
        assert methods(shop.guest()) == ["stripe"]
        assert methods(shop.customer()) == ["stripe", "manual"]
    assert methods(shop.guest()) == ["stripe", "manual"]


def test_the_goods_are_kept_for_two_days_or_as_the_shop_says(shop: Shop, setting: Any) -> None:
    shop.sells("MUG", 10)
    now = clock.now()
    with clock.frozen(now):
        usual = orders(shop.guest()).json
        with setting(manual_payment_hours=12):
            short = orders(shop.guest()).json

    kept = [datetime.fromisoformat(one["expires_at"]) - now for one in (usual, short)]
    assert [round(time / timedelta(hours=1)) for time in kept] == [48, 12]


def test_no_guest_takes_all_stock_off_sale(shop: Shop) -> None:
    """With other e-mails and other streets from one network address, sixty units are the most."""
    mug = shop.sells("MUG", 1000)
    refusals = []
    for number in range(20):
        guest = shop.guest()
        guest.email = f"guest-{number}@example.test"
        answer = orders(guest, 10, shipping_address=living_at(number))
        if answer.status_code != 201:
            refusals.append(answer.json["code"])

    assert counters(mug).allocated == 60
    assert refusals == ["too_much_unpaid"] * 14


@pytest.mark.parametrize(
    ("alike", "other"),
    [
        ("e-mail", {"ip": "203.0.113.{n}", "line1": "Weg {n}", "email": "Guest@example.test"}),
        ("home", {"ip": "203.0.113.{n}", "line1": " MARKTPLATZ  3.", "email": "g{n}@x.test"}),
    ],
)  # fmt: skip
def test_a_fourth_unpaid_order_is_refused_with_the_reason(
    shop: Shop, alike: str, other: dict[str, str]
) -> None:
    shop.sells("MUG", 100)
    first = orders(shop.guest())
    answers = []
    for n in range(1, 4):
        guest = shop.guest()
        guest.email = other["email"].format(n=n)
        home = {**ADDRESS, "line1": other["line1"].format(n=n)}
        answers.append(orders(guest, ip=other["ip"].format(n=n), shipping_address=home))

    assert first.status_code == 201
    assert [answer.status_code for answer in answers] == [201, 201, 409], alike
    refused = answers[-1].json
    assert (refused["code"], refused["limit"], refused["unit"]) == ("too_much_unpaid", 3, "orders")
    assert "Pay or cancel one of them first" in refused["detail"]
    # It does not tell whose orders they are.
    assert "example" not in str(refused)


def test_a_paid_or_cancelled_order_makes_room(shop: Shop) -> None:
    shop.sells("MUG", 100)
    owner = shop.staff()
    placed = [orders(shop.guest()).json for _ in range(3)]
    full = orders(shop.guest())
    owner.marks_paid(placed[0])
    after_payment = orders(shop.guest())
    owner.cancels(placed[1])
    after_cancelling = orders(shop.guest())

    assert [answer.status_code for answer in (full, after_payment, after_cancelling)] == [
        409, 201, 201,
    ]  # fmt: skip


def test_too_many_units_are_refused_and_a_smaller_order_is_not(shop: Shop) -> None:
    shop.sells("MUG", 100)

    too_many, enough, one_more = (orders(shop.guest(), units) for units in (21, 20, 1))

    assert (too_many.status_code, too_many.json["unit"], too_many.json["limit"]) == (
        409, "units", 20,
    )  # fmt: skip
    assert (enough.status_code, one_more.status_code) == (201, 409)


def test_a_customer_is_one_person_whatever_e_mail_they_give(shop: Shop) -> None:
    shop.sells("MUG", 100)
    person = a_customer()
    answers = [
        orders(
            shop.customer(person),
            ip=f"203.0.113.{n}",
            email=f"other-{n}@example.test",
            shipping_address=living_at(n),
        )
        for n in range(4)
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 409]


def test_an_order_by_card_has_no_such_limits(shop: Shop) -> None:
    shop.sells("MUG", 1000)
    for _ in range(5):
        guest = shop.guest()
        guest.adds("MUG", 30)
        assert guest.tries_to_check_out().status_code == 201


def test_no_limits_cost_no_statement(shop: Shop, setting: Any) -> None:
    shop.sells("MUG", 1000)
    none = dict.fromkeys(
        ("manual_payment_max_orders", "manual_payment_max_units",
         "manual_payment_max_orders_per_ip", "manual_payment_max_units_per_ip"), 0,
    )  # fmt: skip
    orders(shop.guest())
    with count_statements() as limited:
        assert orders(shop.guest(), 2).status_code == 201
    with setting(**none), count_statements() as free:
        assert orders(shop.guest(), 100).status_code == 201

    assert limited.count - free.count == 2


def test_ten_at_once_are_three_orders(shop: Shop) -> None:
    """Without taking turns each of them counts what was there before the others."""
    shop.sells("MUG", 100)
    guests = [shop.guest() for _ in range(10)]
    for guest in guests:
        guest.adds("MUG", 1)

    outcomes = at_once(
        shop.app,
        [lambda g=g: g.tries_to_check_out(payment_method="manual") for g in guests],  # type: ignore[misc]
    )

    assert (outcomes.of_status(201), outcomes.of_status(409)) == (3, 7)


def test_no_address_of_a_network_is_kept(shop: Shop) -> None:
    shop.sells("MUG", 10)
    orders(shop.guest(), ip="203.0.113.77")
    orders(shop.guest(), ip="203.0.113.77")

    keys = session.execute(select(Order.postal_key, Order.network_key)).all()
    assert keys[0] == keys[1]
    assert all(len(key) == 32 for key in keys[0])
    row = session.execute(text("SELECT string_agg(o::text, '') FROM orders o")).scalar_one()
    assert "203.0.113" not in row


def test_an_order_that_ran_out_of_time_makes_room(shop: Shop) -> None:
    shop.sells("MUG", 100)
    for _ in range(3):
        orders(shop.guest())
    with clock.frozen(clock.now() + timedelta(hours=49)):
        checkout_flows.expire_unpaid_orders()

    assert orders(shop.guest()).status_code == 201


def test_what_waits_for_a_transfer_is_found_in_its_index(shop: Shop, setting: Any) -> None:
    """However many orders there are that were paid."""
    shop.sells("MUG", 10)
    with setting(manual_payment="everybody"):
        order = orders(shop.guest()).json
    shop.staff().marks_paid(order)
    copied("orders", order["id"], 30_000, number="'N' || n", cart_id="NULL")

    plan = plans_of(
        lambda: unpaid_orders.unpaid_manual_orders(
            email="a@example.test", customer_id=None, postal_key="p", network_key="n"
        )
    )

    assert "ix_orders_unpaid_manual" in plan, plan
    assert tables_read_whole(plan) == set(), plan
