"""How much a body may hold: bytes by the kind of its route, and what is in it while it is read.

A route takes what its kind takes, unless it says `@takes(...)`: 64 KB from everyone, 1 MB from
staff. What is larger is refused by its length, before a byte of it is read. A body within its
bytes can still be made to cost hundreds of times of them, so what nests too deep or lists too much
is refused before it is turned into objects, and a name that comes twice is refused because readers
do not agree on which of the two counts.
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
"""What a payment provider tells."""
PRODUCTS = 4 * MEGABYTE
"""A description may have 500,000 characters, and a batch has a hundred rows."""
FILES = 32 * MEGABYTE
"""Pictures and files to import; as much more as MEDIA_MOST_MEGABYTES says."""

DEEPEST = 64
MAX_NAMES = 1_000
"""In one object: what a form does not know of is told name by name."""
FEWEST_MEMBERS, BYTES_PER_MEMBER = 2_000, 80
"""A body may hold 2,000 values in any case, and else one for each 80 bytes that its route takes."""

_STAFF_PATH = "/api/v1/admin/"
_FEW = 2 * FEWEST_MEMBERS
"""A value and what stands between it and the next one are two bytes at least."""
# Nothing is tried twice, and a text without an end goes to the end: the work is linear.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?(\s*+:)?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class BodyUnreadable(BadRequest):
    """A body that is not JSON, or not JSON that can be read in one way and at a bounded cost."""

    sentence = "The body is not valid JSON."


def body_limit(most: int) -> Callable[[View], View]:
    """Let a route take bodies of up to so many bytes."""

    def decorate(view: View) -> View:
        view.__most_bytes__ = most  # type: ignore[attr-defined]
        return view

    return decorate


def most_bytes(view: Any, rule: str) -> int:
    """Return how many bytes the body of a route may have."""
    own: int | None = getattr(view, "__most_bytes__", None)
    return own or (STAFF if rule.startswith(_STAFF_PATH) else PUBLIC)


def init_app(app: Flask) -> None:
    """Look at the length of every body before anything reads it."""
    app.before_request(_bound)


def _bound() -> None:
    environ = request.environ
    length = request.content_length
    if not length and "HTTP_TRANSFER_ENCODING" not in environ:
        return
    rule = request.url_rule
    if rule is None:
        return  # nobody is there to read it
    most = most_bytes(current_app.view_functions[rule.endpoint], rule.rule)
    if most == FILES:
        most = current_app.config["MAX_CONTENT_LENGTH"]
    request.max_content_length = most
    if length is None:
        # werkzeug would cut it off at the limit and say nothing.
        environ["wsgi.input"] = _Counted(environ["wsgi.input"], most)
        request.max_content_length = most + 1
    elif length > most:
        raise _too_large(most)


class _Counted:
    """A body whose length nobody told: it ends with a refusal where it becomes too large."""

    def __init__(self, body: Any, most: int) -> None:
        self._body, self._most, self._left = body, most, most

    def read(self, size: int) -> bytes:
        try:
            found: bytes = self._body.read(size)
        except Exception as broken:  # gunicorn has one for each way of writing a chunk wrongly
            raise BodyUnreadable("The body is not chunked as it should be.") from broken
        self._left -= len(found)
        if self._left < 0:
            raise _too_large(self._most)
        return found


def _too_large(most: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"The body is too large: at most {most:,} bytes are taken here.")


def read_json(body: bytes, most: int) -> Any:
    """Read JSON of a route that takes `most` bytes.

    Refuses what is not JSON, what nests deeper than 64 levels or lists more than the route could
    need, and a name that an object has twice.
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
    """Return what was sent as JSON; None where that cannot be read."""
    if not request.is_json:
        return None
    try:
        return read_json(request.get_data(cache=True), request.max_content_length or PUBLIC)
    except BodyUnreadable:
        return None


def _refuse_too_much(body: bytes, most: int) -> None:
    """Count what a body lists and how deep, in its bytes: nothing is made of it before."""
    openings = body.count(b"[") + body.count(b"{")
    if len(body) <= _FEW and openings <= DEEPEST:
        return
    # Brackets and commas within texts do not count.
    bare = _STRING.sub(b"", body)
    openings = bare.count(b"[") + bare.count(b"{")
    members = bare.count(b",") + openings
    allowed = max(FEWEST_MEMBERS, most // BYTES_PER_MEMBER)
    if members > allowed:
        raise BodyUnreadable(f"The body lists more than {allowed:,} values. Send it in parts.")
    if openings > DEEPEST:
        depth = 0
        for bracket in _BRACKET.findall(bare):
            depth += 1 if bracket in b"[{" else -1
            if depth > DEEPEST:
                raise BodyUnreadable(f"The body is nested deeper than {DEEPEST} levels.")


def _names_in(value: Any) -> int:
    """Count the names of all objects; refuses an object with more than a form could have."""
    if isinstance(value, dict):
        found = len(value)
        if found > MAX_NAMES:
            raise BodyUnreadable(f"An object in the body has more than {MAX_NAMES:,} names.")
        inner: Any = value.values()
    elif isinstance(value, list):
        found, inner = 0, value
    else:
        return 0
    for each in inner:
        if each.__class__ is dict or each.__class__ is list:
            found += _names_in(each)
    return found


def _first_twice(body: bytes) -> str:
    """Name the first name that one object has twice."""
    found: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                found.append(name)
            seen.add(name)

    json.loads(body, object_pairs_hook=look)
    return repr(found[0][:60]) if found else "of a member"
