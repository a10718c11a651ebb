"""Of two who do the same, the second is told who was first, when, and what was done."""

from tests.support.shop import Shop
from tests.support.threads import at_once


def test_who_ships_second_is_told_by_whom_when_and_in_which_parcel(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=2)
    anna, jon = shop.staff(), shop.staff("warehouse")
    path = f"/orders/{order['id']}/ship"

    outcomes = at_once(
        shop.app, [lambda who=who: who.posts(path, {"carrier": "DHL"}) for who in (anna, jon)]
    )

    assert outcomes.of_status(201) == 1
    (won,) = [answer for answer in outcomes.results if answer.status_code == 201]
    (lost,) = [answer for answer in outcomes.results if answer.status_code != 201]
    told = lost.get_json()
    assert lost.status_code == 409
    assert told["last_change"]["by"] == "Anna Owner"
    assert won.get_json()["number"] in told["detail"]
    assert "Anna Owner, " in told["detail"]
    assert told["last_change"]["at"]


def test_who_ships_lines_that_have_left_is_told_the_same(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.sells("POT", 10)
    order = shop.an_order(MUG=1, POT=1)
    staff = shop.staff()
    path = f"/orders/{order['id']}/ship"
    line = [{"order_line_id": staff.opens(order)["lines"][0]["id"], "quantity": 1}]
    first = staff.posts(path, {"carrier": "DHL", "lines": line})

    second = staff.posts(path, {"carrier": "DHL", "lines": line})

    assert first.status_code == 201
    assert second.get_json()["code"] == "quantity_exceeds_open"
    assert first.get_json()["number"] in second.get_json()["last_change"]["text"]


def test_who_refunds_second_is_told_by_whom(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order = shop.an_order(MUG=1)
    anna = shop.staff()
    opened = anna.opens(order)
    anna.refunds(opened, lines={0: 1}, shipping=True)

    again = anna.refunds(opened, lines={0: 1})

    assert again.status_code == 422
    assert again.get_json()["last_change"]["by"] == "Anna Owner"
    assert "Refund of" in again.get_json()["detail"]
