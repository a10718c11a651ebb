"""A route that will go says so to programs (RFC 9745, RFC 8594) and in the document."""

from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.kernel.errors import Conflict
from api.platform.deprecation import deprecated
from api.platform.openapi_cleanup import resolved
from tests.support.contract import document
from tests.support.people import a_staff_member
from tests.support.workshop import PATH, Bench

OLD = f"{PATH}/old"


def said(headers: dict[str, str]) -> dict[str, str]:
    """Return what headers say of the end of a route."""
    return {name: headers[name] for name in ("Deprecation", "Sunset", "Link") if name in headers}


def test_it_says_since_when_until_when_and_what_instead(client: FlaskClient) -> None:
    answer = client.get(OLD, headers=a_staff_member().headers)

    assert answer.status_code == 200
    assert answer.headers["Deprecation"] == "@1772323200"
    began = datetime.fromtimestamp(int(answer.headers["Deprecation"][1:]), UTC)
    assert began == datetime(2026, 3, 1, tzinfo=UTC)
    assert answer.headers["Sunset"] == "Mon, 01 Mar 2027 00:00:00 GMT"
    assert parsedate_to_datetime(answer.headers["Sunset"]).year == 2027
    assert answer.headers["Link"] == f'<{PATH}/whatever>; rel="successor-version"'


def test_refusals_say_so_too_and_other_routes_do_not(client: FlaskClient, bench: Bench) -> None:
    def refuses() -> None:
        raise Conflict

    bench.during = refuses
    refused = client.post(OLD, headers=a_staff_member().headers)
    stranger = client.get(OLD)

    assert (refused.status_code, stranger.status_code) == (409, 401)
    assert said(dict(refused.headers)) == said(dict(stranger.headers)) != {}
    bench.during = lambda: None
    assert said(dict(client.get(f"{PATH}/whatever").headers)) == {}


def test_the_document_marks_it(workshop: Flask) -> None:
    for operation in document(workshop)["paths"][OLD].values():
        assert operation["deprecated"] is True
        assert operation["summary"] == "Do what the test wants, for now."
        assert operation["description"] == (
            "It was good for years.\n\nDeprecated since 2026-03-01. It stops answering on "
            f"2027-03-01. Use `{PATH}/whatever` instead."
        )
        for status in ("200", "401", "403"):
            answer = resolved(document(workshop), operation["responses"][status])
            assert {"Deprecation", "Sunset", "Link"} <= answer["headers"].keys()
    assert "deprecated" not in document(workshop)["paths"][f"{PATH}/whatever"]["get"]


def test_what_is_only_deprecated_names_no_end() -> None:
    def view() -> None:
        """Do nothing."""

    described = deprecated(date(2026, 3, 1))(view)._apidoc["manual_doc"]  # type: ignore[attr-defined]

    assert described == {"deprecated": True, "description": "Deprecated since 2026-03-01."}


def test_an_end_before_the_beginning_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="cannot come before"):
        deprecated(date(2026, 3, 1), sunset=date(2026, 2, 1))
