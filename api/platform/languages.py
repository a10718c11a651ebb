"""Content negotiation: the language of a response."""

from collections.abc import Sequence

from flask import request

from api.platform.settings import current_settings


def negotiate_language() -> str:
    """Return the shop's language that fits the `Accept-Language` of this request best.

    Matched by the look-up rules of RFC 4647, 3.4: `de-AT` falls back to `de` when the shop has no
    `de-at`. Without a match it is the shop's first language.
    """
    shop = current_settings().languages
    if len(shop) == 1 or not request.headers.get("Accept-Language"):
        return shop[0]
    header = list(request.accept_languages)
    return match_language(
        shop,
        [tag for tag, quality in header if quality > 0],
        unwanted=[tag for tag, quality in header if quality <= 0],
    )


def match_language(
    shop: Sequence[str], accepted: Sequence[str], unwanted: Sequence[str] = ()
) -> str:
    """Look up each accepted language, shortened from its end until the shop has it.

    Languages that the reader excludes (`de;q=0`, and so `de-at`) are skipped; without a match it is
    the shop's first language.
    """
    refused = tuple(tag.lower() for tag in unwanted)
    candidates = [own for own in shop if not any(_is_within(own, tag) for tag in refused)]
    for tag in accepted:
        parts = tag.lower().split("-")
        for length in range(len(parts), 0, -1):
            if "-".join(parts[:length]) in candidates:
                return "-".join(parts[:length])
        if tag == "*" and candidates:
            return candidates[0]
    return shop[0]


def _is_within(language: str, tag: str) -> bool:
    """Return whether a language equals a tag or is a variant of it."""
    return language == tag or language.startswith(f"{tag}-")


def fallbacks(language: str) -> tuple[str, ...]:
    """Return the languages in which a translation is looked up, the best first.

    `de-at` is followed by `de`. The shop's first language is not included: it is in the rows.
    """
    settings = current_settings()
    parts = language.split("-")
    chain = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return tuple(tag for tag in chain if tag != settings.languages[0])
