"""What a product, a variant, a price or a category should become: plain values, no rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from api.catalog.models.attributes import AttributeKind
from api.kernel.money import Money


@dataclass(frozen=True, slots=True)
class PriceInput:
    """A price and, when it is reduced, what it was before: both in the same currency."""

    price: Money
    compare_at: Money | None = None


@dataclass(frozen=True, slots=True)
class BarcodeInput:
    """A code on goods, and how many units it means: 1, or what is in a case."""

    code: str
    pack_quantity: int = 1


@dataclass(frozen=True, slots=True)
class ImageInput:
    """A picture by its address or by its media, and what it shows in words.

    The service fills in what follows from the media.
    """

    url: str = ""
    alt: str = ""
    media_id: UUID | None = None
    width: int | None = None
    height: int | None = None
    sizes: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantInput:
    """One variant. Without a SKU it gets one made from the product's slug and its values.

    `barcode` is the code of one unit, for those who know of no others; else `barcodes` are all.
    `has_stock` is said by who opens stock for it in the same transaction: a new variant is then
    stored as in stock at once, which costs nothing, instead of being written a second time.
    """

    sku: str | None = None
    barcode: str | None = None
    barcodes: tuple[BarcodeInput, ...] = ()
    option_values: tuple[str, ...] = ()
    weight_grams: int = 0
    tax_class: str = "standard"
    shipping_profile: str = ""
    hs_code: str = ""
    origin_country: str = ""
    lot_tracking: str = ""
    back_orders: str = "deny"
    back_order_limit: int = 0
    back_order_note: str = ""
    prices: tuple[PriceInput, ...] = ()
    image_url: str | None = None
    image_id: UUID | None = None
    has_stock: bool = False
    external_reference: str | None = None
    public_metadata: Mapping[str, object] = field(default_factory=dict)
    private_metadata: Mapping[str, object] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[BarcodeInput, ...]:
        """All barcodes, whichever way they were given."""
        if self.barcode is None:
            return self.barcodes
        return (BarcodeInput(self.barcode), *self.barcodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductInput:
    """One product. Without a slug it gets one made from its title.

    The first of `category_ids` is the main category. `options` are names in order, and each
    variant has one value for each. `attributes` are values by the codes that its type defines.
    """

    title: str
    slug: str | None = None
    description: str = ""
    vendor: str = ""
    product_type: str = ""
    tags: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    images: tuple[ImageInput, ...] = ()
    variants: tuple[VariantInput, ...] = (VariantInput(),)
    category_ids: tuple[UUID, ...] = ()
    external_reference: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    seo_title: str = ""
    seo_description: str = ""
    pick_warning: str = ""
    public_metadata: Mapping[str, object] = field(default_factory=dict)
    private_metadata: Mapping[str, object] = field(default_factory=dict)
    publish_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryInput:
    """One category. Without a slug it gets one made from its name."""

    name: str
    slug: str | None = None
    description: str = ""
    parent_id: UUID | None = None
    position: int = 0
    seo_title: str = ""
    seo_description: str = ""
    is_visible: bool = True


@dataclass(frozen=True, slots=True)
class ChoiceInput:
    """A value that an attribute allows, and how it reads. Without a position it keeps its place."""

    value: str
    label: str
    position: int | None = None

    def at(self, place: int) -> int:
        """Return where it stands, when its place in the list is this."""
        return place if self.position is None else self.position


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeInput:
    """Something to be said of products, and how."""

    code: str
    name: str
    kind: AttributeKind
    unit: str = ""
    is_filterable: bool = True
    is_visible: bool = True
    position: int = 0
    choices: Sequence[ChoiceInput] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeAttributeInput:
    """An attribute that products of a type have, known by its code or its id."""

    attribute_id: UUID | None = None
    code: str | None = None
    is_required: bool = False
    position: int | None = None
