"""Fill collections by their rules: one of them wholly, or all of them for a few products.

Whoever evaluates rules holds the collections concerned. So two evaluations of one collection never
cross, and the later one has seen at least what the earlier one saw; and because every change of a
product is told as a fact, the last evaluation has seen everything. Membership knows no state:
drafts are members too, and storefronts leave out what is not published.
"""

from collections.abc import Collection as Some
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    TableValuedAlias,
    Uuid,
    column,
    delete,
    exists,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import array, insert

from api.catalog.events import CatalogChanged, CollectionRulesChanged
from api.catalog.models.navigation import Collection, CollectionKind, CollectionProduct
from api.catalog.models.products import Product
from api.catalog.queries import collection_rules as collection_rule_queries
from api.catalog.service.sort_order import UNPLACED
from api.kernel import clock
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

BATCH = 2_000
"""Products that are looked at in one transaction when a whole collection is filled."""

MOST_RULES_AT_ONCE = 150
"""Rules in one statement: beyond that, planning it costs more than another round trip."""


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """How far a collection has been filled, by which rules."""

    collection_id: UUID
    rules: Mapping[str, object]
    last: UUID | None = None


def start_rebuild(collection_id: UUID) -> RebuildProgress | None:
    """Start to fill a collection; None for one that is gone or filled by hand."""
    require_transaction()
    found = _held([collection_id])
    return RebuildProgress(collection_id, _rules_of(found[0])) if found else None


def rebuild_next_batch(progress: RebuildProgress) -> RebuildProgress | None:
    """Bring the next products in or out; returns where to go on, None at the end.

    Locks the collection. Products are gone through from the newest on, each batch in set form, so
    whoever begins again after a kill repeats reading and not writing. When the rules are others by
    now it stops: their own fact has begun anew.
    """
    require_transaction()
    found = _held([progress.collection_id])
    if not found or _rules_of(found[0]) != progress.rules:
        return None
    held = found[0]
    window = select(Product.id).order_by(Product.id.desc()).limit(BATCH)
    if progress.last is not None:
        window = window.where(Product.id < progress.last)
    ids = session.scalars(window).all()
    if not ids:
        held.refreshed_at = clock.now()
        return None
    within = (Product.id >= ids[-1], Product.id <= ids[0])
    fitting = (
        select(Product.id)
        .where(*within, collection_rule_queries.rules_to_sql(held.match, held.rules))
        .subquery()
    )
    members = CollectionProduct
    gone = session.execute(
        delete(members)
        .where(
            members.collection_id == held.id,
            members.product_id >= ids[-1],
            members.product_id <= ids[0],
            members.product_id.not_in(select(fitting.c.id)),
        )
        .returning(members.product_id)
        .execution_options(synchronize_session=False)
    ).all()
    is_member = exists().where(members.collection_id == held.id, members.product_id == fitting.c.id)
    position: Any = literal_column(UNPLACED.format(id="anon_1.id"), BigInteger)
    fitting_ids = select(fitting.c.id).where(~is_member).subquery("anon_1")
    come = session.execute(
        insert(members)
        .from_select(
            ["collection_id", "product_id", "position"],
            select(literal(held.id, Uuid), fitting_ids.c.id, position),
        )
        .on_conflict_do_nothing()
        .returning(members.product_id)
        .execution_options(synchronize_session=False)
    ).all()
    if gone or come:
        emit(CatalogChanged(lists=(f"collection:{held.slug}",)))
    return RebuildProgress(held.id, progress.rules, ids[-1])


def update_membership(slugs: Some[str]) -> None:
    """Look at these products again for every collection with rules.

    Locks those collections, in id order. One statement evaluates them all, or a few when there are
    many rules; one more takes products out and one puts them in.
    """
    require_transaction()
    if not slugs:
        return
    held = _held()
    if not held:
        return
    ids = session.scalars(
        select(Product.id).where(Product.slug.in_(sorted(slugs))).order_by(Product.id)
    ).all()
    for start in range(0, len(ids), BATCH):
        _gather(ids[start : start + BATCH], held)


def invalidate_rules_on(field: str) -> None:
    """Have every collection filled again whose rules ask for this field."""
    require_transaction()
    for collection_id in session.scalars(
        select(Collection.id)
        .where(
            Collection.kind == CollectionKind.RULES, Collection.rules.contains([{"field": field}])
        )
        .order_by(Collection.id)
    ):
        emit(CollectionRulesChanged(collection_id=collection_id))


def rename_category_in_rules(before: str, after: str) -> None:
    """Let rules that name a category by its slug name it by the new one."""
    require_transaction()
    if before == after:
        return
    asking = {"field": "category", "value": before}
    for held in session.scalars(
        select(Collection)
        .where(Collection.rules.contains([asking]))
        .order_by(Collection.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ):
        held.rules = [
            {**rule, "value": after} if rule | asking == rule else rule for rule in held.rules
        ]
        held.version += 1
        # Whoever fills it just now stops at the other rules.
        emit(CollectionRulesChanged(collection_id=held.id))


def _held(only: Sequence[UUID] | None = None) -> Sequence[Collection]:
    statement = select(Collection).where(Collection.kind == CollectionKind.RULES)
    if only is not None:
        statement = statement.where(Collection.id.in_(only))
    return session.scalars(
        statement.order_by(Collection.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _rules_of(held: Collection) -> Mapping[str, object]:
    return {"match": held.match, "rules": held.rules}


def _gather(ids: Sequence[UUID], held: Sequence[Collection]) -> None:
    should = {pair for some in _in_portions(held) for pair in _fitting(ids, some)}
    among = literal(list(ids), ARRAY(Uuid))
    there = {
        (row.collection_id, row.product_id)
        for row in session.execute(
            select(CollectionProduct.collection_id, CollectionProduct.product_id).where(
                CollectionProduct.product_id == func.any(among),
                CollectionProduct.collection_id.in_([one.id for one in held]),
            )
        )
    }
    come, gone = sorted(should - there), sorted(there - should)
    members = CollectionProduct
    if gone:
        pair = _pairs(gone)
        session.execute(
            delete(members)
            .where(members.collection_id == pair.c.collection_id, members.product_id == pair.c.id)
            .execution_options(synchronize_session=False)
        )
    if come:
        pair = _pairs(come)
        position: Any = literal_column(UNPLACED.format(id="pair.id"), BigInteger)
        session.execute(
            insert(members)
            .from_select(
                ["collection_id", "product_id", "position"],
                select(pair.c.collection_id, pair.c.id, position),
            )
            .on_conflict_do_nothing()
        )
    changed = {collection_id for collection_id, _ in (*come, *gone)}
    if changed:
        emit(
            CatalogChanged(
                lists=tuple(f"collection:{one.slug}" for one in held if one.id in changed)
            )
        )


def _in_portions(held: Sequence[Collection]) -> Iterator[list[Collection]]:
    portion: list[Collection] = []
    for one in held:
        if portion and sum(len(o.rules) for o in (*portion, one)) > MOST_RULES_AT_ONCE:
            yield portion
            portion = []
        portion.append(one)
    yield portion


def _fitting(ids: Sequence[UUID], held: Sequence[Collection]) -> Iterator[tuple[UUID, UUID]]:
    verdicts = array([collection_rule_queries.rules_to_sql(one.match, one.rules) for one in held])
    for row in session.execute(
        select(Product.id, verdicts.label("verdicts")).where(
            Product.id == func.any(literal(list(ids), ARRAY(Uuid)))
        )
    ):
        for one, does_fit in zip(held, row.verdicts, strict=True):
            if does_fit:
                yield one.id, row.id


def _pairs(pairs: Sequence[tuple[UUID, UUID]]) -> TableValuedAlias:
    return (
        func.unnest(
            literal([collection_id for collection_id, _ in pairs], ARRAY(Uuid)),
            literal([id_ for _, id_ in pairs], ARRAY(Uuid)),
        )
        .table_valued(column("collection_id", Uuid), column("id", Uuid))
        .render_derived(name="pair")
    )
