"""Write what differs of many known products together: in set form, with history, audit, events."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert as upsert

from api.catalog.events import CatalogChanged, ProductArchived, ProductPublished
from api.catalog.models.i18n import Translation
from api.catalog.models.media import ProductImage
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.service import (
    attribute_values,
    barcodes,
    bulk_create,
    denormalization,
    facet_values,
    media,
    reindex,
)
from api.catalog.service.compare_products import ChangedRows
from api.catalog.service.prices import change_prices
from api.kernel.principal import Principal
from api.platform import audit, bulk_sql
from api.platform.db import Base, session
from api.platform.outbox import emit


def write_changes(rows: ChangedRows, *, now: datetime, by: Principal) -> None:
    """Write everything down, with price history, search words, audit rows and events.

    The products are locked by the caller. Refuses attribute values that do not fit; what clashes
    with other rows raises IntegrityError: see `integrity`.
    """
    if not rows.slugs:
        return
    left = _write_rows(rows)
    _write_prices(rows, now=now, by=by)
    reindex.reindex_products(sorted(rows.reworded))
    respelled = [facet_values.rename_facet_values(old, new) for old, new in rows.spelled]
    for action, subjects in rows.audited.items():
        audit.record_each(action, subjects, by=by)
    for step, product_id in rows.moved:
        if step == "publish":
            emit(ProductPublished(product_id=product_id))
        elif step == "archive":
            emit(ProductArchived(product_id=product_id))
    emit(
        CatalogChanged(
            slugs=tuple(dict.fromkeys(rows.slugs)),
            lists=tuple(sorted(left)),
            is_tree=any(respelled),  # it stands among the filters of any list
        )
    )


def write_translations(translations: Mapping[tuple[UUID, str], Mapping[str, object]]) -> None:
    """Make these the texts of products by language; one that goes keeps its version."""
    if not translations:
        return
    statement = upsert(Translation)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["subject_id", "language"],
            set_={"texts": statement.excluded.texts, "version": Translation.version + 1},
        ).execution_options(synchronize_session=False),
        [
            {
                "subject_id": product_id,
                "language": language,
                "kind": "product",
                "texts": dict(texts),
                "version": 1,
            }
            for (product_id, language), texts in translations.items()
        ],
    )


def _write_rows(rows: ChangedRows) -> set[str]:
    """Write all but prices; returns the lists that products have left."""
    if rows.categories:
        denormalization.lock_category_tree(alone=False)  # before new words, as everywhere
    idle: set[UUID] = set()
    for one in rows.attributes:
        assigned = attribute_values.assign_attribute_values(
            one, one.given, has_new_type=one.has_new_type
        )
        if assigned:
            rows.audit("product.edited", one.id, {"attributes": assigned})
        elif one.is_alone:
            idle.add(one.id)
    media.remove_images(rows.gone_images)
    bulk_create.add_rows(ProductImage, rows.new_images)
    _change(ProductImage, rows.images)
    _change(Product, [row for row in rows.products if row["id"] not in idle])
    _change(Variant, rows.variants)
    bulk_create.add_rows(Variant, rows.new_variants)
    barcodes.replace_barcodes(rows.recoded)
    bulk_create.add_rows(Barcode, rows.new_codes)
    write_translations(rows.translations)
    return denormalization.replace_categories(rows.categories)


def _write_prices(rows: ChangedRows, *, now: datetime, by: Principal) -> None:
    listed = [row for of_variant in rows.prices.values() for row in of_variant]
    change_prices(listed, gone=rows.gone_prices, product_of=rows.product_of, by=by)
    if rows.first_prices:
        bulk_create.add_first_prices(rows.first_prices, now)
    denormalization.refresh_price_ranges(rows.priced)


def _change(model: type[Base], rows: Iterable[Mapping[str, object]]) -> None:
    bulk_sql.bulk_update(cast(Table, model.__table__), list(rows))
