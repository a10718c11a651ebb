"""Whether a document is one: every field of the kind that it must be, told by where it stands."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from api.catalog.service import ProductStatus
from api.imports.formats.cells import HEAVIEST_GRAMS, HIGHEST_AMOUNT, LONGEST_URL, BadCell
from api.imports.formats.handles import is_address

_CURRENCY = re.compile(r"[A-Z]{3}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_LARGEST_INTEGER = 2**31 - 1

Check = Callable[[Any, str], Any]


def text(longest: int | None = None) -> Check:
    """Read a text; a NUL is none."""

    def check(value: Any, where: str) -> Any:
        if not isinstance(value, str) or "\0" in value:
            raise BadCell(where, _shown(value), "Write a text.")
        if longest is not None and len(value) > longest:
            raise BadCell(
                where, value, f"This has {len(value)} characters; shorten it to {longest} or fewer."
            )
        return value

    return check


def optional(inner: Check) -> Check:
    """Read null as nothing."""
    return lambda value, where: None if value is None else inner(value, where)


def whole(least: int, most: int) -> Check:
    """Read a whole number within bounds."""

    def check(value: Any, where: str) -> Any:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadCell(where, _shown(value), f"Write a whole number from {least} to {most}.")
        return value

    return check


def listed(inner: Check) -> Check:
    """Read a list of things of one kind."""

    def check(value: Any, where: str) -> Any:
        if not isinstance(value, list):
            raise BadCell(where, _shown(value), "Write a list.")
        return [inner(one, f"{where}/{place}") for place, one in enumerate(value)]

    return check


def members(known: Mapping[str, Check], *, needed: tuple[str, ...] = ()) -> Check:
    """Read an object with these members; others are refused, so that no typo goes unnoticed."""

    def check(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise BadCell(where, _shown(value), "Write an object.")
        for name in value.keys() - known.keys():
            raise BadCell(f"{where}/{name}", _shown(value[name]), "There is no such field.")
        for name in needed:
            if name not in value:
                raise BadCell(f"{where}/{name}", "", "This field is missing.")
        return {
            name: known[name](value[name], f"{where}/{name}") for name in known if name in value
        }

    return check


def mapping(key: Check, inner: Check) -> Check:
    """Read an object whose names are values too."""

    def check(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise BadCell(where, _shown(value), "Write an object.")
        return {key(name, where): inner(one, f"{where}/{name}") for name, one in value.items()}

    return check


def anything(value: Any, where: str) -> Any:
    """Read any JSON without NUL, which the database cannot hold."""
    if isinstance(value, str):
        return text()(value, where)
    if isinstance(value, list):
        return [anything(one, where) for one in value]
    if isinstance(value, dict):
        return {text()(name, where): anything(one, where) for name, one in value.items()}
    return value


def moment(value: Any, where: str) -> str:
    """Read a moment with its zone, and write it as ours are written."""
    try:
        found = datetime.fromisoformat(text()(value, where))
        if found.tzinfo is None:
            raise ValueError("no zone")
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError) as wrong:
        raise BadCell(where, str(value), "Write a moment such as 2026-05-01T08:00:00Z.") from wrong


def matching(pattern: re.Pattern[str], longest: int, example: str) -> Check:
    """Read a text of one shape."""

    def check(value: Any, where: str) -> Any:
        found = text(longest)(value, where)
        if not pattern.fullmatch(found):
            raise BadCell(where, found, f"Write something such as {example}.")
        return found

    return check


def _slug(value: Any, where: str) -> Any:
    found = text(255)(value, where)
    if not is_address(found):
        raise BadCell(where, found, "Write something such as blue-mug.")
    return found


def _status(value: Any, where: str) -> Any:
    if value not in [status.value for status in ProductStatus]:
        raise BadCell(where, _shown(value), "Write draft, active or archived.")
    return value


def _price(value: Any, where: str) -> Any:
    amount = whole(0, HIGHEST_AMOUNT)
    found = members({"amount": amount, "compare_at": optional(amount)}, needed=("amount",))(
        value, where
    )
    found.setdefault("compare_at", None)
    return found


def _url(value: Any, where: str) -> Any:
    return text(LONGEST_URL)(value, where)


_VERSION = optional(whole(1, _LARGEST_INTEGER))
_OBJECT = mapping(text(), anything)
_CODE = members(
    {"code": text(64), "pack_quantity": whole(1, 100_000)}, needed=("code", "pack_quantity")
)
_STEP = members({"slug": text(120), "name": text(200)}, needed=("slug", "name"))

VARIANT: Mapping[str, Check] = {
    "sku": text(255),
    "version": _VERSION,
    "option_values": listed(text(255)),
    "barcodes": listed(_CODE),
    "weight_grams": whole(0, HEAVIEST_GRAMS),
    "tax_class": text(40),
    "prices": mapping(matching(_CURRENCY, 3, "EUR"), _price),
    "image_url": optional(_url),
    "external_reference": optional(text(255)),
    "public_metadata": _OBJECT,
    "private_metadata": _OBJECT,
}
PRODUCT: Mapping[str, Check] = {
    "slug": _slug,
    "version": _VERSION,
    "status": _status,
    "title": text(255),
    "description": text(),
    "vendor": text(255),
    "product_type": text(255),
    "tags": listed(text(255)),
    "options": listed(text(255)),
    "categories": listed(listed(_STEP)),
    "seo_title": text(255),
    "seo_description": text(500),
    "publish_at": optional(moment),
    "external_reference": optional(text(255)),
    "attributes": _OBJECT,
    "public_metadata": _OBJECT,
    "private_metadata": _OBJECT,
    "translations": mapping(matching(_LANGUAGE, 35, "de"), mapping(text(60), text())),
    "images": listed(members({"url": _url, "alt": text(500)}, needed=("url", "alt"))),
    "variants": listed(members(VARIANT, needed=("sku",))),
}
_DOCUMENT = members(PRODUCT, needed=("slug",))


def checked(document: Any) -> dict[str, Any]:
    """Return a document all of whose fields are what they must be. Raises BadCell."""
    found: dict[str, Any] = _DOCUMENT(document, "")
    return found


def _shown(value: Any) -> str:
    return str(value)[:200]
