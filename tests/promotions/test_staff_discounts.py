"""Staff take something off an unpaid order, with a reason and within their limit."""

from typing import Any

import pytest
from sqlalchemy import text, update

from api.accounts.models import StaffRole
from api.platform.db import session, transaction
from tests.support.books import differences
from tests.support.shop import Shop


def eur(amount: int) -> dict[str, Any]:
    """Write an amount of euros."""
    return {"amount": amount, "currency": "EUR"}


def test_an_amount_is_shared_by_the_lines_and_the_old_total_is_never_paid(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.sells("JUG", 10, price="20.00 EUR")
    buyer, owner = shop.guest(), shop.staff()
    order = shop.an_order(paid=False, buyer=buyer, MUG=1, JUG=1)
    buyer.asks_to_pay(order)

    body = {"amount": eur(300), "reason": "A scratch in the glaze"}
    path = f"/orders/{order['id']}/discounts"
    given = owner.posts(path, body, idempotency_key="one-scratch-on-one-mug")
    again = owner.posts(path, body, idempotency_key="one-scratch-on-one-mug")

    assert (given.status_code, again.status_code) == (200, 200), given.json
    assert [line["discount"]["amount"] for line in given.json["lines"]] == [100, 200]
    assert (given.json["total"], again.json["total"]) == (eur(2999 - 300 + 490),) * 2
    assert differences() == []
    (told,) = buyer.sees(order)["discounts"]
    assert (told["name"], told["reason"]) == ("Staff discount", "A scratch in the glaze")
    paid = buyer.pays(order)
    assert (paid["payment_status"], paid["total"]) == ("paid", given.json["total"])
    refused = owner.posts(path, body)
    assert (refused.status_code, refused.json["code"]) == (409, "invalid_state")


def test_a_gift_card_keeps_its_face_value(shop: Shop) -> None:
    shop.sells("CARD", 10, price="25.00 EUR", tax_class="gift_card")
    shop.sells("MUG", 10)
    owner = shop.staff()
    mixed, alone = shop.an_order(paid=False, CARD=1, MUG=1), shop.an_order(paid=False, CARD=1)

    given = owner.posts(f"/orders/{mixed['id']}/discounts", {"basis_points": 5000, "reason": "x"})
    refused = owner.posts(f"/orders/{alone['id']}/discounts", {"basis_points": 500, "reason": "x"})

    off = {line["sku"]: line["discount"]["amount"] for line in given.json["lines"]}
    assert off == {"CARD": 0, "MUG": 500}
    assert (refused.status_code, refused.json["code"]) == (422, "discount_too_large")
    assert differences() == []


def test_what_exceeds_a_limit_waits_for_a_second_person(shop: Shop) -> None:
    shop.sells("MUG", 10)
    manager, owner = shop.staff("manager"), shop.staff()
    with transaction():
        session.execute(
            update(StaffRole).where(StaffRole.name == "manager").values(limits={"discount_max": 99})
        )
    order = shop.an_order(paid=False, MUG=1)
    path = f"/orders/{order['id']}/discounts"

    held = manager.posts(path, {"basis_points": 1000, "reason": "A friend"})
    assert held.status_code == 202, held.json
    assert held.json["kind"] == "discount"
    assert owner.gets(f"/orders/{order['id']}").json["discount_total"] == eur(0)
    approved = owner.posts(f"/approvals/{held.json['id']}/approve")
    assert approved.status_code == 200, approved.json
    assert owner.gets(f"/orders/{order['id']}").json["discount_total"] == eur(100)
    with transaction():
        session.execute(update(StaffRole).values(limits=None))
    assert differences() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"amount": eur(1000)}, "discount_too_large"),
        ({"amount": {"amount": 5, "currency": "USD"}}, "wrong_currency"),
        ({"amount": eur(5), "basis_points": 5}, "invalid"),
        ({"basis_points": 10_001}, "invalid"),
    ],
)
def test_a_discount_that_cannot_be_is_refused(shop: Shop, body: dict[str, Any], code: str) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(paid=False, MUG=1)

    refused = shop.staff().posts(f"/orders/{order['id']}/discounts", {**body, "reason": "x"})

    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert session.execute(text("SELECT count(*) FROM order_discounts")).scalar_one() == 0


def test_support_may_not_give_discounts(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(paid=False, MUG=1)
    body = {"basis_points": 500, "reason": "x"}
    assert shop.staff("support").posts(f"/orders/{order['id']}/discounts", body).status_code == 403
