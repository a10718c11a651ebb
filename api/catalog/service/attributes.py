"""Define what can be said of products: attributes and their choices."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, text

from api.catalog.errors import AttributeIsFixed, AttributeNotFound, ChoiceInUse, ChoicesNotExpected
from api.catalog.events import AttributeFilterChanged, CatalogChanged
from api.catalog.models.attributes import Attribute, AttributeChoice, AttributeKind
from api.catalog.models.i18n import Translation
from api.catalog.service import facet_values
from api.catalog.service.inputs import AttributeInput, ChoiceInput
from api.catalog.service.integrity import translate_integrity_errors
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.kernel.text_folding import counted
from api.platform import audit
from api.platform.db import lock_entity, require_transaction, session
from api.platform.etags import check
from api.platform.outbox import emit

_CHOOSING = (AttributeKind.CHOICE, AttributeKind.CHOICES)
_FIXED = ("code", "kind")

_CHOSEN = text(
    """
    SELECT chosen.value, count(*) AS products
    FROM product_attributes p
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE jsonb_typeof(p.value) WHEN 'array' THEN p.value ELSE jsonb_build_array(p.value) END
    ) AS chosen(value)
    WHERE p.attribute_id = :attribute_id AND chosen.value = ANY(:values)
    GROUP BY chosen.value ORDER BY chosen.value
    """
)


def create_attribute(draft: AttributeInput, *, by: Principal) -> UUID:
    """Add something that can be said of products; returns its id.

    Products have it once their type defines it. Refuses a code that is taken, and choices for
    what is not chosen.
    """
    require_transaction()
    attribute_id = new_id()
    if draft.choices and draft.kind not in _CHOOSING:
        raise ChoicesNotExpected(kind=draft.kind.value)
    with translate_integrity_errors():
        values = asdict(draft)
        del values["choices"]  # they are rows of their own
        session.add(Attribute(id=attribute_id, **values))
    _add_choices(attribute_id, list(enumerate(draft.choices)))
    audit.record("attribute.created", by=by, subject_id=attribute_id, code=draft.code)
    emit(CatalogChanged(is_tree=True))
    return attribute_id


def edit_attribute(
    attribute_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Rename an attribute, show or hide it, let it be filtered by or not, replace its choices.

    Locks the attribute. Refuses a version that is not the present one, another code or kind, and
    to take away a choice that products have. What its products are filtered by follows later, by
    a job. Saying what is already so changes nothing.
    """
    attribute = _lock(attribute_id)
    check(attribute.version, expected_version)
    for field in _FIXED:
        if field in changes and changes[field] != getattr(attribute, field):
            raise AttributeIsFixed(field=field)
    plain = {k: v for k, v in changes.items() if k not in (*_FIXED, "choices")}
    changed = {k: v for k, v in plain.items() if getattr(attribute, k) != v}
    for name, value in changed.items():
        setattr(attribute, name, value)
    if "choices" in changes and _replace_choices(attribute, changes["choices"]):
        changed["choices"] = [choice.value for choice in changes["choices"]]
    if not changed:
        return
    attribute.version += 1
    session.flush()
    audit.record("attribute.edited", by=by, subject_id=attribute.id, **changed)
    if "is_filterable" in changed:
        emit(AttributeFilterChanged(attribute_id=attribute.id))
    emit(CatalogChanged(is_tree=True))


def delete_attribute(attribute_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Remove an attribute that no product type defines, with its choices and translations."""
    attribute = _lock(attribute_id)
    check(attribute.version, expected_version)
    choices = session.scalars(
        select(AttributeChoice.id).where(AttributeChoice.attribute_id == attribute_id)
    ).all()
    with translate_integrity_errors():
        session.execute(delete(Attribute).where(Attribute.id == attribute_id))
    _forget_translations([attribute_id, *choices])
    audit.record("attribute.deleted", by=by, subject_id=attribute_id, code=attribute.code)
    emit(CatalogChanged(is_tree=True))


def _lock(attribute_id: UUID) -> Attribute:
    """Lock an attribute alone: nobody gives a product one of its values meanwhile."""
    return lock_entity(Attribute, attribute_id, AttributeNotFound(attribute_id=attribute_id))


def _replace_choices(attribute: Attribute, wanted: Sequence[ChoiceInput]) -> bool:
    """Make the choices these; one that stays keeps its id, and so its translations."""
    if attribute.kind not in _CHOOSING:
        if wanted:
            raise ChoicesNotExpected(kind=attribute.kind.value)
        return False
    there = {
        choice.value: choice
        for choice in session.scalars(
            select(AttributeChoice).where(AttributeChoice.attribute_id == attribute.id)
        )
    }
    before = {value: (choice.label, choice.position) for value, choice in there.items()}
    placed = {draft.value: (place, draft) for place, draft in enumerate(wanted)}
    after = {value: (draft.label, draft.at(place)) for value, (place, draft) in placed.items()}
    if before == after:
        return False
    gone = sorted(before.keys() - after.keys())
    if gone:
        _refuse_chosen(attribute.id, gone)
        ids = [there[value].id for value in gone]
        session.execute(delete(AttributeChoice).where(AttributeChoice.id.in_(ids)))
        _forget_translations(ids)
    for value in after.keys() & before.keys():
        there[value].label, there[value].position = after[value]
    _add_choices(attribute.id, [told for value, told in placed.items() if value not in there])
    facet_values.rename_choices(
        attribute.code,
        {value: after[value][0] for value in after if before.get(value, "") != after[value]},
    )
    return True


def _refuse_chosen(attribute_id: UUID, values: Sequence[str]) -> None:
    chosen = session.execute(_CHOSEN, {"attribute_id": attribute_id, "values": list(values)}).all()
    if chosen:
        told = ", ".join(f"{row.value} ({counted(row.products, 'product')})" for row in chosen)
        raise ChoiceInUse(choices=told)


def _add_choices(attribute_id: UUID, drafts: Sequence[tuple[int, ChoiceInput]]) -> None:
    if drafts:
        session.execute(
            insert(AttributeChoice),
            [
                {
                    "id": new_id(),
                    "attribute_id": attribute_id,
                    "value": draft.value,
                    "label": draft.label,
                    "position": draft.at(place),
                }
                for place, draft in drafts
            ],
        )


def _forget_translations(subject_ids: Sequence[UUID]) -> None:
    session.execute(delete(Translation).where(Translation.subject_id.in_(subject_ids)))
