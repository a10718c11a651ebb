"""Whether a document is one: every field of the kind that it must be, told by where it stands."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from api.catalog.fields import (
    BACK_ORDERS,
    HIGHEST_BACK_ORDER_LIMIT,
    HS_CODE,
    LOT_TRACKING,
    PRODUCT_FIELDS,
    VARIANT_FIELDS,
    Field,
    Kind,
)
from api.catalog.queries.related_products import RELATION_FIELDS
from api.catalog.service.metadata import MAX_DEPTH
from api.catalog.states import ProductStatus
from api.imports.formats.cell_parsers import (
    HEAVIEST_GRAMS,
    HIGHEST_AMOUNT,
    HIGHEST_QUANTITY,
    CellError,
    is_address,
    url,
)
from api.kernel.money import is_currency
from api.platform.addresses import COUNTRIES

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_TRIMMED = re.compile(r"\S(.*\S)?", re.DOTALL)
_TAX_CLASS = re.compile(r"[a-z0-9_-]{1,40}")
_HS_CODE = re.compile(HS_CODE)
_LOT_TRACKING = re.compile("|".join(LOT_TRACKING))
_BACK_ORDERS = re.compile("|".join(BACK_ORDERS))
_COUNTRY = re.compile(f"|{'|'.join(sorted(COUNTRIES))}")
_LOCATION = re.compile(r"\S(.{0,38}\S)?")
_LARGEST_INTEGER = 2**31 - 1
MOST_VARIANTS = 3_000
_LARGEST_POSITION = 2**62

Check = Callable[[Any, str], Any]


def text(longest: int | None = None) -> Check:
    """Read a text; a NUL is none."""

    def check(value: object, where: str) -> object:
        if not isinstance(value, str):
            raise CellError(where, _shown(value), "Write a text.")
        if "\0" in value:
            raise CellError(where, value, "Take out the NUL character, which no text can hold.")
        if longest is not None and len(value) > longest:
            raise CellError(
                where, value, f"This has {len(value)} characters; shorten it to {longest} or fewer."
            )
        return value

    return check


def said(longest: int) -> Check:
    """Read a text that must not be blank."""

    def check(value: object, where: str) -> object:
        found = text(longest)(value, where)
        if not found.strip():
            raise CellError(where, found, "This must not be empty.")
        return found

    return check


def optional(inner: Check) -> Check:
    """Read null as nothing."""
    return lambda value, where: None if value is None else inner(value, where)


def whole(least: int, most: int) -> Check:
    """Read a whole number within bounds."""

    def check(value: object, where: str) -> object:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise CellError(where, _shown(value), f"Write a whole number from {least} to {most}.")
        return value

    return check


def listed(inner: Check) -> Check:
    """Read a list of things of one kind."""

    def check(value: object, where: str) -> object:
        if not isinstance(value, list):
            raise CellError(where, _shown(value), "Write a list.")
        return [inner(one, f"{where}/{place}") for place, one in enumerate(value)]

    return check


def once(inner: Check, name_of: Callable[[Any], str] = str) -> Check:
    """Read a list in which nothing comes twice."""

    def check(value: object, where: str) -> object:
        found = listed(inner)(value, where)
        seen: set[str] = set()
        for place, one in enumerate(found):
            name = name_of(one)
            if name in seen:
                raise CellError(f"{where}/{place}", name, "This is named twice; name it once.")
            seen.add(name)
        return found

    return check


def members(known: Mapping[str, Check], *, needed: tuple[str, ...] = ()) -> Check:
    """Read an object with these members; others are refused, so that no typo goes unnoticed."""

    def check(value: object, where: str) -> object:
        if not isinstance(value, dict):
            raise CellError(where, _shown(value), "Write an object.")
        for name in sorted(value.keys() - known.keys()):
            raise CellError(f"{where}/{name}", _shown(value[name]), "There is no such field.")
        for name in needed:
            if name not in value:
                raise CellError(f"{where}/{name}", "", "This field is missing.")
        return {
            name: known[name](value[name], f"{where}/{name}") for name in known if name in value
        }

    return check


def mapping(key: Check, inner: Check) -> Check:
    """Read an object whose names are values too."""

    def check(value: object, where: str) -> object:
        if not isinstance(value, dict):
            raise CellError(where, _shown(value), "Write an object.")
        return {key(name, where): inner(one, f"{where}/{name}") for name, one in value.items()}

    return check


def anything(value: object, where: str, *, depth: int = 0) -> object:
    """Read any JSON of sensible depth without NUL, which the database cannot hold."""
    if depth > MAX_DEPTH:
        raise CellError(where, "", f"This is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        return text()(value, where)
    if isinstance(value, list):
        return [anything(one, where, depth=depth + 1) for one in value]
    if isinstance(value, dict):
        return {
            text()(name, where): anything(one, where, depth=depth + 1)
            for name, one in value.items()
        }
    return value


def without_nothing(value: object, where: str) -> object:
    """Read an object of anything; a name without a value is as if it were not there."""
    found = mapping(text(), anything)(value, where)
    return {name: one for name, one in found.items() if one is not None}


def moment(value: object, where: str) -> str:
    """Read a moment with its zone, and write it as ours are written."""
    try:
        found = datetime.fromisoformat(text()(value, where))
        if found.tzinfo is None:
            raise ValueError("no zone")
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError) as wrong:
        raise CellError(
            where, str(value), "Write a moment such as 2026-05-01T08:00:00Z."
        ) from wrong


def matching(pattern: re.Pattern[str], longest: int, example: str) -> Check:
    """Read a text of one shape."""

    def check(value: object, where: str) -> object:
        found = text(longest)(value, where)
        if not pattern.fullmatch(found):
            raise CellError(where, found, f"Write something such as {example}.")
        return found

    return check


def _address(longest: int, example: str) -> Check:
    """Read the slug of something."""

    def check(value: object, where: str) -> object:
        found = text(longest)(value, where)
        if not is_address(found):
            raise CellError(where, found, f"Write something such as {example}.")
        return found

    return check


def _status(value: object, where: str) -> object:
    if value not in [status.value for status in ProductStatus]:
        raise CellError(where, _shown(value), "Write draft, active or archived.")
    return value


def _price(value: object, where: str) -> object:
    amount = whole(0, HIGHEST_AMOUNT)
    found = members({"amount": amount, "compare_at": optional(amount)}, needed=("amount",))(
        value, where
    )
    found.setdefault("compare_at", None)
    return found


def _url(value: object, where: str) -> object:
    found = url(text()(value, where), where)
    if found is None:
        raise CellError(where, "", "Write an address that begins with https://.")
    return found


def _title(value: object, where: str) -> object:
    found = text(255)(value, where)
    if not found.strip():
        why = "Each product needs a title. Keep the rows of one product together."
        raise CellError(where, found, why)
    return found


def _translations(value: object, where: str) -> object:
    """Read texts by language; an empty one is none."""
    found = mapping(matching(_LANGUAGE, 35, "de"), _TEXTS)(value, where)
    kept = {
        language: {name: one for name, one in texts.items() if one}
        for language, texts in found.items()
    }
    return {language: texts for language, texts in kept.items() if texts}


def _slug(value: object, where: str) -> object:
    found = _address(255, "blue-mug")(value, where)
    if found != found.lower():
        raise CellError(where, found, f"Use small letters: {found.lower()}.")
    return found


def _way(value: object, where: str) -> object:
    """Read the way to a category, which has at least one step."""
    found = listed(_STEP)(value, where)
    if not found:
        raise CellError(where, "[]", "Name the category, such as shirts.")
    return found


def _way_of(steps: Any) -> str:
    return "/".join(step["slug"] for step in steps)


def _variants(value: object, where: str) -> object:
    """Read variants; each SKU is there once, whatever its case, as the shop has it."""
    found = listed(members(VARIANT, needed=("sku",)))(value, where)
    if len(found) > MOST_VARIANTS:
        raise CellError(where, "", f"A product has at most {MOST_VARIANTS:,} variants.")
    seen: set[str] = set()
    for place, one in enumerate(found):
        key = one["sku"].lower()
        if key in seen:
            why = "This SKU is there twice; say in one place all that there is of it."
            raise CellError(f"{where}/{place}/sku", one["sku"], why)
        if key:
            seen.add(key)
    return found


_VERSION = optional(whole(1, _LARGEST_INTEGER))
_CODE = members(
    {"code": matching(_TRIMMED, 64, "4006381333931"), "pack_quantity": whole(1, 100_000)},
    needed=("code", "pack_quantity"),
)
_PLACE = members(
    {"slug": text(120), "position": optional(whole(0, _LARGEST_POSITION))}, needed=("slug",)
)
_STEP = members({"slug": _address(120, "shirts"), "name": said(200)}, needed=("slug", "name"))
_WORDS = mapping(text(255), text(255))
_TEXTS = members(
    {
        "title": text(255),
        "description": text(),
        "seo_title": text(255),
        "seo_description": text(500),
        "options": _WORDS,
        "option_values": _WORDS,
    }
)


def _prices(value: object, where: str) -> object:
    """Read prices by their currency, which must be one that there is."""
    found = mapping(text(3), _price)(value, where)
    for code in found:
        if not is_currency(code):
            reason = f"{code} is not a currency in ISO 4217. Use one such as EUR."
            raise CellError(f"{where}/{code}", code, reason)
    return found


def _sku(value: object, where: str) -> object:
    """Read a SKU; without one the shop makes one."""
    return matching(_TRIMMED, 255, "MUG-BLUE")(value, where) if value != "" else ""


def _checks(table: Iterable[Field], own: Mapping[str, Check]) -> dict[str, Check]:
    """Return the checks of a document's fields: their own ones, else what their kind says."""
    return {one.name: own.get(one.name) or _by_kind(one) for one in table}


def _by_kind(field: Field) -> Check:
    match field.kind:
        case Kind.REFERENCE:
            return optional(text(field.longest))
        case Kind.TEXTS:
            return listed(text(field.longest))
        case Kind.MOMENT:
            return optional(moment)
        case Kind.METADATA:
            return without_nothing
    assert field.kind is Kind.TEXT, f"{field.name} needs a check of its own"
    return text(field.longest)


VARIANT = _checks(
    VARIANT_FIELDS,
    {
        "sku": _sku,
        "version": _VERSION,
        "barcodes": listed(_CODE),
        "weight_grams": whole(0, HEAVIEST_GRAMS),
        "tax_class": matching(_TAX_CLASS, 40, "standard"),
        "hs_code": matching(_HS_CODE, 14, "6912.00.23"),
        "origin_country": matching(_COUNTRY, 2, "DE"),
        "lot_tracking": matching(_LOT_TRACKING, 20, "lot_and_expiry"),
        "back_orders": matching(_BACK_ORDERS, 10, "allow"),
        "back_order_limit": whole(0, HIGHEST_BACK_ORDER_LIMIT),
        "prices": _prices,
        "stock": mapping(matching(_LOCATION, 40, "MAIN"), whole(0, HIGHEST_QUANTITY)),
        "image_url": optional(_url),
    },
)
_IMAGE = members({"url": _url, "alt": text(500)}, needed=("url", "alt"))
PRODUCT = _checks(
    PRODUCT_FIELDS,
    {
        "slug": _slug,
        "version": _VERSION,
        "status": _status,
        "title": _title,
        "description": text(),
        "options": once(said(255)),
        "categories": once(_way, _way_of),
        "collections": once(_PLACE, lambda place: str(place["slug"])),
        **dict.fromkeys(RELATION_FIELDS, once(text(255))),
        "attributes": without_nothing,
        "translations": _translations,
        "images": once(_IMAGE, lambda one: str(one["url"])),
        "variants": _variants,
    },
)
_DOCUMENT = members(PRODUCT, needed=("slug",))


def validate_document(document: object) -> dict[str, Any]:
    """Return a document all of whose fields are what they must be. Raises BadCell."""
    found: dict[str, Any] = _DOCUMENT(document, "")
    for name in RELATION_FIELDS:
        if found["slug"] in found.get(name, ()):
            raise CellError(f"/{name}", found["slug"], "A product is not shown beside itself.")
    return found


def _shown(value: object) -> str:
    return str(value)[:200]
