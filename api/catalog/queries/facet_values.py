"""What products can be told apart by: ids for what a storefront asks, words for what it shows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Text, func, literal, or_, select

from api.catalog.models.attributes import Attribute, AttributeChoice, FacetValue
from api.catalog.texts import facet_key, option_kind
from api.platform.db import session

OPTION = "option:"
ATTRIBUTE = "attribute:"


def facet_value_ids(wanted: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Return the ids of the values that a storefront asks for, by kind, in one statement.

    A kind is `vendor`, `tag`, `type`, `option:<name as the shop writes it>` or `attribute:<code>`.
    Values are read as people type them: case and accents do not matter, except that the choices
    of an attribute are also known by exactly their value. What no product ever was gives no id,
    so that an empty list means: nothing fits.
    """
    asked = {kind: _candidates(kind, values) for kind, values in wanted.items()}
    pairs = {(_stored(kind), key) for kind, keys in asked.items() for key in keys}
    if not pairs:
        return {kind: [] for kind in wanted}
    known = ids_by_pair(pairs)
    return {
        kind: sorted({known[pair] for key in keys if (pair := (_stored(kind), key)) in known})
        for kind, keys in asked.items()
    }


def described_attributes() -> list[dict[str, Any]]:
    """Return what storefronts show or filter by, in the shop's order, with its choices.

    Two statements. An attribute is shown only when it `is_visible`, and filtered by only when it
    `is_filterable`; what is neither is left out. The ids are those that translations name.
    """
    columns = (
        *(Attribute.id, Attribute.code, Attribute.name, Attribute.kind, Attribute.unit),
        *(Attribute.is_filterable, Attribute.is_visible, Attribute.position),
    )
    rows = session.execute(
        select(*columns)
        .where(or_(Attribute.is_visible, Attribute.is_filterable))
        .order_by(Attribute.position, Attribute.name, Attribute.id)
    ).all()
    if not rows:
        return []
    found: dict[Any, dict[str, Any]] = {row.id: {**row._asdict(), "choices": []} for row in rows}
    choices = session.execute(
        select(
            *(AttributeChoice.attribute_id, AttributeChoice.id, AttributeChoice.value),
            *(AttributeChoice.label, AttributeChoice.position),
        ).order_by(AttributeChoice.position, AttributeChoice.label, AttributeChoice.id)
    )
    for choice in choices:
        line = choice._asdict()
        attribute = found.get(line.pop("attribute_id"))
        if attribute is not None:
            attribute["choices"].append(line)
    return list(found.values())


def _stored(kind: str) -> str:
    """Return a kind as it is stored: the name of an option reads alike however it is written."""
    return option_kind(kind.removeprefix(OPTION)) if kind.startswith(OPTION) else kind


def _candidates(kind: str, values: Sequence[str]) -> list[str]:
    """Return the keys that values may be stored under."""
    keys = dict.fromkeys(facet_key(value) for value in values)
    if kind.startswith(ATTRIBUTE):
        keys |= dict.fromkeys(value.strip() for value in values)
    return [key for key in keys if key]


def ids_by_pair(pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the ids of facet values by kind and key, without those that do not exist."""
    told = sorted(pairs)
    asked = (
        func.unnest(
            literal([kind for kind, _ in told], ARRAY(Text)),
            literal([key for _, key in told], ARRAY(Text)),
        )
        .table_valued("kind", "key", name="asked")
        .render_derived()
    )
    rows = session.execute(
        select(FacetValue.kind, FacetValue.key, FacetValue.id).join(
            asked, (FacetValue.kind == asked.c.kind) & (FacetValue.key == asked.c.key)
        )
    )
    return {(row.kind, row.key): row.id for row in rows}
