"""Translations on the wire."""

from typing import Any

from marshmallow import fields, validate

from api.catalog.queries.translations import SUBJECTS
from api.platform.http import PageQuerySchema, Schema

_KIND = validate.OneOf(list(SUBJECTS))


class Language(fields.String):
    """A language tag (BCP 47), in small letters as the settings have them."""

    def _deserialize(self, *given: object, **options: object) -> Any:
        return super()._deserialize(*given, **options).lower()


_WORD = fields.String(validate=validate.Length(max=255))
MOST_WORDS = 6_000
"""Three options of two thousand variants."""


def _words() -> fields.Field[Any]:
    return fields.Dict(
        keys=fields.String(validate=validate.Length(max=255)),
        values=_WORD,
        validate=validate.Length(max=MOST_WORDS),
        metadata={"description": "What the catalogue calls it, and what it is called here."},
    )


class TranslatedTextsSchema(Schema):
    """Texts in another language. Which of them there are, the kind of thing says."""

    title = fields.String(validate=validate.Length(max=255))
    name = fields.String(validate=validate.Length(max=200))
    label = fields.String(validate=validate.Length(max=200))
    description = fields.String(validate=validate.Length(max=500_000))
    seo_title = fields.String(validate=validate.Length(max=255))
    seo_description = fields.String(validate=validate.Length(max=500))
    options: fields.Field[object] = _words()
    option_values: fields.Field[Any] = _words()


class OriginalTextsSchema(TranslatedTextsSchema):
    """The same texts as the catalogue has them."""

    options: fields.Field[Any] = fields.List(fields.String())
    option_values: fields.Field[Any] = fields.List(fields.String())


class SetTranslationSchema(Schema):
    """All texts of a thing in one language; what is left out falls back to the original."""

    texts = fields.Nested(TranslatedTextsSchema, required=True)


class TranslationSchema(Schema):
    """What a thing says in one language. Version 0 means that nobody has translated it yet."""

    kind = fields.String(required=True, validate=_KIND)
    subject_id = fields.UUID(required=True)
    language = fields.String(required=True)
    version = fields.Integer(required=True)
    texts = fields.Nested(TranslatedTextsSchema, required=True)
    original = fields.Nested(OriginalTextsSchema, required=True)


class TranslationLineSchema(TranslationSchema):
    """A thing in the list for translators, and which of its texts wait for them."""

    missing = fields.List(fields.String(), required=True)


class SubjectQuerySchema(Schema):
    """Of what kind the thing is."""

    kind = fields.String(required=True, validate=_KIND)


class TranslationQuerySchema(SubjectQuerySchema):
    """Of what kind the thing is, and which language is meant."""

    language = Language(required=True, validate=validate.Length(2, 35))


class TranslationsQuerySchema(PageQuerySchema, TranslationQuerySchema):
    """What translators want to see."""

    missing = fields.Boolean(
        load_default=False,
        metadata={"description": "Only those with a text that is not translated yet."},
    )
