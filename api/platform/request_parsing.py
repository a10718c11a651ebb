"""Strict parsing of requests: JSON bodies, known query parameters, no NUL characters.

A body of another content type is refused instead of ignored, and so is the character NUL, which
PostgreSQL does not store.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar, cast

import marshmallow as ma
from flask import Flask, Request, request
from webargs import missing
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.exceptions import UnsupportedMediaType

from api.kernel.errors import NotFound, Unprocessable
from api.platform import body_limits
from api.platform.problems import escaped

View = TypeVar("View", bound=Callable[..., Any])

NUL = "\x00"


class JsonReader(FlaskParser):
    """Parses bodies and queries for the schemas of the routes."""

    def load_json(self, req: Request, schema: ma.Schema) -> object:
        """Parse the body; an empty one counts as no body.

        Refuses another content type (415), invalid or oversized JSON, NaN and infinity, and NUL.
        """
        body = req.get_data(cache=True)
        if not body:
            return missing
        if not req.is_json:
            raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
        value = body_limits.read_json(body, req.max_content_length or body_limits.PUBLIC)
        # The bytes are searched first: visiting every value costs far more.
        if b"\\u0000" in body:
            _refuse(_holding_nul(value), "body")
        return value

    def load_querystring(self, req: Request, schema: ma.Schema) -> object:
        """Parse the query; refuses a repeated parameter where one value is expected."""
        query = MultiDictProxy(req.args, schema)
        errors = [
            _error(f"/{escaped(name)}", "query", f"Given {len(values)} times. Send it once.")
            for name, values in req.args.lists()
            if len(values) > 1 and name not in query.multiple_keys
        ]
        _refuse_as_invalid(errors)
        return query


def without_query(view: View) -> View:
    """Refuse every query parameter, for a view that has none."""

    @wraps(view)
    def read(*args: object, **kwargs: object) -> object:
        if request.query_string and request.args:
            _refuse_as_invalid(
                [_error(f"/{escaped(name)}", "query", "Unknown field.") for name in request.args]
            )
        return view(*args, **kwargs)

    return cast(View, read)


def init_app(app: Flask) -> None:
    """Check the URL and the length of the body of each request, before anything reads it."""
    body_limits.init_app(app)
    app.before_request(_refuse_nul_in_address)


def _refuse_nul_in_address() -> None:
    if NUL in request.path:
        raise NotFound
    if b"%00" in request.query_string:
        arguments = request.args.items(multi=True)
        _refuse(
            _holding_nul({name: value for name, value in arguments if NUL in name + value}), "query"
        )


def _refuse(pointers: Iterator[str], where: str) -> None:
    errors = [
        _error(pointer, where, "The character NUL cannot be stored. Leave it out.")
        for pointer in pointers
    ]
    if errors:
        raise Unprocessable("Some of what was sent holds the character NUL.", errors=errors)


def _refuse_as_invalid(errors: list[dict[str, str]]) -> None:
    if errors:
        where = ", ".join(error["pointer"] for error in errors[:5])
        raise Unprocessable(f"Some of what was sent is not valid: {where}.", errors=errors)


def _error(pointer: str, where: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "in": where, "code": "invalid", "detail": detail}


def _holding_nul(value: object, path: str = "") -> Iterator[str]:
    """Return pointers to every value or name that contains a NUL."""
    if isinstance(value, str) and NUL in value:
        yield path or "/"
    elif isinstance(value, dict):
        for name, item in value.items():
            own = f"{path}/{escaped(name)}"
            yield from [own] if NUL in name else _holding_nul(item, own)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _holding_nul(item, f"{path}/{index}")
