"""Writes of carts. Each locks the cart's row first and raises its version."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CursorResult, bindparam, delete, func, literal, null, select, text, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import IntegrityError

from api.cart import queries
from api.cart.errors import CartItemNotFound, CartNotFound, NotEnoughInStock, NotForSale
from api.cart.models import Cart, CartItem
from api.cart.queries import CARTS, ITEMS, CartLine, CartRow
from api.cart.states import CartStatus
from api.kernel import clock
from api.kernel.ids import first_id, new_id
from api.kernel.principal import Principal
from api.platform import etags
from api.platform.auth import hash_secret
from api.platform.db import UtcDateTime, require_transaction, session
from api.platform.prepared import prepared
from api.promotions.codes import MOST_ON_A_CART, fold, tidy
from api.promotions.errors import CodeUnknown, TooManyCodes
from api.promotions.queries import is_known_code

MAX_UNITS = 999
_MOVED: Final = ("variant_id", "quantity", "note", "properties")
GUEST_CART_LIFETIME = timedelta(days=30)
CUSTOMER_CART_LIFETIME = timedelta(days=90)


def _total_quantity(upsert: Insert, **more: object) -> Insert:
    """Add the units of a variant that is already in the cart, up to 999."""
    added = func.least(ITEMS.c.quantity + upsert.excluded.quantity, MAX_UNITS)
    return upsert.on_conflict_do_update(
        index_elements=["cart_id", "variant_id"], set_={"quantity": added, **more}
    )


# Built once, without the ORM: customers run these most.
_BUMP_VERSION: Final = {
    kind: prepared(
        update(CARTS)
        .where(column == bindparam("owner"), CARTS.c.status == CartStatus.ACTIVE)
        .values(version=CARTS.c.version + 1, updated_at=bindparam("moment"))
        .returning(*queries.ROW)
    )
    for kind, column in queries.OWNER.items()
}
_NEW_ITEM: Final = insert(ITEMS).values(
    **{name: bindparam(name) for name in ("id", "cart_id", "variant_id", "quantity")},
    seen_price=queries.PRICE_NOW,
)
_UPSERT_ITEM: Final = prepared(_total_quantity(_NEW_ITEM, seen_price=_NEW_ITEM.excluded.seen_price))
_OPEN: Final = insert(CARTS).values(
    {name: bindparam(name) for name in ("id", "token_hash", "customer_id", "currency")}
    | dict.fromkeys(("created_at", "updated_at"), bindparam("moment", type_=UtcDateTime))
    | {"status": CartStatus.ACTIVE, "version": 1}
)
_OPENED: Final = prepared(
    _OPEN.on_conflict_do_update(
        index_elements=["customer_id"],
        index_where=text("status = 'active'"),
        set_={"updated_at": _OPEN.excluded.updated_at},
    ).returning(*queries.ROW)
)
_MARK_ORDERED: Final = prepared(
    update(CARTS)
    .where(CARTS.c.id == bindparam("cart"))
    .values(
        status=CartStatus.ORDERED,
        version=CARTS.c.version + 1,
        updated_at=bindparam("moment", type_=UtcDateTime),
    )
)
_LOCK: Final = {
    kind: prepared(
        select(*queries.ROW)
        .where(column == bindparam("owner"), CARTS.c.status != CartStatus.MERGED)
        .order_by((CARTS.c.status == CartStatus.ACTIVE).desc(), CARTS.c.id.desc())
        .limit(1)
        .with_for_update()
    )
    for kind, column in queries.OWNER.items()
}
_ISSUED: Final = select(CARTS.c.id).where(CARTS.c.token_hash == bindparam("hash")).limit(1)


def open_cart(
    principal: Principal, currency: str, *, offered: str | None = None
) -> tuple[CartRow, str | None]:
    """Create a cart; a guest also gets its secret token: `offered`, else a new one.

    A customer who does this in two tabs gets the same cart in both. A guest who ordered before
    keeps the token, which also gives access to those orders; a token that the shop never issued is
    replaced.
    """
    token, token_hash = None, None
    if principal.kind != "customer":
        token_hash = principal.guest_key if _token_was_issued(principal.guest_key) else None
        if token_hash is None:
            token = offered or secrets.token_urlsafe(32)
            token_hash = hash_secret(token)
            # The idempotency key may be older than the stored answers: reuse the cart made for it.
            if offered and (
                existing := lock_and_bump(Principal(kind="guest", guest_key=token_hash))
            ):
                return existing, token
    values = {
        "id": new_id(),
        "token_hash": token_hash,
        "customer_id": principal.id if principal.kind == "customer" else None,
        "currency": currency,
        "moment": clock.now(),
    }
    return CartRow(*require_transaction().execute(_OPENED, values).one()), token


def lock_and_bump(principal: Principal, *, expected_version: int | None = None) -> CartRow | None:
    """Lock the open cart of a customer or guest and raise its version; None when there is none.

    Raises `Stale` when its version differs from `expected_version`.
    """
    require_transaction()
    owner = queries.owner_of(principal)
    if owner is None:
        return None
    row = session.execute(
        _BUMP_VERSION[owner[0]], {"owner": owner[1], "moment": clock.now()}
    ).one_or_none()
    if row is None:
        return None
    cart = CartRow(*row)
    if expected_version is not None:
        etags.check(cart.version - 1, expected_version)
    return cart


def merge_guest_cart(customer: Principal, guest: Principal) -> bool:
    """Merge a guest's cart into that of the customer who signed in; False without a guest cart.

    Quantities of the same variant add up, to 999 at most. A customer without a cart gets the
    guest's cart as it is. The guest's token has no cart afterwards. Locks both carts.
    """
    require_transaction()
    guest_cart = session.execute(
        select(Cart.id, Cart.currency, Cart.codes, Cart.note, Cart.gift_message)
        .where(queries.owned_by(guest), Cart.status == CartStatus.ACTIVE)
        .with_for_update()
    ).one_or_none()
    if guest_cart is None:
        return False
    own = lock_and_bump(customer)
    if own is None:
        session.execute(
            update(Cart)
            .where(Cart.id == guest_cart.id)
            .values(customer_id=customer.id, token_hash=None, version=Cart.version + 1)
            .execution_options(synchronize_session=False)
        )
        return True
    moved = select(func.gen_random_uuid(), literal(own.id), *ITEMS.c[_MOVED]).where(
        CartItem.cart_id == guest_cart.id
    )
    if guest_cart.codes:
        both = {fold(code): code for code in (*own.codes, *guest_cart.codes)}
        _set_codes(own, [*both.values()][:MOST_ON_A_CART])
    kept = {name: getattr(guest_cart, name) for name in ("note", "gift_message")}
    change_texts(own, {n: v for n, v in kept.items() if v and getattr(own, n) is None})
    columns = ["id", "cart_id", *_MOVED]
    session.execute(_total_quantity(insert(CartItem).from_select(columns, moved)))
    session.execute(
        update(Cart)
        .where(Cart.id == guest_cart.id)
        .values(status=CartStatus.MERGED, version=Cart.version + 1)
        .execution_options(synchronize_session=False)
    )
    return True


def add(
    cart: CartRow, variant_id: UUID, quantity: int, texts: Mapping[str, object] | None = None
) -> list[CartLine]:
    """Add units of a variant to the cart; returns the cart's lines.

    `texts` are the note and properties of its line: a variant has one line, whose texts they
    replace. Raises `NotForSale` (also for an unknown variant) and `NotEnoughInStock`; the caller's
    transaction then rolls back. Two statements, and one more with texts.
    """
    item = {
        "id": new_id(),
        "cart_id": cart.id,
        "variant_id": variant_id,
        "quantity": quantity,
        "currency": cart.currency,
    }
    try:
        session.execute(_UPSERT_ITEM, item)
    except IntegrityError as error:
        # The foreign key finds an unknown variant without a query for every customer.
        if "fk_cart_items_variant_id" in str(error.orig):
            raise NotForSale(currency=cart.currency, variant_id=variant_id) from error
        raise
    if texts:
        session.execute(
            update(ITEMS)
            .where(ITEMS.c.cart_id == cart.id, ITEMS.c.variant_id == variant_id)
            .values(**_stored(texts))
        )
    return _checked(cart, variant_id)


def change_texts(cart: CartRow, texts: Mapping[str, str | None]) -> CartRow:
    """Set the note or the gift message of a cart; returns it. Needs the cart locked."""
    if texts:
        session.execute(update(CARTS).where(CARTS.c.id == cart.id).values(**texts))
    return replace(
        cart,
        note=texts.get("note", cart.note),
        gift_message=texts.get("gift_message", cart.gift_message),
    )


def change(cart: CartRow, item_id: UUID, changes: Mapping[str, object]) -> list[CartLine]:
    """Set the quantity, the note or the properties of an item; returns the cart's lines.

    Raises `CartItemNotFound`, `NotForSale` and `NotEnoughInStock`.
    """
    variant_id = session.scalar(
        update(CartItem)
        .where(CartItem.id == item_id, CartItem.cart_id == cart.id)
        .values(**_stored(changes))
        .returning(CartItem.variant_id)
        .execution_options(synchronize_session=False)
    )
    if variant_id is None:
        raise CartItemNotFound
    return _checked(cart, variant_id)


def remove(cart: CartRow, item_id: UUID) -> list[CartLine]:
    """Remove an item; returns the cart's lines. Raises `CartItemNotFound`."""
    removed = session.scalar(
        delete(CartItem)
        .where(CartItem.id == item_id, CartItem.cart_id == cart.id)
        .returning(CartItem.id)
        .execution_options(synchronize_session=False)
    )
    if removed is None:
        raise CartItemNotFound
    return queries.lines(cart)


def set_country(cart: CartRow, country: str | None) -> CartRow:
    """Keep where a cart is to be sent; prices follow. Needs the cart locked."""
    if country != cart.country:
        session.execute(update(CARTS).where(CARTS.c.id == cart.id).values(country=country))
    return replace(cart, country=country)


def add_code(cart: CartRow, code: str) -> CartRow:
    """Keep a discount code with the cart, also one that does not apply yet.

    Raises `CodeUnknown` and `TooManyCodes`. Needs the cart locked.
    """
    if fold(code) in map(fold, cart.codes):
        return cart
    if not is_known_code(code):
        raise CodeUnknown(errors=[_code_error(CodeUnknown.code, CodeUnknown.sentence)])
    if len(cart.codes) >= MOST_ON_A_CART:
        error = TooManyCodes(limit=MOST_ON_A_CART)
        raise TooManyCodes(error.detail, errors=[_code_error(error.code, error.detail)])
    return _set_codes(cart, [*cart.codes, tidy(code)])


def remove_code(cart: CartRow, code: str) -> CartRow:
    """Remove a discount code from the cart. Needs the cart locked."""
    return _set_codes(cart, [one for one in cart.codes if fold(one) != fold(code)])


def _code_error(code: str, detail: str) -> dict[str, str]:
    return {"pointer": "/code", "code": code, "detail": detail}


def _set_codes(cart: CartRow, codes: list[str]) -> CartRow:
    if codes != cart.codes:
        session.execute(update(CARTS).where(CARTS.c.id == cart.id).values(codes=codes))
    return replace(cart, codes=codes)


def lock_for_checkout(principal: Principal) -> CartRow:
    """Lock the cart of a checkout: the open one, else the newest one that was ordered.

    When the same checkout is sent twice at once, the second finds the cart ordered and reads the
    order that it became. Raises `CartNotFound`.
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
    """Close a cart that became an order. Needs the cart locked."""
    session.execute(_MARK_ORDERED, {"cart": cart_id, "moment": clock.now()})


def restore(principal: Principal, currency: str, lines: Sequence[Mapping[str, object]]) -> None:
    """Put the lines of a cancelled order back into the cart.

    Each has `variant_id`, `quantity`, `unit_price` (minor units), `note` and `properties`.

    They are added to the open cart of the customer or guest; without one a cart is created, with
    the guest's token as before. Locks the cart.
    """
    cart = lock_and_bump(principal)
    if cart is None:
        cart, _ = open_cart(principal, currency)
    put_lines(cart, lines)


def put_lines(cart: CartRow, lines: Sequence[Mapping[str, object]]) -> None:
    """Add lines to a locked cart, each with what `restore` needs."""
    rows = [
        {"id": new_id(), "cart_id": cart.id, "variant_id": line["variant_id"],
         "quantity": line["quantity"], "seen_price": line["unit_price"],
         "note": line.get("note"), "properties": line.get("properties")}
        for line in lines
    ]  # fmt: skip
    session.execute(_total_quantity(insert(CartItem)), rows)


def delete_abandoned() -> int:
    """Delete abandoned carts: guests' after 30 days, customers' after 90. Returns how many."""
    now = clock.now()
    result = cast(
        CursorResult[Any],
        session.execute(
            delete(Cart)
            .where(
                Cart.status != CartStatus.ORDERED,
                Cart.id < first_id(now - GUEST_CART_LIFETIME),  # an index finds those by age
                (Cart.updated_at < now - CUSTOMER_CART_LIFETIME)
                | (Cart.customer_id.is_(None) & (Cart.updated_at < now - GUEST_CART_LIFETIME)),
            )
            .execution_options(synchronize_session=False)
        ),
    )
    return result.rowcount


def _token_was_issued(guest_key: str | None) -> bool:
    return guest_key is not None and bool(session.scalar(_ISSUED, {"hash": guest_key}))


def _stored(texts: Mapping[str, object]) -> dict[str, object]:
    """Return texts as their columns hold them: no properties are null."""
    if "properties" not in texts:
        return dict(texts)
    return {**texts, "properties": texts["properties"] or null()}


def _checked(cart: CartRow, variant_id: UUID) -> list[CartLine]:
    """Read the cart again and refuse the change if its line cannot be bought in this quantity."""
    lines = queries.lines(cart)
    line = next((line for line in lines if line.variant_id == variant_id), None)
    if line is None or not line.is_for_sale:
        raise NotForSale(currency=cart.currency, variant_id=variant_id)
    if not line.can_be_had:
        available = max(0, line.available) + line.back_orderable
        raise NotEnoughInStock(variant_id=variant_id, requested=line.quantity, available=available)
    if line.seen_price != line.unit_price:
        session.execute(
            update(CartItem)
            .where(CartItem.id == line.id)
            .values(seen_price=line.unit_price)
            .execution_options(synchronize_session=False)
        )
        # Whoever changes the quantity may reach another price by it, and sees it in the answer.
        lines[lines.index(line)] = replace(line, seen_price=line.unit_price)
    return lines
