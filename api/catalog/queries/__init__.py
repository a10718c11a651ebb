"""Questions to the catalogue: what is sold, what storefronts show, what staff see."""

from api.catalog.codes import ScannedCode
from api.catalog.codes import read as read_code
from api.catalog.queries.addresses import present_slug
from api.catalog.queries.attributes import (
    attribute_values,
    count_products,
    get_attribute,
    get_product_type,
    list_attributes,
    list_product_types,
    slugs_of,
)
from api.catalog.queries.cards import CARD_EXPANSIONS
from api.catalog.queries.collections import (
    get_collection,
    list_collection_products,
    list_collections,
    stale_collections,
)
from api.catalog.queries.desk import (
    get_category,
    get_product,
    get_variant,
    list_categories,
)
from api.catalog.queries.desk_list import (
    LINE_EXPANSIONS,
    VARIANTS_OF_A_PAGE,
    list_products,
)
from api.catalog.queries.documents import (
    count_fitting,
    currencies_in_use,
    mark_of_versions,
    product_documents,
    product_ids_after,
    product_ids_of,
    variant_ids_of,
    variant_keys,
    version_marks,
)
from api.catalog.queries.media import (
    find_media,
    get_media,
    is_media_gone,
    list_media,
    waiting_media,
)
from api.catalog.queries.narrowing import Wanted
from api.catalog.queries.places import (
    shown_categories,
    shown_category,
    shown_collection,
    shown_collections,
)
from api.catalog.queries.price_history import price_history
from api.catalog.queries.product_page import PAGE_EXPANSIONS, shown_product
from api.catalog.queries.publishing import due_to_publish
from api.catalog.queries.relations import RELATION_FIELDS, get_relations, ids_by_slug
from api.catalog.queries.schedules import scheduled_price, scheduled_prices
from api.catalog.queries.selling import (
    Offer,
    VariantFound,
    VariantLabel,
    codes_of,
    find_variant,
    offers,
    variant_labels,
)
from api.catalog.queries.shelf import SORTS, shown_products
from api.catalog.queries.shelves_of import shelves_of
from api.catalog.queries.suggesting import suggested
from api.catalog.queries.traits import described_attributes, trait_ids
from api.catalog.queries.translations import (
    list_translations,
    texts_for,
    translation,
    translations_of,
)

__all__ = [
    "CARD_EXPANSIONS",
    "LINE_EXPANSIONS",
    "PAGE_EXPANSIONS",
    "RELATION_FIELDS",
    "SORTS",
    "VARIANTS_OF_A_PAGE",
    "Offer",
    "ScannedCode",
    "VariantFound",
    "VariantLabel",
    "Wanted",
    "attribute_values",
    "codes_of",
    "count_fitting",
    "count_products",
    "currencies_in_use",
    "described_attributes",
    "due_to_publish",
    "find_media",
    "find_variant",
    "get_attribute",
    "get_category",
    "get_collection",
    "get_media",
    "get_product",
    "get_product_type",
    "get_relations",
    "get_variant",
    "ids_by_slug",
    "is_media_gone",
    "list_attributes",
    "list_categories",
    "list_collection_products",
    "list_collections",
    "list_media",
    "list_product_types",
    "list_products",
    "list_translations",
    "mark_of_versions",
    "offers",
    "present_slug",
    "price_history",
    "product_documents",
    "product_ids_after",
    "product_ids_of",
    "read_code",
    "scheduled_price",
    "scheduled_prices",
    "shelves_of",
    "shown_categories",
    "shown_category",
    "shown_collection",
    "shown_collections",
    "shown_product",
    "shown_products",
    "slugs_of",
    "stale_collections",
    "suggested",
    "texts_for",
    "trait_ids",
    "translation",
    "translations_of",
    "variant_ids_of",
    "variant_keys",
    "variant_labels",
    "version_marks",
    "waiting_media",
]
