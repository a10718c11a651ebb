"""What products can be filtered by, as it follows from what is said of them.

A facet value is one value of one kind. The table is called `traits`, and `products.traits` holds
the ids of a product's facet values, sorted. A batch of products takes one statement to find the
ids, and one more to add new values.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Text, bindparam, select, text

from api.catalog.models.attributes import Attribute, AttributeChoice, AttributeKind, FacetValue
from api.catalog.queries.facet_values import ids_by_pair
from api.catalog.service.attribute_values import AttributeValue
from api.catalog.service.inputs import ProductInput
from api.catalog.texts import OPTION_NAMES, attribute_kind, facet_key, option_kind
from api.platform.db import require_transaction, session

LONGEST_TEXT = 120
"""A longer text tells of a product what no other has: nobody filters by it."""

FacetLabels = dict[tuple[str, str], str]
"""Labels by kind and key."""

_MEMO = "facet_values"

_WORDS = ARRAY(Text)
_ADD = text(
    "INSERT INTO traits (kind, key, label)"
    " SELECT * FROM unnest(:kinds, :keys, :labels) ORDER BY 1, 2"
    " ON CONFLICT (kind, key) DO NOTHING RETURNING kind, key, id"
).bindparams(
    bindparam("kinds", type_=_WORDS),
    bindparam("keys", type_=_WORDS),
    bindparam("labels", type_=_WORDS),
)


def facet_values_of(
    product: Mapping[str, Any],
    option_values: Iterable[Sequence[str]],
    values: Iterable[AttributeValue] = (),
) -> FacetLabels:
    """Return what a product can be filtered by: from its row, its variants' values and attributes.

    A blank text is no facet value. Of several spellings of one value the first stays.
    """
    found: FacetLabels = {}

    def add(kind: str, value: str, key: str | None = None) -> None:
        key = facet_key(value) if key is None else key
        if key:
            found.setdefault((kind, key), value.strip())

    add("vendor", product["vendor"])
    add("type", product["product_type"])
    for tag in product["tags"]:
        add("tag", tag)
    options = [(name, option_kind(name)) for name in product["options"]]
    for own in option_values:
        for (name, kind), value in zip(options, own, strict=False):
            add(OPTION_NAMES, name)
            add(kind, value)
    for said in values:
        for value, key in _filtered(said):
            add(attribute_kind(said.code), value, key)
    return found


def ensure_facet_values(found: Sequence[FacetLabels]) -> list[list[int]]:
    """Return the ids of the facet values of many products, sorted; new values are added.

    Needs a transaction that has locked its products already: two writers who introduce the same
    word wait for each other here, and whoever waits must not be waited for.
    """
    wanted: FacetLabels = {}
    for labels in found:
        for pair, label in labels.items():
            wanted.setdefault(pair, label)
    known = _memo()
    missing = {pair: label for pair, label in wanted.items() if pair not in known}
    if missing:
        known |= ids_by_pair(missing)
        new = {pair: label for pair, label in missing.items() if pair not in known}
        if new:
            known |= _introduce(new)
    return [sorted(known[pair] for pair in labels) for labels in found]


def ensure_values_of_inputs(drafts: Iterable[ProductInput]) -> None:
    """Add the facet values of new products, in one order for everyone who does the same.

    Whoever then stores them one by one holds no word that another waits for, and the other way
    round.
    """
    ensure_facet_values(
        [
            facet_values_of(
                {
                    "vendor": draft.vendor,
                    "product_type": draft.product_type,
                    "tags": draft.tags,
                    "options": draft.options,
                },
                [variant.option_values for variant in draft.variants],
            )
            for draft in drafts
        ]
    )


def ensure_values_of_changes(changes: Iterable[Mapping[str, object]]) -> None:
    """Make facet values of the vendors, types and tags that edits bring."""
    nothing = {"vendor": "", "product_type": "", "tags": (), "options": ()}
    found = [facet_values_of({**nothing, **said}, ()) for said in changes]
    if any(found):
        ensure_facet_values(found)


def rename_facet_values(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Call makers, types and tags as an edit spells them now, when it changed only the spelling.

    Else `acme` would stand among the filters for ever, although every product says `Acme`. Says
    whether anything is called otherwise.
    """
    old, new = (facet_values_of({**said, "options": ()}, ()) for said in (before, after))
    spelled = {pair: label for pair, label in new.items() if old.get(pair, label) != label}
    changed: list[int] = []
    for (kind, key), label in sorted(spelled.items()):
        changed += session.scalars(
            FacetValue.__table__.update()  # type: ignore[attr-defined]
            .where(FacetValue.kind == kind, FacetValue.key == key, FacetValue.label != label)
            .values(label=label)
            .returning(FacetValue.id)
        )
    return bool(changed)


def rename_choices(code: str, labels: Mapping[str, str]) -> None:
    """Call the choices of an attribute what they are called now, by their value."""
    for value, label in sorted(labels.items()):
        session.execute(
            FacetValue.__table__.update()  # type: ignore[attr-defined]
            .where(FacetValue.kind == attribute_kind(code), FacetValue.key == value)
            .values(label=label)
        )


def _filtered(said: AttributeValue) -> list[tuple[str, str | None]]:
    """Return what of a value can be filtered by, with its key where that is not made of words."""
    if not said.is_filterable:
        return []
    if said.kind is AttributeKind.BOOLEAN:
        word = "true" if said.value else "false"
        return [(word, word)]
    if said.kind is AttributeKind.CHOICE:
        return [(said.value, said.value)]
    if said.kind is AttributeKind.CHOICES:
        return [(value, value) for value in said.value]
    if said.kind is AttributeKind.TEXT and len(said.value) <= LONGEST_TEXT:
        return [(said.value, None)]
    return []


def _memo() -> dict[tuple[str, str], int]:
    """Return what this step of the transaction knows already.

    Ids that were given inside a savepoint are forgotten with it: it may be undone.
    """
    current = require_transaction()
    step = current.get_nested_transaction()
    of_step, known = current.info.get(_MEMO, (None, None))
    if known is not None and of_step is step:
        found: dict[tuple[str, str], int] = known
        return found
    current.info[_MEMO] = (step, found := {})
    return found


def _introduce(new: FacetLabels) -> dict[tuple[str, str], int]:
    """Add facet values in one order, so that two who add the same ones never deadlock."""
    labels = {**new, **_choice_labels(new)}
    told = sorted(new)
    rows = session.execute(
        _ADD,
        {
            "kinds": [kind for kind, _ in told],
            "keys": [key for _, key in told],
            "labels": [labels[pair] for pair in told],
        },
    )
    made = {(row.kind, row.key): row.id for row in rows}
    # Somebody else was faster with the rest, and has committed: a new look sees it.
    rest = new.keys() - made.keys()
    return made | ids_by_pair(rest) if rest else made


def _choice_labels(new: FacetLabels) -> FacetLabels:
    """Return what choices are called, for those of the facet values that are one."""
    asked = [pair for pair in new if pair[0].startswith("attribute:")]
    if not asked:
        return {}
    codes = sorted({kind.removeprefix("attribute:") for kind, _ in asked})
    rows = session.execute(
        select(Attribute.code, AttributeChoice.value, AttributeChoice.label)
        .join(AttributeChoice, AttributeChoice.attribute_id == Attribute.id)
        .where(
            Attribute.code.in_(codes),
            AttributeChoice.value.in_(sorted({key for _, key in asked})),
        )
    )
    labels = {(attribute_kind(row.code), row.value): row.label for row in rows}
    return {pair: label for pair, label in labels.items() if pair in new}
