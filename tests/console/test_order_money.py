"""Money at the counter that does not fit the plan: too much, another way, an order that ends."""

import pytest

from console.messages import Open
from tests.console.support.station import Station
from tests.console.support.wire import EMAIL


def an_unpaid_order(desk: Station) -> int:
    return desk.shop.warehouse.pick({"payment_status": "unpaid"}, "")[-1]


def a_paid_order(desk: Station) -> int:
    return desk.shop.warehouse.pick({"queue": "to_ship"}, "")[-1]


async def opened(desk: Station, n: int) -> dict:
    """Open the order's own page."""
    case = desk.shop.warehouse.case(n)
    desk.app.post_message(Open("order", case["id"]))
    await desk.settled()
    assert desk.screen == "order"
    assert case["number"] in desk.text
    return case


async def test_a_free_amount_goes_back_with_its_reason(open_console) -> None:
    async with open_console() as desk:
        n = a_paid_order(desk)
        await opened(desk, n)
        await desk.press("r", "$")
        await desk.type("5,00")
        await desk.press("enter", "6", "f10")

        assert "Refund 5.00 €" in desk.text
        assert desk.shop.warehouse.case(n)["refunds"] == []
        await desk.press("f10")
        (refund,) = desk.shop.warehouse.case(n)["refunds"]
        assert (refund["amount"]["amount"], refund["reason"]) == (500, "goodwill")
        assert refund["lines"] == []
        assert "5.00 € refunded" in desk.said


async def test_the_excess_of_an_overpaid_order_is_offered_and_goes_back(open_console) -> None:
    """F8, $, Enter, F10, F10: five keys."""
    async with open_console(size=(120, 40)) as desk:
        n = a_paid_order(desk)
        total = desk.shop.warehouse.case(n)["total"]["amount"]
        desk.shop.warehouse.receive(n, total, provider="manual", reference="bank 12 Nov")
        await opened(desk, n)
        assert "⚠ came too much" in desk.text
        desk.keys_pressed = 0
        await desk.press("f8")
        assert "too much: $ gives it back" in desk.text
        await desk.press("$", "enter", "f10")
        assert "to the payer by hand (bank 12 Nov)?" in desk.text
        await desk.press("f10")

        case = desk.shop.warehouse.case(n)
        assert [one["reason"] for one in case["refunds"]] == ["overpaid"]
        assert case["overpaid"]["amount"] == 0
        assert desk.keys_pressed == 5


async def test_everything_of_two_payments_goes_back_to_both(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        n = a_paid_order(desk)
        total = desk.shop.warehouse.case(n)["total"]["amount"]
        desk.shop.warehouse.receive(n, 1000, provider="manual", reference="bank 12 Nov")
        await opened(desk, n)
        await desk.press("r", "*", "1", "f10")
        assert "the payer by hand (bank 12 Nov) (10.00 €) and" in desk.text
        await desk.press("f10")

        (refund,) = desk.shop.warehouse.case(n)["refunds"]
        assert refund["amount"]["amount"] == total + 1000
        assert [one["provider"] for one in refund["transactions"]] == ["manual", "stripe"]
        await desk.press("escape")
        assert "to manual" in desk.text
        assert "-10.00 €" in desk.text


async def test_a_transfer_is_recorded_after_a_review(open_console) -> None:
    async with open_console() as desk:
        n = an_unpaid_order(desk)
        case = await opened(desk, n)
        due = case["due"]["amount"]
        await desk.press("p", "enter")
        await desk.type("bank 12 Nov")
        await desk.press("enter")

        assert f"as paid for {case['number']}: bank 12 Nov?" in desk.text
        await desk.press("enter")
        assert desk.said == "Not sent"
        assert case["payments"] == []
        await desk.press("p", "enter")
        await desk.type("bank 12 Nov")
        await desk.press("enter", "f10")
        await desk.rested()

        assert desk.shop.warehouse.case(n)["payment_status"] == "paid"
        (payment,) = desk.shop.warehouse.case(n)["payments"]
        assert (payment["captured"]["amount"], payment["reference"]) == (due, "bank 12 Nov")
        assert "● paid" in desk.text


async def test_more_than_is_due_is_taken_only_with_a_warning(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        n = an_unpaid_order(desk)
        await opened(desk, n)
        await desk.press("p", "ctrl+u")
        await desk.type("x")
        await desk.press("enter")
        assert desk.tone == "wrong"
        await desk.press("ctrl+u")
        await desk.type("999.00")
        await desk.press("enter")
        await desk.type("bank")
        await desk.press("enter")

        assert "more than is due" in desk.text
        await desk.press("f10")
        await desk.rested()
        assert desk.shop.warehouse.case(n)["payment_status"] == "overpaid"


async def test_an_order_is_cancelled_after_a_review_that_says_what_goes_back(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        n = a_paid_order(desk)
        case = await opened(desk, n)
        await desk.press("c")
        await desk.type("9")
        await desk.press("enter")
        assert desk.tone == "wrong"
        await desk.press("ctrl+u")
        await desk.type("2")
        await desk.press("enter")

        assert f"Cancel {case['number']} (out of stock)?" in desk.text
        assert "go back to stripe" in desk.text
        assert case["status"] == "placed"
        await desk.press("right", "enter")
        await desk.rested()
        assert desk.shop.warehouse.case(n)["status"] == "cancelled"
        assert desk.shop.warehouse.effects[-1][::2] == ("cancel", {"reason": "out_of_stock"})
        await desk.press("c")
        assert "it cannot be cancelled" in desk.said


async def test_money_is_not_queued_while_the_shop_is_away(open_console) -> None:
    async with open_console() as desk:
        n = a_paid_order(desk)
        await opened(desk, n)
        await desk.press("c")
        await desk.type("1")
        await desk.press("enter")
        desk.shop.moods.is_down = True
        await desk.press("f10")

        assert desk.said.startswith("Not sent, nothing happened.")
        assert desk.app.shop.outbox.open_commands() == []


async def test_a_lost_answer_is_asked_for_and_the_money_is_recorded_once(open_console) -> None:
    async with open_console() as desk:
        n = an_unpaid_order(desk)
        await opened(desk, n)
        await desk.press("p", "enter")
        await desk.type("bank")
        await desk.press("enter")
        desk.shop.moods.loses_next_answer = True
        await desk.press("f10")

        assert len(desk.shop.warehouse.case(n)["payments"]) == 1
        assert "recorded for" in desk.said


@pytest.mark.parametrize(
    ("permission", "key", "words"),
    [("payments:write", "p", "does not record payments"),
     ("orders:cancel", "c", "does not cancel orders")],
)  # fmt: skip
async def test_who_may_not_is_told_so(
    open_console, shop, permission: str, key: str, words: str
) -> None:
    person = shop.people[EMAIL]
    person["permissions"] = [one for one in person["permissions"] if one != permission]
    async with open_console() as desk:
        await opened(desk, a_paid_order(desk))
        await desk.press(key)

        assert words in desk.said
