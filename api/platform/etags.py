"""Optimistic locking: a row's version is sent as a strong ETag and comes back in If-Match."""

import re
from collections.abc import Callable
from functools import wraps
from typing import ClassVar, TypeVar

from flask import request

from api.kernel.errors import Conflict, Stale
from api.platform.db import retry_on_deadlock

R = TypeVar("R")

_ETAG = re.compile(r'^(?:W/)?"([0-9]{1,9})"$')
IF_MATCH_PARAMETER = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the row as you last read it.",
    "schema": {"type": "string", "pattern": _ETAG.pattern, "examples": ['"3"']},
}


class VersionRequired(Conflict):
    """The request lacks the version that the change is based on."""

    code = "precondition_required"
    status: ClassVar[int] = 428
    sentence = 'Send If-Match with the ETag that you last read, for example If-Match: "3".'


def etag(version: int) -> str:
    """Write a version as a strong ETag (RFC 9110, 8.8.3)."""
    return f'"{version}"'


def versioned(view: Callable[..., R]) -> Callable[..., R]:
    """Pass a view the `expected_version` from If-Match.

    Refuses a request without one (428), and `*`, which would check nothing. A weak tag `W/"3"` is
    read as `"3"`: compressing proxies weaken tags, and a version is exact either way. A view that
    ends in a deadlock is retried.
    """

    @retry_on_deadlock
    @wraps(view)
    def read_version(*args: object, **kwargs: object) -> R:
        match = _ETAG.fullmatch(request.headers.get("If-Match", ""))
        if not match:
            raise VersionRequired
        return view(*args, expected_version=int(match[1]), **kwargs)

    doc = dict(getattr(view, "_apidoc", {}))
    manual = dict(doc.get("manual_doc", {}))
    manual["parameters"] = [*manual.get("parameters", []), IF_MATCH_PARAMETER]
    read_version._apidoc = {**doc, "manual_doc": manual}  # type: ignore[attr-defined]
    return read_version


def check(current: int, expected: int | None) -> None:
    """Compare versions inside the transaction, after the row is locked. Raises `Stale` (412).

    `expected` None, as of a bulk request with `force`, accepts any version.
    """
    if expected is not None and current != expected:
        raise Stale(current_version=current, expected_version=expected)
