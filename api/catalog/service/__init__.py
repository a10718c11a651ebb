"""Verbs of the catalogue: put things on sale, name their prices, arrange the tree."""

from api.catalog.models import ProductStatus
from api.catalog.service.arrivals import Arrival, Arrived, ArrivedVariant, Outcome, take_in
from api.catalog.service.attributes import create_attribute, delete_attribute, edit_attribute
from api.catalog.service.availability import note_availability
from api.catalog.service.beside import settle_relations
from api.catalog.service.categories import (
    create_category,
    delete_category,
    edit_category,
    ensure_categories,
)
from api.catalog.service.category_order import move_in_category, place_in_category
from api.catalog.service.category_paths import ensure_category_paths
from api.catalog.service.collections import (
    CollectionDraft,
    add_products,
    create_collection,
    delete_collection,
    edit_collection,
    move_product,
    put_products,
    remove_products,
)
from api.catalog.service.differences import differences, matched
from api.catalog.service.drafts import (
    AttributeDraft,
    BarcodeDraft,
    CategoryDraft,
    ChoiceDraft,
    ImageDraft,
    PriceDraft,
    ProductDraft,
    TypeAttributeDraft,
    VariantDraft,
)
from api.catalog.service.gathering import begin_filling, fill_next, gather
from api.catalog.service.imaging import SIZE_FILES, examine, sizes_of
from api.catalog.service.intake import StoredProduct
from api.catalog.service.keys import keys_in_use, keys_of_document, keys_of_draft
from api.catalog.service.lexicon import count_words, learn_words
from api.catalog.service.many import COMMANDS as PRODUCT_COMMANDS
from api.catalog.service.many import edit_many_products, edit_many_variants
from api.catalog.service.media import fail_media, finish_media, keep_media, remove_media
from api.catalog.service.metadata import DEEPEST
from api.catalog.service.product_types import (
    create_product_type,
    delete_product_type,
    edit_product_type,
)
from api.catalog.service.products import (
    archive_product,
    create_product,
    edit_product,
    publish_product,
    unarchive_product,
)
from api.catalog.service.publishing import publish_due
from api.catalog.service.refreshing import AT_THE_END as REFRESH_AT_THE_END
from api.catalog.service.refreshing import refilter, refresh_next
from api.catalog.service.relations import relate_products
from api.catalog.service.restatement import Restated, put_back, put_back_prices, restate
from api.catalog.service.schedules import (
    cancel_schedule,
    carry_out,
    due_schedules,
    schedule_price,
)
from api.catalog.service.statistics import tell_planner
from api.catalog.service.taking_back import take_back
from api.catalog.service.translations import check_language, translate, withdraw
from api.catalog.service.variants import add_variant, edit_variant, set_prices, set_some_prices
from api.catalog.texts import slug_from

__all__ = [
    "DEEPEST",
    "PRODUCT_COMMANDS",
    "REFRESH_AT_THE_END",
    "SIZE_FILES",
    "Arrival",
    "Arrived",
    "ArrivedVariant",
    "AttributeDraft",
    "BarcodeDraft",
    "CategoryDraft",
    "ChoiceDraft",
    "CollectionDraft",
    "ImageDraft",
    "Outcome",
    "PriceDraft",
    "ProductDraft",
    "ProductStatus",
    "Restated",
    "StoredProduct",
    "TypeAttributeDraft",
    "VariantDraft",
    "add_products",
    "add_variant",
    "archive_product",
    "begin_filling",
    "cancel_schedule",
    "carry_out",
    "check_language",
    "count_words",
    "create_attribute",
    "create_category",
    "create_collection",
    "create_product",
    "create_product_type",
    "delete_attribute",
    "delete_category",
    "delete_collection",
    "delete_product_type",
    "differences",
    "due_schedules",
    "edit_attribute",
    "edit_category",
    "edit_collection",
    "edit_many_products",
    "edit_many_variants",
    "edit_product",
    "edit_product_type",
    "edit_variant",
    "ensure_categories",
    "ensure_category_paths",
    "examine",
    "fail_media",
    "fill_next",
    "finish_media",
    "gather",
    "keep_media",
    "keys_in_use",
    "keys_of_document",
    "keys_of_draft",
    "learn_words",
    "matched",
    "move_in_category",
    "move_product",
    "note_availability",
    "place_in_category",
    "publish_due",
    "publish_product",
    "put_back",
    "put_back_prices",
    "put_products",
    "refilter",
    "refresh_next",
    "relate_products",
    "remove_media",
    "remove_products",
    "restate",
    "schedule_price",
    "set_prices",
    "set_some_prices",
    "settle_relations",
    "sizes_of",
    "slug_from",
    "take_back",
    "take_in",
    "tell_planner",
    "translate",
    "unarchive_product",
    "withdraw",
]
