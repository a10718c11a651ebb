"""Which refusals a route may answer, read off its own decorators for the API document.

A guard means 401 and 403, If-Match means 412 and 428, a key for commands means 400, 409 and 422:
so the document is true without every route repeating it. Routes name only what is theirs alone.
"""

from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

_BEARER: dict[str, list[str]] = {"bearer": []}
_CART: dict[str, list[str]] = {"cart": []}
_NOBODY: dict[str, list[str]] = {}
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def documented(view: View, *, rule: str, methods: Sequence[str]) -> View:
    """Add to a guarded view's documentation who may come in and what it may refuse."""
    guard = getattr(view, "__guard__", "public")
    doc = dict(getattr(view, "_apidoc", {}))
    manual = dict(doc.get("manual_doc", {}))
    headers = {parameter["name"] for parameter in manual.get("parameters", [])}
    refusals = {status: status.name for status in _refusals(guard, rule, methods, headers)}
    manual["responses"] = {**refusals, **manual.get("responses", {})}
    if guard == "anyone":
        manual.setdefault("security", [_BEARER, _CART, _NOBODY])
    elif guard != "public":
        manual.setdefault("security", [_BEARER])
    view._apidoc = {**doc, "manual_doc": manual}  # type: ignore[attr-defined]
    return view


def _refusals(
    guard: str, rule: str, methods: Sequence[str], headers: set[str]
) -> Iterator[HTTPStatus]:
    if guard != "public":
        yield HTTPStatus.UNAUTHORIZED
        yield HTTPStatus.FORBIDDEN
    if "<" in rule:
        yield HTTPStatus.NOT_FOUND
    if "Idempotency-Key" in headers:
        yield HTTPStatus.BAD_REQUEST
        yield HTTPStatus.CONFLICT
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if "If-Match" in headers:
        yield HTTPStatus.PRECONDITION_FAILED
        yield HTTPStatus.PRECONDITION_REQUIRED
    if not _READS.issuperset(methods):
        yield HTTPStatus.TOO_MANY_REQUESTS
