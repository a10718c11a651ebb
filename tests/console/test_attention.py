"""What needs a person: the list, the keys that end an item, and orders that are held back."""

from typing import Any

import pytest

from tests.console.support.station import Station
from tests.console.support.warehouse import Warehouse, eur
from tests.console.support.wire import WireShop


def open_kinds(desk: Station) -> list[str]:
    return [one["kind"] for one in desk.shop.warehouse.attention_items("open")]


def of_kind(desk: Station, kind: str) -> dict[str, Any]:
    return next(one for one in desk.shop.warehouse.attention if one["kind"] == kind)


async def test_the_list_is_one_key_away_and_counted_at_home(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.rested()
        assert "✖ 2 need you ⇧F5" in desk.text
        await desk.press("f17")
        await desk.rested()

        assert desk.screen == "attention"
        assert "overpaid" in desk.text
        assert "WHAT ENDS IT" in desk.text
        assert "r  give the money back" in desk.text


async def test_the_palette_leads_to_the_list(open_console) -> None:
    async with open_console() as desk:
        await desk.press(":")
        await desk.type("a")
        await desk.press("enter")
        await desk.rested()

        assert desk.screen == "attention"


async def test_money_is_given_back_once_its_amount_was_typed(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.press("f17")
        await desk.rested()
        await desk.press("r")
        assert "Give 24.88 € back" in desk.text
        await desk.type("24.80")
        await desk.press("f10")
        await desk.rested()
        assert desk.said == "Nothing was sent: 24.80 is not 24.88"
        assert open_kinds(desk) == ["overpaid", "orphan_money"]

        await desk.press("r")
        await desk.type("24,88")
        await desk.press("f10")
        await desk.rested()

        assert desk.said.startswith("24.88 € given back for O-1000")
        assert of_kind(desk, "overpaid")["resolution"] == "refunded"
        assert open_kinds(desk) == ["orphan_money"]
        assert "overpaid" not in desk.text


async def test_orphan_money_is_linked_to_an_order(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        number = desk.shop.warehouse.number(3)
        await desk.press("f17")
        await desk.rested()
        await desk.press("down", "l")
        assert "12.90 €: which order is it for?" in desk.text
        await desk.type(number)
        await desk.press("f10")
        await desk.rested()

        item = of_kind(desk, "orphan_money")
        assert (item["resolution"], item["order_number"]) == ("linked", number)


async def test_an_item_is_accepted_with_a_note_and_found_among_the_resolved(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.press("f17")
        await desk.rested()
        await desk.press("a")
        await desk.type("a tip, says the customer")
        await desk.press("f10")
        await desk.rested()
        assert of_kind(desk, "overpaid")["note"] == "a tip, says the customer"

        await desk.press("tab")
        await desk.rested()
        assert "▸ resolved" in desk.text
        assert "accepted by Mia Winter" in desk.text
        assert "a tip, says the customer" in desk.text
        await desk.press("a")
        assert desk.said == "It is resolved already"


async def test_without_a_note_nothing_is_accepted(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f17")
        await desk.rested()
        await desk.press("a", "f10")
        await desk.rested()

        assert desk.said == "Nothing done"
        assert open_kinds(desk) == ["overpaid", "orphan_money"]


async def test_a_key_that_does_not_fit_says_what_does(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f17")
        await desk.rested()
        await desk.press("l")
        assert desk.said == "That does not end it: refund, accept does"
        await desk.press("down", "enter")
        assert desk.said == "This belongs to no order"
        await desk.press("up", "enter")
        await desk.rested()
        assert desk.screen == "order"


async def test_a_role_that_may_not_is_told_so(open_console) -> None:
    shop = WireShop()
    for person in shop.people.values():
        person["permissions"] = ["orders:read"]
    async with open_console(shop=shop) as desk:
        await desk.press("f17")
        await desk.rested()
        await desk.press("r")

        assert desk.said == "Your role does not do this"


async def test_nothing_needs_anybody(open_console) -> None:
    async with open_console(shop=WireShop(Warehouse(0, 0))) as desk:
        await desk.press("f17")
        await desk.rested()

        assert "✔ Nothing needs you." in desk.text


async def test_an_order_is_held_back_and_released(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.press("f3", "t")
        await desk.rested()
        await desk.press("enter")
        await desk.rested()
        order_id = desk.frame.order_id
        await desk.press("h")
        assert "1 payment   2 risk   3 address" in desk.text
        await desk.type("3")
        await desk.press("enter")
        await desk.type("no such street")
        await desk.press("f10")
        await desk.rested()

        case = desk.shop.warehouse.case(desk.shop.warehouse.find_order(order_id))
        assert [(one["reason"], one["note"]) for one in case["holds"]] == [
            ("address", "no such street")
        ]
        assert "‖ on hold, address: no such street" in desk.text
        await desk.press("s")
        assert desk.said == "It is on hold (address): u on the order releases it"
        await desk.press("u")
        assert "address (no such street)" in desk.text
        await desk.press("f10")
        await desk.rested()

        assert case["on_hold"] is False
        assert "‖" not in desk.text


async def test_of_several_holds_one_is_chosen(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        house = desk.shop.warehouse
        n = house.pick({"queue": "to_ship"}, "")[0]
        for reason in ("risk", "stock"):
            house.hold(n, {"reason": reason}, "Anna")
        await desk.press("f3", "shift+tab", "shift+tab")
        await desk.rested()
        assert "▸ on hold" in desk.text
        await desk.press("enter")
        await desk.rested()
        await desk.press("u")
        assert "1 risk   2 stock" in desk.text
        await desk.type("2")
        await desk.press("enter", "f10")
        await desk.rested()

        assert [(h["reason"], h["released_by"]) for h in house.case(n)["holds"]] == [
            ("risk", None), ("stock", "Mia Winter"),
        ]  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_order_page_shows_disputes_warnings_and_foreign_refunds(
    open_console, size: tuple[int, int]
) -> None:
    async with open_console(size=size) as desk:
        house = desk.shop.warehouse
        n = house.pick({"queue": "to_ship"}, "")[0]
        case = house.case(n)
        case["disputes"] = [{
            "id": "d", "status": "needs_response", "reason": "fraudulent", "amount": eur(2488),
            "fee": eur(2000), "evidence_due_by": "2026-12-24T23:59:00Z", "closed_at": None,
        }]  # fmt: skip
        case["fraud_warnings"] = [{
            "id": "w", "fraud_type": "made_with_stolen_card", "closed_at": None,
            "opened_at": "2026-11-20T09:00:00Z",
        }]  # fmt: skip
        case["refunds"] = [{
            "id": "r", "origin": "provider", "status": "submitted",
            "provider_status": "waiting", "amount": eur(500), "reason": "other",
            "note": "Refunded at the payment provider.", "lines": [], "shipping": eur(0),
            "additional": eur(500), "transactions": [],
            "created_at": "2026-11-20T09:00:00Z",
        }]  # fmt: skip
        case["charged_back"] = eur(100)
        case["attention"] = [{
            "id": "a", "kind": "foreign_refund", "reason": "refunded at the payment provider",
            "amount": eur(500), "due_at": None,
        }]  # fmt: skip
        await desk.press("f3", "t")
        await desk.rested()
        await desk.press("enter")
        await desk.rested()

        text = desk.text
        assert "⚠ disputed 24.88 € (fraudulent, fee 20.00 €):" in text
        assert "response" in text
        assert "answer by 24 Dec" in text
        assert "⚠ the bank warns of fraud: made with stolen card" in text
        assert "refunded at the payment provider" in text
        if size[0] == 120:
            assert "at Stripe, not here" in text
            assert "charged back" in text


FOUND = {
    "differences": 3,
    "finished_at": "2026-03-05T02:10:00Z",
    "findings": [
        {"name": "to-ship", "promise": "the queue holds what is paid", "state": "ok",
         "differences": 0, "error": None, "shown": []},
        {"name": "captured", "promise": "captured is what came in", "state": "differs",
         "differences": 3, "error": None,
         "shown": [{"label": "order 1042", "recorded": "500", "expected": "400"}]},
    ],
}  # fmt: skip


async def test_books_that_do_not_balance_are_told_at_home_and_one_key_shows_them(
    open_console,
) -> None:
    shop = WireShop()
    shop.warehouse.doctor = FOUND
    async with open_console(shop=shop, size=(120, 40)) as desk:
        await desk.rested()
        at_home = desk.text
        await desk.press("f17")
        await desk.rested()
        await desk.press("c")
        await desk.rested()

        assert "do not add up" in at_home
        assert "F5, then c" in at_home
        assert "captured is what came in" in desk.text
        assert "order 1042: is 500, not 400" in desk.text
        assert "and 2 more" in desk.text
        assert "1 of 2 checks are sound" in desk.text


async def test_before_the_first_night_there_is_nothing_to_show(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.rested()
        assert "BOOKS" not in desk.text
        await desk.press("f17")
        await desk.rested()
        await desk.press("c")
        await desk.rested()

        assert "The doctor has not looked yet" in desk.text
