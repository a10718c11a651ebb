"""Domain events: what happened, in the past tense, as ids and values only."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

_CLASSES: dict[str, type["Event"]] = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """Base class of events; jobs in any layer can subscribe to them.

    Subclasses are frozen dataclasses of ids, numbers, texts and times; each registers itself by
    name. Adding a field with a default is free; removing one needs a new class. A class that was
    renamed keeps its first name in the database with `stored_as`, and so does a field with
    `metadata={"stored_as": ...}`, so that older and newer releases read each other's rows during a
    rolling deploy.
    """

    name: ClassVar[str] = ""

    def __init_subclass__(cls, *, stored_as: str = "", **options: object) -> None:
        super().__init_subclass__(**options)
        cls.name = stored_as or cls.__name__
        if cls.name in _CLASSES and _CLASSES[cls.name].__module__ != cls.__module__:
            raise TypeError(f"two events are called {cls.name}")
        _CLASSES[cls.name] = cls

    def to_json(self) -> dict[str, object]:
        """Return the event as plain JSON values."""
        return {_stored_as(f): _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """Read a stored event; unknown fields of a newer release are ignored."""
        hints = typing.get_type_hints(cls)
        names = {_stored_as(f): f.name for f in dataclasses.fields(cls)}
        known = ((names[key], value) for key, value in stored.items() if key in names)
        return cls(**{name: _typed(hints[name], value) for name, value in known})


def kind(name: str) -> type[Event]:
    """Return an event class by its stored name; KeyError when no event has that name."""
    return _CLASSES[name]


def _stored_as(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get("stored_as", field.name))


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _typed(hint: Any, value: Any) -> object:
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
