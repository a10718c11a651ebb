"""Facts: what happened, in the past tense, as ids and values only."""

import dataclasses
import types
import typing
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

_KINDS: dict[str, type["Event"]] = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """A fact that a higher floor may care about.

    Subclasses are frozen dataclasses of ids, numbers, texts and moments; each registers itself by
    name. Adding a field with a default is free; removing one needs a new class. A class that was
    renamed keeps its first name in the database with `stored_as`, so that older and newer releases
    read each other's rows while one replaces the other.
    """

    name: ClassVar[str] = ""

    def __init_subclass__(cls, *, stored_as: str = "", **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.name = stored_as or cls.__name__
        if cls.name in _KINDS and _KINDS[cls.name].__module__ != cls.__module__:
            raise TypeError(f"two facts are called {cls.name}")
        _KINDS[cls.name] = cls

    def to_json(self) -> dict[str, Any]:
        """Return the fact as plain JSON values."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read a stored fact; unknown fields of a newer release are passed over."""
        hints = typing.get_type_hints(cls)
        known = {f.name for f in dataclasses.fields(cls)}
        return cls(**{k: _typed(hints[k], v) for k, v in stored.items() if k in known})


def kind(name: str) -> type[Event]:
    """Return the class of a fact by its stored name; KeyError when no such fact is declared."""
    return _KINDS[name]


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
    if hint is UUID:
        return UUID(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if typing.get_origin(hint) in (tuple, list):
        inner = typing.get_args(hint)[0]
        return typing.get_origin(hint)(_typed(inner, item) for item in value)
    return value
