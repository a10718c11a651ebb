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
from api.platform.body_limits import PRODUCTS, body_limit
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import Blueprint, list_schema
from api.platform.openapi_errors import may_answer
from api.platform.settings import current_settings

blueprint = Blueprint(
    "admin-translations",
    __name__,
    url_prefix="/api/v1/admin/translations",
    description="What the catalogue says in other languages, for staff.",
)


@blueprint.route("", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(LanguageNotTranslated)
@blueprint.arguments(TranslationsQuerySchema, location="query")
@blueprint.response(200, list_schema(TranslationLineSchema))
def list_translations(query: dict[str, Any]) -> object:
    """List things of one kind beside their originals, with `missing=true` what is left to do."""
    language = query.pop("language")
    translation_service.check_language(language)
    return translation_queries.list_translations(
        query.pop("kind"),
        language,
        is_missing=query.pop("missing"),
        **query,
    )


@blueprint.route("/<uuid:subject_id>/languages", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(TranslationSubjectUnknown)
@blueprint.arguments(SubjectQuerySchema, location="query")
@blueprint.response(200, list_schema(TranslationSchema))
def list_translation_languages(query: dict[str, str], subject_id: UUID) -> object:
    """Read what one thing says in each language that the shop translates into."""
    return translation_queries.translations_of(
        query["kind"], subject_id, current_settings().languages[1:]
    )


@blueprint.route("/<uuid:subject_id>", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(LanguageNotTranslated, TranslationSubjectUnknown)
@blueprint.arguments(TranslationQuerySchema, location="query")
@blueprint.response(200, TranslationSchema)
def get_translation(query: dict[str, str], subject_id: UUID) -> object:
    """Read what one thing says in one language, beside the original."""
    translation_service.check_language(query["language"])
    return translation_queries.translation(query["kind"], subject_id, query["language"])


@blueprint.route("/<uuid:subject_id>", methods=["PUT"])
@requires(Permission.CATALOG_WRITE)
@body_limit(PRODUCTS)
@may_answer(LanguageNotTranslated, TextsDoNotFit, TranslationSubjectUnknown)
@versioned
@blueprint.arguments(TranslationQuerySchema, location="query")
@blueprint.arguments(SetTranslationSchema)
@blueprint.response(200, TranslationSchema)
def set_translation(
    query: dict[str, str],
    given: dict[str, dict[str, object]],
    subject_id: UUID,
    expected_version: int,
) -> object:
    """Write all texts of a thing in one language; `If-Match: "0"` for the first time."""
    with transaction():
        translation_service.set_translation(
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
@may_answer(LanguageNotTranslated, TextsDoNotFit, TranslationSubjectUnknown)
@versioned
@blueprint.arguments(TranslationQuerySchema, location="query")
@blueprint.response(204)
def delete_translation(query: dict[str, str], subject_id: UUID, expected_version: int) -> None:
    """Take a translation back; the thing speaks the catalogue's own language again."""
    with transaction():
        translation_service.delete_translation(
            query["kind"],
            subject_id,
            query["language"],
            expected_version=expected_version,
            by=principal(),
        )
