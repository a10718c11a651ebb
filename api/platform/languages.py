"""In which language a reader is answered."""

from collections.abc import Sequence

from flask import request

from api.platform.ports import port
from api.platform.settings import Settings


def spoken() -> str:
    """Return the shop's language that the reader of this request understands best.

    What `Accept-Language` asks for is compared by the rules of RFC 4647, 3.4: `de-AT` is answered
    in `de` when the shop has no `de-at`. Without a match it is the shop's first language.
    """
    settings: Settings = port(Settings)
    shop = settings.languages
    if len(shop) == 1 or not request.headers.get("Accept-Language"):
        return shop[0]
    return best_of(shop, [tag for tag, _ in request.accept_languages])


def best_of(shop: Sequence[str], wanted: Sequence[str]) -> str:
    """Look each wanted language up, shortened from its end until the shop has it."""
    for tag in wanted:
        parts = tag.lower().split("-")
        for length in range(len(parts), 0, -1):
            if "-".join(parts[:length]) in shop:
                return "-".join(parts[:length])
        if tag == "*":
            break
    return shop[0]


def fallbacks(language: str) -> tuple[str, ...]:
    """Return in which languages a text is looked for, the best first; the shop's own comes last.

    `de-at` is followed by `de`. The shop's first language is not named: it is in the rows.
    """
    settings: Settings = port(Settings)
    parts = language.split("-")
    chain = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return tuple(tag for tag in chain if tag != settings.languages[0])
