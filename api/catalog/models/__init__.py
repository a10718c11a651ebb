"""The catalogue's ledger: products, where they are found, what they cost and how they look.

Four things are kept twice, so that a page of a million products costs what a page of ten does:
`category_members` names every ancestor of a product's categories, `product_price_ranges` holds the
lowest price per currency, `search` the words by which a product is found, and `traits` what it can
be filtered by. `service` alone writes them, in the transaction of the change that they follow from.
"""

from api.catalog.models.attributes import (
    Attribute,
    AttributeChoice,
    AttributeKind,
    ProductAttribute,
    ProductType,
    ProductTypeAttribute,
    Trait,
)
from api.catalog.models.i18n import OldSlug, SearchWord, Translation
from api.catalog.models.media import Media, MediaState, ProductImage
from api.catalog.models.navigation import (
    Category,
    CategoryMember,
    Collection,
    CollectionKind,
    CollectionMember,
    RuleMatch,
)
from api.catalog.models.prices import (
    PriceRange,
    PriceRecord,
    ScheduledPrice,
    ScheduleState,
    VariantPrice,
)
from api.catalog.models.products import Barcode, Product, ProductRelation, RelationKind, Variant

__all__ = [
    "Attribute",
    "AttributeChoice",
    "AttributeKind",
    "Barcode",
    "Category",
    "CategoryMember",
    "Collection",
    "CollectionKind",
    "CollectionMember",
    "Media",
    "MediaState",
    "OldSlug",
    "PriceRange",
    "PriceRecord",
    "Product",
    "ProductAttribute",
    "ProductImage",
    "ProductRelation",
    "ProductType",
    "ProductTypeAttribute",
    "RelationKind",
    "RuleMatch",
    "ScheduleState",
    "ScheduledPrice",
    "SearchWord",
    "Trait",
    "Translation",
    "Variant",
    "VariantPrice",
]
