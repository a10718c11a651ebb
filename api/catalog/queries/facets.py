"""What a list can be narrowed by further, with counts.

Counts are disjunctive: those of one facet are taken with every filter but its own, so that they
say what choosing another value as well would show. Like totals, they are counted among at most
10,000 products, the newest; `is_capped` says when there are more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, column, func, literal, select, true, union_all

from api.catalog.models import (
    Attribute,
    AttributeKind,
    PriceRange,
    Product,
    ProductAttribute,
    Trait,
)
from api.catalog.queries import searching
from api.catalog.queries.cards import money
from api.catalog.queries.narrowing import Narrowing, Shape, narrowed, price_of
from api.catalog.queries.traits import ATTRIBUTE, OPTION, described_attributes
from api.catalog.queries.translations import NO_TEXTS, texts_for
from api.catalog.texts import attribute_kind
from api.platform.db import AnySelect, session
from api.platform.pagination import TOTAL_CAP

MOST_VALUES = 100
"""Of one facet; the most frequent ones."""

_PLAIN = ("vendor", "type", "tag")
_WHOLE = -1
_PRICE = select(PriceRange.lowest).where(price_of()).correlate(Product).scalar_subquery()


def facets_of(
    narrowing: Narrowing, values: Mapping[str, Any], *, languages: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the facets of a list: prices, stock, makers, types, tags, options and attributes.

    Three statements for the counts, and up to three for how attributes are called. `parameter` and
    `value` of each value are what to send to narrow the list by it.
    """
    if narrowing.is_empty:
        return {"is_capped": False, "price": None, "in_stock": 0, "groups": []}
    is_search = "tsquery" in values
    summary = session.execute(_summary(narrowing.shape, is_search=is_search), dict(values)).one()
    own = {kind: place for place, kind in enumerate(narrowing.kinds)}
    chosen = {trait for place in own.values() for trait in values[f"group_{place}"]}
    counted: dict[str, list[dict[str, Any]]] = {}
    for row in session.execute(_counts(narrowing.shape, is_search=is_search), dict(values)):
        # A kind that is filtered by is counted without its own filter, the others with all.
        if row.place == own.get(row.kind, _WHOLE):
            value = {"key": row.key, "label": row.label, "count": row.n}
            counted.setdefault(row.kind, []).append({**value, "is_chosen": row.id in chosen})
    spans = session.execute(_spans(narrowing.shape, is_search=is_search), dict(values)).all()
    currency = values["currency"]
    return {
        "is_capped": summary.products > TOTAL_CAP,
        "price": None
        if summary.lowest is None
        else {
            "lowest": money(summary.lowest, currency),
            "highest": money(summary.highest, currency),
        },
        "in_stock": summary.in_stock,
        "groups": _groups(counted, {row.attribute_id: row for row in spans}, languages),
    }


@lru_cache(maxsize=128)
def _counts(shape: Shape, *, is_search: bool) -> Select[Any]:
    """Build the statement that counts traits: with all filters, and without each group in turn."""
    arms = []
    for place in range(_WHOLE, shape.groups):
        among = _newest((Product.traits,), shape, is_search=is_search, leaving_out=place)
        trait = (
            func.unnest(among.c.traits)
            .table_valued(column("id", Integer), name=f"t{place + 1}")
            .render_derived()
            .lateral()
        )
        arms.append(
            select(
                literal(place, Integer).label("place"),
                trait.c.id,
                func.count().label("n"),
            )
            .select_from(among)
            .join(trait, true())
            .group_by(trait.c.id)
        )
    counts = union_all(*arms).subquery()
    rank = func.row_number().over(
        partition_by=(counts.c.place, Trait.kind), order_by=(counts.c.n.desc(), Trait.key)
    )
    ranked = (
        select(counts, Trait.kind, Trait.key, Trait.label, rank.label("rank"))
        .join(Trait, Trait.id == counts.c.id)
        .subquery()
    )
    return select(ranked).where(ranked.c.rank <= MOST_VALUES).order_by(ranked.c.rank)


@lru_cache(maxsize=128)
def _summary(shape: Shape, *, is_search: bool) -> Select[Any]:
    """Build the statement that tells the span of prices and how much is in stock.

    Each leaves its own filter out, as the counts do.
    """
    columns = (Product.in_stock, _PRICE.label("price"))
    plain = _newest(columns, shape, is_search=is_search)
    any_price = any_stock = plain
    if shape.price:
        any_price = _newest(columns, replace(shape, price=False), is_search=is_search)
    if shape.in_stock is not None:
        any_stock = _newest(columns, replace(shape, in_stock=None), is_search=is_search)
    whole = select(func.count()).select_from(plain).scalar_subquery()
    in_stock = (
        select(func.count()).select_from(any_stock).where(any_stock.c.in_stock).scalar_subquery()
    )
    return select(
        whole.label("products"),
        in_stock.label("in_stock"),
        func.min(any_price.c.price).label("lowest"),
        func.max(any_price.c.price).label("highest"),
    ).select_from(any_price)


@lru_cache(maxsize=128)
def _spans(shape: Shape, *, is_search: bool) -> AnySelect:
    """Build the statement that tells from where to where numbers and dates go, at any range."""
    among = _newest((Product.id.label("id"),), replace(shape, numbers=0), is_search=is_search)
    number = ProductAttribute.number
    return (
        select(
            ProductAttribute.attribute_id,
            func.min(number).label("lowest"),
            func.max(number).label("highest"),
        )
        .join(among, among.c.id == ProductAttribute.product_id)
        .join(Attribute, Attribute.id == ProductAttribute.attribute_id)
        .where(number.is_not(None), Attribute.is_filterable)
        .group_by(ProductAttribute.attribute_id)
    )


def _newest(
    columns: Sequence[Any], shape: Shape, *, is_search: bool, leaving_out: int = _WHOLE
) -> Any:
    """Return the newest of the products that fit, one more than are counted."""
    statement = narrowed(columns, shape, leaving_out=leaving_out)
    if is_search:
        statement = statement.where(searching.ways().any())
    return statement.order_by(shape.product_id.desc()).limit(TOTAL_CAP + 1).subquery()


def _groups(
    counted: Mapping[str, list[dict[str, Any]]],
    spans: Mapping[UUID, Any],
    languages: Sequence[str],
) -> list[dict[str, Any]]:
    """Put facets into the shop's order and give each value its words."""
    found = [
        _group(kind, kind, kind.capitalize(), [(v["label"], v["label"], v) for v in counted[kind]])
        for kind in _PLAIN
        if kind in counted
    ]
    for kind in sorted(kind for kind in counted if kind.startswith(OPTION)):
        code = kind.removeprefix(OPTION)
        words = [(f"{code}:{v['label']}", v["label"], v) for v in counted[kind]]
        found.append(_group("option", code, code.capitalize(), words))
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
    parameter: str, code: str, label: str, values: Sequence[tuple[str, str, Mapping[str, Any]]]
) -> dict[str, Any]:
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


def _span(row: Any, kind: str) -> dict[str, Any]:
    """Write the ends of a range as a storefront sends them back."""
    if kind == AttributeKind.DATE:
        days = (date.fromordinal(int(end)).isoformat() for end in (row.lowest, row.highest))
        return dict(zip(("lowest", "highest"), days, strict=True))
    return {"lowest": str(row.lowest), "highest": str(row.highest)}
