"""Limits of request bodies: bytes by kind of route, and depth and number of JSON values.

A route accepts 64 KB from everyone or 1 MB from staff, unless it has `@body_limit(...)`. A larger
body is refused by its length, before a byte of it is read. A small body can still cost hundreds of
times its size in memory, so one that nests too deep or holds too many values is refused before it
is parsed; a duplicate name is refused because parsers disagree on which of the two counts.
"""

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from flask import Flask, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from api.kernel.errors import BadRequest

View = TypeVar("View", bound=Callable[..., Any])

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE
PUBLIC = 64 * KILOBYTE
STAFF = MEGABYTE
PROVIDER = MEGABYTE
"""Webhooks of a payment provider."""
PRODUCTS = 4 * MEGABYTE
"""A description may have 500,000 characters, and a batch a hundred rows."""
FILES = 32 * MEGABYTE
"""Pictures and files to import; more if MEDIA_MOST_MEGABYTES is larger."""

DEEPEST = 64
MAX_NAMES = 1_000
"""Names in one object: each unknown one becomes an error of its own."""
FEWEST_MEMBERS, BYTES_PER_MEMBER = 2_000, 80
"""A body may hold 2,000 values in any case, or one for each 80 bytes that its route accepts."""

_STAFF_PATH = "/api/v1/admin/"
_FEW = 2 * FEWEST_MEMBERS
"""A value and its separator take at least two bytes."""
# No backtracking, and an unterminated text matches to the end: linear time.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?(\s*+:)?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class BodyUnreadable(BadRequest):
    """A body that is not JSON, is ambiguous (duplicate names), or would cost too much to parse."""

    sentence = "The body is not valid JSON."


def body_limit(most: int) -> Callable[[View], View]:
    """Set how many bytes the body of a route may have."""

    def decorate(view: View) -> View:
        view.__most_bytes__ = most  # type: ignore[attr-defined]
        return view

    return decorate


def most_bytes(view: object, rule: str) -> int:
    """Return how many bytes the body of a route may have."""
    own: int | None = getattr(view, "__most_bytes__", None)
    return own or (STAFF if rule.startswith(_STAFF_PATH) else PUBLIC)


def init_app(app: Flask) -> None:
    """Check the length of every body before anything reads it."""
    app.before_request(_bound)


def _bound() -> None:
    environ = request.environ
    length = request.content_length
    if not length and "HTTP_TRANSFER_ENCODING" not in environ:
        return
    rule = request.url_rule
    if rule is None:
        return  # no route reads it
    most = most_bytes(current_app.view_functions[rule.endpoint], rule.rule)
    if most == FILES:
        most = current_app.config["MAX_CONTENT_LENGTH"]
    request.max_content_length = most
    if length is None:
        # werkzeug would truncate it at the limit without an error.
        environ["wsgi.input"] = _Counted(environ["wsgi.input"], most)
        request.max_content_length = most + 1
    elif length > most:
        raise _too_large(most)


class _Counted:
    """A body of unknown length (chunked): reading it fails where it becomes too large."""

    def __init__(self, body: Any, most: int) -> None:
        self._body, self._most, self._left = body, most, most

    def read(self, size: int) -> bytes:
        try:
            data: bytes = self._body.read(size)
        except Exception as broken:  # gunicorn has one class for each kind of chunking error
            raise BodyUnreadable("The chunked encoding of the body is invalid.") from broken
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(self._most)
        return data


def _too_large(most: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"The body is too large: at most {most:,} bytes are allowed here.")


def read_json(body: bytes, most: int) -> object:
    """Parse the JSON body of a route that accepts `most` bytes.

    Raises `BodyUnreadable` for invalid JSON, nesting deeper than 64 levels, more values than the
    route could need, and duplicate names in an object.
    """
    _refuse_too_much(body, most)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as unreadable:
        raise BodyUnreadable from unreadable
    written = _STRING.findall(body)
    if len(written) - written.count(b"") != _names_in(value):
        raise BodyUnreadable(f"The name {_first_twice(body)} comes twice in one object.")
    return value


def sent_json() -> Any:
    """Return the JSON body of this request; None where it cannot be read."""
    if not request.is_json:
        return None
    try:
        return read_json(request.get_data(cache=True), request.max_content_length or PUBLIC)
    except BodyUnreadable:
        return None


def _refuse_too_much(body: bytes, most: int) -> None:
    """Refuse too many or too deeply nested values by scanning the bytes, before parsing."""
    openings = body.count(b"[") + body.count(b"{")
    if len(body) <= _FEW and openings <= DEEPEST:
        return
    # Brackets and commas inside strings do not count.
    bare = _STRING.sub(b"", body)
    openings = bare.count(b"[") + bare.count(b"{")
    members = bare.count(b",") + openings
    allowed = max(FEWEST_MEMBERS, most // BYTES_PER_MEMBER)
    if members > allowed:
        raise BodyUnreadable(f"The body holds more than {allowed:,} values. Send it in parts.")
    if openings > DEEPEST:
        depth = 0
        for bracket in _BRACKET.findall(bare):
            depth += 1 if bracket in b"[{" else -1
            if depth > DEEPEST:
                raise BodyUnreadable(f"The body is nested deeper than {DEEPEST} levels.")


def _names_in(value: object) -> int:
    """Count the names of all objects; refuses an object with more than any schema has."""
    if isinstance(value, dict):
        count = len(value)
        if count > MAX_NAMES:
            raise BodyUnreadable(f"An object in the body has more than {MAX_NAMES:,} names.")
        inner: Any = value.values()
    elif isinstance(value, list):
        count, inner = 0, value
    else:
        return 0
    for each in inner:
        if each.__class__ is dict or each.__class__ is list:
            count += _names_in(each)
    return count


def _first_twice(body: bytes) -> str:
    """Return the first duplicate name of an object."""
    duplicates: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                duplicates.append(name)
            seen.add(name)

    json.loads(body, object_pairs_hook=look)
    return repr(duplicates[0][:60]) if duplicates else "of a member"
