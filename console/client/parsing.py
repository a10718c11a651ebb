"""Parses responses: JSON in, frozen dataclasses out.

An unknown field is ignored, so the shop may grow; a missing or misshapen one is `OutOfContract`
and names its path, so the two sides cannot drift apart quietly. `fields_of` lists every path that
the console reads, for the test that holds it against the OpenAPI document.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from console.client.errors import OutOfContract

ADMIN = "/api/v1/admin"

T = TypeVar("T")
Reader = Callable[[object, str], Any]


class WireField(NamedTuple):
    """One path that the console reads, e.g. `lines[].unit_price.amount`."""

    path: str
    kind: str
    """JSON type: string, integer, number, boolean, object, array or date-time."""

    nullable: bool
    required: bool


def parse(shape: type[T], body: bytes, *, inside: str = "") -> T:
    """Read a JSON body as `shape`; `inside` picks one member of the top object."""
    try:
        value = json.loads(body)
    except ValueError as broken:
        raise OutOfContract(f"The answer is not JSON: {broken}.", code="body") from broken
    if inside:
        if not isinstance(value, dict) or inside not in value:
            raise _missing(inside)
        value = value[inside]
    return read(shape, value, inside)


def read(shape: type[T], value: object, path: str = "") -> T:
    """Read one decoded JSON value as `shape`."""
    hint: Any = shape
    result: T = _reader(hint)(value, path)
    return result


def fields_of(shape: Any, path: str = "") -> Iterator[WireField]:
    """Every field that reading `shape` touches, outermost first."""
    for name, hint, required in _members(shape):
        inner, nullable = _without_none(hint)
        where = f"{path}{name}"
        yield WireField(where, _json_kind(inner), nullable, required)
        if get_origin(inner) is tuple:
            item = get_args(inner)[0]
            if is_dataclass(item):
                yield from fields_of(item, f"{where}[].")
        elif is_dataclass(inner):
            yield from fields_of(inner, f"{where}.")


@cache
def _members(shape: Any) -> tuple[tuple[str, Any, bool], ...]:
    hints = get_type_hints(shape)
    return tuple(
        (one.name, hints[one.name], one.default is MISSING and one.default_factory is MISSING)
        for one in fields(shape)
    )


@cache
def _reader(hint: Any) -> Reader:
    inner, nullable = _without_none(hint)
    if nullable:
        return _nullable(_reader(inner))
    if get_origin(inner) is tuple:
        return _each(_reader(get_args(inner)[0]))
    if get_origin(inner) is dict or inner is dict:
        return _exactly(dict, "an object")
    if inner is datetime:
        return _moment
    if inner is str:
        return _exactly(str, "text")
    if inner is bool:
        return _exactly(bool, "true or false")
    if inner is int:
        return _whole
    if is_dataclass(inner):
        return _object(inner)
    raise TypeError(f"no way to read {inner!r} from the wire")


def _nullable(reader: Reader) -> Reader:
    def read_nullable(value: object, path: str) -> Any:
        return None if value is None else reader(value, path)

    return read_nullable


def _each(reader: Reader) -> Reader:
    def read_each(value: object, path: str) -> Any:
        if not isinstance(value, list):
            raise _misshapen(path, "a list")
        return tuple([reader(item, f"{path}[{n}]") for n, item in enumerate(value)])

    return read_each


def _exactly(kind: type, words: str) -> Reader:
    def read_exactly(value: object, path: str) -> Any:
        if type(value) is not kind:
            raise _misshapen(path, words)
        return value

    return read_exactly


def _whole(value: object, path: str) -> int:
    # bool is an int in Python; on the wire it is not.
    if type(value) is not int:
        raise _misshapen(path, "a whole number")
    return value


def _moment(value: object, path: str) -> datetime:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return moment
    raise _misshapen(path, "a time with its zone")


def _object(shape: Any) -> Reader:
    members: list[tuple[str, Reader, bool]] = []

    def read_object(value: object, path: str) -> Any:
        if not isinstance(value, Mapping):
            raise _misshapen(path, "an object")
        if not members:
            # On first use, not when built: shapes may name one another.
            members.extend((name, _reader(hint), must) for name, hint, must in _members(shape))
        taken = {}
        for name, reader, required in members:
            where = f"{path}.{name}" if path else name
            if name in value:
                taken[name] = reader(value[name], where)
            elif required:
                raise _missing(where)
        return shape(**taken)

    return read_object


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, UnionType):
        others = [one for one in get_args(hint) if one is not type(None)]
        if len(others) == 1:
            return others[0], True
        raise TypeError(f"a wire field is one type or null, not {hint!r}")
    return hint, False


def _json_kind(inner: Any) -> str:
    if get_origin(inner) is tuple:
        return "array"
    named = {str: "string", int: "integer", bool: "boolean", datetime: "date-time"}
    return named.get(inner, "object")


def _missing(path: str) -> OutOfContract:
    return OutOfContract(f"The answer has no field {path!r}.", code=path)


def _misshapen(path: str, words: str) -> OutOfContract:
    return OutOfContract(f"The answer's field {path!r} is not {words}.", code=path)
