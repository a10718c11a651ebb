"""What a form asks of several members together, said once: checked here and told in the document.

A form lists its rules as `member_rules = (ExactlyOne("sku", "variant_id", error="..."),)`. A null
counts as nothing said where that is what a member reads when it is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import marshmallow as ma


class Rule(Protocol):
    """One thing that members of a form owe each other."""

    def refusal(self, form: ma.Schema, given: Mapping[str, Any]) -> dict[str, list[str]] | None:
        """Tell what is wrong by the member to point at; None when the rule is kept."""

    def described(self, form: ma.Schema) -> dict[str, Any]:
        """Say the rule in the words of JSON Schema."""


class _Named:
    """A rule about some members, with the sentence for who breaks it and where that points."""

    def __init__(self, *names: str, error: str, at: str = "_schema") -> None:
        self.names, self._error = names, {at: [error]}

    def refusal(self, form: ma.Schema, given: Mapping[str, Any]) -> dict[str, list[str]] | None:
        """Tell what is wrong by the member to point at; None when the rule is kept."""
        said = sum(_is_said(form, given, name) for name in self.names)
        return None if self._is_kept(said) else self._error

    def _is_kept(self, said: int) -> bool:
        raise NotImplementedError


class ExactlyOne(_Named):
    """One of the members is said, and no other."""

    def _is_kept(self, said: int) -> bool:
        return said == 1

    def described(self, form: ma.Schema) -> dict[str, Any]:
        """Say the rule in the words of JSON Schema."""
        return {
            "oneOf": [
                _saying(form, [name], [other for other in self.names if other != name])
                for name in self.names
            ]
        }


class AtLeastOne(_Named):
    """One of the members is said, or several."""

    def _is_kept(self, said: int) -> bool:
        return said >= 1

    def described(self, form: ma.Schema) -> dict[str, Any]:
        """Say the rule in the words of JSON Schema."""
        return {"anyOf": [_saying(form, [name]) for name in self.names]}


class AtMostOne(_Named):
    """None of the members is said, or one."""

    def _is_kept(self, said: int) -> bool:
        return said <= 1

    def described(self, form: ma.Schema) -> dict[str, Any]:
        """Say the rule in the words of JSON Schema."""
        names = list(self.names)
        return {"not": {"required": names, "properties": {name: {} for name in names}}}


class OneWay:
    """A thing is named in one of several ways, each by members of its own."""

    def __init__(self, *ways: tuple[str, ...], error: str) -> None:
        self.ways, self._error = ways, {"_schema": [error]}
        self._names = {name for way in ways for name in way}

    def refusal(self, form: ma.Schema, given: Mapping[str, Any]) -> dict[str, list[str]] | None:
        """Tell what is wrong by the member to point at; None when the rule is kept."""
        said = {name for name in self._names if _is_said(form, given, name)}
        return None if any(said == set(way) for way in self.ways) else self._error

    def described(self, form: ma.Schema) -> dict[str, Any]:
        """Say the rule in the words of JSON Schema."""
        ways = [_saying(form, way, sorted(self._names - set(way))) for way in self.ways]
        return {"oneOf": ways}


class Needs(_Named):
    """Whoever says the first member says the second one, too."""

    def refusal(self, form: ma.Schema, given: Mapping[str, Any]) -> dict[str, list[str]] | None:
        """Tell what is wrong by the member to point at; None when the rule is kept."""
        one, other = (_is_said(form, given, name) for name in self.names)
        return self._error if one and not other else None

    def described(self, form: ma.Schema) -> dict[str, Any]:
        """Say the rule in the words of JSON Schema."""
        one, other = self.names
        return {"anyOf": [_saying(form, [], [one]), _saying(form, [other])]}


def described(form: ma.Schema, rules: Iterable[Rule]) -> dict[str, Any]:
    """Say all rules of a form in the words of JSON Schema.

    Within `allOf`: generators of clients take a `oneOf` beside properties for several types.
    """
    told = [rule.described(form) for rule in rules]
    return {"allOf": told} if told else {}


def _counts_null(form: ma.Schema, name: str) -> bool:
    return form.fields[name].load_default is not None


def _is_said(form: ma.Schema, given: Mapping[str, Any], name: str) -> bool:
    if _counts_null(form, name):
        return name in given
    return given.get(name) is not None


def _saying(form: ma.Schema, names: Iterable[str], others: Iterable[str] = ()) -> dict[str, Any]:
    """Describe that members are said, and that others are not."""
    names = list(names)
    told: dict[str, Any] = {
        name: {} if _counts_null(form, name) else {"not": {"type": "null"}} for name in names
    }
    told |= {
        other: {"not": {}} if _counts_null(form, other) else {"type": "null"} for other in others
    }
    return {"properties": told, **({"required": names} if names else {})}
