"""The API documents, the page that shows them, and what each problem code means.

Every byte comes from this server: the page works without the internet.
"""

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Flask, Response, redirect, request, send_from_directory

from api.kernel.errors import NotFound
from api.platform import openapi, problems
from api.platform.auth import public
from api.platform.openapi_errors import EVERYWHERE
from api.platform.problems import Refusal

_SWAGGER = Path(flask_swagger_ui.__file__).parent / "dist"
_STATIC = Path(__file__).parent / "static"
_OWN = frozenset({"docs.js", "docs.css"})

blueprint = Blueprint("docs", __name__)


@blueprint.get("/openapi.json")
@public
def default_document() -> Response:
    """Lead tools that look here to the document of the storefront."""
    return redirect("/openapi/storefront.json", 308)  # type: ignore[return-value]


@blueprint.get("/openapi/<audience>.json")
@public
def document(audience: str) -> Response:
    """Send the document of an audience."""
    found = openapi.document(audience)
    if found is None:
        raise NotFound
    content, version = found.published
    response = Response(content, content_type="application/json")
    response.set_etag(version)
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


@blueprint.get("/docs")
@public
def page() -> Response:
    """Show the documents, that of the storefront first."""
    return send_from_directory(_STATIC, "docs.html")


@blueprint.get("/docs/problems")
@public
def page_of_problems() -> Response:
    """Explain every code: this is where the `type` of a problem document points."""
    return Response(_problems_page(), content_type="text/html; charset=utf-8")


@blueprint.get("/docs/<path:asset>")
@public
def asset(asset: str) -> Response:
    """Serve the page's scripts and styles."""
    folder = _STATIC if asset in _OWN else _SWAGGER
    return send_from_directory(folder, asset, max_age=86400)


def init_app(app: Flask) -> None:
    """Put the pages up."""
    app.register_blueprint(blueprint)


@cache
def _problems_page() -> str:
    """Write down all codes: first those that a storefront can meet, then those of staff alone."""
    codes = problems.known_codes()
    met = _codes_in(openapi.STOREFRONT) | {refusal.code for refusal in EVERYWHERE}
    anywhere = {problems.of_status(status).code for status in (404, 405)}
    page = (_STATIC / "problems.html").read_text()
    for name, wanted in (
        ("storefront", {*met, *anywhere}),
        ("staff", _codes_in(openapi.ADMIN) - met - anywhere),
    ):
        rows = _rows(codes[code] for code in sorted(wanted & codes.keys()))
        page = page.replace(f"<!-- {name} -->", rows)
    return page


def _codes_in(audience: openapi.Audience) -> set[str]:
    found = openapi.document(audience.name)
    assert found is not None
    return found.codes


def _rows(refusals: Iterable[Refusal]) -> str:
    return "".join(
        f'<tr id="{escape(one.code)}"><td>{one.status}</td><td>{escape(one.code)}</td>'
        f"<td>{escape(one.sentence)}</td></tr>\n"
        for one in refusals
    )
