"""Holds every answer that a test receives against the published documents.

An undocumented status or header, a field that the document does not name or a value of another
type fails the test that received it. So the documents are true wherever they are tested.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient
from jsonschema_rs import Draft202012Validator, Registry
from werkzeug.test import TestResponse

from api.platform import openapi, problems
from api.platform.openapi_cleanup import resolved
from api.platform.openapi_errors import EVERYWHERE

_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_ANYWHERE = {refusal.code for refusal in EVERYWHERE}
_UNDOCUMENTED = ("/docs", "/health", "/media/", "/metrics", "/openapi")


class ContractClient(FlaskClient):
    """A test client that checks each answer."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Make a request and check what comes back."""
        response = super().open(*args, **kwargs)
        check(self.application, response)
        return response


def check(app: Flask, response: TestResponse) -> None:
    """Fail when an answer is not what the document says."""
    path = response.request.path
    if path == "/" or path.startswith(_UNDOCUMENTED):
        return
    assert "X-Request-ID" in response.headers
    if response.status_code in (404, 405) and _problem_of_no_route(response):
        return
    if response.request.method in ("OPTIONS", "HEAD"):
        return
    template = _template(app, response.request.method, path)
    operation = document(app)["paths"][template][response.request.method.lower()]
    status = str(response.status_code)
    where = f"{response.request.method} {template} -> {status}"
    if status not in operation["responses"]:
        assert response.status_code >= 400, f"{where} is not documented"
        status = "default"
    answer = operation["responses"][status]
    pointer = answer.get("$ref") or _pointer(
        "paths", template, response.request.method.lower(), "responses", status
    )
    answer = resolved(document(app), answer)
    code = _code(response)
    named = {*answer.get("x-problem-codes", ()), *_ANYWHERE}
    assert code is None or code in named, (
        f"{where} answered {code}, which its view does not name: add it to `@refuses(...)`"
    )
    sent = {name for name in openapi.HEADERS if name in response.headers}
    assert sent <= set(answer["headers"]), f"{where} answered headers {sent}, which are not named"
    if not response.data:
        return
    content = answer.get("content", {})
    kind = response.content_type.partition(";")[0]
    assert kind in content, f"{where} answered {kind}, documented is {sorted(content)}"
    schema = content[kind].get("schema")
    if schema is None or "json" not in kind:
        return
    validator = _validator(id(app), pointer + _pointer("content", kind, "schema").lstrip("#"))
    wrong = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"
        for error in validator.iter_errors(response.get_json())
    ]
    assert not wrong, f"{where} is not as documented: {wrong}"


def document(app: Flask) -> dict[str, Any]:
    """Return what all published documents say together, in one."""
    return _document(id(app), app)


_documents: dict[int, dict[str, Any]] = {}
_registries: dict[int, Registry] = {}


def _pointer(*parts: str) -> str:
    """Write where something is in the document, as a reference does (RFC 6901, section 6)."""
    return "#" + "".join("/" + quote(part.replace("~", "~0").replace("/", "~1")) for part in parts)


@cache
def _validator(key: int, pointer: str) -> Draft202012Validator:
    """Return what holds an answer against one schema of the document."""
    if key not in _registries:
        _registries[key] = Registry([("urn:document", _documents[key])])
    return Draft202012Validator({"$ref": f"urn:document{pointer}"}, registry=_registries[key])


def _document(key: int, app: Flask) -> dict[str, Any]:
    if key not in _documents:
        whole: dict[str, Any] = {"paths": {}, "components": {}, "tags": []}
        for published in documents(app).values():
            whole["paths"] |= published["paths"]
            whole["tags"] += published["tags"]
            for kind, members in published["components"].items():
                whole["components"].setdefault(kind, {}).update(members)
        _documents[key] = whole
    return _documents[key]


def documents(app: Flask) -> dict[str, dict[str, Any]]:
    """Return the published documents by their audience."""
    return {name: one.described for name, one in openapi.documents(app).items()}


def views(app: Flask) -> Iterator[tuple[str, str, Any]]:
    """List every operation as METHOD, path and the view that answers it."""
    for rule in app.url_map.iter_rules():
        path = _as_documented(rule.rule)
        for method in rule.methods or ():
            if method.lower() in document(app)["paths"].get(path, {}):
                yield method, path, app.view_functions[rule.endpoint]


def _template(app: Flask, method: str, path: str) -> str:
    rule, _ = app.url_map.bind("localhost").match(path, method, return_rule=True)
    return _as_documented(rule.rule)


@cache
def _as_documented(rule: str) -> str:
    return _PARAMETER.sub(r"{\1}", rule)


def _problem_of_no_route(response: TestResponse) -> bool:
    return _code(response) in ("not_found", "method_not_allowed")


def _code(response: TestResponse) -> str | None:
    """Return the code of a refusal; None for what is none."""
    if response.mimetype != problems.CONTENT_TYPE:
        return None
    return str((response.get_json() or {}).get("code"))
