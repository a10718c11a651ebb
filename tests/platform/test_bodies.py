"""How much a body may hold: by the kind of its route, and counted before objects are made of it."""

import time

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from api.platform import body_limits
from api.platform.body_limits import BodyUnreadable, read_json
from tests.support.people import a_staff_member
from tests.support.workshop import PATH, Bench

KILOBYTE, MEGABYTE = 1024, 1024 * 1024

LARGER = {
    "/api/v1/webhooks/stripe": MEGABYTE,
    "/api/v1/webhooks/carriers/<string:token>": MEGABYTE,
    "/api/v1/admin/products": 4 * MEGABYTE,
    "/api/v1/admin/products/<uuid:product_id>": 4 * MEGABYTE,
    "/api/v1/admin/products/<uuid:product_id>/variants": 4 * MEGABYTE,
    "/api/v1/admin/products/batch": 4 * MEGABYTE,
    "/api/v1/admin/variants/<uuid:variant_id>": 4 * MEGABYTE,
    "/api/v1/admin/variants/batch": 4 * MEGABYTE,
    "/api/v1/admin/inventory/levels/batch": 4 * MEGABYTE,
    "/api/v1/admin/translations/<uuid:subject_id>": 4 * MEGABYTE,
    "/api/v1/admin/media": 32 * MEGABYTE,
    "/api/v1/admin/imports": 32 * MEGABYTE,
    "/api/v1/orders/<uuid:order_id>/return-photos": 5_308_416,
    "/api/v1/admin/hold-rules/import": 32 * MEGABYTE,
    "/api/v1/admin/tax-rates/import": 32 * MEGABYTE,
}
"""Every route that takes more than its kind."""


def test_every_route_takes_what_its_kind_takes_unless_it_is_named_here(bare_app: Flask) -> None:
    for rule in bare_app.url_map.iter_rules():
        if not rule.methods & {"POST", "PUT", "PATCH"}:  # type: ignore[operator]
            continue
        staff = rule.rule.startswith("/api/v1/admin/")
        kind = MEGABYTE if staff else 64 * KILOBYTE
        most = body_limits.most_bytes(bare_app.view_functions[rule.endpoint], rule.rule)
        assert most == LARGER.get(rule.rule, kind), rule.rule


@pytest.mark.parametrize("header", ["CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"])
def test_a_larger_body_is_refused_whether_its_length_is_told_or_not(
    client: FlaskClient, header: str
) -> None:
    body = b'{"note": "' + b"x" * (64 * KILOBYTE) + b'"}'
    told = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    given = {} if header == "CONTENT_LENGTH" else {**told, "CONTENT_LENGTH": ""}

    answer = client.post(
        "/api/v1/auth/login", data=body, content_type="application/json", environ_overrides=given
    )

    assert (answer.status_code, answer.get_json()["code"]) == (413, "body_too_large")


def test_a_staff_body_may_be_larger_than_a_customers(client: FlaskClient) -> None:
    anna = a_staff_member("owner")
    body = {"description": "ß" * 500_000}

    answer = client.patch(
        "/api/v1/admin/products/01a1f929-9c61-7229-b458-bb774c890805",
        json=body,
        headers=anna.with_headers(If_Match='"1"'),
    )

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[" * 2_000_000, "more than 52,428 values"),
        (b"[" * 65 + b"]" * 65, "nested deeper than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper than 64"),
        (b"[" + b"0," * 60_000 + b"0]", "more than 52,428 values"),
        (b"[" + b"{}," * 60_000 + b"{}]", "more than 52,428 values"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "'c' comes twice"),
        (rb'{"a": 1, "\u0061": 2}', "'a' comes twice"),
        (b'{"a": 1,', "not valid JSON"),
        (b'"' + b'\\"' * 1_000_000, "not valid JSON"),
        (orjson.dumps({str(n): n for n in range(1_001)}), "more than 1,000 names"),
    ],
)
def test_what_would_cost_too_much_is_refused_at_once(body: bytes, said: str) -> None:
    began = time.process_time()

    with pytest.raises(BodyUnreadable, match=said):
        read_json(body, 4 * MEGABYTE)

    assert time.process_time() - began < 0.5


def test_what_only_looks_like_much_is_read() -> None:
    text = "[{,:" * 30_000 + '\\"{["'
    depth = b"[" * 64 + b"]" * 64

    assert read_json(orjson.dumps({"a": text, "b": [text]}), MEGABYTE) == {"a": text, "b": [text]}
    assert orjson.dumps(read_json(depth, MEGABYTE)) == depth


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
)


@given(json_values)
def test_whatever_is_written_in_one_way_is_read_as_it_is(value: object) -> None:
    for written in (orjson.dumps(value), orjson.dumps(value, option=orjson.OPT_INDENT_2)):
        assert read_json(written, MEGABYTE) == value


def test_a_sender_is_told_of_twenty_errors_and_how_many_more(
    client: FlaskClient, bench: Bench
) -> None:
    body = {"lines": [], **{f"unknown-{n}": 1 for n in range(900)}}

    answer = client.post(f"{PATH}/form", json=body)

    assert answer.status_code == 422
    assert len(answer.get_json()["errors"]) == 20
    assert answer.get_json()["detail"].endswith(" And 880 more.")
