"""What a list can be narrowed by further, with counts.

Counts are disjunctive: those of one facet are taken with every filter but its own, so that they
say what choosing another value as well would show. Like totals, they are counted among at most
10,000 products, the newest; `is_capped` says when there are more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    Integer,
    ScalarSelect,
    String,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, array

from api.catalog.models.attributes import Attribute, AttributeKind, FacetValue, ProductAttribute
from api.catalog.models.prices import PriceRange
from api.catalog.models.products import Product
from api.catalog.queries import ranking
from api.catalog.queries.facet_values import ATTRIBUTE, OPTION, described_attributes
from api.catalog.queries.filters import FilterShape, ResolvedFilter, build_query
from api.catalog.queries.own_prices import OWN_PRICES
from api.catalog.queries.product_cards import money
from api.catalog.queries.translations import NO_TEXTS, texts_for
from api.catalog.texts import OPTION_NAMES, attribute_kind
from api.platform.db import AnySelect, session
from api.platform.pagination import TOTAL_CAP

MOST_VALUES = 100
"""Of one facet; the most frequent ones."""

_PLAIN = ("vendor", "type", "tag")
_WHOLE = -1


def facets_of(
    narrowing: ResolvedFilter,
    values: Mapping[str, Any],
    *,
    has_few_hits: bool | None = None,
    languages: Sequence[str] = (),
) -> dict[str, object]:
    """Return the facets of a list: prices, stock, makers, types, tags, options and attributes.

    One statement for the counts, and up to three for how attributes are called. `parameter` and
    `value` of each value are what to send to narrow the list by it. `has_few_hits` is that of a
    search; see `ranking`.
    """
    row = session.execute(_facets(narrowing.shape, has_few_hits), dict(values)).one()
    own = {kind: place for place, kind in enumerate(narrowing.kinds)}
    chosen = {trait for place in own.values() for trait in values[f"group_{place}"]}
    counted: dict[str, list[dict[str, object]]] = {}
    names: dict[str, str] = {}
    for place, kind, trait, key, label, count in row.counts or ():
        if kind == OPTION_NAMES:
            names[key] = label
        # A kind that is filtered by is counted without its own filter, the others with all.
        elif place == own.get(kind, _WHOLE):
            value = {"key": key, "label": label, "count": count, "is_chosen": trait in chosen}
            counted.setdefault(kind, []).append(value)
    ranged = {attribute: place for place, attribute in enumerate(narrowing.numbers)}
    spans = {
        attribute: (lowest, highest)
        for place, attribute, lowest, highest in _spans_said(row.spans)
        if place == ranged.get(attribute, _WHOLE)
    }
    lowest, highest = row.prices
    currency = values["currency"]
    return {
        "is_capped": row.products > TOTAL_CAP,
        "price": None
        if lowest is None
        else {"lowest": money(lowest, currency), "highest": money(highest, currency)},
        "in_stock": row.in_stock,
        "groups": _groups(counted, names, spans, languages),
    }


@lru_cache(maxsize=128)
def _facets(shape: FilterShape, has_few_hits: bool | None) -> AnySelect:
    """Build the statement that counts everything.

    Each count leaves its own filter out. Most are taken among the same products, which are looked
    for once.
    """
    among = _Among(has_few_hits)
    plain = among.newest(shape)
    any_stock = among.newest(replace(shape, in_stock=None))
    return select(
        select(func.count()).select_from(plain).scalar_subquery().label("products"),
        select(func.count()).where(any_stock.c.in_stock).scalar_subquery().label("in_stock"),
        _prices(among.newest(replace(shape, price=False)), shape).label("prices"),
        _counts(
            {place: among.newest(shape, leaving_out=place) for place in range(_WHOLE, shape.groups)}
        ).label("counts"),
        _spans(
            {
                place: among.newest(shape, at_any_number=place)
                for place in range(_WHOLE, len(shape.numbers))
            }
        ).label("spans"),
    )


class _Among:
    """The sets of products that are counted among; each stands in the statement once."""

    def __init__(self, has_few_hits: bool | None) -> None:
        self._has_few_hits = has_few_hits
        self._sets: dict[tuple[FilterShape, int, int], CTE] = {}

    def newest(
        self, shape: FilterShape, *, leaving_out: int = _WHOLE, at_any_number: int = _WHOLE
    ) -> CTE:
        """Return the newest products that fit, one more than are counted; see `build_query`."""
        which = (shape, leaving_out, at_any_number)
        if which in self._sets:
            return self._sets[which]
        columns = (shape.product_id.label("id"), Product.in_stock, Product.traits)
        statement = build_query(
            columns, shape, leaving_out=leaving_out, at_any_number=at_any_number
        )
        if self._has_few_hits is not None:
            found = ranking.found(
                shape,
                has_few_hits=self._has_few_hits,
                leaving_out=leaving_out,
                at_any_number=at_any_number,
            )
            statement = statement.where(found)
        statement = statement.order_by(shape.product_id.desc()).limit(TOTAL_CAP + 1)
        made = statement.cte(f"among_{len(self._sets)}")
        self._sets[which] = made
        return made


def _prices(among: CTE, shape: FilterShape) -> ScalarSelect[object]:
    """Tell the lowest and the highest price."""
    prices = OWN_PRICES.c if shape.own_prices else PriceRange
    span = select(array([func.min(prices.lowest), func.max(prices.lowest)]))
    if shape.own_prices:
        own = span.join_from(among, OWN_PRICES, OWN_PRICES.c.product_id == among.c.id)
        return own.scalar_subquery()
    # By an array of ids: a join would read the prices of the whole shop.
    ids = func.array(select(among.c.id).scalar_subquery(), type_=ARRAY(Uuid))
    return span.where(
        PriceRange.product_id == func.any(ids),
        PriceRange.currency == bindparam("currency", type_=String),
    ).scalar_subquery()


def _counts(among: Mapping[int, CTE]) -> ScalarSelect[object]:
    """Count facet values, with all filters and without each group in turn."""
    arms = []
    for place, products in among.items():
        # Among the columns and not as a lateral table, which would be set up for each product.
        traits = select(func.unnest(products.c.traits, type_=Integer).label("id")).subquery()
        arms.append(
            select(literal(place, Integer).label("place"), traits.c.id, func.count().label("n"))
            .select_from(traits)
            .group_by(traits.c.id)
        )
    counts = union_all(*arms).subquery()
    rank = func.row_number().over(
        partition_by=(counts.c.place, FacetValue.kind), order_by=(counts.c.n.desc(), FacetValue.key)
    )
    ranked = (
        select(counts, FacetValue.kind, FacetValue.key, FacetValue.label, rank.label("rank"))
        .join(FacetValue, FacetValue.id == counts.c.id)
        .subquery()
    )
    told = (ranked.c.place, ranked.c.kind, ranked.c.id, ranked.c.key, ranked.c.label, ranked.c.n)
    in_order = aggregate_order_by(func.jsonb_build_array(*told), ranked.c.rank)
    return (
        select(func.jsonb_agg(in_order, type_=JSONB))
        .where(ranked.c.rank <= MOST_VALUES)
        .scalar_subquery()
    )


def _spans(among: Mapping[int, CTE]) -> ScalarSelect[object]:
    """Tell from where to where numbers and dates go, with all filters and at any of each in turn.

    As text, so that no digit is lost.
    """
    arms = []
    for place, products in among.items():
        # Looked up for each, as prices are; without the OFFSET the database would join instead.
        said = (
            select(ProductAttribute.attribute_id, ProductAttribute.number)
            .where(
                ProductAttribute.product_id == products.c.id, ProductAttribute.number.is_not(None)
            )
            .offset(0)
            .correlate(products)
            .lateral()
        )
        arms.append(
            select(
                literal(place, Integer).label("place"),
                said.c.attribute_id,
                cast(func.min(said.c.number), Text).label("lowest"),
                cast(func.max(said.c.number), Text).label("highest"),
            )
            .select_from(products)
            .join(said, true())
            .join(Attribute, Attribute.id == said.c.attribute_id)
            .where(Attribute.is_filterable)
            .group_by(said.c.attribute_id)
        )
    spans = union_all(*arms).subquery()
    told = func.jsonb_build_array(*spans.c)
    return select(func.jsonb_agg(told, type_=JSONB)).scalar_subquery()


def _spans_said(told: Sequence[Any] | None) -> Iterator[tuple[int, UUID, str, str]]:
    for place, attribute, lowest, highest in told or ():
        yield place, UUID(attribute), lowest, highest


def _groups(
    counted: Mapping[str, list[dict[str, Any]]],
    names: Mapping[str, str],
    spans: Mapping[UUID, tuple[str, str]],
    languages: Sequence[str],
) -> list[dict[str, object]]:
    """Put facets into the shop's order and give each value its words.

    `names` are those of options as the shop writes them, by how they read.
    """
    found = [
        _group(kind, kind, kind.capitalize(), [(v["label"], v["label"], v) for v in counted[kind]])
        for kind in _PLAIN
        if kind in counted
    ]
    for kind in sorted(kind for kind in counted if kind.startswith(OPTION)):
        code = kind.removeprefix(OPTION)
        words = [(f"{code}:{v['label']}", v["label"], v) for v in counted[kind]]
        name = names.get(code, code)
        found.append(_group("option", code, f"{name[:1].upper()}{name[1:]}", words))
    if not spans and not any(kind.startswith(ATTRIBUTE) for kind in counted):
        return found
    attributes = [
        a
        for a in described_attributes()
        if attribute_kind(a["code"]) in counted or a["id"] in spans
    ]
    subjects = [a["id"] for a in attributes]
    subjects += [choice["id"] for a in attributes for choice in a["choices"]]
    texts = texts_for(subjects, languages) if languages else {}
    for attribute in attributes:
        code = attribute["code"]
        labels = {
            choice["value"]: texts.get(choice["id"], NO_TEXTS).get("label", choice["label"])
            for choice in attribute["choices"]
        }
        words = [
            (f"{code}:{v['key']}", labels.get(v["key"], v["label"]), v)
            for v in counted.get(attribute_kind(code), ())
        ]
        name = texts.get(attribute["id"], NO_TEXTS).get("name", attribute["name"])
        group = _group("attribute", code, name, words)
        span = spans.get(attribute["id"])
        found.append(
            {**group, "unit": attribute["unit"], "span": span and _span(span, attribute["kind"])}
        )
    return found


def _group(
    parameter: str, code: str, label: str, values: Sequence[tuple[str, str, Mapping[str, object]]]
) -> dict[str, object]:
    return {
        "parameter": parameter,
        "code": code,
        "label": label,
        "unit": "",
        "span": None,
        "values": [
            {"value": v, "label": words, "count": n["count"], "is_chosen": n["is_chosen"]}
            for v, words, n in values
        ],
    }


def _span(ends: tuple[str, str], kind: str) -> dict[str, object]:
    """Write the ends of a range as a storefront sends them back."""
    if kind == AttributeKind.DATE:
        lowest, highest = (date.fromordinal(int(end)).isoformat() for end in ends)
    else:
        lowest, highest = ends
    return {"lowest": lowest, "highest": highest}
