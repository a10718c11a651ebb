"""Reading what was sent: strictly as JSON, and nothing that the database could not keep.

What cannot be read is said to be so. A body of another kind is not passed over as if nothing had
been sent, and a character that PostgreSQL does not store is the sender's mistake and not a bug.
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
    """Reads bodies for the forms of the routes."""

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """Read the body; nothing at all counts as no body.

        Refuses another kind of content (415), what is not JSON or more than can be meant, numbers
        that are not, and NUL.
        """
        body = req.get_data(cache=True)
        if not body:
            return missing
        if not req.is_json:
            raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
        value = body_limits.read_json(body, req.max_content_length or body_limits.PUBLIC)
        # The bytes are searched first: walking through every value costs far more.
        if b"\\u0000" in body:
            _refuse(_holding_nul(value), "body")
        return value

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """Read the query; refuses a second value where one is meant, and does not pass it over."""
        query = MultiDictProxy(req.args, schema)
        errors = [
            _error(f"/{escaped(name)}", "query", f"Given {len(values)} times. Send it once.")
            for name, values in req.args.lists()
            if len(values) > 1 and name not in query.multiple_keys
        ]
        _refuse_as_invalid(errors)
        return query


def without_query(view: View) -> View:
    """Refuse every query parameter, for a view that knows of none."""

    @wraps(view)
    def read(*args: Any, **kwargs: Any) -> Any:
        if request.query_string and request.args:
            _refuse_as_invalid(
                [_error(f"/{escaped(name)}", "query", "Unknown field.") for name in request.args]
            )
        return view(*args, **kwargs)

    return cast(View, read)


def init_app(app: Flask) -> None:
    """Look at every address, and at the length of every body, before anything reads from it."""
    body_limits.init_app(app)
    app.before_request(_refuse_nul_in_address)


def _refuse_nul_in_address() -> None:
    if NUL in request.path:
        raise NotFound
    if b"%00" in request.query_string:
        given = request.args.items(multi=True)
        _refuse(
            _holding_nul({name: value for name, value in given if NUL in name + value}), "query"
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


def _holding_nul(value: Any, path: str = "") -> Iterator[str]:
    """Point at every text that holds a NUL, be it a value or a name."""
    if isinstance(value, str) and NUL in value:
        yield path or "/"
    elif isinstance(value, dict):
        for name, item in value.items():
            own = f"{path}/{escaped(name)}"
            yield from [own] if NUL in name else _holding_nul(item, own)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _holding_nul(item, f"{path}/{place}")
