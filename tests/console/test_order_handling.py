"""Notes, tags, chosen orders and saved views, by their keys."""

import uuid
from datetime import UTC, datetime

import pytest

from console.flows import bulk_orders
from console.flows.holds import typed_tags
from console.messages import Open
from tests.console.support.station import Station
from tests.console.support.warehouse import wire_time

SIZES = [(80, 24), (120, 40)]


def a_paid_order(desk: Station) -> int:
    return desk.shop.warehouse.pick({"queue": "to_ship"}, "")[-1]


def a_note(text: str, **more: object) -> dict[str, object]:
    return {"id": str(uuid.uuid4()), "text": text, "for_customer": False, "is_pinned": True,
            "is_read": False, "created_by": "Ben", "created_at": wire_time(datetime.now(UTC)),
            **more}  # fmt: skip


async def opened(desk: Station, screen: str, n: int) -> dict:
    case = desk.shop.warehouse.case(n)
    desk.app.post_message(Open(screen, case["id"]))
    await desk.settled()
    return case


@pytest.mark.parametrize("size", SIZES)
async def test_the_order_page_shows_what_people_wrote(open_console, size) -> None:
    async with open_console(size=size) as desk:
        n = a_paid_order(desk)
        case = desk.shop.warehouse.case(n)
        case["notes"] = [a_note("Wrap it twice."), a_note("Called twice.", is_pinned=False)]
        case["tags"] = ["express", "gift"]
        case["gift_message"] = "Happy birthday!"
        case["lines"][0] |= {"properties": {"engraving": "For Ada"}, "note": "left handed"}
        case["references"] = [{"system": "datev", "value": "4711"}]

        await opened(desk, "order", n)

        for words in ("express, gift", "Wrap it twice.", "“Happy birthday!”",
                      "engraving: For Ada"):  # fmt: skip
            assert words in desk.text, desk.text
        assert "left handed" in " ".join(desk.text.split())
        if size == (120, 40):
            assert "datev" in desk.text


async def test_tags_are_typed_with_signs(open_console) -> None:
    async with open_console() as desk:
        n = a_paid_order(desk)
        case = await opened(desk, "order", n)
        case["tags"] = ["old"]

        await desk.press("g")
        await desk.type("+rush hour -old")
        await desk.press("f10")

        assert desk.shop.warehouse.case(n)["tags"] == ["rush hour"]


def test_tags_are_read_with_signs_and_commas() -> None:
    assert typed_tags("express, gift") == (["express", "gift"], [])
    assert typed_tags("+rush hour -old one") == (["rush hour"], ["old one"])
    assert typed_tags(" , ") == ([], [])
    assert typed_tags("semi-dry") == (["semi-dry"], [])


@pytest.mark.parametrize("size", SIZES)
async def test_a_pinned_note_is_read_before_the_order_ships(open_console, size) -> None:
    async with open_console(size=size) as desk:
        n = a_paid_order(desk)
        case = desk.shop.warehouse.case(n)
        note = a_note("Put the catalogue in.")
        case["notes"] = [note]
        for line in case["lines"]:
            line["must_verify"] = False
        await opened(desk, "ship", n)
        assert "Put the catalogue in." in desk.text

        await desk.press("enter")
        assert "Read this first (Ben): Put the catalogue in." in " ".join(desk.text.split())
        await desk.press("enter")
        assert desk.said == "Not shipped yet"
        assert not [one for one in desk.shop.warehouse.effects if one[0] == "ship"]
        await desk.press("enter", "right", "enter")
        while "No tracking number yet" not in desk.text:
            await desk.press("right", "enter")
        await desk.press("right", "enter")
        await desk.settled()

        (sent,) = [one[2] for one in desk.shop.warehouse.effects if one[0] == "ship"]
        assert sent["acknowledged_notes"] == [note["id"]]


async def test_wishes_of_the_customer_stand_where_goods_are_packed(open_console) -> None:
    async with open_console() as desk:
        n = a_paid_order(desk)
        case = desk.shop.warehouse.case(n)
        case["gift_message"] = "Happy birthday!"
        case["lines"][0]["properties"] = {"engraving": "For Ada"}

        await opened(desk, "ship", n)

        assert "Card: Happy birthday!" in desk.text
        assert "engraving: For Ada" in " ".join(desk.text.split())


@pytest.mark.parametrize("size", SIZES)
async def test_chosen_orders_are_held_after_one_question_with_totals(open_console, size) -> None:
    async with open_console(size=size) as desk:
        desk.app.post_message(Open("orders", "to_ship"))
        await desk.settled()
        await desk.press("space", "space")
        assert "2 orders" in desk.said

        await desk.press("b")
        assert "2 orders" in desk.text
        await desk.press("3", "enter")
        await desk.press("4", "enter")
        assert "Hold back (stock): 2 orders" in " ".join(desk.text.split())
        await desk.type("recount")
        assert not [one for one in desk.shop.warehouse.effects if one[0] == "batch"]
        await desk.press("f10")
        await desk.settled()

        (sent,) = [one[2] for one in desk.shop.warehouse.effects if one[0] == "batch"]
        assert (sent["action"], sent["reason"], sent["note"]) == ("hold", "stock", "recount")
        assert len(sent["order_ids"]) == 2
        assert desk.said == "2 done"


async def test_what_was_refused_of_chosen_orders_is_told_row_by_row(open_console) -> None:
    async with open_console() as desk:
        desk.app.post_message(Open("orders", "cancelled"))
        await desk.settled()
        await desk.press("space", "b", "3", "enter", "6", "enter", "f10")
        await desk.settled()

        assert desk.said == "1 refused"
        assert "The order is cancelled." in " ".join(desk.text.split())


@pytest.mark.parametrize("size", SIZES)
async def test_chosen_orders_are_cancelled_after_one_question_with_totals(
    open_console, size
) -> None:
    async with open_console(size=size) as desk:
        desk.app.post_message(Open("orders", "to_ship"))
        await desk.settled()
        await desk.press("space", "space", "b", "6", "enter", "2", "enter")
        await desk.settled()
        told = " ".join(desk.text.split())
        assert "Cancel (out of stock): 2 orders" in told
        assert "goes back" in told
        await desk.type("flood")
        assert not [one for one in desk.shop.warehouse.effects if one[0] == "batch-cancel"]
        await desk.press("f10")
        await desk.settled()

        (sent,) = [one[2] for one in desk.shop.warehouse.effects if one[0] == "batch-cancel"]
        assert (sent["reason"], sent["note"]) == ("out_of_stock", "flood")
        assert len(sent["order_ids"]) == 2
        assert sent["expected_refunds"][0]["currency"] == "EUR"
        assert desk.said == "2 done"


async def test_filters_are_saved_as_a_view_and_deleted(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        desk.app.post_message(Open("orders", "unpaid"))
        await desk.settled()
        await desk.press("w")
        await desk.type("owing")
        await desk.press("enter")
        assert desk.shop.views[0]["filters"] == {"payment_status": "unpaid"}
        assert "owing" in desk.text

        await desk.press("shift+tab", "shift+tab", "shift+tab")
        assert "Orders ▸ owing" in desk.text or "owing" in desk.frame.crumbs()
        await desk.press("x")
        await desk.press("enter")
        assert desk.shop.views != [], "a letter and Enter delete nothing"
        await desk.press("x", "f10")
        await desk.settled()
        assert desk.shop.views == []
        assert desk.said == "Deleted: owing"


def test_a_hold_of_many_asks_for_a_reason_first() -> None:
    bulk = bulk_orders.Bulk((), "key")
    holding = bulk_orders.chosen(bulk, "3")
    assert holding is not None
    assert holding.needs_reason
    assert bulk_orders.chosen(holding, "9") is None
    ready = bulk_orders.chosen(holding, "1")
    assert ready is not None
    assert bulk_orders.body_of(ready, "") == {
        "order_ids": [], "action": "hold", "reason": "payment",
    }  # fmt: skip
    tagging = bulk_orders.chosen(bulk, "1")
    assert tagging is not None
    assert bulk_orders.body_of(tagging, "  ") == "No tag was named"
