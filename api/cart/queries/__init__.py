"""Reads of carts, at current prices and with current stock."""

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    text,
)

from api.accounts.models import CustomerGroupMember
from api.cart.errors import CartNotFound
from api.cart.models import Cart, CartItem
from api.cart.states import CartStatus
from api.catalog.models.media import ProductImage
from api.catalog.models.prices import ListedPrice, PriceList, VariantPrice
from api.catalog.models.products import Product, Variant
from api.catalog.queries.own_prices import MARKET_OF
from api.catalog.states import ProductStatus
from api.inventory.models import Location, StockLevel, StockReservation
from api.kernel import clock
from api.kernel.principal import Principal
from api.platform.db import AnySelect, session, table_of
from api.platform.prepared import prepared
from api.promotions import queries as promotions_queries
from api.promotions.calculation import NOTHING, Goods, Outcome
from api.promotions.models import TOKEN
from api.promotions.queries import CartToDiscount


@dataclass(frozen=True, slots=True)
class CartRow:
    """The row of a cart."""

    id: UUID
    version: int
    currency: str
    customer_id: UUID | None
    status: CartStatus
    codes: list[str]
    country: str | None
    discounts_token: UUID | None
    """Changes with any discount; None while none is active. See `promotions.models.TOKEN`."""
    note: str | None = None
    gift_message: str | None = None


@dataclass(frozen=True, slots=True)
class CartLine:
    """A cart item at its current price (minor units), with the units available to this cart."""

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
    shipping_profile: str
    hs_code: str
    origin_country: str
    quantity: int
    unit_price: int | None
    seen_price: int | None
    available: int
    is_active: bool
    note: str | None = None
    properties: dict[str, str] | None = None
    back_orderable: int = 0
    """Units beyond those available that an order may wait for."""
    back_order_note: str = ""

    @property
    def can_be_had(self) -> bool:
        """Whether so many units can be ordered, though some of them may have to wait."""
        return self.available + self.back_orderable >= self.quantity

    @property
    def back_ordered(self) -> int:
        """Units that an order would wait for."""
        return max(0, self.quantity - max(0, self.available)) if self.can_be_had else 0

    @property
    def is_for_sale(self) -> bool:
        """Whether it can be bought: published and priced in the cart's currency."""
        return self.is_active and self.unit_price is not None


UNLIMITED: Final = 1_000_000_000
CARTS, ITEMS = table_of(Cart), table_of(CartItem)
_PRODUCTS, _IMAGES = table_of(Product), table_of(ProductImage)
_VARIANTS, _PRICES = table_of(Variant), table_of(VariantPrice)
_LISTS, _LISTED = table_of(PriceList), table_of(ListedPrice)
_MEMBERS = table_of(CustomerGroupMember)
_LEVELS, _RESERVATIONS, _LOCATIONS = (
    table_of(StockLevel),
    table_of(StockReservation),
    table_of(Location),
)


def _listed_price(variant_id: object, quantity: object) -> object:
    """Return the price of price lists for so many units; null without one.

    Those of the customer's groups, and of the market of the bound `country`.
    """
    groups = (
        select(_MEMBERS.c.group_id)
        .join(CARTS, CARTS.c.customer_id == _MEMBERS.c.customer_id)
        .where(CARTS.c.id == bindparam("cart"))
    )
    is_now = and_(
        func.coalesce(_LISTS.c.starts_on, bindparam("today", type_=Date)) <= bindparam("today"),
        func.coalesce(_LISTS.c.ends_on, bindparam("today", type_=Date)) >= bindparam("today"),
    )
    return (
        select(_LISTED.c.amount)
        .join_from(_LISTED, _LISTS, _LISTS.c.id == _LISTED.c.list_id)
        .where(
            _LISTED.c.variant_id == variant_id,
            _LISTED.c.min_quantity <= quantity,
            _LISTS.c.currency == bindparam("currency"),
            _LISTS.c.is_active,
            or_(_LISTS.c.group_id.is_(None), _LISTS.c.group_id.in_(groups)),
            text(f"(price_lists.markets = '[]' OR price_lists.markets ? {MARKET_OF})"),
            is_now,
        )
        .order_by(_LISTS.c.priority, _LISTS.c.id, _LISTED.c.min_quantity.desc())
        .limit(1)
        .correlate(ITEMS)
        .scalar_subquery()
    )


def _lines_statement(price: ColumnElement[object]) -> AnySelect:
    reserved_for_others = (
        select(func.coalesce(func.sum(_RESERVATIONS.c.quantity), 0))
        .where(
            _RESERVATIONS.c.level_id == _LEVELS.c.id,
            _RESERVATIONS.c.expires_at > bindparam("moment"),
            _RESERVATIONS.c.owner_id != bindparam("cart"),
        )
        .correlate(_LEVELS)
        .scalar_subquery()
    )
    available = (
        select(
            # A sum of sums is numeric in Postgres; units are integers.
            cast(
                func.coalesce(
                    func.sum(
                        # One level's safety stock takes nothing from another level.
                        func.greatest(
                            _LEVELS.c.on_hand
                            - _LEVELS.c.unavailable
                            - _LEVELS.c.allocated
                            - reserved_for_others,
                            0,
                        )
                    ),
                    0,
                ),
                BigInteger,
            )
        )
        .join_from(_LEVELS, _LOCATIONS, _LOCATIONS.c.id == _LEVELS.c.location_id)
        .where(_LEVELS.c.variant_id == ITEMS.c.variant_id, _LOCATIONS.c.is_active)
        .correlate(ITEMS)
        .scalar_subquery()
    )
    # The sum is read for variants with a limit alone, which hardly any has.
    waiting = (
        select(func.coalesce(func.sum(_LEVELS.c.back_ordered), 0))
        .where(_LEVELS.c.variant_id == _VARIANTS.c.id)
        .correlate(_VARIANTS)
        .scalar_subquery()
    )
    back_orderable = case(
        (_VARIANTS.c.back_orders != "allow", 0),
        (_VARIANTS.c.back_order_limit == 0, UNLIMITED),
        else_=cast(func.greatest(_VARIANTS.c.back_order_limit - waiting, 0), BigInteger),
    )
    image = (
        select(_IMAGES.c.url)
        .where(
            _IMAGES.c.product_id == _PRODUCTS.c.id,
            or_(_VARIANTS.c.image_id.is_(None), _IMAGES.c.id == _VARIANTS.c.image_id),
        )
        .order_by(_IMAGES.c.position, _IMAGES.c.id)
        .limit(1)
        .correlate(_PRODUCTS, _VARIANTS)
        .scalar_subquery()
    )
    return prepared(
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
            _VARIANTS.c.shipping_profile,
            _VARIANTS.c.hs_code,
            _VARIANTS.c.origin_country,
            ITEMS.c.quantity,
            price,
            ITEMS.c.seen_price,
            available,
            _PRODUCTS.c.status == ProductStatus.ACTIVE,
            *ITEMS.c["note", "properties"],
            back_orderable,
            _VARIANTS.c.back_order_note,
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
"""The current price of a variant in a cart's currency, as a subquery."""

# Built once: building this statement costs several times more than running it.
_LINES_OF_GUESTS: Final = _lines_statement(_PRICES.c.amount)
_LINES_AT_LISTED_PRICES: Final = _lines_statement(
    func.coalesce(_listed_price(ITEMS.c.variant_id, ITEMS.c.quantity), _PRICES.c.amount)
)


ROW: Final = (
    *CARTS.c["id", "version", "currency", "customer_id", "status", "codes", "country"],
    TOKEN.label("discounts_token"),
    *CARTS.c["note", "gift_message"],
)
OWNER: Final = {"customer": CARTS.c.customer_id, "guest": CARTS.c.token_hash}
_OPEN: Final = {
    kind: prepared(
        select(*ROW).where(column == bindparam("owner"), CARTS.c.status == CartStatus.ACTIVE)
    )
    for kind, column in OWNER.items()
}


def owner_of(principal: Principal) -> tuple[Literal["customer", "guest"], UUID | str] | None:
    """Return the kind and value of the owner column, or None for a guest without a token."""
    if principal.kind == "customer" and principal.id is not None:
        return "customer", principal.id
    return None if principal.guest_key is None else ("guest", principal.guest_key)


def owned_by(principal: Principal) -> ColumnElement[bool]:
    """Return the condition that a principal owns a cart. Raises `CartNotFound` without a token."""
    owner = owner_of(principal)
    if owner is None:
        raise CartNotFound
    return OWNER[owner[0]] == owner[1]


def find(principal: Principal) -> CartRow | None:
    """Return the open cart of a customer or guest, or None."""
    owner = owner_of(principal)
    if owner is None:
        return None
    row = session.execute(_OPEN[owner[0]], {"owner": owner[1]}).one_or_none()
    return None if row is None else CartRow(*row)


def lines(cart: CartRow, *, country: str | None = None) -> list[CartLine]:
    """Return the items of a cart, oldest first, in one statement.

    `country` is where they go, by default what the cart was told: it decides about the prices of
    markets.

    `back_orderable` units more can be ordered of a variant that allows back-orders. Available to
    this cart are the units at active locations, less those allocated to orders and
    reserved for other carts; its own reservation does not count against it.
    """
    values = {"cart": cart.id, "currency": cart.currency, "moment": clock.now()}
    place = country or cart.country
    if cart.customer_id is None and place is None:
        # Such guests are in no group and no market: they pay no look-up of price lists.
        rows = session.execute(_LINES_OF_GUESTS, values)
    else:
        more = {"today": promotions_queries.today(), "country": place}
        rows = session.execute(_LINES_AT_LISTED_PRICES, {**values, **more})
    return [CartLine(*row) for row in rows]


def discounts(
    cart: CartRow, lines: list[CartLine], *, email: str | None = None, country: str | None = None
) -> Outcome:
    """Return which discounts apply to a cart; no statement while none is active."""
    if cart.discounts_token is None and not cart.codes:
        return NOTHING
    goods = [
        Goods(line.id, line.quantity, line.unit_price or 0, line.product_id, line.tax_class)
        for line in lines
        if line.is_for_sale
    ]
    return promotions_queries.outcome(
        CartToDiscount(
            goods=goods,
            currency=cart.currency,
            token=cart.discounts_token,
            codes=cart.codes,
            customer_id=cart.customer_id,
            email=email,
            country=country,
        )
    )
