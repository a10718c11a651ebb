"""The house dialect on the wire: plain values in, finished JSON out."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import marshmallow as ma
import pytest
from flask.testing import FlaskClient

from api.kernel.money import Money
from api.platform.http import DateTimeField, MoneySchema, Schema, json_response, list_schema
from tests.support.workshop import PATH, Bench

ORDER = UUID("01a1f929-9c61-7229-b458-bb774c890805")


class Mood(StrEnum):
    """How it goes."""

    GOOD = "good"


def test_values_go_out_as_the_wire_has_them() -> None:
    answer = json_response(
        {
            "id": ORDER,
            "at": datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
            "due": Money(1299, "EUR"),
            "mood": Mood.GOOD,
            "by": {ORDER: 1},
            "note": None,
            "name": "Grüße",
        },
        201,
        {"Location": "/here"},
    )

    assert answer.status_code == 201
    assert answer.content_type == "application/json"
    assert answer.headers["Location"] == "/here"
    assert answer.get_json() == {
        "id": str(ORDER),
        "at": "2026-05-04T09:30:00Z",
        "due": {"amount": 1299, "currency": "EUR"},
        "mood": "good",
        "by": {str(ORDER): 1},
        "note": None,
        "name": "Grüße",
    }


def test_a_version_goes_out_as_the_etag() -> None:
    assert json_response({"version": 3}).headers["ETag"] == '"3"'
    assert "ETag" not in json_response({"version": None}).headers
    assert "ETag" not in json_response([{"version": 3}]).headers


def test_a_view_may_answer_nothing(client: FlaskClient, bench: Bench) -> None:
    bench.during = lambda: {"answer": []}

    assert client.get(f"{PATH}/whatever").json == {"answer": []}


def test_a_list_schema_is_made_once_and_named_after_its_rows() -> None:
    made = list_schema(MoneySchema)

    assert made is list_schema(MoneySchema)
    assert made.__name__ == "MoneyListSchema"


def test_a_form_refuses_what_it_does_not_know() -> None:
    class Form(Schema):
        """A form of this test."""

        name = ma.fields.String()

    with pytest.raises(ma.ValidationError, match="Unknown field"):
        Form().load({"nmae": "x"})


def test_money_is_read_as_money() -> None:
    assert MoneySchema().load({"amount": 5, "currency": "JPY"}) == Money(5, "JPY")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-05-04T09:30:00+02:00", datetime(2026, 5, 4, 7, 30, tzinfo=UTC)),
        ("2026-05-04T09:30:00Z", datetime(2026, 5, 4, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_as_utc(sent: str, read: datetime) -> None:
    moment = DateTimeField().deserialize(sent)

    assert (moment, moment.tzinfo) == (read, UTC)


@pytest.mark.parametrize(
    "sent", ["2026-05-04T09:30:00", "yesterday", "0001-01-01T00:00:00+23:59", 5, None]
)
def test_a_moment_without_a_zone_or_beyond_the_calendar_is_refused(sent: Any) -> None:
    with pytest.raises(ma.ValidationError):
        DateTimeField().deserialize(sent)
