"""Make, edit and remove collections, and choose what is in those that are filled by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CursorResult,
    Uuid,
    column,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from api.catalog.errors import (
    CollectionFollowsRules,
    CollectionFull,
    CollectionHasNoRules,
    CollectionNotFound,
    ProductsUnknown,
)
from api.catalog.events import CatalogChanged, CollectionRulesChanged
from api.catalog.models.navigation import Collection, CollectionKind, CollectionProduct, RuleMatch
from api.catalog.models.products import Product
from api.catalog.service import collection_rules, redirects, sort_order
from api.catalog.service.integrity import translate_integrity_errors
from api.catalog.service.sort_order import GAP, OrderedMembership
from api.catalog.texts import slug_from
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import lock_entity, require_transaction, session
from api.platform.etags import check
from api.platform.outbox import emit

MOST_BY_HAND = 10_000
"""Products that a collection without rules holds at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionInput:
    """One collection. Without a slug it gets one made from its title.

    Without a `sort` those by hand are listed as they were put, those by rules the newest first.
    """

    title: str
    kind: CollectionKind = CollectionKind.MANUAL
    slug: str | None = None
    description: str = ""
    seo_title: str = ""
    seo_description: str = ""
    match: RuleMatch = RuleMatch.ALL
    rules: Sequence[Mapping[str, object]] = field(default_factory=list)
    sort: str | None = None
    is_visible: bool = True


def create_collection(draft: CollectionInput, *, by: Principal) -> UUID:
    """Make a collection; returns its id. One with rules is filled by a job right after.

    Without a slug it gets one made from its title, with a number when that is taken. Refuses a
    slug that is taken, rules that say nothing, and rules for one that is filled by hand.
    """
    require_transaction()
    has_rules = draft.kind is CollectionKind.RULES
    if draft.rules and not has_rules:
        raise CollectionHasNoRules
    collection_id = new_id()
    slug = draft.slug or redirects.unique_slug("collection", slug_from(draft.title))
    with translate_integrity_errors():
        session.add(
            Collection(
                **{
                    **asdict(draft),
                    "id": collection_id,
                    "slug": slug,
                    "rules": collection_rules.validate_rules(draft.rules) if has_rules else [],
                    "sort": draft.sort or ("newest" if has_rules else "position"),
                }
            )
        )
    redirects.drop_redirects("collection", [slug])
    audit.record("collection.created", by=by, subject_id=collection_id, slug=slug)
    emit(CatalogChanged(lists=(f"collection:{slug}",)))
    if has_rules:
        emit(CollectionRulesChanged(collection_id=collection_id))
    return collection_id


def edit_collection(
    collection_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change what a collection says of itself, how it is listed, and its rules.

    New rules are applied by a job; until then it holds what the old ones brought in. Locks the
    collection. Refuses a version that is not the present one and what `create_collection` refuses.
    Saying what is already so changes nothing.
    """
    collection = _lock(collection_id)
    check(collection.version, expected_version)
    wanted = dict(changes)
    if wanted.keys() & {"rules", "match"} and collection.kind is not CollectionKind.RULES:
        raise CollectionHasNoRules
    if "rules" in wanted:
        wanted["rules"] = collection_rules.validate_rules(wanted["rules"])
    changed = {k: v for k, v in wanted.items() if getattr(collection, k) != v}
    if not changed:
        return
    before = collection.slug
    with translate_integrity_errors():
        for name, value in changed.items():
            setattr(collection, name, value)
        collection.version += 1
        if changed.keys() & {"rules", "match"}:
            collection.refreshed_at = None
            emit(CollectionRulesChanged(collection_id=collection_id))
        redirects.record_redirect("collection", collection_id, before=before, after=collection.slug)
    audit.record("collection.edited", by=by, subject_id=collection_id, **changed)
    _tell(before, collection.slug)


def delete_collection(collection_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Remove a collection and its old addresses; the products stay."""
    collection = _lock(collection_id)
    check(collection.version, expected_version)
    session.execute(delete(Collection).where(Collection.id == collection_id))
    redirects.delete_redirects("collection", collection_id)
    audit.record("collection.deleted", by=by, subject_id=collection_id, slug=collection.slug)
    _tell(collection.slug)


def put_products(
    collection_id: UUID, product_ids: Sequence[UUID], *, expected_version: int, by: Principal
) -> None:
    """Let these be all products of a collection by hand, in this order.

    Locks the collection. Refuses a version that is not the present one, a collection with rules
    and products that are not there. Saying what is already so changes nothing.
    """
    collection = _lock_by_hand(collection_id)
    check(collection.version, expected_version)
    _refuse_unknown(product_ids)
    there = session.scalars(
        select(CollectionProduct.product_id)
        .where(CollectionProduct.collection_id == collection_id)
        .order_by(CollectionProduct.position, CollectionProduct.product_id)
    ).all()
    if list(there) == list(product_ids):
        return
    wanted = set(product_ids)
    _remove(collection_id, [id_ for id_ in there if id_ not in wanted])
    _insert(collection_id, product_ids, after=0)
    _note(collection, "filled", by=by, products=len(product_ids))


def add_products(collection_id: UUID, product_ids: Sequence[UUID], *, by: Principal) -> None:
    """Put products at the end of a collection by hand; those in it stay where they are.

    Locks the collection. Refuses a collection with rules or with too many products, and products
    that are not there.
    """
    collection = _lock_by_hand(collection_id)
    _refuse_unknown(product_ids)
    rows = session.scalars(
        select(CollectionProduct.product_id).where(CollectionProduct.collection_id == collection_id)
    ).all()
    there = set(rows)
    new = [id_ for id_ in product_ids if id_ not in there]
    if len(there) + len(new) > MOST_BY_HAND:
        raise CollectionFull(most=MOST_BY_HAND)
    if new:
        last = sort_order.append_position(_membership(collection_id)) - GAP
        _insert(collection_id, new, after=last)
        _note(collection, "added_to", by=by, products=[str(id_) for id_ in new[:20]])


def remove_products(collection_id: UUID, product_ids: Sequence[UUID], *, by: Principal) -> None:
    """Take products out of a collection by hand. Those that are not in it are out already.

    Locks the collection; refuses one with rules.
    """
    collection = _lock_by_hand(collection_id)
    if _remove(collection_id, product_ids):
        gone = [str(id_) for id_ in product_ids[:20]]
        _note(collection, "removed_from", by=by, products=gone)


def move_product(
    collection_id: UUID,
    product_id: UUID,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    position: int | None = None,
    by: Principal,
) -> None:
    """Put a product of a collection before or after another one, or to a place counted from 0.

    What rules brought in is moved in the same way. Locks the collection; refuses products that
    are not in it.
    """
    collection = _lock(collection_id)
    if sort_order.move(
        _membership(collection_id), product_id, before=before, after=after, to=position
    ):
        _note(collection, "ordered", by=by, moved=str(product_id))


def _lock(collection_id: UUID) -> Collection:
    return lock_entity(
        Collection, collection_id, CollectionNotFound(collection_id=collection_id), alone=False
    )


def _lock_by_hand(collection_id: UUID) -> Collection:
    collection = _lock(collection_id)
    if collection.kind is not CollectionKind.MANUAL:
        raise CollectionFollowsRules
    return collection


def _membership(collection_id: UUID) -> OrderedMembership:
    return OrderedMembership(CollectionProduct, collection_id)


def _refuse_unknown(product_ids: Sequence[UUID]) -> None:
    there = set(session.scalars(select(Product.id).where(Product.id.in_(product_ids))))
    errors = [
        {
            "pointer": f"/product_ids/{place}",
            "in": "body",
            "code": "product_not_found",
            "detail": "There is no such product.",
        }
        for place, id_ in enumerate(product_ids)
        if id_ not in there
    ]
    if errors:
        raise ProductsUnknown(errors=errors[:100])


def _remove(collection_id: UUID, product_ids: Sequence[UUID]) -> int:
    if not product_ids:
        return 0
    gone = session.execute(
        delete(CollectionProduct)
        .where(
            CollectionProduct.collection_id == collection_id,
            CollectionProduct.product_id == func.any(literal(list(product_ids), ARRAY(Uuid))),
        )
        .execution_options(synchronize_session=False)
    )
    return cast(CursorResult[Any], gone).rowcount


def _insert(collection_id: UUID, product_ids: Sequence[UUID], *, after: int) -> None:
    if not product_ids:
        return
    given = (
        func.unnest(
            literal(list(product_ids), ARRAY(Uuid)),
            literal(
                [after + (place + 1) * GAP for place in range(len(product_ids))], ARRAY(BigInteger)
            ),
        )
        .table_valued(column("id", Uuid), column("place", BigInteger))
        .render_derived()
    )
    rows = insert(CollectionProduct).from_select(
        ["collection_id", "product_id", "position"],
        select(literal(collection_id, Uuid), given.c.id, given.c.place).order_by(given.c.id),
    )
    session.execute(
        rows.on_conflict_do_update(
            index_elements=["collection_id", "product_id"],
            set_={"position": rows.excluded.position},
        )
    )


def _note(collection: Collection, what: str, *, by: Principal, **changed: object) -> None:
    collection.version += 1
    audit.record(f"collection.{what}", by=by, subject_id=collection.id, **changed)
    _tell(collection.slug)


def _tell(*slugs: str) -> None:
    emit(CatalogChanged(lists=tuple(f"collection:{slug}" for slug in dict.fromkeys(slugs))))
