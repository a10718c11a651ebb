"""Verbs of the catalogue: put things on sale, name their prices, arrange the tree."""

from api.catalog.models import ProductStatus
from api.catalog.service.arrivals import Arrival, Arrived, ArrivedVariant, Outcome, take_in
from api.catalog.service.availability import note_availability
from api.catalog.service.categories import (
    create_category,
    delete_category,
    edit_category,
    ensure_categories,
)
from api.catalog.service.category_order import move_in_category, place_in_category
from api.catalog.service.drafts import (
    BarcodeDraft,
    CategoryDraft,
    ImageDraft,
    PriceDraft,
    ProductDraft,
    VariantDraft,
)
from api.catalog.service.imaging import SIZE_FILES, examine, sizes_of
from api.catalog.service.intake import StoredProduct
from api.catalog.service.many import COMMANDS as PRODUCT_COMMANDS
from api.catalog.service.many import edit_many_products, edit_many_variants
from api.catalog.service.media import fail_media, finish_media, keep_media, remove_media
from api.catalog.service.products import (
    archive_product,
    create_product,
    edit_product,
    publish_product,
    unarchive_product,
)
from api.catalog.service.schedules import (
    cancel_schedule,
    carry_out,
    due_schedules,
    schedule_price,
)
from api.catalog.service.translations import check_language, translate, withdraw
from api.catalog.service.variants import add_variant, edit_variant, set_prices, set_some_prices

__all__ = [
    "PRODUCT_COMMANDS",
    "SIZE_FILES",
    "Arrival",
    "Arrived",
    "ArrivedVariant",
    "BarcodeDraft",
    "CategoryDraft",
    "ImageDraft",
    "Outcome",
    "PriceDraft",
    "ProductDraft",
    "ProductStatus",
    "StoredProduct",
    "VariantDraft",
    "add_variant",
    "archive_product",
    "cancel_schedule",
    "carry_out",
    "check_language",
    "create_category",
    "create_product",
    "delete_category",
    "due_schedules",
    "edit_category",
    "edit_many_products",
    "edit_many_variants",
    "edit_product",
    "edit_variant",
    "ensure_categories",
    "examine",
    "fail_media",
    "finish_media",
    "keep_media",
    "move_in_category",
    "note_availability",
    "place_in_category",
    "publish_product",
    "remove_media",
    "schedule_price",
    "set_prices",
    "set_some_prices",
    "sizes_of",
    "take_in",
    "translate",
    "unarchive_product",
    "withdraw",
]
