"""In which language a reader is answered."""

from collections.abc import Sequence

from flask import request

from api.platform.service_registry import get_service
from api.platform.settings import Settings


def negotiate_language() -> str:
    """Return the shop's language that the reader of this request understands best.

    What `Accept-Language` asks for is compared by the rules of RFC 4647, 3.4: `de-AT` is answered
    in `de` when the shop has no `de-at`. Without a match it is the shop's first language.
    """
    settings: Settings = get_service(Settings)
    shop = settings.languages
    if len(shop) == 1 or not request.headers.get("Accept-Language"):
        return shop[0]
    asked = list(request.accept_languages)
    return match_language(
        shop,
        [tag for tag, quality in asked if quality > 0],
        unwanted=[tag for tag, quality in asked if quality <= 0],
    )


def match_language(shop: Sequence[str], wanted: Sequence[str], unwanted: Sequence[str] = ()) -> str:
    """Look each wanted language up, shortened from its end until the shop has it.

    What a reader does not accept at all (`de;q=0`, and so `de-at`) is passed over; when nothing is
    left, it is the shop's first language.
    """
    refused = tuple(tag.lower() for tag in unwanted)
    left = [own for own in shop if not any(_is_within(own, tag) for tag in refused)]
    for tag in wanted:
        parts = tag.lower().split("-")
        for length in range(len(parts), 0, -1):
            if "-".join(parts[:length]) in left:
                return "-".join(parts[:length])
        if tag == "*" and left:
            return left[0]
    return shop[0]


def _is_within(language: str, tag: str) -> bool:
    """Tell whether a language is the one that a tag names or a kind of it."""
    return language == tag or language.startswith(f"{tag}-")


def fallbacks(language: str) -> tuple[str, ...]:
    """Return in which languages a text is looked for, the best first; the shop's own comes last.

    `de-at` is followed by `de`. The shop's first language is not named: it is in the rows.
    """
    settings: Settings = get_service(Settings)
    parts = language.split("-")
    chain = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return tuple(tag for tag in chain if tag != settings.languages[0])
