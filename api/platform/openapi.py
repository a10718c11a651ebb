"""The API documents (OpenAPI 3.1): one for storefronts, one for staff, each complete in itself.

Everything in them is read off the routes: the name of an operation is that of its view, who may
come in is its guard, what it refuses is what its decorators say. They are made when one is asked
for first, so that no start waits for them, and kept as bytes.
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
    """Whom a document is for."""

    name: str
    title: str
    description: str
    schemes: tuple[str, ...]
    """The ways to say who one is."""


_SHARED = """
Amounts are whole minor units with their currency. Moments are RFC 3339 in UTC. Lists are read page
by page: pass `page.next_cursor` as `cursor`. Every refusal is `application/problem+json` (RFC 9457)
with a stable `code`; each operation names its own, and [/docs/problems](/docs/problems) explains
them all. What has a `version` answers it as `ETag`, and is changed with `If-Match`. A POST that
takes an `Idempotency-Key` may be sent again with the same key: it takes effect once. Whole numbers
are written without a decimal point: 20.0 is refused, so that nobody's 20 euros become 20 cents. No
text may hold the character NUL. A text of format `slug` has letters without capitals and digits,
with dashes between them; one of format `iso-4217` is a currency of today.
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
    f"What staff do, and what providers tell the shop.\n{_SHARED}",
    ("bearer",),
)
AUDIENCES = (STOREFRONT, ADMIN)

HEADERS: Final[dict[str, dict[str, Any]]] = {
    "ETag": {
        "description": "The version of what is answered: for `If-Match` or `If-None-Match`.",
        "schema": {"type": "string", "examples": ['"3"']},
    },
    "Location": {
        "description": "Where what this is about is found.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Content-Language": {
        "description": "The languages that the texts are in.",
        "schema": {"type": "string", "examples": ["de"]},
    },
    _REPLAYED: {
        "description": "`true` when this is the answer that was given to the same key before.",
        "schema": {"type": "string", "const": "true"},
    },
    _RETRY: {
        "description": "Seconds to wait before the same request is worth sending again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "Which proof of who you are is missing.",
        "schema": {"type": "string"},
    },
    "X-Request-ID": {
        "description": "Names this request in the shop's logs; tell it when something went wrong.",
        "schema": {"type": "string"},
    },
    "Deprecation": {
        "description": "Since when this should no longer be used (RFC 9745).",
        "schema": {"type": "string", "examples": ["@1772323200"]},
    },
    "Sunset": {
        "description": "When this stops answering, if that is known (RFC 8594).",
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
        "description": "The access token that signing in answers; for programs on routes of staff "
        "a secret API key, which begins with `sk_`.",
    },
    "cart": {
        "type": "apiKey",
        "in": "header",
        "name": auth.CART_TOKEN_HEADER,
        "description": "The token that a guest's first call to the cart answered.",
    },
    "storefront": storefronts.SECURITY_SCHEME,
    "publishable": storefronts.PUBLISHABLE_SCHEME,
}


def audience_of(blueprint: Blueprint) -> Audience:
    """Tell in whose document a blueprint stands."""
    return ADMIN if (blueprint.url_prefix or "").startswith(STAFF_PREFIXES) else STOREFRONT


class Document(flask_smorest.Api):  # type: ignore[misc]
    """The description of one audience's routes, made at the first question."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, audience: Audience, *, release: str) -> None:
        self.audience = audience
        self._blueprints: list[Blueprint] = []
        self._making = Lock()
        self._described: dict[str, Any] | None = None
        given = {"title": audience.title, "version": release, "openapi_version": VERSION}
        super().__init__(app, spec_kwargs=given, config_prefix=audience.name)

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:
        """Serve a blueprint's routes, and remember them for the document."""
        self._app.register_blueprint(blp, **options)
        self._blueprints.append(blp)

    @property
    def described(self) -> dict[str, Any]:
        """The document as data; made once, whoever asks at the same time."""
        with self._making:
            if self._described is None:
                self._described = self._read()
            return self._described

    @cached_property
    def published(self) -> tuple[bytes, str]:
        """The document as bytes, and what tells them from another version's."""
        content = orjson.dumps(self.described)
        return content, hashlib.sha256(content).hexdigest()[:32]

    @cached_property
    def codes(self) -> set[str]:
        """The problem codes that some operation of the document names."""
        return {
            code
            for operation in operations(self.described)
            for answer in operation["responses"].values()
            for code in resolved(self.described, answer).get("x-problem-codes", ())
        }

    def complete(self, doc: dict[str, Any], info: dict[str, Any], method: str) -> dict[str, Any]:
        """Add to the description of an operation what its decorators say between them."""
        operation: Operation = info["operation"]
        manual = info.get("manual_doc", {})
        # Merged here: smorest would put them in the place of those that a query schema gives.
        parameters = [*doc.get("parameters", []), *manual.pop("parameters", [])]
        body = manual.get("requestBody") or doc.get("requestBody")
        known = {"parameters": _flat(parameters), **({"requestBody": body} if body else {})}
        takes_key = any(p.get("name") == "Idempotency-Key" for p in parameters)
        told = {**doc["responses"], **manual.pop("responses", {})}
        good = {str(s): answer for s, answer in told.items() if str(s)[0] in "23"}
        going = dict(zip(_GOING, _GOING, strict=True)) if manual.get("deprecated") else {}
        for status, answer in good.items():
            answer["headers"] = {
                **going,
                **_headers(status, answer, kept="304" in good, takes_key=takes_key),
                **answer.get("headers", {}),
            }
        refused = {
            status: self._refusal(status, refusals, going)
            for status, refusals in by_status(operation, method.upper(), known).items()
        }
        return {
            **doc,
            "operationId": camel_case(operation.name),
            "security": _who(operation.guard),
            "responses": {**good, **refused, "default": "DEFAULT_ERROR"},
            **({"parameters": parameters} if parameters else {}),
        }

    def _read(self) -> dict[str, Any]:
        forms = FormsPlugin()
        super()._init_spec(marshmallow_plugin=forms, **self._given, **self._members())
        spec: APISpec = self.spec
        for blueprint in self._blueprints:
            name = blueprint.name
            blueprint.register_views_in_doc(self, self._app, spec, name=name, parameters=None)
            spec.tag({"name": name, "description": blueprint.description})
        return finish(spec.to_dict())

    def _refusal(
        self, status: int, refusals: list[Refusal], going: Iterable[str]
    ) -> dict[str, Any]:
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

    def _members(self) -> dict[str, Any]:
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

    def _init_spec(self, **given: Any) -> None:
        """Left for the first question; see `described`."""
        self._given = given

    def _register_doc_blueprint(self) -> None:
        """Left to `docs`, which serves the documents and their page."""

    def _register_error_handlers(self) -> None:
        """Left to `problems.init_app`, which answers every kind of failure in one place."""

    def _register_pagination_header(self) -> None:
        """Left out: pages are told in the body."""

    def _register_etag_headers(self) -> None:
        """Left out: a version is checked by `concurrency.versioned`."""

    def _register_responses(self) -> None:
        # The first step of a new document that may be our own; it knows its converter by now.
        self.ma_plugin.converter.add_attribute_function(as_json_schema)
        for name, header in HEADERS.items():
            self.spec.components.header(name, header, lazy=True)
        anything = "Any refusal. Beside those that are listed, each operation may answer:\n\n"
        self.spec.components.response(
            "DEFAULT_ERROR",
            _answer(anything + _listed(EVERYWHERE), ["X-Request-ID", "WWW-Authenticate", _RETRY]),
            lazy=True,
        )


def documents(app: Flask) -> dict[str, Document]:
    """Return the documents of an app by their audience."""
    found: dict[str, Document] = app.extensions["stockroom_documents"]
    return found


def document(audience: str) -> Document | None:
    """Return a document of the present app; None when there is no such audience."""
    return documents(current_app).get(audience)


def init_app(app: Flask, blueprints: Iterable[Blueprint], *, release: str) -> None:
    """Serve the routes of all blueprints, each described in the document of its audience."""
    made = {audience.name: Document(app, audience, release=release) for audience in AUDIENCES}
    for blueprint in blueprints:
        made[audience_of(blueprint).name].register_blueprint(blueprint)
    app.extensions["stockroom_documents"] = made


def camel_case(name: str) -> str:
    """Write the name of a view as that of an operation: `add_cart_item` is `addCartItem`."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _who(guard: str) -> list[dict[str, list[str]]]:
    if guard == "public":
        return []
    return [_BEARER, _CART, {}] if guard == "anyone" else [_BEARER]


def _flat(parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List parameters one by one, also those that stand in a schema."""
    found = []
    for parameter in parameters:
        schema = parameter.get("schema")
        if isinstance(schema, ma.Schema):
            found += [{"in": parameter["in"], "name": name} for name in schema.load_fields]
        else:
            found.append(parameter)
    return found


def _headers(status: str, answer: Any, *, kept: bool, takes_key: bool) -> dict[str, str]:
    """Name the headers of an answer; `kept` are those that a cache holds as finished bytes."""
    names = ["X-Request-ID"]
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    if status == "301":
        names.append("Location")
    elif kept:
        names += ["ETag", "Content-Language"]
    elif isinstance(schema, ma.Schema) and "version" in schema.fields:
        names.append("ETag")
    if takes_key and status[0] == "2":
        names.append(_REPLAYED)
    return dict(zip(names, names, strict=True))


def _answer(description: str, headers: list[str], **members: Any) -> dict[str, Any]:
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
