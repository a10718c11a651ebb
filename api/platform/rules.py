"""Rules about several fields of a schema: validated here and published in the API document.

A schema lists its rules as `member_rules = (ExactlyOne("sku", "variant_id", error="..."),)`. A null
counts as absent where null is also the field's default.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, Protocol

import marshmallow as ma


class Rule(Protocol):
    """A rule about several fields of a schema."""

    def refusal(self, form: ma.Schema, values: Mapping[str, object]) -> dict[str, list[str]] | None:
        """Return the errors by field; None when the rule is kept."""

    def described(self, form: ma.Schema) -> dict[str, object]:
        """Return the rule as JSON Schema."""


class _FieldRule:
    """A rule about some fields, with the error message and the field that it points at."""

    def __init__(self, *names: str, error: str, at: str = "_schema") -> None:
        self.names, self._error = names, {at: [error]}

    def refusal(self, form: ma.Schema, values: Mapping[str, object]) -> dict[str, list[str]] | None:
        """Return the errors by field; None when the rule is kept."""
        count = sum(_is_present(form, values, name) for name in self.names)
        return None if self._is_kept(count) else self._error

    def _is_kept(self, count: int) -> bool:
        raise NotImplementedError


class ExactlyOne(_FieldRule):
    """Exactly one of the fields is present."""

    def _is_kept(self, count: int) -> bool:
        return count == 1

    def described(self, form: ma.Schema) -> dict[str, object]:
        """Return the rule as JSON Schema."""
        return {
            "oneOf": [
                _presence(form, [name], [other for other in self.names if other != name])
                for name in self.names
            ]
        }


class AtLeastOne(_FieldRule):
    """At least one of the fields is present."""

    def _is_kept(self, count: int) -> bool:
        return count >= 1

    def described(self, form: ma.Schema) -> dict[str, object]:
        """Return the rule as JSON Schema."""
        return {"anyOf": [_presence(form, [name]) for name in self.names]}


class AtMostOne(_FieldRule):
    """At most one of the fields is present."""

    def _is_kept(self, count: int) -> bool:
        return count <= 1

    def described(self, form: ma.Schema) -> dict[str, Any]:
        """Return the rule as JSON Schema."""
        pairs = [
            {"not": {"required": [*pair], "properties": {name: {} for name in pair}}}
            for pair in combinations(self.names, 2)
        ]
        return pairs[0] if len(pairs) == 1 else {"allOf": pairs}


class OneWay:
    """Exactly one of several alternatives is used, each with its own fields."""

    def __init__(self, *ways: tuple[str, ...], error: str) -> None:
        self.ways, self._error = ways, {"_schema": [error]}
        self._names = {name for way in ways for name in way}

    def refusal(self, form: ma.Schema, values: Mapping[str, object]) -> dict[str, list[str]] | None:
        """Return the errors by field; None when the rule is kept."""
        present = {name for name in self._names if _is_present(form, values, name)}
        return None if any(present == set(way) for way in self.ways) else self._error

    def described(self, form: ma.Schema) -> dict[str, object]:
        """Return the rule as JSON Schema."""
        ways = [_presence(form, way, sorted(self._names - set(way))) for way in self.ways]
        return {"oneOf": ways}


class Needs(_FieldRule):
    """If the first field is present, so is the second."""

    def refusal(self, form: ma.Schema, values: Mapping[str, object]) -> dict[str, list[str]] | None:
        """Return the errors by field; None when the rule is kept."""
        first, second = (_is_present(form, values, name) for name in self.names)
        return self._error if first and not second else None

    def described(self, form: ma.Schema) -> dict[str, object]:
        """Return the rule as JSON Schema."""
        first, second = self.names
        return {"anyOf": [_presence(form, [], [first]), _presence(form, [second])]}


class NeededByItems:
    """A text is given, and not blank, if an item of one of some lists has a member."""

    def __init__(self, name: str, member: str, *lists: str, error: str) -> None:
        self._name, self._member, self._lists = name, member, lists
        self._error = {name: [error]}

    def refusal(self, form: ma.Schema, values: Mapping[str, Any]) -> dict[str, list[str]] | None:
        """Return the errors by field; None when the rule is kept."""
        items = (item for name in self._lists for item in values.get(name) or ())
        is_needed = any(getattr(item, self._member) is not None for item in items)
        return self._error if is_needed and not values.get(self._name) else None

    def described(self, form: ma.Schema) -> dict[str, object]:
        """Return the rule as JSON Schema."""
        without = {"items": {"properties": {self._member: {"type": "null"}}}}
        return {
            "anyOf": [
                {
                    "properties": {self._name: {"type": "string", "pattern": r"\S"}},
                    "required": [self._name],
                },
                {"properties": dict.fromkeys(self._lists, without)},
            ]
        }


class FilledFor:
    """A list has items for one value of another field, which is its default, and else none."""

    def __init__(self, items: str, field: str, value: object, *, error: str) -> None:
        self._items, self._field, self._value = items, field, value
        self._error = {items: [error]}

    def refusal(self, form: ma.Schema, values: Mapping[str, object]) -> dict[str, list[str]] | None:
        """Return the errors by field; None when the rule is kept."""
        is_kept = bool(values[self._items]) == (values[self._field] == self._value)
        return None if is_kept else self._error

    def described(self, form: ma.Schema) -> dict[str, object]:
        """Return the rule as JSON Schema."""
        value = {"const": form.fields[self._field].serialize("", {"": self._value})}
        filled = {self._field: value, self._items: {"minItems": 1}}
        empty = {self._field: {"not": value}, self._items: {"maxItems": 0}}
        return {
            "anyOf": [
                {"properties": filled, "required": [self._items]},
                {"properties": empty, "required": [self._field]},
            ]
        }


def described(form: ma.Schema, rules: Iterable[Rule]) -> dict[str, object]:
    """Return all rules of a schema as JSON Schema.

    Within `allOf`: client generators take a `oneOf` beside properties for several types.
    """
    parts = [rule.described(form) for rule in rules]
    return {"allOf": parts} if parts else {}


def _counts_null(form: ma.Schema, name: str) -> bool:
    return form.fields[name].load_default is not None


def _is_present(form: ma.Schema, values: Mapping[str, object], name: str) -> bool:
    if _counts_null(form, name):
        return name in values
    return values.get(name) is not None


def _presence(
    form: ma.Schema, names: Iterable[str], others: Iterable[str] = ()
) -> dict[str, object]:
    """Return the JSON Schema of some fields being present and others absent."""
    names = list(names)
    properties: dict[str, object] = {
        name: {} if _counts_null(form, name) else {"not": {"type": "null"}} for name in names
    }
    properties |= {
        other: {"not": {}} if _counts_null(form, other) else {"type": "null"} for other in others
    }
    return {"properties": properties, **({"required": names} if names else {})}
