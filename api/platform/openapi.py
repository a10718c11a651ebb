"""The OpenAPI 3.1 documents: one for storefronts, one for staff, each complete in itself.

Everything in them comes from the routes: an operation is named after its view, its security after
its guard, its errors come from its decorators. They are built at the first request, so that they
do not delay the start, and cached as bytes.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from threading import Lock
from typing import Any, Final

import flask_smorest
import marshmallow as ma
import orjson
from apispec import APISpec
from flask import Flask, current_app

from api.platform import auth, problems, storefronts
from api.platform.http import Blueprint, ProblemSchema
from api.platform.openapi_cleanup import FormsPlugin, as_json_schema, finish, operations, resolved
from api.platform.openapi_errors import EVERYWHERE, Operation, by_status
from api.platform.problems import Refusal

VERSION: Final = "3.1.0"
STAFF_PREFIXES = ("/api/v1/admin", "/api/v1/webhooks")
_REPLAYED, _RETRY = "Idempotent-Replayed", "Retry-After"
_GOING: Final = ("Deprecation", "Sunset", "Link")


@dataclass(frozen=True, slots=True)
class Audience:
    """The readers of a document: storefronts or staff."""

    name: str
    title: str
    description: str
    schemes: tuple[str, ...]
    """The security schemes."""


_SHARED = """
Amounts are whole minor units with their currency. Times are RFC 3339 in UTC. Lists are read page
by page: pass `page.next_cursor` as `cursor`. Every error is `application/problem+json` (RFC 9457)
with a stable `code`; each operation lists its own, and [/docs/problems](/docs/problems) explains
them all. A resource with a `version` is sent with it as `ETag`, and is changed with `If-Match`. A
POST with an `Idempotency-Key` may be sent again with the same key: it takes effect once. Whole
numbers are written without a decimal point: 20.0 is refused, so that nobody's 20 euros become 20
cents. No text may contain the character NUL. A text of format `slug` has lower-case letters and
digits, with dashes between them; one of format `iso-4217` is a current currency.
"""
STOREFRONT = Audience(
    "storefront",
    "Stockroom storefront API",
    f"Browse, fill a cart, check out and pay, as a customer or a guest.\n{_SHARED}",
    ("bearer", "cart", "storefront", "publishable"),
)
ADMIN = Audience(
    "admin",
    "Stockroom admin API",
    f"What staff do, and the webhooks of payment providers.\n{_SHARED}",
    ("bearer",),
)
AUDIENCES = (STOREFRONT, ADMIN)

HEADERS: Final[dict[str, dict[str, object]]] = {
    "ETag": {
        "description": "The version of the resource: for `If-Match` or `If-None-Match`.",
        "schema": {"type": "string", "examples": ['"3"']},
    },
    "Location": {
        "description": "The path of the resource.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Content-Language": {
        "description": "The languages that the texts are in.",
        "schema": {"type": "string", "examples": ["de"]},
    },
    _REPLAYED: {
        "description": "`true` when this is the stored answer to an earlier request with this key.",
        "schema": {"type": "string", "const": "true"},
    },
    _RETRY: {
        "description": "Seconds to wait before the same request is worth sending again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "Which authentication is missing.",
        "schema": {"type": "string"},
    },
    "X-Request-ID": {
        "description": "The id of this request in the shop's logs; quote it in error reports.",
        "schema": {"type": "string"},
    },
    "Deprecation": {
        "description": "Since when this operation is deprecated (RFC 9745).",
        "schema": {"type": "string", "examples": ["@1772323200"]},
    },
    "Sunset": {
        "description": "When this operation stops answering, if that is known (RFC 8594).",
        "schema": {"type": "string"},
    },
    "Link": {
        "description": 'What to use instead: the target with `rel="successor-version"`.',
        "schema": {"type": "string"},
    },
}
_BEARER: Final[dict[str, list[str]]] = {"bearer": []}
_CART: Final[dict[str, list[str]]] = {"cart": []}
_SECURITY: Final[dict[str, dict[str, Any]]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token from signing in; for programs on staff routes a secret "
        "API key, which begins with `sk_`.",
    },
    "cart": {
        "type": "apiKey",
        "in": "header",
        "name": auth.CART_TOKEN_HEADER,
        "description": "The token from the answer to a guest's first request to the cart.",
    },
    "storefront": storefronts.SECURITY_SCHEME,
    "publishable": storefronts.PUBLISHABLE_SCHEME,
}


def audience_of(blueprint: Blueprint) -> Audience:
    """Return the audience in whose document a blueprint is described."""
    return ADMIN if (blueprint.url_prefix or "").startswith(STAFF_PREFIXES) else STOREFRONT


class Document(flask_smorest.Api):  # type: ignore[misc]
    """The document of one audience's routes, built at the first request."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, audience: Audience, *, release: str) -> None:
        self.audience = audience
        self._blueprints: list[Blueprint] = []
        self._making = Lock()
        self._described: dict[str, object] | None = None
        options = {"title": audience.title, "version": release, "openapi_version": VERSION}
        super().__init__(app, spec_kwargs=options, config_prefix=audience.name)

    def register_blueprint(self, blp: Blueprint, **options: object) -> None:
        """Register a blueprint's routes with the app and for the document."""
        self._app.register_blueprint(blp, **options)
        self._blueprints.append(blp)

    @property
    def described(self) -> dict[str, object]:
        """The document as data; built once, even by simultaneous requests."""
        with self._making:
            if self._described is None:
                self._described = self._read()
            return self._described

    @cached_property
    def published(self) -> tuple[bytes, str]:
        """The document as bytes, and their ETag."""
        content = orjson.dumps(self.described)
        return content, hashlib.sha256(content).hexdigest()[:32]

    @cached_property
    def codes(self) -> set[str]:
        """The problem codes that any operation of the document lists."""
        return {
            code
            for operation in operations(self.described)
            for answer in operation["responses"].values()
            for code in resolved(self.described, answer).get("x-problem-codes", ())
        }

    def complete(self, doc: dict[str, Any], info: dict[str, Any], method: str) -> dict[str, Any]:
        """Complete the description of an operation from its decorators."""
        operation: Operation = info["operation"]
        manual = info.get("manual_doc", {})
        # Merged here: flask-smorest would replace the parameters of a query schema with them.
        parameters = [*doc.get("parameters", []), *manual.pop("parameters", [])]
        body = manual.get("requestBody") or doc.get("requestBody")
        request_doc = {"parameters": _flat(parameters), **({"requestBody": body} if body else {})}
        takes_key = any(p.get("name") == "Idempotency-Key" for p in parameters)
        responses = {**doc["responses"], **manual.pop("responses", {})}
        successes = {str(s): answer for s, answer in responses.items() if str(s)[0] in "23"}
        going = dict(zip(_GOING, _GOING, strict=True)) if manual.get("deprecated") else {}
        for status, answer in successes.items():
            answer["headers"] = {
                **going,
                **_headers(status, answer, cached="304" in successes, takes_key=takes_key),
                **answer.get("headers", {}),
            }
        refused = {
            status: self._refusal(status, refusals, going)
            for status, refusals in by_status(operation, method.upper(), request_doc).items()
        }
        return {
            **doc,
            "operationId": camel_case(operation.name),
            "security": _who(operation.guard),
            "responses": {**successes, **refused, "default": "DEFAULT_ERROR"},
            **({"parameters": parameters} if parameters else {}),
        }

    def _read(self) -> dict[str, object]:
        forms = FormsPlugin()
        super()._init_spec(marshmallow_plugin=forms, **self._spec_options, **self._members())
        spec: APISpec = self.spec
        for blueprint in self._blueprints:
            name = blueprint.name
            blueprint.register_views_in_doc(self, self._app, spec, name=name, parameters=None)
            spec.tag({"name": name, "description": blueprint.description})
        return finish(spec.to_dict())

    def _refusal(
        self, status: int, refusals: list[Refusal], going: Iterable[str]
    ) -> dict[str, object]:
        headers = ["X-Request-ID", *going]
        if status == 401:
            headers.append("WWW-Authenticate")
        if status in (429, 503) or any(r.code == "idempotency_in_progress" for r in refusals):
            headers.append(_RETRY)
        return _answer(
            f"{HTTPStatus(status).phrase}:\n\n" + _listed(refusals),
            headers,
            **{"x-problem-codes": [refusal.code for refusal in refusals]},
        )

    def _members(self) -> dict[str, object]:
        return {
            "info": {
                "description": self.audience.description,
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [{"url": "/", "description": "The shop that serves this document."}],
            "components": {
                "securitySchemes": {n: _SECURITY[n] for n in self.audience.schemes},
            },
        }

    def _init_spec(self, **options: object) -> None:
        """Deferred to the first request; see `described`."""
        self._spec_options = options

    def _register_doc_blueprint(self) -> None:
        """Not needed: `docs` serves the documents and their page."""

    def _register_error_handlers(self) -> None:
        """Not needed: `problems.init_app` handles every kind of error."""

    def _register_pagination_header(self) -> None:
        """Not needed: the `page` member is in the body."""

    def _register_etag_headers(self) -> None:
        """Not needed: versions are checked by `etags.versioned`."""

    def _register_responses(self) -> None:
        # The first overridable step of a new document after its converter is set.
        self.ma_plugin.converter.add_attribute_function(as_json_schema)
        for name, header in HEADERS.items():
            self.spec.components.header(name, header, lazy=True)
        anything = "Any error. Besides the listed ones, each operation may answer:\n\n"
        self.spec.components.response(
            "DEFAULT_ERROR",
            _answer(anything + _listed(EVERYWHERE), ["X-Request-ID", "WWW-Authenticate", _RETRY]),
            lazy=True,
        )


def documents(app: Flask) -> dict[str, Document]:
    """Return the documents of an app by their audience."""
    registered: dict[str, Document] = app.extensions["stockroom_documents"]
    return registered


def document(audience: str) -> Document | None:
    """Return a document of the current app; None for an unknown audience."""
    return documents(current_app).get(audience)


def init_app(app: Flask, blueprints: Iterable[Blueprint], *, release: str) -> None:
    """Register all blueprints, each in the document of its audience."""
    built = {audience.name: Document(app, audience, release=release) for audience in AUDIENCES}
    for blueprint in blueprints:
        built[audience_of(blueprint).name].register_blueprint(blueprint)
    app.extensions["stockroom_documents"] = built


def camel_case(name: str) -> str:
    """Return the operation id of a view: `add_cart_item` becomes `addCartItem`."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _who(guard: str) -> list[dict[str, list[str]]]:
    if guard == "public":
        return []
    return [_BEARER, _CART, {}] if guard == "anyone" else [_BEARER]


def _flat(parameters: list[dict[str, object]]) -> list[dict[str, object]]:
    """List parameters one by one, including those of a schema."""
    flat = []
    for parameter in parameters:
        schema = parameter.get("schema")
        if isinstance(schema, ma.Schema):
            flat += [{"in": parameter["in"], "name": name} for name in schema.load_fields]
        else:
            flat.append(parameter)
    return flat


def _headers(status: str, answer: Any, *, cached: bool, takes_key: bool) -> dict[str, str]:
    """Return the headers of an answer; `cached` answers are stored as bytes with an ETag."""
    names = ["X-Request-ID"]
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    if status == "301":
        names.append("Location")
    elif cached:
        names += ["ETag", "Content-Language"]
    elif isinstance(schema, ma.Schema) and "version" in schema.fields:
        names.append("ETag")
    if takes_key and status[0] == "2":
        names.append(_REPLAYED)
    return dict(zip(names, names, strict=True))


def _answer(description: str, headers: list[str], **members: object) -> dict[str, object]:
    return {
        "description": description,
        "content": {problems.CONTENT_TYPE: {"schema": ProblemSchema}},
        "headers": {name: name for name in headers},
        **members,
    }


def _listed(refusals: Iterable[Refusal]) -> str:
    return "\n".join(
        f"* [`{one.code}`](/docs/problems#{one.code}): {one.sentence}" for one in refusals
    )
