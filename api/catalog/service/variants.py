"""Add and edit variants, and name their prices."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from api.catalog.errors import ImageUnknown, VariantNotFound
from api.catalog.events import CatalogueChanged, PriceChanged
from api.catalog.models import Product, ProductImage, Variant, VariantPrice
from api.catalog.service import following, intake
from api.catalog.service.clashes import told_as_refusals
from api.catalog.service.drafts import PriceDraft, VariantDraft
from api.catalog.service.products import lock, refresh_search
from api.catalog.texts import variant_title
from api.kernel import clock
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.concurrency import check
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

_SEARCHED = {"sku", "barcode", "option_values"}


def add_variant(product_id: UUID, draft: VariantDraft, *, by: Principal) -> UUID:
    """Give a product one more variant, last in order; returns its id.

    Locks the product and raises its version. Refuses values that do not fit its options or that
    another variant has, and a SKU or barcode that is taken.
    """
    product = lock(product_id)
    intake.check_variant(draft, product.options)
    last = session.scalar(
        select(func.max(Variant.position)).where(Variant.product_id == product.id)
    )
    row = intake.variant_row(
        draft,
        product_id=product.id,
        slug=product.slug,
        position=0 if last is None else last + 1,
        image_id=_image_id(product.id, draft.image_url),
        now=clock.now(),
    )
    with told_as_refusals():
        session.execute(insert(Variant), [row])
        if prices := intake.price_rows(row["id"], draft.prices):
            session.execute(insert(VariantPrice), prices)
    following.refresh_price_ranges([product.id])
    refresh_search(product)
    product.version += 1
    audit.record("variant.created", by=by, subject_id=row["id"], sku=row["sku"])
    emit(CatalogueChanged(slugs=(product.slug,)))
    variant_id: UUID = row["id"]
    return variant_id


def edit_variant(
    variant_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change a variant's codes, values, weight, tax class, place or picture.

    Locks its product, then the variant. Refuses a version that is not the present one and what
    `add_variant` refuses. Saying what is already so changes nothing.
    """
    product, variant = _lock(variant_id)
    check(variant.version, expected_version)
    plain = {k: v for k, v in changes.items() if k != "image_url"}
    if "option_values" in plain:
        plain["option_values"] = list(plain["option_values"])
        intake.check_option_values(plain["option_values"], product.options)
        plain["title"] = variant_title(plain["option_values"])
    if "image_url" in changes:
        plain["image_id"] = _image_id(product.id, changes["image_url"])
    changed = {k: v for k, v in plain.items() if getattr(variant, k) != v}
    if not changed:
        return
    with told_as_refusals():
        for name, value in changed.items():
            setattr(variant, name, value)
        variant.version += 1
    if _SEARCHED & changed.keys():
        refresh_search(product)
    if "position" in changed:
        following.refresh_price_ranges([product.id])
    audit.record("variant.edited", by=by, subject_id=variant.id, **changed)
    emit(CatalogueChanged(slugs=(product.slug,)))


def set_prices(
    variant_id: UUID, prices: Sequence[PriceDraft], *, expected_version: int, by: Principal
) -> None:
    """Make these the prices of a variant, one per currency; it is not for sale in any other.

    Locks its product, then the variant. Refuses a version that is not the present one, two prices
    in one currency and a compare-at price that is not above the price.
    """
    intake.check_prices(prices)
    product, variant = _lock(variant_id)
    check(variant.version, expected_version)
    before = {
        row.currency: (row.amount, row.compare_at)
        for row in session.execute(
            select(VariantPrice.currency, VariantPrice.amount, VariantPrice.compare_at).where(
                VariantPrice.variant_id == variant.id
            )
        )
    }
    rows = intake.price_rows(variant.id, prices)
    after = {row["currency"]: (row["amount"], row["compare_at"]) for row in rows}
    if before == after:
        return
    session.execute(delete(VariantPrice).where(VariantPrice.variant_id == variant.id))
    if rows:
        session.execute(insert(VariantPrice), rows)
    following.refresh_price_ranges([product.id])
    variant.version += 1
    for currency in sorted(before.keys() | after.keys()):
        was, now = before.get(currency, (None,))[0], after.get(currency, (None,))[0]
        if was != now:
            emit(
                PriceChanged(
                    variant_id=variant.id,
                    product_id=product.id,
                    currency=currency,
                    before=was,
                    after=now,
                )
            )
    audit.record("variant.priced", by=by, subject_id=variant.id, before=before, after=after)
    emit(CatalogueChanged(slugs=(product.slug,)))


def _lock(variant_id: UUID) -> tuple[Product, Variant]:
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


def _image_id(product_id: UUID, url: str | None) -> UUID | None:
    if url is None:
        return None
    found = session.scalar(
        select(ProductImage.id).where(
            ProductImage.product_id == product_id, ProductImage.url == url
        )
    )
    if found is None:
        raise ImageUnknown(url=url)
    return found
