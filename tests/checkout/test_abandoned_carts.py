"""Abandoned carts are deleted: guests' after 30 days, customers' after 90."""

from datetime import timedelta
from itertools import count

from sqlalchemy import insert, select

from api.accounts.models import User
from api.cart.models import Cart
from api.cart.states import CartStatus
from api.checkout.jobs import delete_abandoned_carts
from api.kernel import clock
from api.kernel.ids import first_id
from api.platform.db import session, transaction
from tests.support.shop import Shop

_numbers = count()


def cart(name: str, *, made: int, changed: int, **more: object) -> None:
    """Store a cart that was made and last changed so many days ago; its note is its name."""
    now, number = clock.now(), next(_numbers)
    values = {"token_hash": f"hash-{number}", "currency": "EUR", "note": name, **more}
    with transaction():
        session.execute(
            insert(Cart).values(
                id=first_id(now - timedelta(days=made, seconds=number)),
                created_at=now - timedelta(days=made),
                updated_at=now - timedelta(days=changed),
                **values,
            )
        )


def test_carts_that_nobody_changes_any_more_are_deleted(shop: Shop) -> None:
    shop.staff()
    someone = session.scalar(select(User.id))
    cart("guest's, left", made=40, changed=31)
    cart("guest's, in use", made=40, changed=29)
    cart("guest's, new", made=1, changed=1)
    cart("guest's, ordered", made=400, changed=400, status=CartStatus.ORDERED)
    cart("guest's, merged", made=40, changed=31, status=CartStatus.MERGED)
    cart("customer's, kept", made=80, changed=80, customer_id=someone)
    cart("customer's, in use", made=100, changed=89, customer_id=someone, status=CartStatus.MERGED)
    cart("customer's, left", made=100, changed=91, customer_id=someone, status=CartStatus.MERGED)

    delete_abandoned_carts()

    assert set(session.scalars(select(Cart.note))) == {
        "guest's, in use",
        "guest's, new",
        "guest's, ordered",
        "customer's, kept",
        "customer's, in use",
    }
