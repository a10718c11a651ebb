"""The verbs of the cart. Each locks the cart's row first and raises its version."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CursorResult, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import IntegrityError

from api.cart import queries
from api.cart.errors import CartItemNotFound, CartNotFound, NotEnoughInStock, NotForSale
from api.cart.models import Cart, CartItem
from api.cart.queries import CARTS, ITEMS, CartLine, CartRow
from api.cart.states import CartStatus
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import etags
from api.platform.auth import hash_secret
from api.platform.db import UtcDateTime, require_transaction, session

MAX_UNITS = 999
GUEST_CART_LIFETIME = timedelta(days=30)
CUSTOMER_CART_LIFETIME = timedelta(days=90)


def _total_quantity(upsert: Insert, **more: Any) -> Insert:
    """Let units of a variant that is in the cart already add up, to 999 at most."""
    added = func.least(ITEMS.c.quantity + upsert.excluded.quantity, MAX_UNITS)
    return upsert.on_conflict_do_update(
        index_elements=["cart_id", "variant_id"], set_={"quantity": added, **more}
    )


# Built once, and past the ORM: these two are what a customer does most.
_TOUCH: Final = {
    kind: update(CARTS)
    .where(column == bindparam("owner"), CARTS.c.status == CartStatus.ACTIVE)
    .values(version=CARTS.c.version + 1, updated_at=bindparam("moment"))
    .returning(*queries.ROW)
    for kind, column in queries.OWNER.items()
}
_NEW_ITEM: Final = insert(ITEMS).values(
    **{name: bindparam(name) for name in ("id", "cart_id", "variant_id", "quantity")},
    seen_price=queries.PRICE_NOW,
)
_UPSERT_ITEM: Final = _total_quantity(_NEW_ITEM, seen_price=_NEW_ITEM.excluded.seen_price)
_OPEN: Final = insert(CARTS).values(
    {name: bindparam(name) for name in ("id", "token_hash", "customer_id", "currency")}
    | dict.fromkeys(("created_at", "updated_at"), bindparam("moment", type_=UtcDateTime))
    | {"status": CartStatus.ACTIVE, "version": 1}
)
_OPENED: Final = _OPEN.on_conflict_do_update(
    index_elements=["customer_id"],
    index_where=CARTS.c.status == CartStatus.ACTIVE,
    set_={"updated_at": _OPEN.excluded.updated_at},
).returning(*queries.ROW)
_MARK_ORDERED: Final = (
    update(CARTS)
    .where(CARTS.c.id == bindparam("cart"))
    .values(
        status=CartStatus.ORDERED,
        version=CARTS.c.version + 1,
        updated_at=bindparam("moment", type_=UtcDateTime),
    )
)
_LOCK: Final = {
    kind: select(*queries.ROW)
    .where(column == bindparam("owner"), CARTS.c.status != CartStatus.MERGED)
    .order_by((CARTS.c.status == CartStatus.ACTIVE).desc(), CARTS.c.id.desc())
    .limit(1)
    .with_for_update()
    for kind, column in queries.OWNER.items()
}
_GIVEN_OUT: Final = select(CARTS.c.id).where(CARTS.c.token_hash == bindparam("hash")).limit(1)


def open_cart(
    principal: Principal, currency: str, *, offered: str | None = None
) -> tuple[CartRow, str | None]:
    """Begin a cart; a guest gets the secret token that opens it: `offered`, else a new one.

    A customer who begins one in two tabs gets the same cart in both. A guest who ordered before
    keeps the token, which also opens those orders; one that we never gave out opens nothing.
    """
    token, token_hash = None, None
    if principal.kind != "customer":
        token_hash = principal.guest_key if _token_was_issued(principal.guest_key) else None
        if token_hash is None:
            token = offered or secrets.token_urlsafe(32)
            token_hash = hash_secret(token)
            # The key that it was made from may be older than the answers that are remembered.
            if offered and (begun := lock_and_bump(Principal(kind="guest", guest_key=token_hash))):
                return begun, token
    begun_now = {
        "id": new_id(),
        "token_hash": token_hash,
        "customer_id": principal.id if principal.kind == "customer" else None,
        "currency": currency,
        "moment": clock.now(),
    }
    return CartRow(*require_transaction().execute(_OPENED, begun_now).one()), token


def lock_and_bump(principal: Principal, *, expected_version: int | None = None) -> CartRow | None:
    """Lock the open cart of a customer or guest and raise its version; None when there is none.

    Raises `Stale` when another version was expected.
    """
    require_transaction()
    owner = queries.owner_of(principal)
    if owner is None:
        return None
    row = session.execute(
        _TOUCH[owner[0]], {"owner": owner[1], "moment": clock.now()}
    ).one_or_none()
    if row is None:
        return None
    cart = CartRow(*row)
    if expected_version is not None:
        etags.check(cart.version - 1, expected_version)
    return cart


def merge_guest_cart(customer: Principal, guest: Principal) -> bool:
    """Join a guest's cart to the customer who signed in; True when there was one to join.

    Quantities of the same variant add up, to 999 at most. A customer without a cart takes the
    guest's over as it is. The guest's token opens nothing afterwards.
    """
    require_transaction()
    left = session.execute(
        select(Cart.id, Cart.currency)
        .where(queries.owned_by(guest), Cart.status == CartStatus.ACTIVE)
        .with_for_update()
    ).one_or_none()
    if left is None:
        return False
    own = lock_and_bump(customer)
    if own is None:
        session.execute(
            update(Cart)
            .where(Cart.id == left.id)
            .values(customer_id=customer.id, token_hash=None, version=Cart.version + 1)
            .execution_options(synchronize_session=False)
        )
        return True
    moved = select(
        func.gen_random_uuid(), literal(own.id), CartItem.variant_id, CartItem.quantity
    ).where(CartItem.cart_id == left.id)
    columns = ["id", "cart_id", "variant_id", "quantity"]
    session.execute(_total_quantity(insert(CartItem).from_select(columns, moved)))
    session.execute(
        update(Cart)
        .where(Cart.id == left.id)
        .values(status=CartStatus.MERGED, version=Cart.version + 1)
        .execution_options(synchronize_session=False)
    )
    return True


def add(cart: CartRow, variant_id: UUID, quantity: int) -> list[CartLine]:
    """Put units of a variant in, on top of what is there; returns the cart's lines.

    Raises `NotForSale` (also for a variant that there is not) and `NotEnoughInStock`, with the
    cart as it was. Two statements.
    """
    put = {
        "id": new_id(),
        "cart_id": cart.id,
        "variant_id": variant_id,
        "quantity": quantity,
        "currency": cart.currency,
    }
    try:
        session.execute(_UPSERT_ITEM, put)
    except IntegrityError as clash:
        # The foreign key knows for nothing what a look before would cost every customer.
        if "fk_cart_items_variant_id" in str(clash.orig):
            raise NotForSale(currency=cart.currency, variant_id=variant_id) from clash
        raise
    return _checked(cart, variant_id)


def change(cart: CartRow, item_id: UUID, quantity: int) -> list[CartLine]:
    """Set how many units of an item are wanted; returns the cart's lines.

    Raises `CartItemNotFound`, `NotForSale` and `NotEnoughInStock`.
    """
    variant_id = session.scalar(
        update(CartItem)
        .where(CartItem.id == item_id, CartItem.cart_id == cart.id)
        .values(quantity=quantity)
        .returning(CartItem.variant_id)
        .execution_options(synchronize_session=False)
    )
    if variant_id is None:
        raise CartItemNotFound
    return _checked(cart, variant_id)


def remove(cart: CartRow, item_id: UUID) -> list[CartLine]:
    """Take an item out; returns the cart's lines. Raises `CartItemNotFound`."""
    gone = session.scalar(
        delete(CartItem)
        .where(CartItem.id == item_id, CartItem.cart_id == cart.id)
        .returning(CartItem.id)
        .execution_options(synchronize_session=False)
    )
    if gone is None:
        raise CartItemNotFound
    return queries.lines(cart.id, cart.currency)


def lock_for_checkout(principal: Principal) -> CartRow:
    """Lock the cart that is to become an order, or that has become one a moment ago.

    The newest of a customer's carts counts: when the same checkout is sent twice at once, the
    second finds the cart ordered and reads the order that it became. Raises `CartNotFound`.
    """
    require_transaction()
    owner = queries.owner_of(principal)
    if owner is None:
        raise CartNotFound
    row = session.execute(_LOCK[owner[0]], {"owner": owner[1]}).one_or_none()
    if row is None:
        raise CartNotFound
    return CartRow(*row)


def mark_ordered(cart_id: UUID) -> None:
    """Close a cart that became an order. Needs it locked."""
    session.execute(_MARK_ORDERED, {"cart": cart_id, "moment": clock.now()})


def restore(principal: Principal, currency: str, lines: Sequence[tuple[UUID, int, int]]) -> None:
    """Put the lines of a cancelled order back: variant, units and the price that was agreed.

    They join what lies in the open cart of the customer or guest, as at sign-in; without one a
    cart begins, which the guest's token opens as before. Locks the cart.
    """
    cart = lock_and_bump(principal)
    if cart is None:
        cart, _ = open_cart(principal, currency)
    rows = [
        {"id": new_id(), "cart_id": cart.id, "variant_id": variant_id, "quantity": quantity,
         "seen_price": price}
        for variant_id, quantity, price in lines
    ]  # fmt: skip
    session.execute(_total_quantity(insert(CartItem)), rows)


def delete_abandoned() -> int:
    """Delete carts that nobody came back to: guests' after 30 days, customers' after 90."""
    now = clock.now()
    gone = cast(
        CursorResult[Any],
        session.execute(
            delete(Cart)
            .where(
                Cart.status != CartStatus.ORDERED,
                (Cart.updated_at < now - CUSTOMER_CART_LIFETIME)
                | (Cart.customer_id.is_(None) & (Cart.updated_at < now - GUEST_CART_LIFETIME)),
            )
            .execution_options(synchronize_session=False)
        ),
    )
    return gone.rowcount


def _token_was_issued(guest_key: str | None) -> bool:
    return guest_key is not None and bool(session.scalar(_GIVEN_OUT, {"hash": guest_key}))


def _checked(cart: CartRow, variant_id: UUID) -> list[CartLine]:
    """Read the cart back and refuse the change when its line cannot be bought like this."""
    held = queries.lines(cart.id, cart.currency)
    line = next((line for line in held if line.variant_id == variant_id), None)
    if line is None or not line.is_for_sale:
        raise NotForSale(currency=cart.currency, variant_id=variant_id)
    if line.available < line.quantity:
        raise NotEnoughInStock(
            variant_id=variant_id, requested=line.quantity, available=max(0, line.available)
        )
    if line.seen_price != line.unit_price:
        session.execute(
            update(CartItem)
            .where(CartItem.id == line.id)
            .values(seen_price=line.unit_price)
            .execution_options(synchronize_session=False)
        )
    return held
