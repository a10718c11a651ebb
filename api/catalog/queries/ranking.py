"""In which order a search shows its hits, and by which way it gets to them.

Hits stand in four tiers (see `search_query.MatchTiers`), the newest first in each: to weigh a
hundred thousand hits against each other would cost more than it tells.

There are two ways to the first twenty. When hits are many, one walks along the products in the
wanted order and has twenty soon. When they are few, one asks the search index for all of them and
sorts these. Either way is a thousand times slower where the other one belongs, and the database
knows too little of words to choose. So the newest products are looked at first: whether there are
hits among them says which way to go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from api.catalog.models.products import Product
from api.catalog.queries import search_query
from api.catalog.queries.filters import FilterShape, build_query
from api.catalog.queries.product_cards import CARD
from api.platform import pagination
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import TOTAL_CAP, CursorInvalid

LOOKED_AT = 500
"""Products that are looked at to choose the way."""
MANY = 3
"""Hits among them that make it likely that walking along finds a page soon.

Walking costs the less, and gathering the more, the more frequent hits are: among a million products
both cost the same at one in three hundred.
"""

_TIERS = 4
_CURSOR = (int, int, UUID)
"""What a cursor holds: the tier, how many hits came before, and the last product."""


@dataclass(frozen=True, slots=True)
class SearchProbe:
    """What a first look tells: which products are exactly it, and how many newest ones are hits.

    Hits are counted by tier.
    """

    exact: list[UUID]
    in_title: int
    in_head: int
    in_text: int

    @property
    def is_low(self) -> bool:
        """Whether hits are few, so that all of them are gathered and sorted."""
        return self.in_title + self.in_head + self.in_text < MANY


def probe_search(shape: FilterShape, values: Mapping[str, object]) -> SearchProbe:
    """Look who is exactly it, and at the newest products that fit the filters. One statement."""
    return SearchProbe(*session.execute(_look(shape), values).one())


def found(
    shape: FilterShape, *, has_few_hits: bool, leaving_out: int = -1, at_any_number: int = -1
) -> ColumnElement[bool]:
    """Return the condition that a product is found, for all that is not in order of relevance.

    For what is left out see `build_query`.
    """
    if has_few_hits:
        return _gathered(shape, leaving_out=leaving_out, at_any_number=at_any_number)
    return search_query.match_tiers().any()


def search_page(
    shape: FilterShape,
    seen: SearchProbe,
    values: dict[str, object],
    *,
    limit: int,
    cursor: str | None,
    filters: object,
) -> tuple[list[AnyRow], dict[str, object]]:
    """Read one page of hits in the order of relevance, and the `page` member of its envelope.

    One statement, or one more for each tier that the page reaches beyond the first two. The list
    ends after 10,000 hits. Raises CursorInvalid.
    """
    mark = pagination.cursor_fingerprint("relevance", filters)
    tier, before, after = 0, 0, None
    if cursor:
        tier, before, after = pagination.decode_cursor(cursor, mark, _CURSOR)
        if not (0 <= tier < _TIERS and 0 < before < TOTAL_CAP):
            raise CursorInvalid
    wanted = min(limit, TOTAL_CAP - before)
    rows = _rows(shape, seen, values, wanted + 1, tier, after)
    has_more = len(rows) > wanted and before + wanted < TOTAL_CAP
    rows = rows[:wanted]
    page: dict[str, object] = {"limit": limit, "next_cursor": None, "has_more": has_more}
    if has_more:
        place = (rows[-1].tier, before + len(rows), rows[-1].id)
        page["next_cursor"] = pagination.encode_cursor(place, mark)
    return rows, page


def _rows(
    shape: FilterShape,
    seen: SearchProbe,
    values: Mapping[str, object],
    wanted: int,
    tier: int,
    after: UUID | None,
) -> list[AnyRow]:
    rows: list[AnyRow] = []
    for step in _steps(seen):
        if tier <= step.last and len(rows) < wanted:
            statement = _step(shape, step, is_first=after is None)
            bound = {**values, "tier": tier, "after": after, "page_rows": wanted - len(rows)}
            rows += session.execute(statement, bound).all()
            # Whoever went on from a cursor begins the next step at its beginning.
            tier, after = step.last + 1, None
    return rows


@dataclass(frozen=True, slots=True)
class _Step:
    """Tiers that are read in one statement."""

    first: int
    last: int
    is_walked: bool


def _steps(seen: SearchProbe) -> Iterator[_Step]:
    """Put tiers together that are gathered: few words are more in a title and in a text alone."""
    if seen.in_title >= MANY:
        if seen.exact:
            yield _Step(0, 0, is_walked=False)
        yield _Step(1, 1, is_walked=True)
    else:
        yield _Step(0, 1, is_walked=False)
    if max(seen.in_head, seen.in_text) >= MANY:
        yield _Step(2, 2, is_walked=seen.in_head >= MANY)
        yield _Step(3, 3, is_walked=seen.in_text >= MANY)
    else:
        yield _Step(2, 3, is_walked=False)


@lru_cache(maxsize=256)
def _look(shape: FilterShape) -> AnySelect:
    way = search_query.match_tiers()
    columns = (
        *(way.in_title.label("title"), way.in_head.label("head"), way.in_text.label("text")),
    )
    newest = (
        build_query(columns, shape).order_by(shape.product_id.desc()).limit(LOOKED_AT).subquery()
    )
    title, head, text = newest.c.title, newest.c.head, newest.c.text
    return select(
        search_query.exact_ids(),
        func.count().filter(title),
        func.count().filter(and_(head, ~title)),
        func.count().filter(and_(text, ~head)),
    ).select_from(newest)


@lru_cache(maxsize=1024)
def _step(shape: FilterShape, step: _Step, *, is_first: bool) -> Select[object]:
    """Build the statement for some tiers, whose hits are come upon by walking or are gathered."""
    ways = search_query.match_tiers()
    tier = ways.tier() if step.first < step.last else literal(step.first, Integer)
    statement = build_query((*CARD, tier.label("tier")), shape)
    is_hit = ways.between(step.first, step.last)
    statement = statement.where(is_hit if step.is_walked else _gathered(shape, is_hit))
    if not is_first:
        last = bindparam("tier", type_=Integer)
        is_after = shape.product_id < bindparam("after", type_=Uuid)
        statement = statement.where(
            or_(tier > last, and_(tier == last, is_after)) if step.first < step.last else is_after
        )
    order = (tier,) if step.first < step.last else ()
    return statement.order_by(*order, shape.product_id.desc()).limit(
        bindparam("page_rows", type_=Integer)
    )


def _gathered(
    shape: FilterShape,
    is_hit: ColumnElement[bool] | None = None,
    *,
    leaving_out: int = -1,
    at_any_number: int = -1,
) -> ColumnElement[bool]:
    """Ask for all hits first; the order of the list cannot tempt the database to walk along."""
    condition = search_query.match_tiers().any() if is_hit is None else is_hit
    among = build_query((Product.id,), shape, leaving_out=leaving_out, at_any_number=at_any_number)
    ids = search_query.array_of(among.where(condition))
    return Product.id == any_(ids)
