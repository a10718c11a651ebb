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
    FacetValue,
    ProductAttribute,
    ProductType,
    ProductTypeAttribute,
)
from api.catalog.models.i18n import SearchTerm, SlugRedirect, Translation
from api.catalog.models.media import Media, MediaState, ProductImage
from api.catalog.models.navigation import (
    Category,
    Collection,
    CollectionKind,
    CollectionProduct,
    ProductCategory,
    RuleMatch,
)
from api.catalog.models.prices import (
    PriceHistoryEntry,
    PriceRange,
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
    "Collection",
    "CollectionKind",
    "CollectionProduct",
    "FacetValue",
    "Media",
    "MediaState",
    "PriceHistoryEntry",
    "PriceRange",
    "Product",
    "ProductAttribute",
    "ProductCategory",
    "ProductImage",
    "ProductRelation",
    "ProductType",
    "ProductTypeAttribute",
    "RelationKind",
    "RuleMatch",
    "ScheduleState",
    "ScheduledPrice",
    "SearchTerm",
    "SlugRedirect",
    "Translation",
    "Variant",
    "VariantPrice",
]
