"""What the shop says of its catalogue, field by field; as `models`, for products and batches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.client.models import Money


@dataclass(frozen=True, slots=True)
class ProductLine:
    """One product as a row of the catalogue; `price` is its lowest in the currency asked for."""

    id: str
    version: int
    title: str
    status: str
    vendor: str
    product_type: str
    price: Money | None
    price_varies: bool
    in_stock: bool
    variant_count: int
    published_at: datetime | None
    publish_at: datetime | None


@dataclass(frozen=True, slots=True)
class Price:
    """What a variant costs in one currency, and what it cost before when it is reduced."""

    price: Money
    compare_at: Money | None = None
    prior_price: Money | None = None
    """The lowest price of the 30 days before the reduction, which the law wants told."""

    def as_wire(self) -> dict[str, object]:
        """The form in which the price is sent."""
        before = self.compare_at.as_wire() if self.compare_at else None
        return {"price": self.price.as_wire(), "compare_at": before}


@dataclass(frozen=True, slots=True)
class VariantCard:
    """A variant of a product, with what it costs."""

    id: str
    version: int
    product_id: str
    title: str
    in_stock: bool
    prices: tuple[Price, ...]
    sku: str = ""
    barcode: str | None = None

    def price_in(self, currency: str) -> Price | None:
        """Its price in a currency, if it is for sale there."""
        return next((one for one in self.prices if one.price.currency == currency), None)


@dataclass(frozen=True, slots=True)
class ProductWarning:
    """Something about a product that stops nothing and would be better otherwise."""

    code: str
    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product with everything that the console shows of it."""

    id: str
    version: int
    title: str
    status: str
    in_stock: bool
    published_at: datetime | None
    variants: tuple[VariantCard, ...]
    warnings: tuple[ProductWarning, ...]
    vendor: str = ""
    product_type: str = ""
    tags: tuple[str, ...] = ()
    publish_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing that is wrong with a row of a batch, and where in the request it stands."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """Why one row of a batch was not done."""

    code: str
    detail: str
    status: int
    errors: tuple[RowProblem, ...]


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row of a batch; `version` is the one that it has now."""

    index: int
    id: str | None
    status: str
    version: int | None
    error: RowRefusal | None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What became of every row of a batch, in the order of the request."""

    data: tuple[RowResult, ...]
