"""Transfers: shipped against received, differences with reasons, and cancelling on the way."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from api.inventory.models import StockLevel
from api.platform.db import session, transaction
from api.purchasing import queries
from tests.approvals.test_approvals import limits
from tests.support.books import differences
from tests.support.shop import Shop, Staff
from tests.support.stock import a_location


def a_transfer(staff: Staff, **skus: int) -> Any:
    """Draft a transfer from MAIN to ANNEX and return the answer."""
    lines = [{"code": sku, "quantity": units} for sku, units in skus.items()]
    body = {"from_location": "MAIN", "to_location": "ANNEX", "lines": lines}
    return staff.posts("/transfers", body)


def shipped(staff: Staff, **skus: int) -> str:
    """Ship a transfer; returns its path."""
    path = f"/transfers/{a_transfer(staff, **skus).json['id']}"
    assert staff.posts(f"{path}/ready").json["status"] == "ready"
    answer = staff.posts(f"{path}/ship")
    assert (answer.status_code, answer.json.get("status")) == (200, "in_transit"), answer.json
    return path


def came(staff: Staff, path: str, *lines: dict[str, Any]) -> Any:
    """Receive units of a transfer and return the answer."""
    return staff.posts(f"{path}/receive", {"lines": list(lines)})


def on_hand(variant_id: UUID) -> list[int]:
    """Return the units of a variant by location: at MAIN, then at ANNEX."""
    session.rollback()
    return list(
        session.scalars(
            select(StockLevel.on_hand)
            .where(StockLevel.variant_id == variant_id)
            .order_by(StockLevel.location_id)
        )
    )


@pytest.fixture
def two_places(shop: Shop) -> Shop:
    """A shop with an annex, and 10 mugs that cost 2.00 EUR."""
    shop.sells("MUG", 0)
    a_location("ANNEX")
    cost = {"amount": 200, "currency": "EUR"}
    line = {"code": "MUG", "quantity": 10, "unit_cost": cost}
    assert shop.staff().posts("/receipts", {"lines": [line]}).status_code == 201
    return shop


def test_units_are_shipped_and_come_in_two_parts_with_their_worth(two_places: Shop) -> None:
    staff, mug = two_places.staff("warehouse"), two_places.variants["MUG"]
    path = shipped(staff, MUG=6)
    assert on_hand(mug) == [4]
    assert list(queries.incoming([mug]).values()) == [(6, None)]

    part = came(staff, path, {"code": "mug", "quantity": 4, "damaged": 1}).json
    assert (part["status"], part["received_units"]) == ("partially_received", 4)
    whole = came(staff, path, {"code": "MUG", "quantity": 2}).json

    assert (whole["status"], whole["written_off_units"]) == ("received", 0)
    assert on_hand(mug) == [4, 6]
    annex = session.scalars(select(StockLevel).where(StockLevel.on_hand == 6)).one()
    assert (annex.average_cost, annex.damaged) == (Decimal(200), 1)
    assert queries.incoming([mug]) == {}
    assert differences() == []


def test_each_difference_needs_its_reason(two_places: Shop) -> None:
    staff, mug = two_places.staff(), two_places.variants["MUG"]
    path = shipped(staff, MUG=6)
    came(staff, path, {"code": "MUG", "quantity": 4})

    silent = staff.posts(f"{path}/close", {})
    assert (silent.status_code, silent.json["code"], silent.json["lines"]) == (
        409, "difference_unexplained", ["MUG"],
    )  # fmt: skip
    assert staff.gets(path).json["status"] == "partially_received"
    closed = staff.posts(f"{path}/close", {"reasons": {"MUG": "missing"}}).json

    assert (closed["status"], closed["written_off_units"]) == ("received", 2)
    assert closed["written_off_value"] == {"amount": 400, "currency": "EUR"}
    assert (closed["lines"][0]["reason"], on_hand(mug)) == ("missing", [4, 4])
    late = came(staff, path, {"code": "MUG", "quantity": 2})
    assert (late.status_code, late.json["code"]) == (409, "invalid_state")
    assert differences() == []


def test_more_than_was_shipped_waits_for_a_reason(two_places: Shop) -> None:
    staff = two_places.staff()
    path = shipped(staff, MUG=6)

    over = came(staff, path, {"code": "MUG", "quantity": 7}).json
    assert over["status"] == "partially_received"
    closed = staff.posts(f"{path}/close", {"reasons": {"MUG": "miscounted"}}).json
    assert (closed["status"], closed["written_off_units"]) == ("received", -1)
    assert differences() == []


@pytest.mark.parametrize(
    ("rest", "left", "restocked", "written_off"),
    [("restock", [8, 2], 4, 0), ("write_off", [4, 2], 0, 4)],
)
def test_cancelling_on_the_way_says_what_becomes_of_the_rest(
    two_places: Shop, rest: str, left: list[int], restocked: int, written_off: int
) -> None:
    staff, mug = two_places.staff(), two_places.variants["MUG"]
    path = shipped(staff, MUG=6)
    came(staff, path, {"code": "MUG", "quantity": 2})

    open_ = staff.posts(f"{path}/cancel", {"reason": "van broke"})
    assert (open_.status_code, open_.json["code"], open_.json["units"]) == (
        409, "rest_undecided", 4,
    )  # fmt: skip
    ended = staff.posts(f"{path}/cancel", {"reason": "van broke", "rest": rest}).json

    assert ended["status"] == "received"
    line = ended["lines"][0]
    assert (line["restocked"], line["written_off"], on_hand(mug)) == (restocked, written_off, left)
    assert queries.incoming([mug]) == {}
    assert differences() == []


def test_a_draft_is_cancelled_and_no_stock_moves(two_places: Shop) -> None:
    staff = two_places.staff()
    path = f"/transfers/{a_transfer(staff, MUG=3).json['id']}"
    staff.posts(f"{path}/ready")

    assert staff.posts(f"{path}/cancel", {"reason": "no"}).json["status"] == "cancelled"
    assert on_hand(two_places.variants["MUG"]) == [10]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"from_location": "MAIN", "to_location": "MAIN"}, "transfer_goes_nowhere"),
        ({"from_location": "MAIN", "to_location": "MOON"}, "location_not_found"),
        ({"from_location": "MAIN"}, "invalid"),
        (
            {"from_location": "MAIN", "to_location": "ANNEX",
             "lines": [{"code": "NOBODY", "quantity": 1}]},
            "received_code_unknown",
        ),
    ],
)  # fmt: skip
def test_a_transfer_that_cannot_be_is_refused(
    two_places: Shop, body: dict[str, Any], code: str
) -> None:
    staff = two_places.staff()

    assert staff.posts("/transfers", body).json["code"] == code
    assert staff.gets("/transfers").json["data"] == []


def test_what_is_promised_or_not_in_it_does_not_go(two_places: Shop) -> None:
    two_places.sells("JUG", 1)
    staff = two_places.staff()
    empty = f"/transfers/{a_transfer(staff).json['id']}"
    assert staff.posts(f"{empty}/ready").json["code"] == "transfer_empty"
    too_many = f"/transfers/{a_transfer(staff, MUG=11).json['id']}"
    staff.posts(f"{too_many}/ready")
    refused = staff.posts(f"{too_many}/ship")
    assert (refused.status_code, refused.json["code"]) == (409, "insufficient_stock")
    assert staff.gets(too_many).json["status"] == "ready"
    assert staff.posts(f"{too_many}/reopen").json["status"] == "draft"
    less = staff.posts(f"{too_many}/lines", {"code": "MUG", "quantity": 5}).json
    assert less["units"] == 5
    staff.posts(f"{too_many}/ready")
    staff.posts(f"{too_many}/ship")
    stray = came(staff, too_many, {"code": "JUG", "quantity": 1})
    assert (stray.status_code, stray.json["code"]) == (422, "not_in_transfer")
    label = staff.gets(f"/scan/{staff.gets(too_many).json['number']}").json
    assert (label["kind"], label["next"]) == ("transfer", ["receive"])
    assert differences() == []


def test_what_came_last_is_undone_within_ten_minutes(two_places: Shop) -> None:
    staff, mug = two_places.staff("warehouse"), two_places.variants["MUG"]
    path = shipped(staff, MUG=6)
    came(staff, path, {"code": "MUG", "quantity": 4})
    came(staff, path, {"code": "MUG", "quantity": 2, "damaged": 1})

    undone = staff.posts(f"{path}/undo-receipt").json

    assert (undone["status"], undone["received_units"], undone["ended_at"]) == (
        "partially_received", 4, None,
    )  # fmt: skip
    assert (on_hand(mug), list(queries.incoming([mug]).values())) == ([4, 4], [(2, None)])
    again = staff.posts(f"{path}/undo-receipt")
    assert (again.status_code, again.json["code"]) == (409, "transfer_receipt_not_undoable")
    came(staff, path, {"code": "MUG", "quantity": 2})
    with transaction():
        session.execute(text("UPDATE transfers SET received_at = now() - interval '11 minutes'"))
    late = staff.posts(f"{path}/undo-receipt")
    assert (late.status_code, late.json["code"]) == (409, "transfer_receipt_not_undoable")
    assert on_hand(mug) == [4, 6]
    assert differences() == []


def test_units_that_are_needed_are_not_undone(two_places: Shop) -> None:
    staff, mug = two_places.staff(), two_places.variants["MUG"]
    path = shipped(staff, MUG=10)
    came(staff, path, {"code": "MUG", "quantity": 10})
    two_places.an_order(MUG=1)

    refused = staff.posts(f"{path}/undo-receipt")

    assert (refused.status_code, refused.json["code"]) == (409, "insufficient_stock")
    assert (on_hand(mug), staff.gets(path).json["status"]) == ([0, 10], "received")
    assert differences() == []


def test_more_than_was_shipped_is_received_within_the_limits_of_ones_role(
    two_places: Shop,
) -> None:
    mug = two_places.variants["MUG"]
    limits("warehouse", adjust_max_units=3)
    staff = two_places.staff("warehouse")
    path = shipped(staff, MUG=4)

    excess = {"code": "MUG", "quantity": 2}
    above = came(staff, path, {"code": "MUG", "quantity": 4}, excess, excess)

    assert (above.status_code, above.json["code"]) == (409, "transfer_excess_above_limit")
    assert on_hand(mug) == [6]
    assert came(staff, path, {"code": "MUG", "quantity": 7}).status_code == 200
    assert on_hand(mug) == [6, 7]
    limits("warehouse", adjust_max_units=1_000, adjust_max_value=500)
    dear = came(staff, path, {"code": "MUG", "quantity": 3})
    assert dear.json["code"] == "transfer_excess_above_limit", "3 mugs of 2.00 EUR"
    assert differences() == []


def test_a_loss_on_the_way_is_written_off_within_the_limits_of_ones_role(
    two_places: Shop,
) -> None:
    limits("warehouse", adjust_max_units=3)
    staff, path = two_places.staff("warehouse"), shipped(two_places.staff(), MUG=8)
    came(staff, path, {"code": "MUG", "quantity": 4})

    refused = [
        staff.posts(f"{path}/close", {"reasons": {"MUG": "missing"}}),
        staff.posts(f"{path}/cancel", {"reason": "lost", "rest": "write_off"}),
    ]

    for answer in refused:
        assert (answer.status_code, answer.json["code"]) == (409, "transfer_loss_above_limit")
    assert staff.gets(path).json["status"] == "partially_received"
    came(staff, path, {"code": "MUG", "quantity": 1})
    ended = staff.posts(f"{path}/close", {"reasons": {"MUG": "missing"}})
    assert (ended.status_code, ended.json["written_off_units"]) == (200, 3)
    assert differences() == []
