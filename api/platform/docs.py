"""The OpenAPI documents, the page that shows them, and the reference of problem codes.

All scripts and styles come from this server: the page works offline.
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
    """Redirect tools that look here to the storefront document."""
    return redirect("/openapi/storefront.json", 308)  # type: ignore[return-value]


@blueprint.get("/openapi/<audience>.json")
@public
def document(audience: str) -> Response:
    """Return the document of an audience."""
    api_document = openapi.document(audience)
    if api_document is None:
        raise NotFound
    content, version = api_document.published
    response = Response(content, content_type="application/json")
    response.set_etag(version)
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


@blueprint.get("/docs")
@public
def page() -> Response:
    """Show the documents, the storefront's first."""
    return send_from_directory(_STATIC, "docs.html")


@blueprint.get("/docs/problems")
@public
def page_of_problems() -> Response:
    """Explain every problem code: the `type` of a problem document points here."""
    return Response(_problems_page(), content_type="text/html; charset=utf-8")


@blueprint.get("/docs/<path:asset>")
@public
def asset(asset: str) -> Response:
    """Serve the page's scripts and styles."""
    folder = _STATIC if asset in _OWN else _SWAGGER
    return send_from_directory(folder, asset, max_age=86400)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)


@cache
def _problems_page() -> str:
    """Render all codes: first those of storefront routes, then those of staff routes alone."""
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
    api_document = openapi.document(audience.name)
    assert api_document is not None
    return api_document.codes


def _rows(refusals: Iterable[Refusal]) -> str:
    return "".join(
        f'<tr id="{escape(one.code)}"><td>{one.status}</td><td>{escape(one.code)}</td>'
        f"<td>{escape(one.sentence)}</td></tr>\n"
        for one in refusals
    )
