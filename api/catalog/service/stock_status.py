"""How inventory tells the catalogue what is there, and what can be back-ordered."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    and_,
    any_,
    exists,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from api.catalog.events import CatalogChanged
from api.catalog.models.products import Product, Variant
from api.platform.db import require_transaction, session
from api.platform.outbox import emit


def update_in_stock(in_stock: Collection[UUID], out_of_stock: Collection[UUID]) -> None:
    """Remember which variants can be had now and which cannot, and so which products.

    Costs one look when nothing changes, which is nearly always. Locks the products concerned, in
    id order, then their variants. No version rises: nobody edited anything.
    """
    require_transaction()
    arrived, left = sorted(in_stock), sorted(out_of_stock)
    changing = session.execute(
        select(Variant.id, Variant.product_id).where(
            or_(
                and_(_among(Variant.id, arrived), ~Variant.in_stock),
                and_(_among(Variant.id, left), Variant.in_stock),
            )
        )
    ).all()
    if not changing:
        return
    product_ids = sorted({row.product_id for row in changing})
    # The product first: two variants that sell out at once would each see the other still there.
    products = session.execute(
        select(Product.id, Product.slug)
        .where(_among(Product.id, product_ids))
        .order_by(Product.id)
        .with_for_update(key_share=True)
    ).all()
    session.execute(
        update(Variant)
        .where(_among(Variant.id, sorted(row.id for row in changing)))
        .values(in_stock=_among(Variant.id, arrived))
        .execution_options(synchronize_session=False)
    )
    any_left = exists().where(Variant.product_id == Product.id, Variant.in_stock)
    session.execute(
        update(Product)
        .where(_among(Product.id, product_ids), Product.in_stock != any_left)
        .values(in_stock=any_left)
        .execution_options(synchronize_session=False)
    )
    # Drafts too: collections by rule hold them before they are published.
    emit(CatalogChanged(slugs=tuple(row.slug for row in products)))


def update_back_orders(waiting: Mapping[UUID, int]) -> None:
    """Remember of which variants no more can be back-ordered, by what orders wait for.

    One statement where nothing changes. Locks the products concerned, in id order, then their
    variants. No version rises: nobody edited anything.
    """
    rows = require_transaction().execute(
        select(
            *(Variant.id, Variant.product_id, Variant.back_orders_full),
            *(Variant.back_orders, Variant.back_order_limit),
        ).where(_among(Variant.id, sorted(waiting)))
    )
    changing: dict[UUID, tuple[UUID, bool]] = {}
    for row in rows:
        is_limited = row.back_orders == "allow" and row.back_order_limit > 0
        is_full = is_limited and waiting[row.id] >= row.back_order_limit
        if is_full != row.back_orders_full:
            changing[row.id] = (row.product_id, is_full)
    if not changing:
        return
    products = session.execute(
        select(Product.id, Product.slug)
        .where(_among(Product.id, sorted({product_id for product_id, _ in changing.values()})))
        .order_by(Product.id)
        .with_for_update(key_share=True)
    ).all()
    for is_full in (True, False):
        ids = sorted(one for one, (_, becomes) in changing.items() if becomes is is_full)
        session.execute(
            update(Variant)
            .where(_among(Variant.id, ids))
            .values(back_orders_full=is_full)
            .execution_options(synchronize_session=False)
        )
    emit(CatalogChanged(slugs=tuple(row.slug for row in products)))


def _among(column: InstrumentedAttribute[UUID], ids: list[UUID]) -> ColumnElement[bool]:
    """Compare with a whole list as one value: a thousand of them are still one parameter."""
    return column == any_(literal(ids, ARRAY(Uuid)))
