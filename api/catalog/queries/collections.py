"""Collections as staff see them, and what is in them in the shop's order."""

from datetime import timedelta
from typing import Unpack
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from api.catalog.errors import CollectionNotFound
from api.catalog.models.navigation import Collection, CollectionKind, CollectionProduct
from api.catalog.models.products import Product
from api.catalog.queries.product_cards import IMAGE_URL
from api.kernel import clock
from api.platform import pagination, sweeps
from api.platform.db import session
from api.platform.pagination import PageQuery, Sort

FRESH_FOR = timedelta(days=1)
"""After that a collection is gone through once more, whatever facts did or did not come."""

_COLUMNS = (
    *(Collection.id, Collection.version, Collection.slug, Collection.title, Collection.kind),
    *(Collection.description, Collection.seo_title, Collection.seo_description),
    *(Collection.match, Collection.rules, Collection.sort, Collection.is_visible),
    *(Collection.refreshed_at, Collection.created_at),
)
_COUNT = (
    select(func.count())
    .select_from(
        select(CollectionProduct.product_id)
        .where(CollectionProduct.collection_id == Collection.id)
        .limit(pagination.TOTAL_CAP)
        .correlate(Collection)
        .subquery()
    )
    .scalar_subquery()
    .label("product_count")
)


def list_collections(
    *, kind: str | None = None, q: str | None = None, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return a page of collections, the newest first; `q` is a part of the title or slug."""
    statement: Select[object] = select(*_COLUMNS, _COUNT)
    if kind is not None:
        statement = statement.where(Collection.kind == kind)
    if q:
        statement = statement.where(
            Collection.title.icontains(q, autoescape=True)
            | Collection.slug.icontains(q, autoescape=True)
        )
    return pagination.page_response(
        statement, Sort((Collection.id,), descending=True), filters=(kind, q), **asked
    )


def get_collection(collection_id: UUID) -> dict[str, object]:
    """Return a collection with its version and its rules. Raises CollectionNotFound."""
    row = session.execute(select(*_COLUMNS, _COUNT).where(Collection.id == collection_id)).first()
    if row is None:
        raise CollectionNotFound(collection_id=collection_id)
    return row._asdict()


def list_collection_products(
    collection_id: UUID, *, limit: int = 25, cursor: str | None = None, with_total: bool = False
) -> dict[str, object]:
    """Return a page of what is in a collection, in the shop's order, whatever its state.

    Raises CollectionNotFound.
    """
    statement: Select[object] = (
        select(
            *(Product.id, Product.slug, Product.title, Product.status, Product.vendor),
            *(Product.in_stock, IMAGE_URL),
        )
        .select_from(CollectionProduct)
        .join(Product, Product.id == CollectionProduct.product_id)
        .where(CollectionProduct.collection_id == collection_id)
    )
    rows, page = pagination.page(
        statement,
        Sort((CollectionProduct.position, CollectionProduct.product_id)),
        limit=limit,
        cursor=cursor,
        filters=str(collection_id),
        total=statement.with_only_columns(Product.id) if with_total else None,
    )
    if not rows:
        get_collection(collection_id)
    return {"data": [pagination.strip_sort_columns(row) for row in rows], "page": page}


def stale_collections(limit: int) -> list[UUID]:
    """Return collections with rules that nobody has gone through for a day."""
    return list(
        session.scalars(
            select(Collection.id)
            .where(
                Collection.kind == CollectionKind.RULES,
                or_(
                    Collection.refreshed_at.is_(None),
                    Collection.refreshed_at < clock.now() - FRESH_FOR,
                ),
                ~sweeps.waits("refresh-stale-collections", Collection.id),
            )
            .order_by(Collection.id)
            .limit(limit)
        )
    )
