"""Refusals as problem documents: every way to say no, and nothing that a stranger may not know."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.kernel import errors
from api.kernel.errors import DomainError, InvalidState
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.platform.db import session, transaction
from api.platform.settings import Settings
from tests.support.people import a_customer, signs_in
from tests.support.workshop import PATH, Bench, build_workshop

MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors"}


def raising(error: BaseException) -> Any:
    """Return something that raises an error when it is called."""

    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("family", "status"),
    [
        (errors.BadRequest, 400),
        (errors.Unauthenticated, 401),
        (errors.Declined, 402),
        (errors.Forbidden, 403),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (errors.InvalidState, 409),
        (errors.Stale, 412),
        (errors.Unprocessable, 422),
        (errors.TooMany, 429),
        (errors.Unavailable, 503),
    ],
)
def test_every_family_of_refusals_has_its_status(
    client: FlaskClient, bench: Bench, family: type[DomainError], status: int
) -> None:
    bench.during = raising(family())

    answer = client.get(f"{PATH}/whatever", headers={"X-Request-ID": "press-of-f7"})

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json.keys() == MEMBERS
    assert answer.json["status"] == status
    assert answer.json["code"] == family.code
    assert answer.json["type"] == f"/docs/problems#{family.code}"
    assert answer.json["request_id"] == "press-of-f7"
    assert answer.json["errors"] == []


def test_a_refusal_takes_its_facts_along(client: FlaskClient, bench: Bench) -> None:
    order = new_id()
    bench.during = raising(
        InvalidState(
            machine="The order",
            current="cancelled",
            command="ship",
            allowed=["note"],
            order_id=order,
            due=Money(999, "EUR"),
            seen={"b"},
            by_variant={order: 2},
        )
    )

    answer = client.get(f"{PATH}/whatever").json

    assert answer is not None
    assert answer["detail"] == "The order is cancelled: you cannot ship it now."
    assert (answer["current"], answer["allowed"]) == ("cancelled", ["note"])
    assert answer["order_id"] == str(order)
    assert answer["due"] == {"amount": 999, "currency": "EUR"}
    assert answer["seen"] == ["b"]
    assert answer["by_variant"] == {str(order): 2}


@pytest.mark.parametrize("name", ["status", "code", "type", "title", "request_id", "headers"])
def test_a_fact_never_hides_a_standard_member(client: FlaskClient, bench: Bench, name: str) -> None:
    bench.during = raising(errors.Conflict(**{name: "something else"}))

    answer = client.get(f"{PATH}/whatever")

    assert answer.status_code == 409
    assert answer.json is not None
    assert (answer.json["code"], answer.json["status"]) == ("conflict", 409)
    if name in MEMBERS:
        assert answer.json[name] != "something else"


def test_whoever_must_sign_in_is_told_how(client: FlaskClient, bench: Bench) -> None:
    bench.during = raising(errors.Unauthenticated())

    answer = client.get(f"{PATH}/whatever")

    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="stockroom"'


@pytest.mark.parametrize(
    ("refusal", "seconds"),
    [
        (errors.Unavailable(), "5"),
        (errors.Unavailable(retry_after=17), "17"),
        (errors.TooMany(retry_after=60), "60"),
        (errors.Conflict(retry_after=1), "1"),
    ],
)
def test_whoever_may_come_again_is_told_when(
    client: FlaskClient, bench: Bench, refusal: DomainError, seconds: str
) -> None:
    bench.during = raising(refusal)

    assert client.get(f"{PATH}/whatever").headers["Retry-After"] == seconds


def test_a_bug_tells_nothing_of_itself(client: FlaskClient, bench: Bench) -> None:
    bench.during = raising(ZeroDivisionError("the secret recipe"))

    answer = client.get(f"{PATH}/whatever")

    assert answer.status_code == 500
    assert answer.json is not None
    assert answer.json["code"] == "internal_error"
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert "recipe" not in answer.text
    assert "ZeroDivision" not in answer.text


@pytest.mark.parametrize("body", [b"{", b" ", b"[1", b'{"lines": NaN}', b"\xff\xfe", b'"\\ud800"'])
def test_a_body_that_is_not_json_is_malformed(client: FlaskClient, body: bytes) -> None:
    answer = client.post(f"{PATH}/form", data=body, content_type="application/json")

    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "malformed")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"7", b"null"])
def test_a_body_that_is_no_object_is_not_valid(client: FlaskClient, body: bytes) -> None:
    answer = client.post(f"{PATH}/form", data=body, content_type="application/json")

    assert answer.status_code == 422
    assert answer.json is not None
    assert [error["pointer"] for error in answer.json["errors"]] == ["/"]


def test_a_wrong_value_is_pointed_at(client: FlaskClient) -> None:
    answer = client.post(
        f"{PATH}/form",
        json={
            "lines": [{"sku": "MUG", "quantity": 1}, {"sku": 7, "quantity": "two"}],
            "price": {"amount": 9.99, "currency": "euro"},
            "colour": "blue",
        },
    )

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["code"] == "invalid"
    assert {(error["pointer"], error["in"]) for error in answer.json["errors"]} == {
        ("/lines/1/sku", "body"),
        ("/lines/1/quantity", "body"),
        ("/price/amount", "body"),
        ("/price/currency", "body"),
        ("/colour", "body"),
    }


def test_a_pointer_is_escaped_as_rfc_6901_says(client: FlaskClient) -> None:
    answer = client.post(f"{PATH}/form", json={"lines": [], "a/b~c": 1})

    assert answer.json is not None
    assert [error["pointer"] for error in answer.json["errors"]] == ["/a~1b~0c"]


@pytest.mark.parametrize("currency", ["EUR\n", "eur", "EURO", "", "E1R"])
def test_a_currency_that_cannot_be_is_refused_and_not_a_bug(
    client: FlaskClient, currency: str
) -> None:
    answer = client.post(
        f"{PATH}/form", json={"lines": [], "price": {"amount": 1, "currency": currency}}
    )

    assert answer.status_code == 422
    assert answer.json is not None
    assert {error["pointer"] for error in answer.json["errors"]} == {"/price/currency"}


@pytest.mark.parametrize("amount", [10**19, -(10**19), 1.5, "1", True, None])
def test_an_amount_that_cannot_be_is_refused_and_not_a_bug(
    client: FlaskClient, amount: object
) -> None:
    answer = client.post(
        f"{PATH}/form", json={"lines": [], "price": {"amount": amount, "currency": "EUR"}}
    )

    assert answer.status_code == 422


@pytest.mark.parametrize("text", ["a\x00b", "\x00"])
def test_a_character_that_the_database_cannot_store_is_refused_and_not_a_bug(
    client: FlaskClient, text: str
) -> None:
    line = {"sku": text, "quantity": 1}

    asked = client.get(f"{PATH}/kept/mug", query_string={"cursor": text})
    sent = client.post(f"{PATH}/form", json={"lines": [line], text: 1})
    written = client.post(f"{PATH}/counted/{text}", headers={"Idempotency-Key": "12345678"})

    assert (asked.status_code, sent.status_code, written.status_code) == (422, 422, 404)
    assert asked.json is not None
    assert [(error["pointer"], error["in"]) for error in asked.json["errors"]] == [
        ("/cursor", "query")
    ]
    assert sent.json is not None
    assert [(error["pointer"], error["in"]) for error in sent.json["errors"]] == [
        ("/lines/0/sku", "body"),
        (f"/{text}", "body"),
    ]


def test_a_backslash_that_only_looks_like_such_a_character_passes(client: FlaskClient) -> None:
    answer = client.post(f"{PATH}/form", json={"lines": [], "note": "write \\u0000 here"})

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["note"] == "write \\u0000 here"


def test_a_query_parameter_that_nobody_knows_is_refused(client: FlaskClient) -> None:
    answer = client.get(f"{PATH}/shelves?belo=3")

    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"] == [
        {"pointer": "/belo", "in": "query", "code": "invalid", "detail": "Unknown field."}
    ]


def test_a_way_that_does_not_exist_is_a_problem_too(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nowhere")

    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.json is not None
    assert answer.json["code"] == "not_found"


def test_a_wrong_method_says_which_ones_are_right(client: FlaskClient) -> None:
    answer = client.delete(f"{PATH}/whatever")

    assert answer.status_code == 405
    assert answer.json is not None
    assert answer.json["code"] == "method_not_allowed"
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_body_of_another_kind_is_refused_and_not_passed_over(client: FlaskClient) -> None:
    answer = client.post(f"{PATH}/form", data='{"lines": []}', content_type="text/plain")

    assert answer.status_code == 415
    assert answer.json is not None
    assert answer.json["code"] == "unsupported_media_type"


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    limit = client.application.config["MAX_CONTENT_LENGTH"]

    answer = client.post(
        f"{PATH}/form",
        data=b"",
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(limit + 1)},
    )

    assert answer.status_code == 413
    assert answer.json is not None
    assert answer.json["code"] == "body_too_large"


def test_a_lost_database_is_told_as_such_and_when_to_come_again(settings: Settings) -> None:
    away = "postgresql+psycopg2://nobody:secret@127.0.0.1:1/nowhere"
    shop = build_workshop(settings, database_url=away)

    answer = shop.test_client().get(f"{PATH}/shelves")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json is not None
    assert answer.json["code"] == "database_unavailable"
    assert "secret" not in answer.text
    assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("SELECT", {}, Exception("lock timeout")), 503),
        (PoolTimeout(), 503),
        (InterfaceError("SELECT", {}, Exception("closed"), connection_invalidated=True), 503),
        (InterfaceError("SELECT", {}, Exception("bad use")), 500),
        (IntegrityError("INSERT", {}, Exception("duplicate key")), 500),
    ],
)
def test_a_database_that_is_away_or_busy_is_told_from_a_bug(
    client: FlaskClient, bench: Bench, error: Exception, status: int
) -> None:
    bench.during = raising(error)

    answer = client.get(f"{PATH}/whatever")

    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_a_refusal_of_a_missing_row_names_no_other_customer(
    client: FlaskClient, bench: Bench
) -> None:
    bench.during = raising(errors.NotFound())

    answer = client.get(f"{PATH}/whatever").json

    assert answer is not None
    assert answer["detail"] == "There is no such thing here."


def test_settings_never_show_their_secrets(settings: Settings) -> None:
    secret = "sk_live_do_not_print_me"

    shown = repr(replace(settings, stripe_secret_key=secret, metrics_token=secret))

    assert secret not in shown
    assert settings.jwt_secret_key not in shown


def test_the_databases_last_word_on_a_reference_is_a_refusal_with_its_place(
    client: FlaskClient, bench: Bench
) -> None:
    """A refusal of our own says more; where one is missing, nobody gets a failure."""
    unknown = str(new_id())
    form = {"lines": [{"sku": "A", "quantity": 1}, {"sku": unknown.upper(), "quantity": 1}]}

    def refers_to_nothing() -> None:
        with transaction():
            session.execute(
                text(
                    "INSERT INTO refresh_tokens (token_hash, sign_in_id, issued_at, expires_at)"
                    " VALUES ('x', :unknown, now(), now())"
                ),
                {"unknown": unknown},
            )

    bench.during = refers_to_nothing
    answer = client.post(f"{PATH}/form", json=form)

    assert (answer.status_code, answer.json["code"]) == (422, "reference_unknown")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/lines/1/sku"]
    assert unknown not in answer.json["detail"]


def test_what_something_else_refers_to_is_still_in_use(
    client: FlaskClient, bench: Bench, app: Flask
) -> None:
    carla = a_customer()
    signs_in(app.test_client(), carla)

    def deletes() -> None:
        with transaction():
            session.execute(text("DELETE FROM users WHERE id = :id"), {"id": carla.id})

    bench.during = deletes
    answer = client.post(f"{PATH}/whatever")

    assert (answer.status_code, answer.json["code"]) == (409, "still_in_use")


def test_a_number_that_no_column_holds_is_refused(client: FlaskClient, bench: Bench) -> None:
    def counts() -> None:
        with transaction():
            session.execute(text("SELECT 2147483647::int + 1::int"))

    bench.during = counts
    answer = client.post(f"{PATH}/whatever")

    assert (answer.status_code, answer.json["code"]) == (422, "number_out_of_range")
