"""Holds every answer that a test receives against the published document.

An undocumented status, a field that the document does not name or a value of another type fails
the test that received it. So the document is true wherever it is tested.
"""

import re
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from openapi_schema_validator import OAS30Validator
from werkzeug.test import TestResponse

_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_UNDOCUMENTED = ("/docs", "/health", "/media/", "/metrics", "/openapi.json")


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
    described = operation["responses"].get(str(response.status_code))
    where = f"{response.request.method} {template} -> {response.status_code}"
    if described is None:
        assert response.status_code >= 400, f"{where} is not documented"
        described = operation["responses"].get("default")
        assert described is not None, f"{where} is not documented"
    if not response.data:
        return
    content = _resolved(app, described).get("content", {})
    kind = response.content_type.partition(";")[0]
    assert kind in content, f"{where} answered {kind}, documented is {sorted(content)}"
    schema = content[kind].get("schema")
    if schema is None or "json" not in kind:
        return
    whole = {**schema, "components": document(app)["components"]}
    problems = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        for error in OAS30Validator(whole).iter_errors(response.get_json())
    ]
    assert not problems, f"{where} is not as documented: {problems}"


def document(app: Flask) -> dict[str, Any]:
    """Return the published document."""
    return _document(id(app), app)


_documents: dict[int, dict[str, Any]] = {}


def _document(key: int, app: Flask) -> dict[str, Any]:
    if key not in _documents:
        _documents[key] = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return _documents[key]


def _template(app: Flask, method: str, path: str) -> str:
    rule, _ = app.url_map.bind("localhost").match(path, method, return_rule=True)
    return _as_documented(rule.rule)


@cache
def _as_documented(rule: str) -> str:
    return _PARAMETER.sub(r"{\1}", rule)


def _resolved(app: Flask, node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = document(app)
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def _problem_of_no_route(response: TestResponse) -> bool:
    problem = response.get_json(silent=True) or {}
    return problem.get("code") in ("not_found", "method_not_allowed")
