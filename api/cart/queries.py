"""What a cart holds right now, at today's prices and with today's stock."""

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, bindparam, cast, func, or_, select

from api.cart.errors import CartNotFound
from api.cart.models import Cart, CartItem
from api.cart.states import CartStatus
from api.catalog.models.media import ProductImage
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Product, Variant
from api.catalog.states import ProductStatus
from api.inventory.models import Location, StockLevel, StockReservation
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform.db import AnySelect, session, table_of


@dataclass(frozen=True, slots=True)
class CartRow:
    """What is known of a cart itself."""

    id: UUID
    version: int
    currency: str
    customer_id: UUID | None
    status: CartStatus


@dataclass(frozen=True, slots=True)
class CartLine:
    """One position at today's price (minor units) and with the units free for this cart."""

    id: UUID
    variant_id: UUID
    product_id: UUID
    product_slug: str
    sku: str
    barcode: str | None
    title: str
    variant_title: str
    image_url: str | None
    weight_grams: int
    tax_class: str
    quantity: int
    unit_price: int | None
    seen_price: int | None
    available: int
    is_active: bool

    @property
    def is_for_sale(self) -> bool:
        """Whether it can be bought: on the shelf of the shop and priced in this currency."""
        return self.is_active and self.unit_price is not None


CARTS, ITEMS = table_of(Cart), table_of(CartItem)
_PRODUCTS, _PICTURES = table_of(Product), table_of(ProductImage)
_VARIANTS, _PRICES = table_of(Variant), table_of(VariantPrice)
_LEVELS, _HOLDS, _LOCATIONS = table_of(StockLevel), table_of(StockReservation), table_of(Location)


def _lines_statement() -> AnySelect:
    held_by_others = (
        select(func.coalesce(func.sum(_HOLDS.c.quantity), 0))
        .where(
            _HOLDS.c.level_id == _LEVELS.c.id,
            _HOLDS.c.expires_at > bindparam("moment"),
            _HOLDS.c.owner_id != bindparam("cart"),
        )
        .correlate(_LEVELS)
        .scalar_subquery()
    )
    available = (
        select(
            # A sum of sums is numeric to Postgres; units are whole.
            cast(
                func.coalesce(
                    func.sum(_LEVELS.c.on_hand - _LEVELS.c.allocated - held_by_others), 0
                ),
                BigInteger,
            )
        )
        .join_from(_LEVELS, _LOCATIONS, _LOCATIONS.c.id == _LEVELS.c.location_id)
        .where(_LEVELS.c.variant_id == ITEMS.c.variant_id, _LOCATIONS.c.is_active)
        .correlate(ITEMS)
        .scalar_subquery()
    )
    image = (
        select(_PICTURES.c.url)
        .where(
            _PICTURES.c.product_id == _PRODUCTS.c.id,
            or_(_VARIANTS.c.image_id.is_(None), _PICTURES.c.id == _VARIANTS.c.image_id),
        )
        .order_by(_PICTURES.c.position, _PICTURES.c.id)
        .limit(1)
        .correlate(_PRODUCTS, _VARIANTS)
        .scalar_subquery()
    )
    return (
        select(
            ITEMS.c.id,
            ITEMS.c.variant_id,
            _PRODUCTS.c.id,
            _PRODUCTS.c.slug,
            _VARIANTS.c.sku,
            _VARIANTS.c.barcode,
            _PRODUCTS.c.title,
            _VARIANTS.c.title,
            image,
            _VARIANTS.c.weight_grams,
            _VARIANTS.c.tax_class,
            ITEMS.c.quantity,
            _PRICES.c.amount,
            ITEMS.c.seen_price,
            available,
            _PRODUCTS.c.status == ProductStatus.ACTIVE,
        )
        .join_from(ITEMS, _VARIANTS, _VARIANTS.c.id == ITEMS.c.variant_id)
        .join(_PRODUCTS, _PRODUCTS.c.id == _VARIANTS.c.product_id)
        .outerjoin(
            _PRICES,
            (_PRICES.c.variant_id == _VARIANTS.c.id)
            & (_PRICES.c.currency == bindparam("currency")),
        )
        .where(ITEMS.c.cart_id == bindparam("cart"))
        .order_by(ITEMS.c.id)
    )


PRICE_NOW: Final = (
    select(_PRICES.c.amount)
    .where(
        _PRICES.c.variant_id == bindparam("variant_id"),
        _PRICES.c.currency == bindparam("currency"),
    )
    .scalar_subquery()
)
"""What a variant costs in a cart's currency at this moment, within a statement of the cart's."""

# Built once: putting this statement together costs several times what running it does.
_LINES = _lines_statement()


ROW: Final = tuple(CARTS.c["id", "version", "currency", "customer_id", "status"])
OWNER: Final = {"customer": CARTS.c.customer_id, "guest": CARTS.c.token_hash}
_OPEN: Final = {
    kind: select(*ROW).where(column == bindparam("owner"), CARTS.c.status == CartStatus.ACTIVE)
    for kind, column in OWNER.items()
}


def owner_of(principal: Principal) -> tuple[Literal["customer", "guest"], UUID | str] | None:
    """Tell how a principal's carts are known; a guest without a token has none."""
    if principal.kind == "customer" and principal.id is not None:
        return "customer", principal.id
    return None if principal.guest_key is None else ("guest", principal.guest_key)


def owned_by(principal: Principal) -> ColumnElement[bool]:
    """Return the condition that a cart is theirs. Raises `CartNotFound` when they can have none."""
    owner = owner_of(principal)
    if owner is None:
        raise CartNotFound
    return OWNER[owner[0]] == owner[1]


def find(principal: Principal) -> CartRow | None:
    """Find the open cart of a customer or guest."""
    owner = owner_of(principal)
    if owner is None:
        return None
    row = session.execute(_OPEN[owner[0]], {"owner": owner[1]}).one_or_none()
    return None if row is None else CartRow(*row)


def lines(cart_id: UUID, currency: str) -> list[CartLine]:
    """Return what lies in a cart, oldest first; one statement however much it is.

    Free for this cart is what lies at active locations, less what is promised to orders and held
    for others; its own hold does not count against it.
    """
    rows = session.execute(_LINES, {"cart": cart_id, "currency": currency, "moment": clock.now()})
    return [CartLine(*row) for row in rows]


def view(cart: CartRow, held: list[CartLine]) -> dict[str, Any]:
    """Shape a cart for the wire. Shipping and tax are not known before an address is."""
    currency = cart.currency
    warnings = [warning for line in held for warning in _warnings(line)]
    subtotal = sum((line.unit_price or 0) * line.quantity for line in held if line.is_for_sale)
    return {
        "id": cart.id,
        "version": cart.version,
        "currency": currency,
        "items": [
            {
                "id": line.id,
                "variant_id": line.variant_id,
                "product_slug": line.product_slug,
                "sku": line.sku,
                "title": line.title,
                "variant_title": line.variant_title,
                "image_url": line.image_url,
                "quantity": line.quantity,
                "unit_price": None if line.unit_price is None else Money(line.unit_price, currency),
                "total": None
                if line.unit_price is None
                else Money(line.unit_price * line.quantity, currency),
                "for_sale": line.is_for_sale,
            }
            for line in held
        ],
        "unit_count": sum(line.quantity for line in held),
        "subtotal": Money(subtotal, currency),
        "warnings": warnings,
    }


def _warnings(line: CartLine) -> list[dict[str, Any]]:
    """Say what changed since the customer last looked, instead of changing it silently."""
    found = []
    if not line.is_for_sale:
        found.append(("not_for_sale", f"{line.title} is no longer for sale."))
    elif line.available < line.quantity:
        found.append(("insufficient_stock", f"Only {max(0, line.available)} of {line.title} left."))
    if line.is_for_sale and line.seen_price not in (None, line.unit_price):
        found.append(("price_changed", f"The price of {line.title} changed."))
    return [{"code": code, "item_id": line.id, "detail": detail} for code, detail in found]
