"""After shipping, before delivery: another label, or everything back to where it was."""

from typing import Any

import pytest
from sqlalchemy import select

from api.fulfilment import flows as fulfilment_flows
from api.fulfilment.events import FulfilmentCorrected, FulfilmentVoided
from api.inventory.models import Location
from api.kernel.principal import SYSTEM
from api.orders.events import OrderCompleted
from api.platform.db import session, transaction
from tests.support.books import differences
from tests.support.events import facts_of
from tests.support.shop import Shop, Staff
from tests.support.stock import a_location, counters, journal, stocked
from tests.support.threads import at_once
from tests.support.work import drain


def ship(staff: Staff, order: dict[str, Any], **body: Any) -> Any:
    """Send an order off, or part of it."""
    answer = staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL", **body})
    assert answer.status_code == 201, answer.json
    return answer.json


def void(staff: Staff, parcel: dict[str, Any], reason: str | None = None, **more: Any) -> Any:
    """Take it back."""
    return staff.posts(f"/fulfilments/{parcel['id']}/void", {"reason": reason}, **more)


def correct(staff: Staff, parcel: dict[str, Any], carrier: str, number: str | None) -> Any:
    """Say what the label really says."""
    body = {"carrier": carrier, "tracking_number": number}
    return staff.posts(f"/fulfilments/{parcel['id']}/correct", body)


def letters(shop: Shop) -> list[str]:
    """Deliver everything; the subjects of what was sent since."""
    before = len(shop.mailer.sent)
    drain()
    return [letter.subject for letter in shop.mailer.sent[before:]]


def test_voiding_is_the_inverse_of_shipping(shop: Shop) -> None:
    """Shelf, promise, journal, order and queue are as before; then it ships with the same label."""
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=3), shop.staff("warehouse")
    before, lines = counters(mug), staff.opens(order)["lines"]
    parcel = ship(staff, order, tracking_number="JD014600")
    assert staff.opens(order)["status"] == "completed"

    answer = void(staff, parcel, "wrong box")

    assert (answer.status_code, answer.json["status"]) == (200, "voided")
    assert answer.json["voided_at"] is not None
    assert counters(mug) == before
    assert journal(mug)[-2:] == [("shipped", -3, -3, 0, 7), ("shipment_voided", 3, 3, 0, 10)]
    case = staff.opens(order)
    assert case["lines"] == lines
    assert (case["status"], case["fulfilment_status"]) == ("placed", "unfulfilled")
    assert case["timeline"][-1]["kind"] == "shipment_voided"
    assert case["timeline"][-1]["text"].endswith("voided: 3 units to ship again. wrong box")
    overview = staff.gets("/overview").json
    assert (overview["to_ship"], overview["shipped_today"]) == (1, 0)
    assert len(facts_of(FulfilmentVoided)) == 1
    assert differences() == []
    again = ship(staff, order, tracking_number="JD014600")
    assert staff.gets("/scan", code="JD014600").json["fulfilment"]["number"] == again["number"]
    assert counters(mug).on_hand == 7
    assert differences() == []


def test_goods_of_several_shelves_go_back_to_each_of_them(shop: Shop) -> None:
    mug, far = shop.sells("MUG", 2), a_location("FAR", priority=200)
    stocked(mug, 3, at=far)
    shop.sells("BOWL", 4)
    order, staff = shop.an_order(MUG=4, BOWL=1), shop.staff()
    (near,) = session.scalars(select(Location.id).where(Location.code == "MAIN"))
    before = counters(mug, at=near), counters(mug, at=far)
    mugs = [{"order_line_id": order["lines"][0]["id"], "quantity": 4}]
    first = ship(staff, order, lines=mugs)
    ship(staff, order)
    assert (counters(mug, at=near).on_hand, counters(mug, at=far).on_hand) == (0, 1)

    assert void(staff, first).status_code == 200

    assert (counters(mug, at=near), counters(mug, at=far)) == before
    case = staff.opens(order)
    assert [line["open_quantity"] for line in case["lines"]] == [4, 0]
    assert case["fulfilment_status"] == "partially_shipped"
    assert differences() == []


def test_the_customer_is_told_what_is_not_on_its_way(shop: Shop) -> None:
    shop.sells("MUG", 10, title="Blue mug")
    order, staff = shop.an_order(MUG=2), shop.staff()
    parcel = ship(staff, order)
    number = order["number"]

    assert f"Your order {number} is on its way" in letters(shop)
    void(staff, parcel)

    assert letters(shop) == [f"Correction: a parcel of your order {number} is not on its way"]
    text = shop.mailer.sent[-1].text
    assert f"Parcel {number}-F1 of your order {number} has not left for you after all" in text
    assert "2 × Blue mug (MUG)" in text


def test_a_parcel_that_was_voided_before_anybody_was_told_is_not_announced(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    drain()
    void(staff, ship(staff, order))

    assert [one.split(":")[0] for one in letters(shop)] == ["Correction"]


def test_another_label_is_told_and_found(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff("warehouse")
    parcel = ship(staff, order, tracking_number="JD014600")
    letters(shop)

    answer = correct(staff, parcel, "ups", "1Z999AA10123456784")

    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["version"]) == ("shipped", parcel["version"] + 1)
    assert (answer.json["carrier"], answer.json["tracking_number"]) == (
        "UPS",
        "1Z999AA10123456784",
    )
    assert answer.json["tracking_url"].startswith("https://www.ups.com/")
    assert staff.opens(order)["timeline"][-1]["text"] == (
        f"{parcel['number']} corrected: UPS, 1Z999AA10123456784 instead of DHL, JD014600."
    )
    for typed in ("1Z999AA10123456784", "JD014600"):
        assert [one["id"] for one in staff.gets("/orders", q=typed).json["data"]] == [order["id"]]
    assert len(facts_of(FulfilmentCorrected)) == 1
    assert letters(shop) == [f"Correction: how to follow your order {order['number']}"]
    assert "1Z999AA10123456784\nhttps://www.ups.com/" in shop.mailer.sent[-1].text


def test_what_is_on_the_label_already_changes_nothing_and_tells_nobody(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    parcel = ship(staff, order, tracking_number="JD014600")
    letters(shop)

    answer = correct(staff, parcel, "dhl", "JD01 4600")

    assert (answer.status_code, answer.json["version"]) == (200, parcel["version"])
    assert letters(shop) == []


def test_a_correction_before_the_first_letter_is_told_by_that_letter(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    drain()
    correct(staff, ship(staff, order, tracking_number="JD014600"), "DHL", "JD014601")

    subjects = letters(shop)

    assert f"Your order {order['number']} is on its way" in subjects
    assert [one for one in subjects if one.startswith("Correction")] == []


@pytest.mark.parametrize("command", ["void", "correct"])
@pytest.mark.parametrize("before", ["open", "cancel", "deliver", "void"])
def test_only_what_is_on_its_way_can_be_put_right(shop: Shop, command: str, before: str) -> None:
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    parcel = staff.posts(f"/orders/{order['id']}/fulfilments").json
    steps = {"open": [], "cancel": ["cancel"], "deliver": ["ship", "deliver"],
             "void": ["ship", "void"]}  # fmt: skip
    for step in steps[before]:
        body = {"carrier": "DHL"} if step == "ship" else {}
        assert staff.posts(f"/fulfilments/{parcel['id']}/{step}", body).status_code == 200
    seen = counters(mug)

    answer = staff.posts(f"/fulfilments/{parcel['id']}/{command}",
                         {"carrier": "UPS"} if command == "correct" else {})  # fmt: skip

    assert (answer.status_code, answer.json["code"]) == (409, "invalid_state")
    assert counters(mug) == seen
    assert differences() == []


@pytest.mark.parametrize("restock", [True, False])
def test_a_parcel_of_which_units_were_refunded_is_a_return(shop: Shop, restock: bool) -> None:
    """Else a unit that came back would be put back twice, or one be sent that was paid back."""
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=3), shop.staff()
    parcel = ship(staff, order)
    assert staff.refunds(order, lines={0: 1}, restock=restock).status_code == 201
    seen = counters(mug)

    answer = void(staff, parcel)

    assert (answer.status_code, answer.json["code"]) == (
        409,
        "goods_returned" if restock else "invalid_state",
    )
    assert counters(mug) == seen
    assert staff.opens(order)["fulfilments"][0]["status"] == "shipped"
    assert differences() == []


def test_refunds_of_what_stays_outside_do_not_stand_in_the_way(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=3), shop.staff()
    one = [{"order_line_id": order["lines"][0]["id"], "quantity": 1}]
    ship(staff, order, lines=one)
    second = ship(staff, order, lines=one)
    staff.refunds(order, lines={0: 1})

    assert void(staff, second).status_code == 200
    assert staff.opens(order)["lines"][0]["open_quantity"] == 2
    assert differences() == []


def test_an_order_that_was_opened_again_keeps_its_new_parcels(shop: Shop) -> None:
    """The fact that it was complete may be heard late: what was packed since is not given up."""
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    void(staff, ship(staff, order))
    parcel = staff.posts(f"/orders/{order['id']}/fulfilments").json
    assert len(facts_of(OrderCompleted)) == 1

    drain()
    with transaction():
        fulfilment_flows.cancel_open_fulfilments(order["id"], by=SYSTEM)

    assert staff.gets(f"/fulfilments/{parcel['id']}").json["status"] == "open"


def test_one_key_voids_once(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    parcel = ship(staff, order)

    answers = [void(staff, parcel, idempotency_key="void-it-once-please") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert (counters(mug).on_hand, counters(mug).allocated) == (10, 2)


@pytest.mark.parametrize("role", ["support"])
def test_who_does_not_ship_does_not_correct(shop: Shop, role: str) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    parcel = ship(shop.staff(), order)
    other = shop.staff(role)

    assert void(other, parcel).status_code == 403
    assert correct(other, parcel, "UPS", None).status_code == 403


def test_the_customer_does_not_see_a_voided_parcel(shop: Shop) -> None:
    shop.sells("MUG", 10)
    buyer, staff = shop.guest(), shop.staff()
    order = shop.an_order(buyer=buyer, MUG=2)
    parcel = ship(staff, order)
    assert len(buyer.sees(order)["parcels"]) == 1

    void(staff, parcel)

    assert buyer.sees(order)["parcels"] == []


def test_voids_at_once_bring_the_goods_back_once(shop: Shop) -> None:
    """Without the lock on the order and the parcel: goods come back twice."""
    mug = shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    parcel = ship(staff, order)

    outcomes = at_once(shop.app, [lambda: void(staff, parcel)] * 12)

    assert (outcomes.of_status(200), outcomes.of_status(409)) == (1, 11)
    assert (counters(mug).on_hand, counters(mug).allocated) == (10, 2)
    assert differences() == []


@pytest.mark.parametrize("other", ["deliver", "refund", "cancel"])
def test_a_void_against_what_else_may_happen_ends_in_one_of_two_truths(
    shop: Shop, other: str
) -> None:
    """Without the order's lock: delivered and on the shelf, or refunded, restocked and to ship."""
    mug = shop.sells("MUG", 50)
    for _ in range(4):
        order, staff = shop.an_order(MUG=2), shop.staff()
        parcel = ship(staff, order)

        def against(o: Any = order, w: Staff = staff, p: Any = parcel) -> Any:
            if other == "refund":
                return w.refunds(o, lines={0: 2}, restock=True)
            if other == "cancel":
                return w.cancels(o)
            return w.posts(f"/fulfilments/{p['id']}/deliver")

        outcomes = at_once(shop.app, [lambda w=staff, p=parcel: void(w, p), against])  # type: ignore[misc]

        assert {answer.status_code for answer in outcomes.results} <= {200, 201, 409}
        assert differences() == []
    assert counters(mug).allocated >= 0
