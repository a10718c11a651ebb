"""Turn what a storefront asks for into conditions: one language for lists, search and facets.

`ProductFilter` is the question in the words of the request, `ResolvedFilter` the same with ids in
place of words. Which conditions there are is its `shape`; statements are built once for each shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    exists,
    or_,
    select,
)

from api.catalog.errors import AttributeNotFilterable, FilterUnreadable
from api.catalog.models.attributes import AttributeKind, ProductAttribute
from api.catalog.models.navigation import Category, CollectionProduct, ProductCategory
from api.catalog.models.prices import PriceRange
from api.catalog.models.products import Product
from api.catalog.queries.facet_values import described_attributes, facet_value_ids
from api.catalog.queries.own_prices import OWN_PRICES, values_of_buyer
from api.catalog.states import ProductStatus
from api.catalog.texts import attribute_kind, option_kind
from api.platform.db import session

MOST_MONEY = 2**62
"""Beyond every price."""
MOST_DIGITS = 30
"""Of a number that is compared with; more is nobody's width or weight."""

# The driver cannot say infinity.
_BEYOND = Decimal(10) ** (2 * MOST_DIGITS)
_RANGED = (AttributeKind.NUMBER, AttributeKind.DATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFilter:
    """Which products somebody asks for. Several values of one filter mean any of them."""

    currency: str
    country: str | None = None
    customer_groups: tuple[str, ...] = ()
    category: str | None = None
    collection: str | None = None
    q: str | None = None
    price_gte: int | None = None
    price_lte: int | None = None
    in_stock: bool | None = None
    vendor: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    option: tuple[str, ...] = ()
    attribute: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilterShape:
    """Which conditions a statement has, without their values. Without a status it is for any."""

    status: ProductStatus | None = ProductStatus.ACTIVE
    in_category: bool = False
    is_staffs: bool = False
    """Whether a hidden category may be asked for too."""
    in_collection: bool = False
    groups: int = 0
    numbers: tuple[int, ...] = ()
    """For each attribute that is a number or a date: of how many ranges it may be in one."""
    price: bool = False
    in_stock: bool | None = None
    own_prices: bool = False
    """Whether the prices of a buyer's price lists count."""
    names_category_by_id: bool = False
    """Whether `category_id` names the category, and not its slug; see `find_category`."""

    @property
    def product_id(self) -> Any:
        """The column that names products and is in order of time, in the first table asked."""
        if self.in_category:
            return ProductCategory.product_id
        return CollectionProduct.product_id if self.in_collection else Product.id


@dataclass(frozen=True, slots=True)
class ResolvedFilter:
    """What was asked for, in ids and bounds; `is_empty` when a filter can fit nothing at all."""

    shape: FilterShape
    values: dict[str, object] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    """Which kind of facet value each group is, in their order."""
    numbers: tuple[UUID, ...] = ()
    """Which attribute each number is, in their order."""

    @property
    def is_empty(self) -> bool:
        """Whether some filter names only what no product ever was."""
        return any(not self.values[f"group_{i}"] for i in range(self.shape.groups))


def resolve_filter(
    wanted: ProductFilter,
    *,
    collection_id: object = None,
    status: ProductStatus | None = ProductStatus.ACTIVE,
    is_staffs: bool = False,
) -> ResolvedFilter:
    """Look up what the words of a question mean; at most three statements, none without filters.

    Storefronts ask for published products, staff for any status, or for all of them with None,
    and in hidden categories too.
    Raises FilterUnreadable and AttributeNotFilterable.
    """
    values: dict[str, object] = {"currency": wanted.currency}
    if wanted.category is not None:
        values["category"] = wanted.category
    if wanted.collection is not None:
        values["collection"] = collection_id
    has_price = wanted.price_gte is not None or wanted.price_lte is not None
    if has_price:
        values["price_gte"] = wanted.price_gte or 0
        values["price_lte"] = MOST_MONEY if wanted.price_lte is None else wanted.price_lte
    own_prices = bool(wanted.customer_groups or wanted.country)
    if own_prices:
        values |= values_of_buyer(wanted.customer_groups, wanted.country)
    asked, numbers = _asked(wanted)
    found = facet_value_ids(asked) if asked else {}
    for place, kind in enumerate(asked):
        values[f"group_{place}"] = found[kind]
    for place, (attribute_id, ranges) in enumerate(numbers.items()):
        values[f"number_{place}"] = attribute_id
        for which, (low, high) in enumerate(ranges):
            values |= {f"low_{place}_{which}": low, f"high_{place}_{which}": high}
    shape = FilterShape(
        status=status,
        in_category=wanted.category is not None,
        is_staffs=is_staffs,
        in_collection=wanted.collection is not None,
        groups=len(asked),
        numbers=tuple(map(len, numbers.values())),
        price=has_price,
        in_stock=wanted.in_stock,
        own_prices=own_prices,
    )
    return ResolvedFilter(shape, values, tuple(asked), tuple(numbers))


def build_query(
    columns: Sequence[Any],
    shape: FilterShape,
    *,
    with_prices: bool = False,
    leaving_out: int = -1,
    at_any_number: int = -1,
) -> Select[object]:
    """Build the statement for products that fit; their values are bound by name.

    `leaving_out` is the place of a group that is not asked for, so that its own counts show what
    else could be chosen; `at_any_number` is that of a number, so that its own span shows it.
    """
    statement: Select[object] = select(*columns).select_from(Product)
    if shape.status is not None:
        statement = statement.where(Product.status == shape.status)
    if shape.in_category:
        wanted = (
            bindparam("category_id", type_=Uuid)
            if shape.names_category_by_id
            else _category_id(shape).scalar_subquery()
        )
        statement = statement.join(
            ProductCategory,
            and_(ProductCategory.product_id == Product.id, ProductCategory.category_id == wanted),
        )
    if shape.in_collection:
        member = and_(
            CollectionProduct.product_id == Product.id,
            CollectionProduct.collection_id == bindparam("collection", type_=Uuid),
        )
        statement = statement.join(CollectionProduct, member)
    if with_prices or shape.price:
        lowest = lowest_prices(shape)
        statement = statement.join(lowest.table, lowest.of_product)
    if shape.price:
        low, high = (bindparam(f"price_{end}", type_=BigInteger) for end in ("gte", "lte"))
        statement = statement.where(lowest.price.between(low, high))
    if shape.in_stock is not None:
        statement = statement.where(Product.in_stock if shape.in_stock else ~Product.in_stock)
    for place in range(shape.groups):
        if place != leaving_out:
            ids = bindparam(f"group_{place}", type_=ARRAY(Integer))
            statement = statement.where(Product.traits.bool_op("&&")(ids))
    for place, ranges in enumerate(shape.numbers):
        if place != at_any_number:
            statement = statement.where(_in_range(place, ranges))
    return statement


def find_category(shape: FilterShape, values: dict[str, object]) -> FilterShape:
    """Look up the category of a list by price or name and note its id. One statement, or none.

    Such a list is read along its order when many products are in the category, and sorted when few
    are: either takes a hundred times longer where the other fits. The database knows how many a
    category has, but not how many the category of a subquery has.
    """
    if not shape.in_category:
        return shape
    values["category_id"] = session.scalar(_category_id(shape), values)
    return replace(shape, names_category_by_id=True)


def _category_id(shape: FilterShape) -> Select[UUID]:
    asked = select(Category.id).where(Category.slug == bindparam("category", type_=String))
    return asked if shape.is_staffs else asked.where(Category.is_shown)


@dataclass(frozen=True, slots=True)
class LowestPrices:
    """From which price on products are sold: a table, its join, and its columns."""

    table: Any
    of_product: ColumnElement[bool]
    price: Any
    product_id: object


def lowest_prices(shape: FilterShape) -> LowestPrices:
    """Return the prices that a list of this shape is sorted and narrowed by."""
    if not shape.own_prices:
        return LowestPrices(PriceRange, price_of(), PriceRange.lowest, PriceRange.product_id)
    own = OWN_PRICES.c
    return LowestPrices(OWN_PRICES, own.product_id == Product.id, own.lowest, own.product_id)


def price_of() -> ColumnElement[bool]:
    """The row of a product's prices in the asked currency."""
    return and_(
        PriceRange.product_id == Product.id,
        PriceRange.currency == bindparam("currency", type_=String),
    )


def _in_range(place: int, ranges: int) -> ColumnElement[bool]:
    ends = (
        [bindparam(f"{end}_{place}_{which}", type_=Numeric) for end in ("low", "high")]
        for which in range(ranges)
    )
    return exists().where(
        ProductAttribute.product_id == Product.id,
        ProductAttribute.attribute_id == bindparam(f"number_{place}", type_=Uuid),
        or_(*(ProductAttribute.number.between(low, high) for low, high in ends)),
    )


Range = tuple[Decimal, Decimal]


def _asked(wanted: ProductFilter) -> tuple[dict[str, list[str]], dict[UUID, list[Range]]]:
    """Sort filters into groups of facet values, by kind, and ranges of numbers, by attribute."""
    asked: dict[str, list[str]] = {}
    for kind in ("vendor", "tag", "type"):
        if values := getattr(wanted, kind):
            asked[kind] = list(values)
    for text in wanted.option:
        name, value = _pair("option", text)
        asked.setdefault(option_kind(name), []).append(value)
    numbers: dict[UUID, list[Range]] = {}
    if not wanted.attribute:
        return asked, numbers
    known = {a["code"]: a for a in described_attributes() if a["is_filterable"]}
    for text in wanted.attribute:
        code, value = _pair("attribute", text)
        if code not in known:
            raise AttributeNotFilterable(attribute=code, known=sorted(known))
        kind = AttributeKind(known[code]["kind"])
        if kind in _RANGED:
            numbers.setdefault(known[code]["id"], []).append(_range(text, value, kind))
        else:
            asked.setdefault(attribute_kind(code), []).append(value)
    return asked, numbers


def _pair(filter_name: str, text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    if not name.strip() or not value.strip():
        raise FilterUnreadable(filter=filter_name, given=text)
    return name.strip(), value.strip()


def _range(text: str, value: str, kind: AttributeKind) -> Range:
    """Read `10..20`, `10..`, `..20` or `10`; both ends are included."""
    low, separator, high = value.partition("..")
    try:
        first = _number(low, kind) if low else -_BEYOND
        if not separator:
            return first, first
        last = _number(high, kind) if high else _BEYOND
    except ValueError as unreadable:
        raise FilterUnreadable(filter="attribute", given=text) from unreadable
    return first, last


def _number(text: str, kind: AttributeKind) -> Decimal:
    if kind is AttributeKind.DATE:
        return Decimal(date.fromisoformat(text).toordinal())
    if len(text) > MOST_DIGITS:
        raise ValueError(text)
    try:
        number = Decimal(text)
    except InvalidOperation as wrong:
        raise ValueError(text) from wrong
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError(text)
    return number
