"""A customer who taps twice, or whose answer was lost, gets the units once and the same cart."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from api.cart.models import Cart, CartItem
from api.platform.db import session, transaction
from api.platform.idempotency import IdempotencyRow
from tests.support.people import a_customer
from tests.support.shop import Shop
from tests.support.sql import count_statements
from tests.support.threads import at_once

ITEMS = "/api/v1/cart/items"


@pytest.fixture
def kettles(shop: Shop) -> Shop:
    """A shop with kettles."""
    shop.sells("KETTLE", 50)
    return shop


def adds(
    shop: Shop, key: str | None, *, quantity: int = 1, sku: str = "KETTLE", **more: str
) -> Any:
    """Put units in with a key; returns the whole answer."""
    headers = {"Idempotency-Key": key} if key else {}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    body = {"sku": sku, "quantity": quantity}
    return shop.app.test_client().post(ITEMS, json=body, headers=headers)


def in_carts() -> tuple[int, int]:
    """Count carts and the units in them."""
    with transaction():
        carts = session.scalar(select(func.count()).select_from(Cart)) or 0
        units = session.scalar(select(func.coalesce(func.sum(CartItem.quantity), 0))) or 0
    return carts, units


def test_a_guests_first_unit_goes_in_once_and_the_token_comes_again(kettles: Shop) -> None:
    key = str(uuid4())
    first, again = adds(kettles, key), adds(kettles, key.upper())

    assert first.status_code == 200
    assert len(first.json["token"]) >= 40
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert in_carts() == (1, 1)


def test_the_token_opens_the_cart_as_any_other_does(kettles: Shop) -> None:
    token = adds(kettles, str(uuid4())).json["token"]
    more = adds(kettles, str(uuid4()), quantity=2, X_Cart_Token=token)

    assert more.json["unit_count"] == 3
    assert "token" not in more.json
    assert in_carts() == (1, 3)


def test_no_row_holds_the_token_or_the_key(kettles: Shop) -> None:
    key = str(uuid4())
    token = adds(kettles, key).json["token"]

    with transaction():
        row = session.execute(select(IdempotencyRow.__table__)).one()
    kept = " ".join(str(value) for value in row) + bytes(row.body).decode()
    assert token not in kept
    assert key not in kept


def test_two_strangers_never_share_a_cart(kettles: Shop) -> None:
    """What both may think of is refused; what is random is theirs alone."""
    for key in ("1", "add-to-cart"):
        assert adds(kettles, key).status_code == 400
    mine, yours = adds(kettles, str(uuid4())), adds(kettles, str(uuid4()))

    assert mine.json["token"] != yours.json["token"]
    assert mine.json["id"] != yours.json["id"]


def test_a_key_belongs_to_the_customer_who_sent_it(kettles: Shop) -> None:
    key, anna, bert = str(uuid4()), a_customer("Anna"), a_customer("Bert")
    first = adds(kettles, key, **anna.headers)
    other = adds(kettles, key, **bert.headers)
    guest = adds(kettles, key)

    assert len({first.json["id"], other.json["id"], guest.json["id"]}) == 3
    assert "Idempotent-Replayed" not in {**other.headers, **guest.headers}
    assert adds(kettles, key, **anna.headers).data == first.data
    assert in_carts() == (3, 3)


@pytest.mark.parametrize("known", [True, False])
def test_another_body_under_the_same_key_is_refused(kettles: Shop, known: bool) -> None:
    key = str(uuid4())
    more = a_customer().headers if known else {}
    adds(kettles, key, **more)
    other = adds(kettles, key, quantity=2, **more)

    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert in_carts() == (1, 1)


def test_a_refusal_is_not_kept(kettles: Shop) -> None:
    key = str(uuid4())
    assert adds(kettles, key, quantity=60).status_code == 409

    kettles.sells("POT", 1)
    assert adds(kettles, key, sku="POT").status_code == 200
    assert in_carts() == (1, 1)


def test_a_key_that_is_older_than_what_is_remembered_goes_on_with_its_cart(kettles: Shop) -> None:
    key = str(uuid4())
    first = adds(kettles, key)
    with transaction():
        session.query(IdempotencyRow).delete()
    for more in ({}, {"X_Cart_Token": "a-token-that-was-never-given-out"}):
        later = adds(kettles, key, **more)
        assert later.status_code == 200
        assert "Idempotent-Replayed" not in later.headers
        if not more:
            assert later.json["token"] == first.json["token"]
            assert later.json["id"] == first.json["id"]


def test_a_guests_cart_is_joined_once_under_a_key(kettles: Shop) -> None:
    token = adds(kettles, None, quantity=2).json["token"]
    key, anna = str(uuid4()), a_customer()
    headers = {**anna.headers, "X_Cart_Token": token}
    first, again = (adds(kettles, key, **headers) for _ in range(2))

    assert first.json["joined_guest_cart"] is True
    assert first.json["unit_count"] == 3
    assert again.data == first.data
    assert in_carts() == (1, 3)


def test_ten_taps_at_once_put_one_unit_in(kettles: Shop) -> None:
    key = str(uuid4())
    outcomes = at_once(kettles.app, [lambda: adds(kettles, key)] * 10)

    answered = [answer for answer in outcomes.results if answer.status_code == 200]
    assert {answer.status_code for answer in outcomes.results} <= {200, 409}
    assert len({answer.data for answer in answered}) == 1
    assert adds(kettles, key).data == answered[0].data
    assert in_carts() == (1, 1)


def test_a_key_costs_two_statements_and_none_costs_nothing(kettles: Shop) -> None:
    token = adds(kettles, None).json["token"]
    with count_statements() as without:
        adds(kettles, None, X_Cart_Token=token)
    with count_statements() as with_one:
        adds(kettles, str(uuid4()), X_Cart_Token=token)

    assert (without.count, with_one.count) == (4, 6)
