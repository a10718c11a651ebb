"""Routes that will go: told to programs in the headers that were standardised for it.

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
    """Mark a route as one that will go; put it above the guard, so that refusals say so too.

    Both days begin at midnight UTC. `successor` is the path of what to use instead. Raises
    `ValueError` for a sunset that comes before the deprecation (RFC 9745, 4).
    """
    if sunset is not None and sunset < since:
        raise ValueError("a route cannot go before it is deprecated")
    headers = {"Deprecation": f"@{int(_midnight(since).timestamp())}"}
    told = f"Deprecated since {since.isoformat()}."
    if sunset is not None:
        headers["Sunset"] = http_date(_midnight(sunset))
        told += f" It stops answering on {sunset.isoformat()}."
    if successor is not None:
        headers["Link"] = f'<{successor}>; rel="successor-version"'
        told += f" Use `{successor}` instead."

    def decorate(view: View) -> View:
        @wraps(view)
        def telling(*args: Any, **kwargs: Any) -> Any:
            after_this_request(tell)
            return view(*args, **kwargs)

        doc = dict(getattr(view, "_apidoc", {}))
        manual = dict(doc.get("manual_doc", {}))
        manual |= {"deprecated": True, "description": _described(view, told)}
        telling._apidoc = {**doc, "manual_doc": manual}  # type: ignore[attr-defined]
        return cast(View, telling)

    def tell(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.add(name, value)
        return response

    return decorate


def _described(view: Callable[..., Any], told: str) -> str:
    """Put the sentence under what the view says of itself below its first line."""
    lines = (view.__doc__ or "").strip().splitlines()[1:]
    rest = "\n".join(line.strip() for line in lines).strip()
    return f"{rest}\n\n{told}" if rest else told


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
