"""Wire models of products, variants and batches; see `models`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.client.models import Money


@dataclass(frozen=True, slots=True)
class ProductRow:
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

    reduced_since: datetime | None = None

    def as_wire(self) -> dict[str, object]:
        """The form in which the price is sent."""
        before = self.compare_at.as_wire() if self.compare_at else None
        return {"price": self.price.as_wire(), "compare_at": before}


@dataclass(frozen=True, slots=True)
class PriceHistoryEntry:
    """What a variant cost from one moment to another; without an end it is in force."""

    since: datetime
    until: datetime | None
    price: Money | None
    """None while it was not for sale in the currency."""


@dataclass(frozen=True, slots=True)
class ScheduledPrice:
    """A price that comes by itself; at its end what was before comes back."""

    price: Money
    compare_at: Money | None
    starts_at: datetime
    ends_at: datetime | None
    state: str
    replaced_price: Money | None
    """What comes back, once it is running."""


@dataclass(frozen=True, slots=True)
class VariantBarcode:
    """A code on the goods or on a case of them."""

    code: str
    pack_quantity: int = 1
    """Units that one scan means."""


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
    barcodes: tuple[VariantBarcode, ...] = ()

    def price_in(self, currency: str) -> Price | None:
        """Its price in a currency, if it is for sale there."""
        return next((one for one in self.prices if one.price.currency == currency), None)


@dataclass(frozen=True, slots=True)
class ProductWithVariants:
    """What a change needs to know of a product; many of them are read at once."""

    id: str
    version: int
    title: str
    status: str
    variants: tuple[VariantCard, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a product, and what it says to those who do not see it."""

    alt: str = ""


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
    images: tuple[Picture, ...] = ()
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
