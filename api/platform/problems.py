"""Errors as RFC 9457 problem documents, and the only table of HTTP status codes."""

import http
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from api.kernel.errors import (
    BadRequest,
    Conflict,
    Declined,
    DomainError,
    Forbidden,
    NotFound,
    Stale,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unprocessable,
)
from api.platform import observability

CONTENT_TYPE = "application/problem+json"

Problem = dict[str, Any]
"""One entry of the `errors` of a problem document: pointer, in, code and detail."""

_STATUS: dict[type[DomainError], int] = {
    BadRequest: 400,
    Unauthenticated: 401,
    Declined: 402,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    Unprocessable: 422,
    TooMany: 429,
    Unavailable: 503,
}
_CODES = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "body_too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    417: "expectation_failed",
    422: "invalid",
    429: "too_many_requests",
    431: "headers_too_large",
    500: "internal_error",
    501: "not_implemented",
    503: "unavailable",
}

MAX_ERRORS = 20
"""More errors are only counted: a million of them would cost more than they help."""

_JSON = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS

_log = structlog.get_logger("api.problems")


class ReferenceUnknown(Unprocessable):
    """A foreign key that refers to nothing, found by the database."""

    code = "reference_unknown"
    sentence = "Something that this refers to does not exist, or no longer."


class StillInUse(Conflict):
    """Something else refers to what was to be deleted, found by the database."""

    code = "still_in_use"
    sentence = "Something else still refers to this."


class NumberOutOfRange(Unprocessable):
    """A number, or a sum of numbers, is too large for its column."""

    code = "number_out_of_range"
    sentence = "A number is too large, or what it adds up to."


_FOREIGN_KEY, _OUT_OF_RANGE = "23503", "22003"
"""SQLSTATE, PostgreSQL appendix A."""
_KEY_VALUE = re.compile(
    r"Key \((?P<column>[^)]+)\)=\((?P<value>.*)\) is (?P<kind>not present|still)"
)


def status_of(error: type[DomainError]) -> int:
    """Return the HTTP status of an error class: its own, or that of its nearest base class."""
    own: int | None = getattr(error, "status", None)
    return own or next(_STATUS[family] for family in error.__mro__ if family in _STATUS)


class DatabaseUnavailable(Unavailable):
    """The database is unavailable, or too busy to answer in time."""

    code = "database_unavailable"
    sentence = "The database does not answer right now. Nothing was changed; try again in a moment."


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as callers see it: its status, code and sentence."""

    status: int
    code: str
    sentence: str


def of_status(status: int) -> Refusal:
    """Return the code and sentence of an HTTP error of the web framework."""
    return Refusal(status, _CODES[status], http.HTTPStatus(status).description)


def refusal_of(error: type[DomainError]) -> Refusal:
    """Return the status, code and sentence of an error class."""
    return Refusal(status_of(error), error.code, error.sentence)


def known_codes() -> dict[str, Refusal]:
    """Return every problem code that a response may have, in alphabetical order."""
    codes = {code: of_status(status) for status, code in _CODES.items()}
    pending: list[type[DomainError]] = [DomainError]
    while pending:
        for error in pending.pop().__subclasses__():
            codes[error.code] = refusal_of(error)
            pending.append(error)
    return dict(sorted(codes.items()))


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, object]] | None = None,
    headers: dict[str, str] | None = None,
    facts: Mapping[str, object] | None = None,
) -> Response:
    """Build a problem document. `facts` are added to the standard members, never replacing one."""
    listed, detail = first_of(errors or (), detail)
    body = {
        **(facts or {}),
        "type": f"/docs/problems#{code}",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": observability.request_id(),
        "errors": listed,
    }
    response = Response(
        orjson.dumps(body, default=_plain, option=_JSON),
        status=status,
        content_type=CONTENT_TYPE,
    )
    response.headers.update(headers or {})
    return response


def members(error: DomainError, *, under: str = "") -> dict[str, object]:
    """Describe the error of a part of a request; `under` is the pointer of that part."""
    status = status_of(type(error))
    facts = orjson.loads(orjson.dumps(error.facts, default=_plain, option=_JSON))
    listed, detail = first_of(facts.pop("errors", None) or (), error.detail)
    errors = [{**each, "pointer": under + each["pointer"].removesuffix("/")} for each in listed]
    return {
        **facts,
        "code": error.code,
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": errors,
    }


def validation_errors(messages: Mapping[str, object], detail: str) -> tuple[list[Problem], str]:
    """Turn marshmallow's messages about a body into errors with pointers; see `first_of`."""
    return first_of(_flatten({"json": messages}), detail)


def first_of(errors: Iterable[Problem], detail: str) -> tuple[list[Problem], str]:
    """Return the first twenty errors, and the detail with the number of further ones."""
    remaining = iter(errors)
    listed = list(islice(remaining, MAX_ERRORS))
    omitted = sum(1 for _ in remaining)
    return listed, f"{detail} And {omitted:,} more." if omitted else detail


def init_app(app: Flask) -> None:
    """Answer every error with a problem document; only bugs are logged with a traceback."""
    app.register_error_handler(DomainError, of_domain_error)
    app.register_error_handler(HTTPException, of_http_error)
    app.register_error_handler(DBAPIError, _of_database)
    app.register_error_handler(PoolTimeout, _of_lost_database)
    app.register_error_handler(Exception, _of_bug)


def of_domain_error(error: DomainError) -> Response:
    """Return the response for a domain error."""
    status = status_of(type(error))
    facts = dict(error.facts)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="stockroom"'
    if "retry_after" in facts or status in (429, 503):
        headers["Retry-After"] = str(facts.get("retry_after", 5))
    errors = facts.pop("errors", None)
    assert errors is None or isinstance(errors, list)
    return problem(status, error.code, error.detail, errors=errors, headers=headers, facts=facts)


def of_http_error(error: HTTPException) -> Response:
    """Return the response for an error of the web framework, such as an unknown path."""
    if isinstance(error.response, Response):
        return error.response
    status = error.code or 500
    data = getattr(error, "data", None) or {}
    headers = {k: str(v) for k, v in (data.get("headers") or {}).items()}
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "WWW-Authenticate"):
            headers[name] = value
    if status == 429:
        headers.setdefault("Retry-After", "60")
        detail = "Too many requests from here. Wait a moment, then try again."
        return problem(status, "too_many_requests", detail, headers=headers)
    messages = data.get("errors") or data.get("messages")
    if messages:
        errors, more = first_of(_flatten(messages), "")
        where = ", ".join(e["pointer"] for e in errors[:5])
        detail = f"Some of what was sent is not valid: {where}.{more}"
        return problem(status, _CODES.get(status, "invalid"), detail, errors=errors)
    detail = str(data.get("message") or error.description or error.name)
    return problem(status, _CODES.get(status, "refused"), detail, headers=headers)


def _of_database(error: DBAPIError) -> Response:
    """Answer a database error: unavailable, a refused reference or number, or a bug."""
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return _of_lost_database(error)
    refusal = _refused_by_database(error)
    if refusal is None:
        return _of_bug(error)
    diagnostics = getattr(error.orig, "diag", None)
    # Logged, because the service should have refused it with a better message.
    constraint = getattr(diagnostics, "constraint_name", None)
    _log.warning("database_refused", code=refusal.code, constraint=constraint)
    return of_domain_error(refusal)


def _refused_by_database(error: DBAPIError) -> DomainError | None:
    """Return the domain error for an unknown reference or a number out of range; else None."""
    state = getattr(error.orig, "pgcode", None)
    if state == _OUT_OF_RANGE:
        return NumberOutOfRange()
    if state != _FOREIGN_KEY:
        return None
    detail = getattr(getattr(error.orig, "diag", None), "message_detail", None) or ""
    match = _KEY_VALUE.search(detail)
    if match is None:
        return ReferenceUnknown()
    if match["kind"] == "still":
        return StillInUse()
    body = request.get_json(silent=True) if request.is_json else None
    errors = [
        {
            "pointer": pointer,
            "in": "body",
            "code": ReferenceUnknown.code,
            "detail": ReferenceUnknown.sentence,
        }
        for pointer in _pointers_to(match["value"], body)
    ]
    return ReferenceUnknown(errors=errors) if errors else ReferenceUnknown()


def _pointers_to(value: str, body: object, path: str = "") -> Iterator[str]:
    """Return pointers to every occurrence of a value in a body."""
    if isinstance(body, dict):
        for name, inner in body.items():
            yield from _pointers_to(value, inner, f"{path}/{escaped(str(name))}")
    elif isinstance(body, list):
        for index, inner in enumerate(body):
            yield from _pointers_to(value, inner, f"{path}/{index}")
    elif isinstance(body, str) and body.lower() == value.lower():
        yield path or "/"


def _of_lost_database(error: DBAPIError | PoolTimeout) -> Response:
    cause = getattr(error, "orig", None)
    _log.error("database_unavailable", error=type(cause or error).__name__, detail=str(cause)[:200])
    return of_domain_error(DatabaseUnavailable())


def _of_bug(error: Exception) -> Response:
    _log.exception("bug", error=type(error).__name__, database=isinstance(error, DBAPIError))
    detail = "Something went wrong on our side. Tell the shop's owner the request id."
    return problem(500, "internal_error", detail)


def _flatten(messages: Mapping[str, object]) -> Iterator[Problem]:
    """Flatten webargs' nested messages into errors with RFC 6901 pointers."""

    def walk(node: object, path: str, where: str) -> Iterator[Problem]:
        if isinstance(node, dict):
            for key, value in node.items():
                own = path if key == "_schema" else f"{path}/{escaped(str(key))}"
                yield from walk(value, own, where)
        else:
            for text in node if isinstance(node, list) else [node]:
                yield {"pointer": path or "/", "in": where, "code": "invalid", "detail": str(text)}

    for location, node in messages.items():
        where = {"json": "body", "files": "body", "form": "body"}.get(location, location)
        yield from walk(node, "", where)


def escaped(key: str) -> str:
    """Escape a name for use in a pointer (RFC 6901, 3)."""
    return key.replace("~", "~0").replace("/", "~1")


def _plain(value: object) -> object:
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value) if isinstance(value, UUID) else repr(value)
