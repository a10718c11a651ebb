"""Translations for staff: of products, categories, collections, attributes and their choices."""

from typing import Any
from uuid import UUID

from api.catalog.errors.translations import (
    LanguageNotTranslated,
    TextsDoNotFit,
    TranslationSubjectUnknown,
)
from api.catalog.queries import translations as translation_queries
from api.catalog.schemas.translations import (
    SetTranslationSchema,
    SubjectQuerySchema,
    TranslationLineSchema,
    TranslationQuerySchema,
    TranslationSchema,
    TranslationsQuerySchema,
)
from api.catalog.service import translations as translation_service
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.bodies import PRODUCTS, takes
from api.platform.concurrency import versioned
from api.platform.db import transaction
from api.platform.http import Blueprint, list_of
from api.platform.ports import port
from api.platform.refusals import refuses
from api.platform.settings import Settings

blueprint = Blueprint(
    "admin-translations",
    __name__,
    url_prefix="/api/v1/admin/translations",
    description="What the catalogue says in other languages, for staff.",
)


@blueprint.route("", methods=["GET"])
@requires(Permission.CATALOG_READ)
@refuses(LanguageNotTranslated)
@blueprint.arguments(TranslationsQuerySchema, location="query")
@blueprint.response(200, list_of(TranslationLineSchema))
def list_translations(query: dict[str, Any]) -> Any:
    """List things of one kind beside their originals, with `missing=true` what is left to do."""
    language = query.pop("language")
    translation_service.check_language(language)
    with_total = query.pop("include") == "total"
    return translation_queries.list_translations(
        query.pop("kind"),
        language,
        is_missing=query.pop("missing"),
        with_total=with_total,
        **query,
    )


@blueprint.route("/<uuid:subject_id>/languages", methods=["GET"])
@requires(Permission.CATALOG_READ)
@refuses(TranslationSubjectUnknown)
@blueprint.arguments(SubjectQuerySchema, location="query")
@blueprint.response(200, list_of(TranslationSchema))
def list_translation_languages(query: dict[str, str], subject_id: UUID) -> Any:
    """Read what one thing says in each language that the shop translates into."""
    settings: Settings = port(Settings)
    return translation_queries.translations_of(query["kind"], subject_id, settings.languages[1:])


@blueprint.route("/<uuid:subject_id>", methods=["GET"])
@requires(Permission.CATALOG_READ)
@refuses(LanguageNotTranslated, TranslationSubjectUnknown)
@blueprint.arguments(TranslationQuerySchema, location="query")
@blueprint.response(200, TranslationSchema)
def get_translation(query: dict[str, str], subject_id: UUID) -> Any:
    """Read what one thing says in one language, beside the original."""
    translation_service.check_language(query["language"])
    return translation_queries.translation(query["kind"], subject_id, query["language"])


@blueprint.route("/<uuid:subject_id>", methods=["PUT"])
@requires(Permission.CATALOG_WRITE)
@takes(PRODUCTS)
@refuses(LanguageNotTranslated, TextsDoNotFit, TranslationSubjectUnknown)
@versioned
@blueprint.arguments(TranslationQuerySchema, location="query")
@blueprint.arguments(SetTranslationSchema)
@blueprint.response(200, TranslationSchema)
def set_translation(
    query: dict[str, str], given: dict[str, Any], subject_id: UUID, expected_version: int
) -> Any:
    """Write all texts of a thing in one language; `If-Match: "0"` for the first time."""
    with transaction():
        translation_service.translate(
            query["kind"],
            subject_id,
            query["language"],
            given["texts"],
            expected_version=expected_version,
            by=principal(),
        )
    return translation_queries.translation(query["kind"], subject_id, query["language"])


@blueprint.route("/<uuid:subject_id>", methods=["DELETE"])
@requires(Permission.CATALOG_WRITE)
@refuses(LanguageNotTranslated, TextsDoNotFit, TranslationSubjectUnknown)
@versioned
@blueprint.arguments(TranslationQuerySchema, location="query")
@blueprint.response(204)
def delete_translation(query: dict[str, str], subject_id: UUID, expected_version: int) -> Any:
    """Take a translation back; the thing speaks the catalogue's own language again."""
    with transaction():
        translation_service.withdraw(
            query["kind"],
            subject_id,
            query["language"],
            expected_version=expected_version,
            by=principal(),
        )
