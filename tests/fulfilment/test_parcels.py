"""Parcels on the packing table: claimed, sent, given up, delivered."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from api.fulfilment.events import FulfilmentShipped
from api.fulfilment.models import Fulfilment, FulfilmentLine
from api.fulfilment.states import FULFILMENT, FulfilmentState
from api.kernel.errors import InvalidState
from api.platform.db import session, transaction
from tests.support.books import differences
from tests.support.events import facts_of
from tests.support.shop import Shop, Staff
from tests.support.sql import count_statements
from tests.support.stock import counters, journal
from tests.support.threads import at_once
from tests.support.work import drain


def claim(staff: Staff, order: dict[str, Any], **units: int) -> Any:
    """Open a parcel for units by the position of their line (`_0=2`), or for everything."""
    lines = [
        {"order_line_id": order["lines"][int(place[1:])]["id"], "quantity": quantity}
        for place, quantity in units.items()
    ]
    return staff.posts(f"/orders/{order['id']}/fulfilments", {"lines": lines} if lines else {})


def send(staff: Staff, parcel: dict[str, Any], carrier: str = "DHL", **more: Any) -> Any:
    """Hand an open parcel over."""
    return staff.posts(f"/fulfilments/{parcel['id']}/ship", {"carrier": carrier, **more})


def command(staff: Staff, parcel: dict[str, Any], name: str) -> Any:
    """Cancel or deliver a parcel."""
    return staff.posts(f"/fulfilments/{parcel['id']}/{name}")


def case_of(staff: Staff, order: dict[str, Any]) -> Any:
    """Read the order again."""
    return staff.gets(f"/orders/{order['id']}").json


def test_a_claim_keeps_units_for_one_parcel_and_moves_no_stock(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, anna, wanda = shop.an_order(MUG=3), shop.staff(), shop.staff("warehouse")

    parcel = claim(anna, order, _0=2)
    everything_else = wanda.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})

    assert parcel.status_code == 201
    assert (parcel.json["status"], parcel.json["shipped_at"]) == ("open", None)
    assert parcel.json["created_by"] == "Anna Owner"
    assert parcel.json["lines"][0]["quantity"] == 2
    assert everything_else.json["lines"][0]["quantity"] == 1
    assert (counters(mug).on_hand, counters(mug).allocated) == (9, 2)
    assert case_of(anna, order)["fulfilment_status"] == "partially_shipped"
    assert differences() == []


def test_claimed_units_are_not_shipped_by_someone_else(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, anna, wanda = shop.an_order(MUG=3), shop.staff(), shop.staff("warehouse")
    claim(anna, order, _0=3)

    some = wanda.posts(
        f"/orders/{order['id']}/ship",
        {"carrier": "DHL", "lines": [{"order_line_id": order["lines"][0]["id"], "quantity": 1}]},
    )
    everything = wanda.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})
    another = claim(wanda, order)

    assert (some.status_code, some.json["code"]) == (422, "quantity_exceeds_open")
    assert some.json["errors"][0]["detail"] == "1 requested, 0 open and in no other parcel."
    assert (everything.status_code, everything.json["code"]) == (409, "nothing_to_ship")
    assert "ship or cancel those" in everything.json["detail"]
    assert another.status_code == 409
    assert counters(mug).on_hand == 10


def test_a_claimed_parcel_is_sent(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=3), shop.staff()
    parcel = claim(staff, order).json

    sent = send(staff, parcel, "royal mail", tracking_number="AB123456789GB")

    assert sent.status_code == 200
    assert (sent.json["status"], sent.json["version"]) == ("shipped", 2)
    assert sent.json["carrier"] == "Royal Mail"
    assert sent.json["tracking_url"].endswith("/AB123456789GB")
    assert counters(mug).on_hand == 7
    assert case_of(staff, order)["fulfilment_status"] == "shipped"
    assert len(facts_of(FulfilmentShipped)) == 1
    assert differences() == []


def test_cancelling_an_open_parcel_gives_its_units_back_to_the_queue(shop: Shop) -> None:
    """The inverse of opening: afterwards everything is as it was, and the next number follows."""
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=3), shop.staff()
    before = counters(mug), journal(mug), case_of(staff, order)["lines"]
    parcel = claim(staff, order).json

    cancelled = command(staff, parcel, "cancel")

    assert (cancelled.status_code, cancelled.json["status"]) == (200, "cancelled")
    assert (counters(mug), journal(mug), case_of(staff, order)["lines"]) == before
    assert staff.gets("/overview").json["to_ship"] == 1
    again = claim(staff, order).json
    assert again["number"] == f"{order['number']}-F2"
    assert send(staff, again).status_code == 200


def test_a_parcel_that_has_left_comes_back_as_a_return(shop: Shop) -> None:
    """The inverse of shipping is a refund with the units back on the shelf."""
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    parcel = send(staff, claim(staff, order).json).json

    refused = command(staff, parcel, "cancel")
    back = staff.refunds(order, lines={0: 2}, restock=True)

    assert (refused.status_code, refused.json["code"]) == (409, "invalid_state")
    assert (refused.json["current"], refused.json["allowed"]) == (
        "shipped",
        ["correct", "deliver", "void"],
    )
    assert "return" in refused.json["detail"]
    assert back.status_code == 201
    assert counters(mug).on_hand == 10
    assert differences() == []


def test_a_delivered_parcel_makes_the_order_delivered(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    first = send(staff, claim(staff, order, _0=1).json).json
    second = send(staff, claim(staff, order).json).json

    delivered = command(staff, first, "deliver")
    halfway = case_of(staff, order)["fulfilment_status"]
    command(staff, second, "deliver")

    assert (delivered.json["status"], halfway) == ("delivered", "partially_delivered")
    assert delivered.json["delivered_at"] is not None
    assert case_of(staff, order)["fulfilment_status"] == "delivered"


@pytest.mark.parametrize(
    ("steps", "last", "current"),
    [
        (["ship"], "ship", "shipped"),
        (["cancel"], "ship", "cancelled"),
        (["cancel"], "cancel", "cancelled"),
        (["cancel"], "deliver", "cancelled"),
        ([], "deliver", "open"),
        (["ship", "deliver"], "deliver", "delivered"),
        (["ship", "deliver"], "cancel", "delivered"),
        (["ship", "deliver"], "ship", "delivered"),
    ],
)
def test_a_command_that_does_not_fit_is_refused_and_changes_nothing(
    shop: Shop, steps: list[str], last: str, current: str
) -> None:
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    parcel = claim(staff, order).json
    for step in steps:
        body = {"carrier": "DHL"} if step == "ship" else None
        assert staff.posts(f"/fulfilments/{parcel['id']}/{step}", body).status_code == 200
    before = staff.gets(f"/fulfilments/{parcel['id']}").json, counters(mug)

    answer = staff.posts(
        f"/fulfilments/{parcel['id']}/{last}", {"carrier": "DHL"} if last == "ship" else None
    )

    assert (answer.status_code, answer.json["code"]) == (409, "invalid_state")
    assert answer.json["current"] == current
    assert answer.json["allowed"] == FULFILMENT.allowed(FulfilmentState(current))
    assert (staff.gets(f"/fulfilments/{parcel['id']}").json, counters(mug)) == before


def test_every_pair_of_state_and_command_is_decided() -> None:
    moves = {
        (state, name): FULFILMENT.commands[name].get(state)
        for name in FULFILMENT.commands
        for state in sorted(FULFILMENT.states)
    }

    assert {pair: to for pair, to in moves.items() if to} == {
        ("open", "ship"): "shipped",
        ("open", "cancel"): "cancelled",
        ("open", "prepare"): "ready_for_pickup",
        ("ready_for_pickup", "pick_up"): "picked_up",
        ("ready_for_pickup", "cancel"): "cancelled",
        ("shipped", "deliver"): "delivered",
        ("shipped", "correct"): "shipped",
        ("shipped", "void"): "voided",
        ("picked_up", "void"): "voided",
    }
    for (state, name), to in moves.items():
        if to is None:
            with pytest.raises(InvalidState):
                FULFILMENT.next(state, name)


def test_cancelling_the_order_gives_up_its_open_parcels(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    parcel = claim(staff, order).json
    staff.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"})

    too_late = send(staff, parcel)
    drain()
    after = staff.gets(f"/fulfilments/{parcel['id']}").json

    assert (too_late.status_code, too_late.json["current"]) == (409, "cancelled")
    assert after["status"] == "cancelled"
    assert case_of(staff, order)["timeline"][-1]["actor"] == "Stockroom"
    assert differences() == []


def test_refunding_the_rest_gives_up_the_parcel_that_was_being_packed(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=3), shop.staff()
    send(staff, claim(staff, order, _0=1).json)
    parcel = claim(staff, order).json

    staff.refunds(order, lines={0: 3}, restock=True)
    drain()

    assert staff.gets(f"/fulfilments/{parcel['id']}").json["status"] == "cancelled"
    assert case_of(staff, order)["status"] == "completed"
    assert differences() == []


def test_a_parcel_with_refunded_units_must_be_packed_anew(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=3), shop.staff()
    parcel = claim(staff, order).json
    staff.refunds(order, lines={0: 1})

    refused = send(staff, parcel)
    command(staff, parcel, "cancel")
    anew = send(staff, claim(staff, order).json)

    assert (refused.status_code, refused.json["code"]) == (409, "fulfilment_outdated")
    assert refused.json["number"] == parcel["number"]
    assert anew.json["lines"][0]["quantity"] == 2
    assert counters(mug).on_hand == 8
    assert differences() == []


def test_two_people_pack_for_one_customer_and_no_unit_is_claimed_twice(shop: Shop) -> None:
    """Without the order's lock both would find three open units, and one parcel too many."""
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=3)
    packers = [shop.staff() for _ in range(4)]

    def pack(staff: Staff) -> Any:
        return lambda: claim(staff, order, _0=2)

    answers = at_once(shop.app, [pack(staff) for staff in packers])

    assert (answers.of_status(201), answers.of_status(422)) == (1, 3)
    numbers = session.scalars(
        Fulfilment.__table__.select().with_only_columns(Fulfilment.number)
    ).all()
    assert numbers == [f"{order['number']}-F1"]


def test_sending_and_cancelling_one_parcel_at_once_does_one_of_the_two(shop: Shop) -> None:
    """Without the locks it would leave the house and be cancelled."""
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    parcel = claim(staff, order).json

    answers = at_once(
        shop.app,
        [lambda: send(staff, parcel), lambda: command(shop.staff(), parcel, "cancel")],
    )

    assert (answers.of_status(200), answers.of_status(409)) == (1, 1)
    status = staff.gets(f"/fulfilments/{parcel['id']}").json["status"]
    assert (status, counters(mug).on_hand) in [("shipped", 8), ("cancelled", 10)]
    assert differences() == []


def test_the_parcels_of_an_order_are_listed_in_pages(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=3), shop.staff()
    made = [claim(staff, order, _0=1).json for _ in range(3)]
    path = f"/orders/{order['id']}/fulfilments"

    first = staff.gets(path, limit=2, include="total").json
    rest = staff.gets(path, limit=2, cursor=first["page"]["next_cursor"]).json

    assert first["data"] + rest["data"] == made
    assert (first["page"]["total"], rest["page"]["has_more"]) == (3, False)
    with count_statements() as three:
        staff.gets(path)
    with count_statements() as one:
        staff.gets(path, limit=1)
    assert three.count == one.count == 4, three


def test_what_does_not_exist_is_not_found(shop: Shop) -> None:
    staff, nothing = shop.staff(), uuid4()

    answers = [
        staff.gets(f"/fulfilments/{nothing}"),
        staff.posts(f"/fulfilments/{nothing}/ship", {"carrier": "DHL"}),
        staff.posts(f"/fulfilments/{nothing}/cancel"),
        staff.posts(f"/fulfilments/{nothing}/deliver"),
        staff.gets(f"/orders/{nothing}/fulfilments"),
        staff.posts(f"/orders/{nothing}/fulfilments"),
    ]

    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [
        *[(404, "fulfilment_not_found")] * 4,
        *[(404, "order_not_found")] * 2,
    ]


def test_the_database_has_the_last_word(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    parcel = UUID(claim(staff, order).json["id"])
    session.rollback()
    wrong = [
        (update(Fulfilment).values(status="shipped"), "shipped_at_tells_that_it_left"),
        (
            update(Fulfilment).values(status="delivered", shipped_at=Fulfilment.created_at,
                                      carrier="DHL"),
            "delivered_at_tells_that_it_arrived",
        ),
        (
            update(Fulfilment).values(status="shipped", shipped_at=Fulfilment.created_at),
            "carrier_took_it",
        ),
        (update(FulfilmentLine).values(quantity=0), "quantity_positive"),
    ]  # fmt: skip

    for change, name in wrong:
        with pytest.raises(IntegrityError, match=name), transaction():
            session.execute(change)
    assert staff.gets(f"/fulfilments/{parcel}").json["status"] == "open"
