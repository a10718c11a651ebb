"""Which products are shown beside another one, and why."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, insert, select

from api.catalog.errors import ProductsUnknown
from api.catalog.events import CatalogueChanged
from api.catalog.models import Product, ProductRelation, RelationKind
from api.catalog.service.products import lock
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.concurrency import check
from api.platform.db import session
from api.platform.outbox import emit


def relate_products(
    product_id: UUID,
    related: Mapping[RelationKind, Sequence[UUID]],
    *,
    expected_version: int,
    by: Principal,
) -> None:
    """Let these be all products that are shown beside a product, by kind, in this order.

    A kind that is left out has none. The way back is not made: a cover fits a telephone and not
    the other way round. Locks the product. Refuses a version that is not the present one, the
    product itself and products that are not there. Saying what is already so changes nothing.
    """
    product = lock(product_id)
    check(product.version, expected_version)
    _refuse_wrong(product_id, related)
    rows = [
        {"product_id": product_id, "kind": kind, "related_id": id_, "position": place}
        for kind in RelationKind
        for place, id_ in enumerate(related.get(kind, ()))
    ]
    there = session.execute(
        select(ProductRelation.kind, ProductRelation.related_id, ProductRelation.position).where(
            ProductRelation.product_id == product_id
        )
    )
    if {tuple(row) for row in there} == {
        (row["kind"], row["related_id"], row["position"]) for row in rows
    }:
        return
    session.execute(delete(ProductRelation).where(ProductRelation.product_id == product_id))
    if rows:
        session.execute(insert(ProductRelation), rows)
    product.version += 1
    audit.record(
        "product.related",
        by=by,
        subject_id=product_id,
        **{kind.value: [str(id_) for id_ in ids] for kind, ids in related.items()},
    )
    emit(CatalogueChanged(slugs=(product.slug,)))


def relate_some(
    product_id: UUID, related: Mapping[RelationKind, Sequence[UUID]], *, by: Principal
) -> None:
    """Let these be all products of these kinds that are shown beside a product; others stay.

    Locks the product. Saying what is already so changes nothing.
    """
    product = lock(product_id)
    of_kinds = (ProductRelation.product_id == product_id, ProductRelation.kind.in_(related))
    there: dict[RelationKind, list[UUID]] = {kind: [] for kind in related}
    for row in session.execute(
        select(ProductRelation.kind, ProductRelation.related_id)
        .where(*of_kinds)
        .order_by(ProductRelation.position, ProductRelation.related_id)
    ):
        there[row.kind].append(row.related_id)
    if there == {kind: list(ids) for kind, ids in related.items()}:
        return
    session.execute(delete(ProductRelation).where(*of_kinds))
    relate_new({product_id: related})
    product.version += 1
    audit.record(
        "product.related",
        by=by,
        subject_id=product_id,
        **{kind.value: [str(id_) for id_ in ids] for kind, ids in related.items()},
    )
    emit(CatalogueChanged(slugs=(product.slug,)))


def relate_new(related: Mapping[UUID, Mapping[RelationKind, Sequence[UUID]]]) -> None:
    """Say what is shown beside products that have nothing of these kinds beside them yet."""
    rows = [
        {"product_id": product_id, "kind": kind, "related_id": id_, "position": place}
        for product_id, by_kind in related.items()
        for kind, ids in by_kind.items()
        for place, id_ in enumerate(ids)
    ]
    if rows:
        session.execute(insert(ProductRelation), rows)


def _refuse_wrong(product_id: UUID, related: Mapping[RelationKind, Sequence[UUID]]) -> None:
    wanted = {id_ for ids in related.values() for id_ in ids}
    there = set(session.scalars(select(Product.id).where(Product.id.in_(wanted))))
    errors = [
        {
            "pointer": f"/{kind.value}/{place}",
            "in": "body",
            "code": "product_not_found" if id_ not in there else "invalid",
            "detail": "There is no such product."
            if id_ not in there
            else "A product is not shown beside itself.",
        }
        for kind, ids in related.items()
        for place, id_ in enumerate(ids)
        if id_ not in there or id_ == product_id
    ]
    if errors:
        raise ProductsUnknown(errors=errors[:100])
