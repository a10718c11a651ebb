"""The database has the last word on what is unique; here its word becomes a refusal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from api.catalog.errors import (
    AttributeCodeTaken,
    AttributeInUse,
    BarcodeTaken,
    CategoryCycle,
    CategoryNotEmpty,
    CategoryNotFound,
    CompareAtNotAbovePrice,
    ExternalReferenceTaken,
    OptionCombinationTaken,
    ProductTypeNameTaken,
    SkuTaken,
    SlugTaken,
    VariantReferenceTaken,
)
from api.kernel.errors import DomainError
from api.platform.db import session

_REFUSALS: dict[str, Callable[..., DomainError]] = {
    "uq_categories_slug": SlugTaken,
    "uq_categories_path": SlugTaken,
    "uq_collections_slug": SlugTaken,
    "uq_products_slug": SlugTaken,
    "uq_products_external_reference": ExternalReferenceTaken,
    "uq_variants_external_reference": VariantReferenceTaken,
    "uq_variants_sku_key": SkuTaken,
    "uq_variants_barcode": BarcodeTaken,
    "pk_barcodes": lambda code=None: BarcodeTaken(barcode=code),
    "uq_barcodes_code_key": lambda code_key="": BarcodeTaken(barcode=code_key.removeprefix("0")),
    "uq_variants_product_id_option_values": OptionCombinationTaken,
    "uq_attributes_code": lambda code=None: AttributeCodeTaken(attribute=code),
    "uq_product_types_name_key": lambda name_key=None: ProductTypeNameTaken(name=name_key),
    "fk_product_type_attributes_attribute_id_attributes": AttributeInUse,
    "fk_product_attributes_attribute_id_attributes": AttributeInUse,
    "ck_variant_prices_compare_at_above_amount": CompareAtNotAbovePrice,
    "ck_categories_not_its_own_parent": CategoryCycle,
    "fk_categories_parent_id_categories": CategoryNotFound,
    "fk_category_members_category_id_categories": CategoryNotFound,
    "fk_products_category_id_categories": CategoryNotFound,
}
_HELD_BY = {
    "fk_categories_parent_id_categories",
    "fk_category_members_category_id_categories",
    "fk_products_category_id_categories",
}
_FIELDS = {"slug": "slug", "path": "slug", "sku_key": "sku", "barcode": "barcode"}


@contextmanager
def translate_integrity_errors(*, deleting: bool = False) -> Iterator[None]:
    """Flush what the block changed, and raise what the database refuses as our own refusals.

    A foreign key that stops a delete means that something is still inside; one that stops a
    write means that what it points at is gone.
    """
    try:
        yield
        session.flush()
    except IntegrityError as clash:
        refusal = refusal_for(clash, deleting=deleting)
        if refusal is None:
            raise
        raise refusal from clash


def refusal_for(clash: IntegrityError, *, deleting: bool = False) -> DomainError | None:
    """Return the refusal that a broken constraint means, with the value that broke it."""
    told = getattr(clash.orig, "diag", None)
    constraint = getattr(told, "constraint_name", None) or ""
    if deleting and constraint in _HELD_BY:
        return CategoryNotEmpty()
    if constraint not in _REFUSALS:
        return None
    return _REFUSALS[constraint](**_value(getattr(told, "message_detail", None) or ""))


def _value(detail: str) -> dict[str, str]:
    """Read `Key (slug)=(blue-mug) already exists.`"""
    column, found, rest = detail.removeprefix("Key (").partition(")=(")
    if not found:
        return {}
    name = _FIELDS.get(column, column)
    value = rest.rpartition(")")[0]
    return {name: value} if name.isidentifier() else {}
