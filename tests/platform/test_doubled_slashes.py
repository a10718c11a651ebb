"""An address with two slashes in a row is nobody's: it is refused, and does not lead elsewhere."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.kernel.ids import new_id
from tests.support.people import a_staff_member


def paths_of(app: Flask) -> dict[str, str]:
    """Name an address of every route, with the method that it takes."""
    found = {}
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<uuid:[^>]+>", str(new_id()), rule.rule)
        path = re.sub(r"<int:[^>]+>", "7", path)
        path = re.sub(r"<(?:string:)?[^:>]+>", "name", path)
        path = re.sub(r"<path:[^>]+>", "name.jpg", path)
        assert "<" not in path, rule.rule
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found[path] = sorted(methods)[0]
    return found


def test_no_route_answers_to_a_doubled_slash_or_leads_elsewhere(app: Flask) -> None:
    client = FlaskClient(app, app.response_class)
    paths = paths_of(app)
    assert len(paths) > 150

    wrong = []
    for path, method in paths.items():
        # Not the first one: how many stand before all names, the web framework does not count.
        for slash in re.finditer("(?<=.)/", path):
            doubled = f"{path[: slash.start()]}/{path[slash.start() :]}"
            answer = client.open(method=method, environ_overrides={"PATH_INFO": doubled})
            told = (answer.status_code, answer.content_type)
            if told != (404, "application/problem+json"):
                wrong.append((method, doubled, *told))

    assert wrong == []


@pytest.mark.parametrize("code", ["/x", "%2Fx", "x%2F%2Fy", "%2F"])
def test_a_scanned_code_that_begins_with_a_slash_is_a_problem_that_a_console_can_read(
    app: Flask, code: str
) -> None:
    anna = a_staff_member("warehouse")

    answer = app.test_client().get(f"/api/v1/admin/scan/{code}", headers=anna.headers)

    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.get_json()["code"] in {"not_found", "code_unknown"}
