"""Deprecated routes: the `Deprecation`, `Sunset` and `Link` headers.

`Deprecation` (RFC 9745) says since when a route should no longer be used, `Sunset` (RFC 8594) when
it will stop answering, `Link` what to use instead.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, after_this_request
from werkzeug.http import http_date

View = TypeVar("View", bound=Callable[..., Any])


def deprecated(
    since: date, *, sunset: date | None = None, successor: str | None = None
) -> Callable[[View], View]:
    """Mark a route as deprecated; put it above the guard, so that errors have the headers, too.

    Both days begin at midnight UTC. `successor` is the path of what to use instead. Raises
    `ValueError` for a sunset before the deprecation (RFC 9745, 4).
    """
    if sunset is not None and sunset < since:
        raise ValueError("a sunset cannot come before the deprecation")
    headers = {"Deprecation": f"@{int(_midnight(since).timestamp())}"}
    notice = f"Deprecated since {since.isoformat()}."
    if sunset is not None:
        headers["Sunset"] = http_date(_midnight(sunset))
        notice += f" It stops answering on {sunset.isoformat()}."
    if successor is not None:
        headers["Link"] = f'<{successor}>; rel="successor-version"'
        notice += f" Use `{successor}` instead."

    def decorate(view: View) -> View:
        @wraps(view)
        def deprecated_view(*args: object, **kwargs: object) -> object:
            after_this_request(add_headers)
            return view(*args, **kwargs)

        doc = dict(getattr(view, "_apidoc", {}))
        manual = dict(doc.get("manual_doc", {}))
        manual |= {"deprecated": True, "description": _described(view, notice)}
        deprecated_view._apidoc = {**doc, "manual_doc": manual}  # type: ignore[attr-defined]
        return cast(View, deprecated_view)

    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.add(name, value)
        return response

    return decorate


def _described(view: Callable[..., object], notice: str) -> str:
    """Append the notice to the view's docstring, without its first line."""
    lines = (view.__doc__ or "").strip().splitlines()[1:]
    rest = "\n".join(line.strip() for line in lines).strip()
    return f"{rest}\n\n{notice}" if rest else notice


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
