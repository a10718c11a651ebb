"""What the catalogue says in other languages: for storefronts, and for those who translate."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, and_, any_, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from api.catalog.errors.translations import TranslationSubjectUnknown
from api.catalog.models.attributes import Attribute, AttributeChoice
from api.catalog.models.i18n import Translation
from api.catalog.models.navigation import Category
from api.catalog.models.navigation import Collection as ProductCollection
from api.catalog.models.products import Product, Variant
from api.platform import pagination
from api.platform.db import AnyRow, session
from api.platform.pagination import Sort

MAPS = ("options", "option_values")
"""Fields that translate many words, each by what it is called in the catalogue."""

_VALUE = func.jsonb_array_elements_text(Variant.option_values).table_valued("value").lateral()
_OPTION_VALUES = (
    select(func.jsonb_agg(_VALUE.c.value.distinct()))
    .select_from(Variant)
    .join(_VALUE, true())
    .where(Variant.product_id == Product.id)
    .correlate(Product)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of thing that is translated: its table, and the texts of it that are."""

    model: type[DeclarativeBase]
    fields: tuple[str, ...]


_SEO = ("seo_title", "seo_description")
SUBJECTS: Mapping[str, Subject] = {
    "product": Subject(Product, ("title", "description", *_SEO)),
    "category": Subject(Category, ("name", "description", *_SEO)),
    "collection": Subject(ProductCollection, ("title", "description", *_SEO)),
    "attribute": Subject(Attribute, ("name",)),
    "attribute_choice": Subject(AttributeChoice, ("label",)),
}


class Texts(dict[str, Any]):
    """The translated texts of one thing by field, and the language of the best of them."""

    language: str = ""


NO_TEXTS = Texts()


def texts_for(subject_ids: Collection[UUID], languages: Sequence[str]) -> dict[UUID, Texts]:
    """Return the translated texts of things, by id and field; one statement.

    `languages` are in order of preference: of each field, and of each option or value, the first
    language that has it wins. A thing or field without a translation is left out: what the
    catalogue says in its own language stands then.
    """
    if not subject_ids or not languages:
        return {}
    wanted = list(languages)
    rows = session.execute(
        select(Translation.subject_id, Translation.language, Translation.texts)
        .where(
            Translation.subject_id == any_(literal(sorted(set(subject_ids)), ARRAY(Uuid))),
            Translation.language == any_(literal(wanted, ARRAY(Text))),
        )
        # The best language last, so that it is laid over the others.
        .order_by(func.array_position(literal(wanted, ARRAY(Text)), Translation.language).desc())
    )
    found: dict[UUID, Texts] = {}
    for row in rows:
        if row.texts:
            best = found.setdefault(row.subject_id, Texts())
            best.language = row.language
            maps = {name: best.get(name, {}) | row.texts.get(name, {}) for name in MAPS}
            best.update({**row.texts, **{name: words for name, words in maps.items() if words}})
    return found


def languages_of(subject_ids: Iterable[UUID], texts: Mapping[UUID, Texts], field: str) -> list[str]:
    """Return in which languages a text of some things is shown; "" is the shop's own."""
    shown = (texts.get(subject_id) for subject_id in subject_ids)
    return list(dict.fromkeys(own.language if own and field in own else "" for own in shown))


def translation(kind: str, subject_id: UUID, language: str) -> dict[str, object]:
    """Return the texts of one thing in one language, beside what they translate.

    One that nobody has translated yet has version 0 and no texts. Raises
    TranslationSubjectUnknown.
    """
    original = original_of(kind, subject_id)
    row = session.execute(
        select(Translation.version, Translation.texts).where(
            Translation.subject_id == subject_id, Translation.language == language
        )
    ).first()
    return {
        "kind": kind,
        "subject_id": subject_id,
        "language": language,
        "version": row.version if row else 0,
        "texts": row.texts if row else {},
        "original": original,
    }


def translations_of(kind: str, subject_id: UUID, languages: Sequence[str]) -> dict[str, object]:
    """Return the texts of one thing in each of the languages. TranslationSubjectUnknown."""
    original = original_of(kind, subject_id)
    rows = session.execute(
        select(Translation.language, Translation.version, Translation.texts).where(
            Translation.subject_id == subject_id
        )
    )
    there = {row.language: row for row in rows}
    data = [
        {
            "kind": kind,
            "subject_id": subject_id,
            "language": language,
            "version": there[language].version if language in there else 0,
            "texts": there[language].texts if language in there else {},
            "original": original,
        }
        for language in languages
    ]
    return {"data": data, "page": {"limit": len(data), "next_cursor": None, "has_more": False}}


def original_of(kind: str, subject_id: UUID) -> dict[str, object]:
    """Return what one thing says in the catalogue's own language. TranslationSubjectUnknown."""
    subject = SUBJECTS[kind]
    row = session.execute(
        select(*_originals(kind)).where(subject.model.__table__.c.id == subject_id)
    ).first()
    if row is None:
        raise TranslationSubjectUnknown(kind=kind, subject_id=subject_id)
    return _original(kind, row)


def list_translations(
    kind: str,
    language: str,
    *,
    is_missing: bool = False,
    limit: int = 25,
    cursor: str | None = None,
    with_total: bool = False,
) -> dict[str, object]:
    """Return a page of all things of a kind with their texts in one language, the oldest first.

    With `is_missing` only those of which a text is not translated yet. Options and their values
    do not count: a size is the same in every language.
    """
    subject = SUBJECTS[kind]
    table = subject.model.__table__
    statement = select(
        table.c.id, *_originals(kind), Translation.version, Translation.texts
    ).outerjoin(
        Translation,
        and_(Translation.subject_id == table.c.id, Translation.language == language),
    )
    if is_missing:
        told = func.coalesce(Translation.texts, literal({}, JSONB))
        statement = statement.where(
            or_(*(and_(table.c[n] != "", ~told.has_key(n)) for n in subject.fields))
        )
    rows, page = pagination.page(
        statement,
        Sort((table.c.id,)),
        limit=limit,
        cursor=cursor,
        filters=(kind, language, is_missing),
        total=statement.with_only_columns(table.c.id) if with_total else None,
    )
    data = []
    for row in rows:
        original, texts = _original(kind, row), row.texts or {}
        data.append(
            {
                "kind": kind,
                "subject_id": row.id,
                "language": language,
                "version": row.version or 0,
                "texts": texts,
                "original": original,
                "missing": [n for n in subject.fields if original[n] and n not in texts],
            }
        )
    return {"data": data, "page": page}


def _originals(kind: str) -> list[Any]:
    subject = SUBJECTS[kind]
    columns: list[object] = [subject.model.__table__.c[name] for name in subject.fields]
    if kind == "product":
        columns += [Product.options, _OPTION_VALUES.label("option_values")]
    return columns


def _original(kind: str, row: AnyRow) -> dict[str, object]:
    original = {name: getattr(row, name) for name in SUBJECTS[kind].fields}
    if kind == "product":
        original |= {"options": row.options, "option_values": sorted(row.option_values or ())}
    return original
