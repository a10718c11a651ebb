"""Say in other languages what the catalogue says in its own."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from api.catalog.errors.translations import (
    LanguageNotTranslated,
    TextsDoNotFit,
    TranslationSubjectUnknown,
)
from api.catalog.events import CatalogChanged
from api.catalog.models.i18n import Translation
from api.catalog.models.navigation import Collection
from api.catalog.models.products import Product
from api.catalog.queries import translations as translation_queries
from api.catalog.queries.translations import MAPS, SUBJECTS
from api.catalog.service.products import refresh_search
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import require_transaction, session
from api.platform.etags import check
from api.platform.outbox import emit
from api.platform.problems import escaped
from api.platform.settings import current_settings

LONGEST: Mapping[str, Mapping[str, int]] = {
    "product": {"title": 255, "description": 500_000, "seo_title": 255, "seo_description": 500},
    "category": {"name": 200, "description": 50_000, "seo_title": 255, "seo_description": 500},
    "collection": {"title": 200, "description": 50_000, "seo_title": 255, "seo_description": 500},
    "attribute": {"name": 200},
    "attribute_choice": {"label": 200},
}
"""How long a translation may be: as long as what it translates."""


def set_translation(
    kind: str,
    subject_id: UUID,
    language: str,
    texts: Mapping[str, object],
    *,
    expected_version: int,
    by: Principal,
) -> None:
    """Make these the texts of one thing in one language; what is left out or empty falls back.

    Locks the thing. Refuses a version that is not the present one (0 for what nobody has
    translated yet), a language that the shop does not translate into, a text that this kind of
    thing does not have or that is too long, and options and values that the product does not
    have. Products are found by their translated words from then on.
    """
    require_transaction()
    check_language(language)
    subject = _lock(kind, subject_id)
    there = session.execute(
        select(Translation.version, Translation.texts)
        .where(Translation.subject_id == subject_id, Translation.language == language)
        .with_for_update()
    ).first()
    check(there.version if there else 0, expected_version)
    wanted = _fitting(kind, subject_id, texts)
    if wanted == (there.texts if there else {}):
        return
    row = {"texts": wanted, "version": expected_version + 1}
    session.execute(
        insert(Translation)
        .values(subject_id=subject_id, language=language, kind=kind, **row)
        .on_conflict_do_update(constraint="pk_translations", set_=row)
    )
    if isinstance(subject, Product):
        refresh_search(subject)
    audit.record(
        "translation.written", by=by, subject_id=subject_id, language=language, fields=list(wanted)
    )
    emit(_TOLD.get(kind, _everything)(subject))


def delete_translation(
    kind: str, subject_id: UUID, language: str, *, expected_version: int, by: Principal
) -> None:
    """Take the translation of a thing back: it speaks the catalogue's own language again."""
    set_translation(kind, subject_id, language, {}, expected_version=expected_version, by=by)


def check_language(language: str) -> None:
    """Refuse a language that nothing is translated into. The first one is that of the originals."""
    own, *others = current_settings().languages
    if language not in others:
        raise LanguageNotTranslated(
            language=language, own=own, others=", ".join(others) or "none (see SHOP_LANGUAGES)"
        )


def _lock(kind: str, subject_id: UUID) -> object:
    """Lock the thing, so that two translators queue, and it cannot go while it is translated."""
    model: Any = SUBJECTS[kind].model
    found = session.scalar(
        select(model)
        .where(model.id == subject_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise TranslationSubjectUnknown(kind=kind, subject_id=subject_id)
    return found


def _fitting(kind: str, subject_id: UUID, texts: Mapping[str, Any]) -> dict[str, object]:
    """Return what is said, without what is empty; refuse what does not fit, all at once."""
    wrong = []
    kept: dict[str, object] = {}
    original: dict[str, Any] = {}
    if any(name in texts for name in MAPS) and kind == "product":
        original = translation_queries.original_of(kind, subject_id)
    for name, said in texts.items():
        longest = LONGEST[kind].get(name)
        if name in MAPS and kind == "product":
            unknown = [word for word in said if word not in original[name]]
            known = ", ".join(original[name][:20]) or "none"
            wrong += [
                _wrong(f"{name}/{escaped(word)}", f"The product has no such one; it has: {known}.")
                for word in unknown
            ]
            if words := {word: new for word, new in said.items() if new.strip()}:
                kept[name] = words
        elif longest is None:
            fields = ", ".join((*LONGEST[kind], *(MAPS if kind == "product" else ())))
            wrong.append(_wrong(name, f"This has no such text. It has: {fields}."))
        elif len(said) > longest:
            wrong.append(_wrong(name, f"Longer than {longest} characters."))
        elif said.strip():
            kept[name] = said
    if wrong:
        raise TextsDoNotFit(errors=wrong)
    return kept


def _wrong(pointer: str, detail: str) -> dict[str, str]:
    where = f"/texts/{pointer}"
    return {"pointer": where, "in": "body", "code": "invalid", "detail": detail}


def _page(product: Product) -> CatalogChanged:
    return CatalogChanged(slugs=(product.slug,))


def _collection_page(collection: Collection) -> CatalogChanged:
    return CatalogChanged(lists=(f"collection:{collection.slug}",))


def _everything(_: object) -> CatalogChanged:
    """Names of categories and attributes stand on any page and beside any list."""
    return CatalogChanged(is_tree=True)


_TOLD: Mapping[str, Callable[[Any], CatalogChanged]] = {
    "product": _page,
    "collection": _collection_page,
}
