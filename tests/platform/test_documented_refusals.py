"""The API document names what guards and headers may refuse, without routes repeating it."""

from typing import Any

import pytest
from flask import Flask

from api.platform.refusals import documented
from tests.support.contract import document


def operation(app: Flask, method: str, path: str) -> Any:
    """Read one operation of the document."""
    return document(app)["paths"][path][method]


def refusals(described: Any) -> set[str]:
    """Return the documented refusals, the catch-all left out."""
    return {status for status in described["responses"] if status > "399" and status != "default"}


def test_a_public_route_asks_for_no_token(bare_app: Flask) -> None:
    login = operation(bare_app, "post", "/api/v1/auth/login")

    assert "security" not in login
    assert refusals(login) == {"401", "422", "429"}


def test_a_guarded_route_says_how_to_come_in_and_who_may_not(bare_app: Flask) -> None:
    me = operation(bare_app, "get", "/api/v1/admin/me")

    assert me["security"] == [{"bearer": []}]
    assert refusals(me) == {"401", "403"}


def test_a_route_for_anyone_takes_a_token_a_cart_or_neither(bare_app: Flask) -> None:
    cart = operation(bare_app, "get", "/api/v1/cart")

    assert cart["security"] == [{"bearer": []}, {"cart": []}, {}]


def test_a_versioned_command_says_what_it_does_with_stale_ones(bare_app: Flask) -> None:
    edit = operation(bare_app, "patch", "/api/v1/users/me/addresses/{address_id}")

    assert refusals(edit) == {"401", "403", "404", "412", "422", "428", "429"}
    assert [p["name"] for p in edit["parameters"] if p["in"] == "header"] == ["If-Match"]


def test_a_command_with_a_key_says_what_can_go_wrong_with_it(bare_app: Flask) -> None:
    add = operation(bare_app, "post", "/api/v1/users/me/addresses")

    assert refusals(add) == {"400", "401", "403", "409", "422", "429"}


@pytest.mark.parametrize("said", [{404: "SPECIAL"}, {409: "CONFLICT"}])
def test_what_a_route_says_itself_counts_more(said: dict[int, str]) -> None:
    def view() -> None:
        """Do nothing."""

    view._apidoc = {"manual_doc": {"responses": said}}  # type: ignore[attr-defined]

    described = documented(view, rule="/things/<uuid:id>", methods=("GET",))

    responses = described._apidoc["manual_doc"]["responses"]  # type: ignore[attr-defined]
    assert responses == {404: "NOT_FOUND"} | said
