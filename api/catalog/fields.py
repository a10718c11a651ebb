"""The one table of the fields of products and variants.

From it come the columns that are read and written, the documents of our own files with their CSV
columns and checks, the comparison of bulk writes, and the forms of the API. A plain field is a
column of its own; what is kept in other tables is NESTED and has code of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

HS_CODE = r"([0-9]{4}([.]?[0-9]{2}){0,5})?"
"""The pattern of a code of the Harmonized System: 4 to 14 digits, with or without dots; or none."""

LOT_TRACKING = ("", "lot", "lot_and_expiry")
"""How units of a variant are kept in lots: not, by lot, or by lot with a date."""

BACK_ORDERS = ("deny", "allow")
"""Whether a variant is sold when nothing is in stock."""

HIGHEST_BACK_ORDER_LIMIT = 1_000_000


class Kind(StrEnum):
    """What a field holds, and so how it is written in documents, cells and forms."""

    TEXT = "text"
    REFERENCE = "reference"
    """A text or nothing; nothing is null and not an empty text."""
    TEXTS = "texts"
    INTEGER = "integer"
    MOMENT = "moment"
    METADATA = "metadata"
    NESTED = "nested"


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its name is its column, its key in documents and its name in inputs.

    `csv` is its column in our CSV, where it has one; `longest` how many characters it takes.
    `is_written` says that whoever writes a product may say it as it is; identity and status are
    written by commands of their own. `in_forms` puts it into the API's forms for staff, and
    `in_storefront` on the pages of storefronts as well, both as it is.
    """

    name: str
    kind: Kind
    csv: str | None = None
    longest: int | None = None
    is_written: bool = True
    in_forms: bool = False
    in_storefront: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is a column of the product's or variant's own row."""
        return self.kind is not Kind.NESTED


def _product(
    name: str,
    kind: Kind,
    longest: int | None = None,
    *,
    is_written: bool = True,
    in_forms: bool = False,
    in_storefront: bool = False,
) -> Field:
    return Field(name, kind, name, longest, is_written, in_forms, in_storefront)


# In the order of the columns of our CSV.
PRODUCT_FIELDS: tuple[Field, ...] = (
    _product("slug", Kind.TEXT, 255, is_written=False),
    _product("version", Kind.INTEGER, is_written=False),
    _product("status", Kind.TEXT, is_written=False),
    _product("title", Kind.TEXT, 255),
    _product("description", Kind.TEXT, 500_000, in_forms=True, in_storefront=True),
    _product("vendor", Kind.TEXT, 255, in_forms=True, in_storefront=True),
    _product("product_type", Kind.TEXT, 255, in_forms=True, in_storefront=True),
    _product("tags", Kind.TEXTS, 255),
    _product("categories", Kind.NESTED),
    _product("collections", Kind.NESTED),
    _product("related", Kind.NESTED),
    _product("related_upsell", Kind.NESTED),
    _product("related_cross_sell", Kind.NESTED),
    _product("related_accessory", Kind.NESTED),
    _product("related_replacement", Kind.NESTED),
    _product("options", Kind.TEXTS, 255),
    _product("seo_title", Kind.TEXT, 255, in_forms=True),
    _product("seo_description", Kind.TEXT, 500, in_forms=True),
    _product("pick_warning", Kind.TEXT, 300, in_forms=True),
    _product("publish_at", Kind.MOMENT),
    _product("external_reference", Kind.REFERENCE, 255, in_forms=True),
    _product("attributes", Kind.NESTED),
    _product("public_metadata", Kind.METADATA, in_forms=True),
    _product("private_metadata", Kind.METADATA, in_forms=True),
    _product("translations", Kind.NESTED),
    Field("images", Kind.NESTED),
    Field("variants", Kind.NESTED),
)
VARIANT_FIELDS: tuple[Field, ...] = (
    Field("sku", Kind.TEXT, "sku", 255),
    Field("version", Kind.INTEGER, "variant_version", is_written=False),
    Field("option_values", Kind.TEXTS, "option_values", 255),
    Field("barcodes", Kind.NESTED, "barcodes"),
    Field("weight_grams", Kind.INTEGER, "weight_grams"),
    Field("tax_class", Kind.TEXT, "tax_class", 40),
    Field("shipping_profile", Kind.TEXT, "shipping_profile", 40),
    Field("hs_code", Kind.TEXT, "hs_code", 14, in_forms=True),
    Field("origin_country", Kind.TEXT, "origin_country", 2, in_forms=True),
    Field("lot_tracking", Kind.TEXT, "lot_tracking", 20, in_forms=True),
    Field("back_orders", Kind.TEXT, "back_orders", 10, in_forms=True),
    Field("back_order_limit", Kind.INTEGER, "back_order_limit", in_forms=True),
    Field("back_order_note", Kind.TEXT, "back_order_note", 120, in_forms=True),
    Field("image_url", Kind.NESTED, "variant_image_url"),
    Field("external_reference", Kind.REFERENCE, "variant_external_reference", 255, in_forms=True),
    Field("public_metadata", Kind.METADATA, "variant_public_metadata", in_forms=True),
    Field("private_metadata", Kind.METADATA, "variant_private_metadata", in_forms=True),
    Field("prices", Kind.NESTED),
    Field("stock", Kind.NESTED),
)
PRODUCT_COLUMNS = tuple(one for one in PRODUCT_FIELDS if one.is_plain and one.is_written)
VARIANT_COLUMNS = tuple(one for one in VARIANT_FIELDS if one.is_plain and one.is_written)


def from_document(field: Field, value: Any) -> Any:
    """Return what a document says of a field as it is stored; moments are texts there."""
    if field.kind is Kind.MOMENT and value is not None:
        return datetime.fromisoformat(value)
    if field.kind is Kind.METADATA:
        return {key: one for key, one in value.items() if one is not None}
    return value


def to_document(field: Field, value: Any) -> object:
    """Return what is stored in a field as documents write it."""
    if field.kind is Kind.MOMENT and value is not None:
        return value.isoformat().replace("+00:00", "Z")
    return value.value if isinstance(value, StrEnum) else value
