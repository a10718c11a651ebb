"""Check the rules of a collection before they are kept: each refusal points at what is wrong."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from api.catalog.errors import RulesInvalid
from api.catalog.models.attributes import Attribute, AttributeKind
from api.catalog.models.navigation import Category
from api.catalog.queries.collection_rules import FIELDS
from api.kernel.money import is_currency
from api.platform.db import session

MOST_RULES = 60
LONGEST_TEXT = 255
HEAVIEST_GRAMS = 10**9
HIGHEST_AMOUNT = 10**12
HIGHEST_NUMBER = 10**15

_BARE = ("is_set", "is_not_set")
_BY_ORDER = ("greater_than", "less_than")


class _Wrong(Exception):
    """What is wrong with a value, and with which part of it."""

    def __init__(self, detail: str, part: str = "") -> None:
        self.detail, self.part = detail, part
        super().__init__(detail)


def validate_rules(rules: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return rules as they are kept. Raises RulesInvalid, pointing at everything that is wrong.

    One statement for all categories that they name and one for all attributes.
    """
    errors: list[dict[str, object]] = []
    if not rules or len(rules) > MOST_RULES:
        errors.append(_error("/rules", f"Send 1 to {MOST_RULES} rules."))
    known = _Known(rules[:MOST_RULES])
    kept = []
    for place, rule in enumerate(rules[:MOST_RULES]):
        name, relation, value = rule.get("field"), rule.get("relation"), rule.get("value")
        field = FIELDS.get(name) if isinstance(name, str) else None
        if field is None:
            errors.append(_error(f"/rules/{place}/field", f"Use one of {', '.join(FIELDS)}."))
        elif relation not in field.relations:
            allowed = ", ".join(field.relations)
            errors.append(_error(f"/rules/{place}/relation", f"With {name} use one of {allowed}."))
        else:
            try:
                kept_value = _READERS[str(name)](value, str(relation), known)
            except _Wrong as wrong:
                errors.append(_error(f"/rules/{place}/value{wrong.part}", wrong.detail))
            else:
                kept.append({"field": name, "relation": relation, "value": kept_value})
    if errors:
        raise RulesInvalid(errors=errors)
    return kept


class _Known:
    """What the rules name that has to be there."""

    def __init__(self, rules: Iterable[Mapping[str, object]]) -> None:
        values = [(rule.get("field"), rule.get("value")) for rule in rules]
        slugs = [v.lower() for name, v in values if name == "category" and isinstance(v, str)]
        codes = [
            v["code"]
            for name, v in values
            if name == "attribute" and isinstance(v, dict) and isinstance(v.get("code"), str)
        ]
        self.slugs: set[str] = set()
        self.attributes: dict[str, AttributeKind] = {}
        if slugs:
            self.slugs = set(session.scalars(select(Category.slug).where(Category.slug.in_(slugs))))
        if codes:
            rows = session.execute(
                select(Attribute.code, Attribute.kind).where(Attribute.code.in_(codes))
            )
            self.attributes = {row.code: row.kind for row in rows}


def _error(pointer: str, detail: str) -> dict[str, object]:
    return {"pointer": pointer, "in": "body", "code": "invalid", "detail": detail}


def _text(value: object, *, part: str = "") -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise _Wrong(f"Send a text of 1 to {LONGEST_TEXT} characters.", part)
    return value.strip()


def _plain(value: object, relation: str, _: _Known) -> str | None:
    if relation in _BARE:
        _refuse_any(value)
        return None
    return _text(value)


def _refuse_any(value: object) -> None:
    if value is not None:
        raise _Wrong("Leave the value out: this relation needs none.")


def _whole(value: object, *, most: int, part: str = "") -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _Wrong(f"Send a whole number from 0 to {most}.", part)
    return value


def _members(value: object, *names: str) -> dict[str, object]:
    if not isinstance(value, dict) or value.keys() - set(names):
        raise _Wrong(f"Send an object of {' and '.join(names)}.")
    return value


def _currency(given: Mapping[str, object]) -> str:
    currency = given.get("currency")
    if not isinstance(currency, str) or not is_currency(currency):
        raise _Wrong("Use an ISO 4217 code such as EUR.", "/currency")
    return currency


def _price(value: object, relation: str, _: _Known) -> dict[str, object]:
    if relation in _BARE:
        return {"currency": _currency(_members(value, "currency"))}
    given = _members(value, "amount", "currency")
    amount = _whole(given.get("amount"), most=HIGHEST_AMOUNT, part="/amount")
    return {"amount": amount, "currency": _currency(given)}


def _is_true(value: object, _relation: str, _: _Known) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("Send true or false.")
    return value


def _category(value: object, relation: str, known: _Known) -> str | None:
    if relation in _BARE:
        _refuse_any(value)
        return None
    slug = _text(value).lower()
    if slug not in known.slugs:
        raise _Wrong("There is no category with this slug.")
    return slug


def _option(value: object, relation: str, _: _Known) -> dict[str, object]:
    if relation in _BARE:
        return {"name": _text(_members(value, "name").get("name"), part="/name")}
    given = _members(value, "name", "value")
    return {
        "name": _text(given.get("name"), part="/name"),
        "value": _text(given.get("value"), part="/value"),
    }


def _attribute(value: object, relation: str, known: _Known) -> dict[str, object]:
    names = ("code",) if relation in _BARE else ("code", "value")
    given = _members(value, *names)
    code = given.get("code")
    if not isinstance(code, str) or code not in known.attributes:
        raise _Wrong("There is no attribute with this code.", "/code")
    if relation in _BARE:
        return {"code": code}
    kind = known.attributes[code]
    if relation not in _OF_KIND[kind]:
        allowed = ", ".join((*_OF_KIND[kind], *_BARE))
        raise _Wrong(f"{code} is a {kind.value}: use one of {allowed}.", "/code")
    return {"code": code, "value": _said(given.get("value"), kind)}


_EQUAL = ("is", "is_not")
_OF_KIND: Mapping[AttributeKind, tuple[str, ...]] = {
    AttributeKind.TEXT: (
        *_EQUAL,
        *("contains", "does_not_contain", "starts_with", "ends_with"),
    ),
    AttributeKind.NUMBER: (*_EQUAL, *_BY_ORDER),
    AttributeKind.DATE: (*_EQUAL, *_BY_ORDER),
    AttributeKind.BOOLEAN: _EQUAL,
    AttributeKind.CHOICE: _EQUAL,
    AttributeKind.CHOICES: _EQUAL,
}


def _said(value: object, kind: AttributeKind) -> object:
    if kind is AttributeKind.BOOLEAN:
        if not isinstance(value, bool):
            raise _Wrong("Send true or false.", "/value")
        return value
    if kind is AttributeKind.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _Wrong("Send a number.", "/value")
        if abs(value) >= HIGHEST_NUMBER:
            raise _Wrong("Send a number of at most 15 digits.", "/value")
        return value
    text = _text(value, part="/value")
    if kind is AttributeKind.DATE:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError as unreadable:
            raise _Wrong("Send a day such as 2026-05-31.", "/value") from unreadable
    return text


def _grams(value: object, _relation: str, _: _Known) -> int:
    return _whole(value, most=HEAVIEST_GRAMS)


def _moment(value: Any, _relation: str, _: _Known) -> str:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment.astimezone(UTC).isoformat()
    except (TypeError, ValueError, OverflowError) as unreadable:
        raise _Wrong(
            "Send a moment with its time zone, such as 2026-05-31T12:00:00Z."
        ) from unreadable


_READERS: Mapping[str, Callable[[object, str, _Known], object]] = {
    "tag": _plain,
    "vendor": _plain,
    "product_type": _plain,
    "title": _plain,
    "price": _price,
    "compare_at": _price,
    "in_stock": _is_true,
    "category": _category,
    "option": _option,
    "attribute": _attribute,
    "weight_grams": _grams,
    "created_at": _moment,
}
