"""The shop's own order within a category or a collection.

Positions have gaps, so that one move writes one row. What nobody placed has a position beyond all
that people give, and it falls with the time at which the product was made: so that follows by
newest, what is to come included, without anybody writing anything. The caller has locked the
category or collection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CursorResult,
    Executable,
    Select,
    Uuid,
    all_,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from api.catalog.errors import NotAMember
from api.catalog.models.navigation import CollectionProduct, ProductCategory
from api.platform.db import session

GAP = 1 << 20
"""Positions between two products that were placed one after the other."""

FIRST_UNPLACED = 1 << 59
"""From here on a position is the one that time gave, or lies between two of these."""

UNPLACED = """1152921504606846976
    - ('x' || overlay(left(replace({id}::text, '-', ''), 16) placing '' from 13 for 1))
      ::bit(60)::bigint"""
"""The position that time gives: 2^60 less the moment in a product's id (RFC 9562, 5.7)."""

Place = tuple[int, UUID]
"""Where a member stands: its position, and its product among those of the same position."""


@dataclass(frozen=True, slots=True)
class OrderedMembership:
    """One category or collection, by the table of its members and its id."""

    model: type[ProductCategory | CollectionProduct]
    id: UUID

    @property
    def here(self) -> ColumnElement[bool]:
        """Tells which rows of the table are its members."""
        table = cast(Any, self.model)
        owner = table.category_id if self.model is ProductCategory else table.collection_id
        return cast(ColumnElement[bool], owner == self.id)


def set_order(membership: OrderedMembership, product_ids: Sequence[UUID]) -> bool:
    """Let these members come first, in this order, and all others after them by newest.

    Returns whether any position changed. Refuses a product that is not a member.
    """
    model = membership.model
    there = set(
        session.scalars(
            select(model.product_id).where(membership.here, model.product_id.in_(product_ids))
        )
    )
    _refuse_strangers([id_ for id_ in product_ids if id_ not in there])
    placed = _write(membership, [((n + 1) * GAP, id_) for n, id_ in enumerate(product_ids)])
    by_time: ColumnElement[int] = literal_column(
        UNPLACED.format(id=f"{model.__tablename__}.product_id"), BigInteger
    )
    others = _count(
        update(model)
        .where(
            membership.here,
            model.product_id != all_(literal(list(product_ids), ARRAY(Uuid))),
            model.position != by_time,
        )
        .values(position=by_time)
    )
    return placed + others > 0


def move(
    membership: OrderedMembership,
    product_id: UUID,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    to: int | None = None,
) -> bool:
    """Put one member before or after another, or to a place counted from 0.

    Returns whether it stands elsewhere now. Refuses products that are not members.
    """
    own = _place(membership, product_id)
    beside = before or after
    if beside == product_id:
        return False
    anchor = _place(membership, beside) if beside else None
    ahead, behind = _neighbours(membership, product_id, anchor, is_before=before is not None, to=to)
    if (ahead is None or ahead < own) and (behind is None or own < behind):
        return False
    position = _between(ahead, behind)
    if position is None:
        _spread(membership, until=ahead or own)
        anchor = _place(membership, beside) if beside else None
        ahead, behind = _neighbours(
            membership, product_id, anchor, is_before=before is not None, to=to
        )
        position = _between(ahead, behind)
    assert position is not None, "there is room after spreading"
    return _write(membership, [(position, product_id)]) > 0


def append_position(membership: OrderedMembership) -> int:
    """Return the position of the next one that is put at the end."""
    last = session.scalar(select(func.max(membership.model.position)).where(membership.here))
    return (last or 0) + GAP


def _refuse_strangers(product_ids: Sequence[UUID]) -> None:
    if product_ids:
        raise NotAMember(product_ids=[str(id_) for id_ in product_ids[:10]])


def _place(membership: OrderedMembership, product_id: UUID) -> Place:
    position = session.scalar(
        select(membership.model.position).where(
            membership.here, membership.model.product_id == product_id
        )
    )
    if position is None:
        raise NotAMember(product_ids=[str(product_id)])
    return position, product_id


def _neighbours(
    membership: OrderedMembership,
    product_id: UUID,
    anchor: Place | None,
    *,
    is_before: bool,
    to: int | None,
) -> tuple[Place | None, Place | None]:
    """Find between which two the product will stand, itself not counted."""
    model = membership.model
    order = tuple_(model.position, model.product_id)
    others = select(model.position, model.product_id).where(
        membership.here, model.product_id != product_id
    )
    upwards = others.order_by(model.position, model.product_id)
    downwards = others.order_by(model.position.desc(), model.product_id.desc())
    if anchor is None:
        around = _places(upwards.offset(max((to or 0) - 1, 0)).limit(2))
        if not to:
            return None, around[0] if around else None
        if around:
            return around[0], around[1] if len(around) > 1 else None
        return next(iter(_places(downwards.limit(1))), None), None
    if is_before:
        return next(iter(_places(downwards.where(order < anchor).limit(1))), None), anchor
    return anchor, next(iter(_places(upwards.where(order > anchor).limit(1))), None)


def _places(statement: Select[int, UUID]) -> list[Place]:
    return [(row[0], row[1]) for row in session.execute(statement)]


def _between(ahead: Place | None, behind: Place | None) -> int | None:
    """Find a position between two places; None when there is no room."""
    low = ahead[0] if ahead else 0
    if behind is None:
        return low + GAP
    high = behind[0]
    if low < FIRST_UNPLACED <= high:
        # What comes next goes to the front of what nobody placed, and so behind this one.
        return low + GAP if ahead else FIRST_UNPLACED // 2
    middle = high - GAP if ahead is None and high > 2 * GAP else (low + high) // 2
    return middle if low < middle < high else None


def _spread(membership: OrderedMembership, *, until: Place) -> None:
    """Make room: number everything that was placed anew, and whatever stands up to a place."""
    model = membership.model
    order = tuple_(model.position, model.product_id)
    numbered = (
        select(
            model.product_id,
            (func.row_number().over(order_by=(model.position, model.product_id)) * GAP).label(
                "new"
            ),
        )
        .where(membership.here, or_(model.position < FIRST_UNPLACED, order <= until))
        .subquery()
    )
    _count(
        update(model)
        .where(membership.here, model.product_id == numbered.c.product_id)
        .values(position=numbered.c.new)
    )


def _write(membership: OrderedMembership, places: Sequence[Place]) -> int:
    """Write positions; returns how many are others than before."""
    if not places:
        return 0
    given = (
        func.unnest(
            literal([place for place, _ in places], ARRAY(BigInteger)),
            literal([id_ for _, id_ in places], ARRAY(Uuid)),
        )
        .table_valued(column("place", BigInteger), column("id", Uuid))
        .render_derived()
    )
    model = membership.model
    return _count(
        update(model)
        .where(membership.here, model.product_id == given.c.id, model.position != given.c.place)
        .values(position=given.c.place)
    )


def _count(statement: Executable) -> int:
    done = session.execute(statement.execution_options(synchronize_session=False))
    return cast(CursorResult[Any], done).rowcount
