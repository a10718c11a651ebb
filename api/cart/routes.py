"""The cart, for customers and guests.

A guest's cart is identified by `X-Cart-Token`. A request with both a customer's bearer token and a
guest's cart token merges the two carts, so nothing is lost at sign-in.
"""

from typing import Any
from uuid import UUID

from flask import current_app

from api.accounts.queries.groups import shows_net
from api.cart import queries, service
from api.cart.errors import CartItemNotFound, CartNotFound, NotEnoughInStock, NotForSale
from api.cart.queries import CartLine, CartRow, views
from api.cart.schemas import (
    AddCodeSchema,
    AddItemSchema,
    CartSchema,
    ChangeItemSchema,
    EditCartSchema,
)
from api.catalog.queries import variant_lookup
from api.catalog.queries.price_lists import NetPrices
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import rate_limits
from api.platform.auth import (
    anyone,
    cart_token,
    claimed_groups,
    hash_secret,
    offered_cart_token,
    principal,
)
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import Blueprint, ExplainQuerySchema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.rate_limits import (
    by_address,
    by_storefront,
    limiter,
    speaks_for_itself,
    was_wrong,
)
from api.platform.service_registry import get_service
from api.promotions.errors import CodeUnknown, TooManyCodes

blueprint = Blueprint(
    "cart", __name__, url_prefix="/api/v1/cart", description="The cart of a customer or guest."
)


@blueprint.route("", methods=["GET"])
@anyone
@may_answer(CartNotFound)
@blueprint.arguments(ExplainQuerySchema, location="query")
@blueprint.response(200, CartSchema)
def get_cart(query: dict[str, bool]) -> object:
    """Read your cart; an empty one when there is none yet."""
    merged = _merge_guest_cart()
    cart = queries.find(principal())
    if cart is None:
        currency = current_app.extensions["stockroom_settings"].currency
        nothing = Money(0, currency)
        sums = dict.fromkeys(("subtotal", "discount_total", "total"), nothing)
        return {**_EMPTY, "currency": currency, **sums}
    lines = queries.lines(cart)
    answer = _answer(cart, lines, merged=merged)
    return {**answer, "explanation": views.explain(cart, lines)} if query["explain"] else answer


@blueprint.route("", methods=["PATCH"])
@anyone
@may_answer(CartNotFound)
@versioned
@blueprint.arguments(EditCartSchema)
@blueprint.response(200, CartSchema)
def update_cart(change: dict[str, str | None], expected_version: int) -> object:
    """Say where a cart is to be sent, so that the prices of its market are shown.

    Or set its note, or the message of a card in the parcel.
    """
    with transaction():
        cart = _lock_cart(expected_version)
        if "country" in change:
            cart = service.set_country(cart, change.pop("country"))
        cart = service.change_texts(cart, change)
    return _answer(cart, queries.lines(cart))


@blueprint.route("/items", methods=["POST"])
@anyone
@may_answer(CartNotFound, NotEnoughInStock, NotForSale)
@idempotent(required=False, strangers=True)
@blueprint.arguments(AddItemSchema)
@blueprint.response(200, CartSchema)
def add_cart_item(item: dict[str, Any]) -> object:
    """Add units of a variant; a guest's first call creates a cart and returns its token.

    Send an `Idempotency-Key` with each call and repeat it when no answer came: the units are then
    added once, and a guest who has no token yet gets the same one again.
    """
    owner, guest = principal(), _guest_before_sign_in()
    merged = guest is not None and service.merge_guest_cart(owner, guest)
    currency = item["currency"] or current_app.extensions["stockroom_settings"].currency
    variant_id = item["variant_id"] or _variant_of(item["sku"], currency)
    cart, token = service.lock_and_bump(owner), None
    if cart is None:
        cart, token = service.open_cart(owner, currency, offered=offered_cart_token())
    if item["country"] is not None:
        cart = service.set_country(cart, item["country"])
    try:
        given = ((name, item.get(name)) for name in ("note", "properties"))
        texts = {name: text for name, text in given if text is not None}
        lines = service.add(cart, variant_id, item["quantity"], texts)
    except NotForSale as error:
        _set_pointer(error, item)
        raise
    return _answer(cart, lines, merged=merged, token=token)


@blueprint.route("/items/<uuid:item_id>", methods=["PATCH"])
@anyone
@may_answer(CartItemNotFound, CartNotFound, NotEnoughInStock, NotForSale)
@versioned
@blueprint.arguments(ChangeItemSchema)
@blueprint.response(200, CartSchema)
def update_cart_item(change: dict[str, object], item_id: UUID, expected_version: int) -> object:
    """Set the quantity of an item, its note or its properties."""
    with transaction():
        cart = _lock_cart(expected_version)
        lines = service.change(cart, item_id, change)
    return _answer(cart, lines)


@blueprint.route("/items/<uuid:item_id>", methods=["DELETE"])
@anyone
@may_answer(CartItemNotFound, CartNotFound)
@versioned
@blueprint.response(200, CartSchema)
def remove_cart_item(item_id: UUID, expected_version: int) -> object:
    """Remove an item."""
    with transaction():
        cart = _lock_cart(expected_version)
        lines = service.remove(cart, item_id)
    return _answer(cart, lines)


@blueprint.route("/codes", methods=["POST"])
@anyone
@may_answer(CartNotFound, CodeUnknown, TooManyCodes)
@limiter.limit(rate_limits.CODES, key_func=by_address, deduct_when=was_wrong)
@limiter.limit(
    rate_limits.SIGN_IN_BY_STOREFRONT,
    key_func=by_storefront,
    exempt_when=speaks_for_itself,
    deduct_when=was_wrong,
)
@idempotent(required=False, strangers=True)
@blueprint.arguments(AddCodeSchema)
@blueprint.response(200, CartSchema)
def add_cart_code(body: dict[str, str]) -> object:
    """Enter a discount code; one that does not apply yet stays, with what is missing.

    A code that is entered twice is there once. Guessing is limited: unknown codes count.
    """
    cart = service.add_code(_lock_cart(None), body["code"])
    return _answer(cart, queries.lines(cart))


@blueprint.route("/codes/<code>", methods=["DELETE"])
@anyone
@may_answer(CartNotFound)
@versioned
@blueprint.response(200, CartSchema)
def remove_cart_code(code: str, expected_version: int) -> object:
    """Remove a discount code; one that is not there is no error."""
    with transaction():
        cart = service.remove_code(_lock_cart(expected_version), code)
    return _answer(cart, queries.lines(cart))


_EMPTY: dict[str, object] = {
    "id": None,
    "version": 0,
    "country": None,
    "items": [],
    "unit_count": 0,
    "codes": [],
    "note": None,
    "gift_message": None,
    "discounts": [],
    "not_applied": [],
    "warnings": [],
    "requirements": [{"code": "empty", "item_id": None, "detail": "Put something into it."}],
}


def _lock_cart(expected_version: int | None) -> CartRow:
    cart = service.lock_and_bump(principal(), expected_version=expected_version)
    if cart is None:
        raise CartNotFound
    return cart


def _merge_guest_cart() -> bool:
    """Merge the guest's cart if a customer's request still has its token; True if it was merged."""
    guest = _guest_before_sign_in()
    if guest is None or queries.find(guest) is None:
        return False
    with transaction():
        return service.merge_guest_cart(principal(), guest)


def _guest_before_sign_in() -> Principal | None:
    """Return the guest that a customer was before signing in, if the request has a cart token."""
    token = cart_token() if principal().kind == "customer" else None
    return None if token is None else Principal(kind="guest", guest_key=hash_secret(token))


def _variant_of(sku: str, currency: str) -> UUID:
    variant = variant_lookup.find_variant(sku)
    if variant is None:
        error = NotForSale(sku=sku, currency=currency)
        _set_pointer(error, {"variant_id": None})
        raise error
    return variant.variant_id


def _set_pointer(error: NotForSale, item: dict[str, object]) -> None:
    """Add a pointer to the field of the request that names what is not for sale."""
    field = "sku" if item["variant_id"] is None else "variant_id"
    error.facts["errors"] = [{"pointer": f"/{field}", "code": error.code, "detail": error.detail}]


def _answer(
    cart: CartRow, lines: list[CartLine], *, merged: bool = False, token: str | None = None
) -> dict[str, object]:
    groups = claimed_groups()
    net = get_service(NetPrices)(cart.country) if groups and shows_net(groups) else None
    answer = views.view(cart, lines, net_of=net)
    if merged:
        answer["joined_guest_cart"] = True
    if token is not None:
        answer["token"] = token
    return answer
