"""Add and edit variants, and name their prices."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from api.catalog.codes import code_key
from api.catalog.codes import read as read_code
from api.catalog.errors import ImageUnknown, VariantNotFound
from api.catalog.events import CatalogChanged
from api.catalog.models.media import ProductImage
from api.catalog.models.prices import VariantPrice
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.service import barcodes, bulk_create, denormalization, metadata
from api.catalog.service import prices as price_service
from api.catalog.service.inputs import BarcodeInput, PriceInput, VariantInput
from api.catalog.service.integrity import translate_integrity_errors
from api.catalog.service.products import lock, refresh_search
from api.catalog.texts import variant_title
from api.kernel import clock
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction, session
from api.platform.etags import check
from api.platform.outbox import emit

_SETTLED_APART = ("image_url", "image_id", "barcode", "barcodes")
_SEARCHED = {"sku", "barcodes", "option_values"}


def add_variant(product_id: UUID, draft: VariantInput, *, by: Principal) -> UUID:
    """Give a product one more variant, last in order; returns its id.

    Locks the product and raises its version. Refuses values that do not fit its options or that
    another variant has, and a SKU or barcode that is taken.
    """
    product = lock(product_id)
    bulk_create.validate_variant(draft, product.options)
    last = session.scalar(
        select(func.max(Variant.position)).where(Variant.product_id == product.id)
    )
    row = bulk_create.variant_row(
        draft,
        product_id=product.id,
        slug=product.slug,
        position=0 if last is None else last + 1,
        image_id=_image_id(product.id, url=draft.image_url, image_id=draft.image_id),
        now=clock.now(),
    )
    with translate_integrity_errors():
        session.execute(insert(Variant), [row])
        bulk_create.add_rows(Barcode, barcodes.barcode_rows(row["id"], draft.codes))
        bulk_create.add_first_prices(
            bulk_create.price_rows(row["id"], draft.prices), row["created_at"]
        )
    denormalization.refresh_price_ranges([product.id])
    refresh_search(product)
    product.version += 1
    audit.record("variant.created", by=by, subject_id=row["id"], sku=row["sku"])
    emit(CatalogChanged(slugs=(product.slug,)))
    variant_id: UUID = row["id"]
    return variant_id


def edit_variant(
    variant_id: UUID,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None,
    by: Principal,
    follow: Callable[[Product], None] = refresh_search,
) -> None:
    """Change a variant's codes, values, weight, tax class, place or picture.

    `barcodes` replace all that it has; `barcode` alone replaces the first that means one unit, or
    takes it away, and leaves cases theirs. Locks its product, then the variant. Refuses a version
    that is not the present one, unless None is expected, and what `add_variant` refuses. Saying
    what is already so changes nothing. What its product is found by must `follow`, at once or,
    when many are edited, once at the end.
    """
    product, variant = lock_variant(variant_id)
    check(variant.version, expected_version)
    plain = metadata.merge_metadata(
        variant, {k: v for k, v in changes.items() if k not in _SETTLED_APART}
    )
    if "option_values" in plain:
        plain["option_values"] = list(plain["option_values"])
        bulk_create.validate_option_values(plain["option_values"], product.options)
        plain["title"] = variant_title(plain["option_values"])
    if "image_url" in changes or "image_id" in changes:
        plain["image_id"] = _image_id(
            product.id, url=changes.get("image_url"), image_id=changes.get("image_id")
        )
    codes = _new_codes(variant.id, changes)
    if codes is not None:
        plain["barcode"] = barcodes.unit_barcode(codes)
    changed = {k: v for k, v in plain.items() if getattr(variant, k) != v}
    if not changed and codes is None:
        return
    with translate_integrity_errors():
        if codes is not None:
            barcodes.replace_barcodes({variant.id: codes})
        for name, value in changed.items():
            setattr(variant, name, value)
        variant.version += 1
    if codes is not None:
        changed["barcodes"] = {one.code: one.pack_quantity for one in codes}
    if _SEARCHED & changed.keys():
        follow(product)
    if "position" in changed:
        denormalization.refresh_price_ranges([product.id])
    audit.record("variant.edited", by=by, subject_id=variant.id, **changed)
    emit(CatalogChanged(slugs=(product.slug,)))


def learn_barcode(sku: str, code: str, pack_quantity: int, *, by: Principal) -> UUID:
    """Teach a code that was scanned: which variant it is, and how many units it means.

    Returns the variant. The codes that it has stay; one that it has already may mean another
    number of units from now on. Locks its product, then the variant. Raises `VariantNotFound` and
    `BarcodeTaken`.
    """
    variant_id = session.scalar(select(Variant.id).where(Variant.sku_key == sku.lower()))
    if variant_id is None:
        raise VariantNotFound(f"No variant has the SKU {sku}.", sku=sku)
    read = read_code(code)
    text = next((key for key in read.keys if key.isdecimal()), read.text)
    known = barcodes.load_barcodes([variant_id])[variant_id]
    kept = [one for one in known if code_key(one.code) != code_key(text)]
    learnt = {"barcodes": [*kept, BarcodeInput(text, pack_quantity)]}
    edit_variant(variant_id, learnt, expected_version=None, by=by)
    return variant_id


def replace_prices(
    variant_id: UUID, prices: Sequence[PriceInput], *, expected_version: int | None, by: Principal
) -> None:
    """Make these the prices of a variant, one per currency; it is not for sale in any other.

    Locks its product, then the variant. Refuses a version that is not the present one, unless None
    is expected, two prices in one currency and a compare-at price that is not above the price.
    """
    bulk_create.validate_prices(prices)
    product, variant = lock_variant(variant_id)
    check(variant.version, expected_version)
    named = {draft.price.currency for draft in prices}
    there = session.scalars(
        select(VariantPrice.currency).where(VariantPrice.variant_id == variant.id)
    )
    reprice(product, variant, prices, without=sorted(set(there) - named), by=by)


def update_prices(
    variant_id: UUID, prices: Sequence[PriceInput], *, expected_version: int | None, by: Principal
) -> None:
    """Make these the prices of a variant in their currencies; in others it costs what it did.

    Locks and refuses what `replace_prices` does.
    """
    bulk_create.validate_prices(prices)
    product, variant = lock_variant(variant_id)
    check(variant.version, expected_version)
    reprice(product, variant, prices, by=by)


def reprice(
    product: Product,
    variant: Variant,
    prices: Sequence[PriceInput],
    *,
    without: Sequence[str] = (),
    by: Principal,
) -> bool:
    """Write prices of a locked variant and take it off sale in other currencies.

    The history, the price range, the version, the facts and the audit log follow. Says whether
    anything changed.
    """
    changed = price_service.change_prices(
        bulk_create.price_rows(variant.id, prices),
        gone=[(variant.id, currency) for currency in without],
        product_of={variant.id: product.id},
        by=by,
    )
    if not changed:
        return False
    denormalization.refresh_price_ranges([product.id])
    variant.version += 1
    emit(CatalogChanged(slugs=(product.slug,)))
    return True


def lock_variant(variant_id: UUID) -> tuple[Product, Variant]:
    """Lock the product and then the variant, as everyone does. A variant never changes product."""
    require_transaction()
    product_id = session.scalar(select(Variant.product_id).where(Variant.id == variant_id))
    if product_id is None:
        raise VariantNotFound(variant_id=variant_id)
    product = lock(product_id)
    variant = session.scalars(
        select(Variant)
        .where(Variant.id == variant_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    return product, variant


def _new_codes(variant_id: UUID, changes: Mapping[str, Any]) -> list[BarcodeInput] | None:
    """Return the codes that a variant comes to have; None when they stay as they are."""
    if not changes.keys() & {"barcode", "barcodes"}:
        return None
    there = barcodes.load_barcodes([variant_id])[variant_id]
    if "barcodes" in changes:
        codes = list(changes["barcodes"])
        barcodes.validate_barcodes(codes)
    else:
        codes = barcodes.replace_unit_barcode(there, changes["barcode"])
    return None if codes == there else codes


def _image_id(product_id: UUID, *, url: str | None, image_id: UUID | None) -> UUID | None:
    """Find the picture that is meant, by its address or its id, among those of the product."""
    if url is None and image_id is None:
        return None
    meant = ProductImage.url == url if image_id is None else ProductImage.id == image_id
    found = session.scalar(
        select(ProductImage.id).where(ProductImage.product_id == product_id, meant)
    )
    if found is None:
        raise ImageUnknown(url=url, image_id=image_id)
    return found
