"""What a list can be narrowed by further, with counts.

Counts are disjunctive: those of one facet are taken with every filter but its own, so that they
say what choosing another value as well would show. Like totals, they are counted among at most
10,000 products, the newest; `is_capped` says when there are more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, column, func, literal, select, true, union_all

from api.catalog.models import PriceRange, Product, Trait
from api.catalog.queries import searching
from api.catalog.queries.cards import money
from api.catalog.queries.narrowing import Narrowing, Shape, narrowed, price_of
from api.catalog.queries.traits import ATTRIBUTE, OPTION, described_attributes
from api.catalog.queries.translations import NO_TEXTS, texts_for
from api.platform.db import session
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

    Two statements for the counts, and up to three for how attributes are called. `parameter` and
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
    currency = values["currency"]
    return {
        "is_capped": summary.products > TOTAL_CAP,
        "price": summary.lowest
        and {
            "lowest": money(summary.lowest, currency),
            "highest": money(summary.highest, currency),
        },
        "in_stock": summary.in_stock,
        "groups": _groups(counted, languages),
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


def _newest(
    columns: Sequence[Any], shape: Shape, *, is_search: bool, leaving_out: int = _WHOLE
) -> Any:
    """Return the newest of the products that fit, one more than are counted."""
    statement = narrowed(columns, shape, leaving_out=leaving_out)
    if is_search:
        statement = statement.where(searching.ways().any())
    return statement.order_by(shape.product_id.desc()).limit(TOTAL_CAP + 1).subquery()


def _groups(
    counted: Mapping[str, list[dict[str, Any]]], languages: Sequence[str]
) -> list[dict[str, Any]]:
    """Put facets into the shop's order and give each value its words."""
    found = [
        {
            "parameter": kind,
            "code": kind,
            "label": kind.capitalize(),
            "unit": "",
            "values": [_value(v, v["label"], v["label"]) for v in counted[kind]],
        }
        for kind in _PLAIN
        if kind in counted
    ]
    for kind in sorted(kind for kind in counted if kind.startswith(OPTION)):
        code = kind.removeprefix(OPTION)
        found.append(
            {
                "parameter": "option",
                "code": code,
                "label": code.capitalize(),
                "unit": "",
                "values": [_value(v, f"{code}:{v['label']}", v["label"]) for v in counted[kind]],
            }
        )
    if not any(kind.startswith(ATTRIBUTE) for kind in counted):
        return found
    attributes = [a for a in described_attributes() if f"{ATTRIBUTE}{a['code']}" in counted]
    subjects = [a["id"] for a in attributes]
    subjects += [choice["id"] for a in attributes for choice in a["choices"]]
    texts = texts_for(subjects, languages) if languages else {}
    for attribute in attributes:
        labels = {
            choice["value"]: texts.get(choice["id"], NO_TEXTS).get("label", choice["label"])
            for choice in attribute["choices"]
        }
        code = attribute["code"]
        found.append(
            {
                "parameter": "attribute",
                "code": code,
                "label": texts.get(attribute["id"], NO_TEXTS).get("name", attribute["name"]),
                "unit": attribute["unit"],
                "values": [
                    _value(v, f"{code}:{v['key']}", labels.get(v["key"], v["label"]))
                    for v in counted[f"{ATTRIBUTE}{code}"]
                ],
            }
        )
    return found


def _value(counted: Mapping[str, Any], value: str, label: str) -> dict[str, Any]:
    return {
        "value": value,
        "label": label,
        "count": counted["count"],
        "is_chosen": counted["is_chosen"],
    }
