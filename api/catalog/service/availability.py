"""The one door through which inventory tells the catalogue what is there."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import and_, exists, or_, select, update

from api.catalog.events import CatalogueChanged
from api.catalog.models import Product, ProductStatus, Variant
from api.platform.db import require_transaction, session
from api.platform.outbox import emit


def note_availability(in_stock: Collection[UUID], out_of_stock: Collection[UUID]) -> None:
    """Remember which variants can be had now and which cannot, and so which products.

    Costs one look when nothing changes, which is nearly always. Locks the products concerned, in
    id order, then their variants. No version rises: nobody edited anything.
    """
    require_transaction()
    arrived, left = sorted(in_stock), sorted(out_of_stock)
    changing = session.execute(
        select(Variant.id, Variant.product_id).where(
            or_(
                and_(Variant.id.in_(arrived), ~Variant.in_stock),
                and_(Variant.id.in_(left), Variant.in_stock),
            )
        )
    ).all()
    if not changing:
        return
    product_ids = {row.product_id for row in changing}
    # The product first: two variants that sell out at once would each see the other still there.
    products = session.execute(
        select(Product.id, Product.slug, Product.status)
        .where(Product.id.in_(product_ids))
        .order_by(Product.id)
        .with_for_update(key_share=True)
    ).all()
    variant_ids = sorted(row.id for row in changing)
    session.execute(
        update(Variant)
        .where(Variant.id.in_(variant_ids))
        .values(in_stock=Variant.id.in_(arrived))
        .execution_options(synchronize_session=False)
    )
    any_left = exists().where(Variant.product_id == Product.id, Variant.in_stock)
    session.execute(
        update(Product)
        .where(Product.id.in_(product_ids), Product.in_stock != any_left)
        .values(in_stock=any_left)
        .execution_options(synchronize_session=False)
    )
    slugs = tuple(row.slug for row in products if row.status is ProductStatus.ACTIVE)
    if slugs:
        emit(CatalogueChanged(slugs=slugs))
