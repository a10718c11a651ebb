"""Take products out of the shop again, as if they had never come; as far as history allows it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from api.catalog.events import CatalogueChanged, ProductArchived
from api.catalog.models import PriceRecord, Product, ProductStatus, Translation, Variant
from api.catalog.queries.documents import product_ids_of
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import session
from api.platform.outbox import emit


def take_back(product_ids: Sequence[UUID], *, by: Principal) -> tuple[set[UUID], set[UUID]]:
    """Take products out of the shop again; returns those removed and those archived.

    One that nothing refers to is removed with all that is its own; history is never deleted, so
    one that had a price is archived instead, and so is one that anything else names. Locks them,
    in id order.
    """
    ids = product_ids_of([], [], ids=product_ids)
    if not ids:
        return set(), set()
    with_history = set(
        session.scalars(
            select(Variant.product_id)
            .join(PriceRecord, PriceRecord.variant_id == Variant.id)
            .where(Variant.product_id.in_(ids))
        )
    )
    found = {
        row.id: row
        for row in session.execute(
            select(Product.id, Product.slug, Product.status).where(Product.id.in_(ids))
        )
    }
    # Among themselves they hold no one back.
    relations = Product.metadata.tables["product_relations"]
    session.execute(delete(relations).where(relations.c.product_id.in_(ids)))
    removed = {key for key in ids if key not in with_history and _remove(key)}
    left = set(ids) - removed
    leaving = {key for key in left if found[key].status is not ProductStatus.ARCHIVED}
    session.execute(
        update(Product)
        .where(Product.id.in_(leaving))
        .values(status=ProductStatus.ARCHIVED, version=Product.version + 1)
        .execution_options(synchronize_session=False)
    )
    for key in sorted(leaving):
        archived = ProductStatus.ARCHIVED.value
        audit.record("product.archive", by=by, subject_id=key, status=archived)
        emit(ProductArchived(product_id=key))
    emit(CatalogueChanged(slugs=tuple(found[key].slug for key in sorted(removed | leaving))))
    return removed, left


def _remove(product_id: UUID) -> bool:
    """Delete a product with what is its own; False when something else refers to it."""
    tables = Product.metadata.tables
    variant_ids = select(Variant.id).where(Variant.product_id == product_id)
    try:
        with session.begin_nested():
            for name, column in (("barcodes", "variant_id"), ("variant_prices", "variant_id")):
                table = tables[name]
                session.execute(delete(table).where(table.c[column].in_(variant_ids)))
            session.execute(delete(tables["variants"]).where(Variant.product_id == product_id))
            for name in (
                *("product_images", "product_price_ranges", "category_members"),
                *("collection_members", "product_attributes"),
            ):
                table = tables[name]
                session.execute(delete(table).where(table.c.product_id == product_id))
            session.execute(delete(Translation).where(Translation.subject_id == product_id))
            session.execute(delete(tables["products"]).where(Product.id == product_id))
    except IntegrityError:
        return False
    return True
