"""Which products are shown beside another one: related, upsell, cross-sell and others."""

from collections.abc import Collection, Mapping, Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import Table, delete, select, tuple_, update

from api.catalog.errors import ProductsUnknown
from api.catalog.events import CatalogChanged
from api.catalog.models.products import Product, ProductRelation, RelationKind
from api.catalog.queries.related_products import RELATION_FIELDS, ids_by_slug
from api.catalog.service.diff import Document
from api.catalog.service.products import lock
from api.kernel.principal import Principal
from api.platform import audit, bulk_sql
from api.platform.bulk_sql import any_of
from api.platform.db import session
from api.platform.etags import check
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
    rows = _rows({product_id: related})
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
    bulk_sql.bulk_insert(cast(Table, ProductRelation.__table__), rows)
    product.version += 1
    audit.record(
        "product.related",
        by=by,
        subject_id=product_id,
        **{kind.value: [str(id_) for id_ in ids] for kind, ids in related.items()},
    )
    emit(CatalogChanged(slugs=(product.slug,)))


def relate_many(
    related: Mapping[UUID, Mapping[RelationKind, Sequence[UUID]]], *, by: Principal
) -> None:
    """Let these be all products of these kinds that are shown beside products; other kinds stay.

    Locks the products, in id order; a few statements for any number. Saying what is already so
    changes nothing.
    """
    slugs = {
        row.id: row.slug
        for row in session.execute(
            select(Product.id, Product.slug)
            .where(any_of(Product.id, related))
            .order_by(Product.id)
            .with_for_update(key_share=True)
        )
    }
    there: dict[UUID, dict[RelationKind, list[UUID]]] = {}
    for row in session.execute(
        select(ProductRelation.product_id, ProductRelation.kind, ProductRelation.related_id)
        .where(any_of(ProductRelation.product_id, slugs))
        .order_by(ProductRelation.position, ProductRelation.related_id)
    ):
        there.setdefault(row.product_id, {}).setdefault(row.kind, []).append(row.related_id)
    changed = {
        product_id: {kind: list(ids) for kind, ids in related[product_id].items()}
        for product_id in slugs
        if any(
            there.get(product_id, {}).get(kind, []) != list(ids)
            for kind, ids in related[product_id].items()
        )
    }
    if not changed:
        return
    pairs = [(product_id, kind) for product_id, by_kind in changed.items() for kind in by_kind]
    session.execute(
        delete(ProductRelation)
        .where(tuple_(ProductRelation.product_id, ProductRelation.kind).in_(pairs))
        .execution_options(synchronize_session=False)
    )
    relate_new(changed)
    session.execute(
        update(Product)
        .where(any_of(Product.id, changed))
        .values(version=Product.version + 1)
        .execution_options(synchronize_session=False)
    )
    audit.record_each(
        "product.related",
        {
            product_id: {kind.value: [str(id_) for id_ in ids] for kind, ids in by_kind.items()}
            for product_id, by_kind in changed.items()
        },
        by=by,
    )
    emit(CatalogChanged(slugs=tuple(slugs[product_id] for product_id in sorted(changed))))


def relate_new(related: Mapping[UUID, Mapping[RelationKind, Sequence[UUID]]]) -> None:
    """Say what is shown beside products that have nothing of these kinds beside them yet."""
    bulk_sql.bulk_insert(cast(Table, ProductRelation.__table__), _rows(related))


def _rows(related: Mapping[UUID, Mapping[RelationKind, Sequence[UUID]]]) -> list[dict[str, object]]:
    return [
        {"product_id": product_id, "kind": kind, "related_id": id_, "position": place}
        for product_id, by_kind in related.items()
        for kind, ids in by_kind.items()
        for place, id_ in enumerate(ids)
    ]


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


Fields = dict[str, list[str]]
"""Slugs by field."""


def relations_in(document: Document, *, before: Document | None = None) -> Fields:
    """Return what a document says is beside its product; of a known one only what differs."""
    return {
        name: list(document[name])
        for name in RELATION_FIELDS
        if name in document and (before is None or document[name] != before.get(name, []))
    }


def relate_documents(
    wanted: Mapping[UUID, Fields], *, new: Collection[UUID | None], by: Principal
) -> set[UUID]:
    """Say what is beside products; returns those for which not all others are there yet.

    Of these nothing is said. New products keep their version. The products are locked.
    """
    ids = ids_by_slug(_slugs(wanted.values()))
    waiting = {
        product_id
        for product_id, fields in wanted.items()
        if any(slug not in ids for listed in fields.values() for slug in listed)
    }
    ready = {key: _by_kind(wanted[key], ids) for key in sorted(wanted.keys() - waiting)}
    relate_new({key: by_kind for key, by_kind in ready.items() if key in new})
    known = {key: by_kind for key, by_kind in ready.items() if key not in new}
    if known:
        relate_many(known, by=by)
    return waiting


def resolve_relations(wanted: Mapping[UUID, Mapping[str, Sequence[str]]], *, by: Principal) -> None:
    """Say what is beside products, leaving out what is not there. Locks them, in id order."""
    if not wanted:
        return
    ids = ids_by_slug(_slugs(wanted.values()))
    relate_many({key: _by_kind(fields, ids) for key, fields in wanted.items()}, by=by)


def _slugs(wanted: Collection[Mapping[str, Sequence[str]]]) -> set[str]:
    return {slug for fields in wanted for listed in fields.values() for slug in listed}


def _by_kind(
    fields: Mapping[str, Sequence[str]], ids: Mapping[str, UUID]
) -> dict[RelationKind, list[UUID]]:
    return {
        RELATION_FIELDS[name]: [ids[slug] for slug in listed if slug in ids]
        for name, listed in fields.items()
    }
