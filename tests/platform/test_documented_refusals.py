"""The API document names what guards and headers may refuse, without routes repeating it."""

from typing import Any

from flask import Flask

from api.kernel.errors import Conflict
from api.platform.openapi_cleanup import resolved
from api.platform.openapi_errors import may_answer
from tests.support.contract import document


class TooWet(Conflict):
    """A refusal of one view alone."""

    code = "too_wet"
    sentence = "It rains."


def operation(app: Flask, method: str, path: str) -> Any:
    """Read one operation of the document."""
    return document(app)["paths"][path][method]


def codes(app: Flask, described: Any) -> dict[str, list[str]]:
    """Return the codes of an operation by their status, the catch-all left out."""
    return {
        status: resolved(document(app), answer)["x-problem-codes"]
        for status, answer in described["responses"].items()
        if status > "399" and status != "default"
    }


def header_names(described: Any) -> list[str]:
    """List the headers that an operation reads."""
    return [p["name"] for p in described.get("parameters", []) if p["in"] == "header"]


BODY = {"413": ["body_too_large"], "415": ["unsupported_media_type"], "429": ["too_many_requests"]}
TOKEN = ["token_expired", "token_invalid", "unauthenticated"]


def test_a_public_route_asks_for_no_token(bare_app: Flask) -> None:
    login = operation(bare_app, "post", "/api/v1/auth/login")

    assert login["security"] == []
    assert codes(bare_app, login) == BODY | {
        "400": ["malformed"],
        "401": ["bad_credentials"],
        "422": ["invalid"],
    }


def test_a_guarded_route_says_how_to_come_in_and_who_may_not(bare_app: Flask) -> None:
    me = operation(bare_app, "get", "/api/v1/admin/me")

    assert me["security"] == [{"bearer": []}]
    assert codes(bare_app, me)["401"] == TOKEN
    assert codes(bare_app, me)["403"] == ["forbidden"]


def test_a_route_that_needs_a_permission_says_so(bare_app: Flask) -> None:
    orders = operation(bare_app, "get", "/api/v1/admin/orders")

    assert codes(bare_app, orders) == {
        "401": TOKEN,
        "403": ["permission_missing", "second_factor_missing"],
        "422": ["cursor_invalid", "invalid"],
    }


def test_a_route_for_anyone_takes_a_token_a_cart_or_neither(bare_app: Flask) -> None:
    cart = operation(bare_app, "get", "/api/v1/cart")

    assert cart["security"] == [{"bearer": []}, {"cart": []}, {}]


def test_a_versioned_command_says_what_it_does_with_stale_ones(bare_app: Flask) -> None:
    edit = operation(bare_app, "patch", "/api/v1/users/me/addresses/{address_id}")

    assert codes(bare_app, edit)["412"] == ["stale_version"]
    assert codes(bare_app, edit)["428"] == ["precondition_required"]
    assert header_names(edit) == ["If-Match"]
    assert "ETag" in edit["responses"]["200"]["headers"]


def test_a_command_with_a_key_says_what_can_go_wrong_with_it(bare_app: Flask) -> None:
    add = operation(bare_app, "post", "/api/v1/users/me/addresses")

    assert codes(bare_app, add)["400"] == ["idempotency_key_required", "malformed"]
    assert "idempotency_in_progress" in codes(bare_app, add)["409"]
    assert "idempotency_key_reused" in codes(bare_app, add)["422"]
    assert {"Idempotent-Replayed", "Location"} <= set(add["responses"]["201"]["headers"])


def test_a_header_does_not_push_the_query_out_of_the_document(bare_app: Flask) -> None:
    """smorest puts parameters that are written by hand in the place of those of a schema."""
    hand_in = operation(bare_app, "post", "/api/v1/admin/imports")

    assert {p["in"] for p in hand_in["parameters"]} == {"query", "header"}


def test_what_a_route_names_itself_adds_to_what_is_read_off_it(bare_app: Flask) -> None:
    refund = operation(bare_app, "post", "/api/v1/admin/orders/{order_id}/refunds")

    assert {"invalid_state", "idempotency_in_progress"} <= set(codes(bare_app, refund)["409"])


def test_decorators_above_and_below_may_both_name_refusals() -> None:
    @may_answer(TooWet)
    @may_answer(Conflict)
    def view() -> None:
        """Do nothing."""

    assert view.__refused__ == (TooWet, Conflict)  # type: ignore[attr-defined]
