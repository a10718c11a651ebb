"""Refusals about texts in other languages."""

from api.kernel.errors import NotFound, Unprocessable


class TranslationSubjectUnknown(NotFound):
    """Nothing there to translate."""

    code = "translation_subject_unknown"
    sentence = "There is no {kind} with this id."


class LanguageNotTranslated(Unprocessable):
    """The shop does not speak this language, or was written in it."""

    code = "language_not_translated"
    sentence = (
        "Nothing is translated into {language}. The catalogue is written in {own}, edit the thing "
        "itself; it is translated into: {others}."
    )


class TextsDoNotFit(Unprocessable):
    """Texts that this kind of thing does not have, or that are too long."""

    code = "texts_do_not_fit"
    sentence = "Some of these texts do not fit what they translate. See `errors`."
