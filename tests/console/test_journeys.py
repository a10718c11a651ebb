"""A day at the counter, told with keys and scans, and how few of them it takes.

Budgets: K is keys pressed by a person, S is triggers of a scanner.
"""

import re

import pytest

from tests.console.support.station import Station
from tests.console.support.warehouse import VARIANTS
from tests.console.support.wire import EMAIL, PASSWORD

LABEL = "00340434161094042557"


def budget(desk: Station, *, keys: int, scans: int = 0) -> None:
    """Fail when the flow cost more than it may; arranging before is not counted."""
    assert desk.keys_pressed <= keys, f"{desk.keys_pressed} keys, budget {keys}"
    assert desk.scans <= scans, f"{desk.scans} scans, budget {scans}"


def start_counting(desk: Station) -> None:
    desk.keys_pressed = desk.scans = 0


def first_to_ship(desk: Station) -> int:
    return desk.shop.warehouse.pick({"queue": "to_ship"}, "")[-1]


def an_order_of_two_lines(desk: Station) -> int:
    house = desk.shop.warehouse
    return next(n for n in reversed(house.pick({"queue": "to_ship"}, "")) if n % 4 == 1)


def units_of(desk: Station, n: int) -> list[str]:
    """The barcodes of all that is open on an order, each as often as it is to ship."""
    lines = desk.shop.warehouse.case(n)["lines"]
    return [line["barcode"] for line in lines for _ in range(line["open_quantity"])]


async def test_signing_in_with_an_address_and_a_password(open_console) -> None:
    async with open_console(signed_in=False) as desk:
        assert desk.screen == "sign_in"
        await desk.type(EMAIL)
        await desk.press("enter")
        await desk.type(PASSWORD)
        await desk.press("enter")

        assert desk.screen == "home"
        assert desk.said == "Hello Mia Winter"
        assert "O-1000" in desk.text
        budget(desk, keys=len(EMAIL) + len(PASSWORD) + 2)


async def test_next_time_only_the_password_is_asked_for(open_console) -> None:
    async with open_console(signed_in=False) as desk:
        desk.app.shop.outbox.remember("email", EMAIL)
        await desk.press("escape")
        await desk.app.frame.show("", None)
        start_counting(desk)
        await desk.type(PASSWORD)
        await desk.press("enter")

        assert desk.screen == "home"
        budget(desk, keys=len(PASSWORD) + 1)


async def test_a_wrong_password_is_told_and_the_password_is_asked_for_again(open_console) -> None:
    async with open_console(signed_in=False) as desk:
        await desk.type(EMAIL)
        await desk.press("enter")
        await desk.type("wrong")
        await desk.press("enter")

        assert desk.tone == "wrong"
        assert desk.said == "The e-mail or the password is wrong."
        assert desk.app.context.entry.prompt.name == "password"
        assert desk.bells == 2


async def test_an_order_is_found_by_one_scan_from_any_screen(open_console) -> None:
    async with open_console() as desk:
        for screen in ("home", "orders", "stock", "outbox"):
            n = 100 + len(screen)
            if screen != "home":
                await desk.press({"orders": "f3", "stock": "f7", "outbox": "f12"}[screen])
            assert desk.screen == screen
            start_counting(desk)
            await desk.scan(f"O-{1_000_000 + n}")

            assert desk.screen == "order"
            assert f"O-{1_000_000 + n}" in desk.text
            budget(desk, keys=0, scans=1)
            await desk.press("f2")


async def test_an_order_is_found_by_its_typed_number(open_console) -> None:
    async with open_console() as desk:
        await desk.type("1000042")
        await desk.press("enter")

        assert "O-1000042" in desk.text
        budget(desk, keys=8)


async def test_shipping_with_every_unit_checked_takes_one_key(open_console) -> None:
    async with open_console() as desk:
        n = an_order_of_two_lines(desk)
        lines = desk.shop.warehouse.case(n)["lines"]
        units = [line["barcode"] for line in lines for _ in range(line["quantity"])]
        await desk.scan(desk.shop.warehouse.number(n), *units, LABEL)
        assert desk.screen == "ship"
        assert desk.tone == "good"
        await desk.press("enter")

        assert desk.shop.warehouse.case(n)["fulfilment_status"] == "shipped"
        parcel = desk.shop.warehouse.case(n)["fulfilments"][-1]
        assert (parcel["carrier"], parcel["tracking_number"]) == ("DHL", LABEL)
        assert desk.screen == "home"
        budget(desk, keys=1, scans=2 + len(units))


async def test_a_scanned_parcel_opens_its_order_and_is_pointed_out(open_console) -> None:
    async with open_console() as desk:
        n = an_order_of_two_lines(desk)
        await desk.scan(desk.shop.warehouse.number(n), *units_of(desk, n), LABEL)
        await desk.press("enter")
        parcel = desk.shop.warehouse.case(n)["fulfilments"][-1]
        await desk.press("f2")
        await desk.scan(LABEL)

        assert desk.screen == "order"
        assert desk.said == f"Parcel {parcel['number']}"
        assert f"▶ {parcel['number']}" in desk.painted


async def test_the_label_of_a_parcel_that_left_goes_onto_no_other(open_console) -> None:
    async with open_console() as desk:
        first, second = desk.shop.warehouse.pick({"queue": "to_ship"}, "")[-2:]
        parcel = {"carrier": "DHL", "tracking_number": "PARCEL-77", "override_reason": "torn"}
        desk.shop.warehouse.ship(first, parcel, "Jon")
        await desk.scan(desk.shop.warehouse.number(second), "PARCEL-77")

        assert desk.screen == "ship"
        assert "has this label already" in desk.said
        assert desk.frame.history.now.tracking == ""


async def test_a_case_is_counted_as_what_is_in_it(open_console) -> None:
    """Six are in a case of the warehouse: more than were ordered are refused, and named."""
    async with open_console() as desk:
        n = an_order_of_two_lines(desk)
        line = desk.shop.warehouse.case(n)["lines"][0]
        case = next(one["code"] for one in line["barcodes"] if one["pack_quantity"] == 6)
        await desk.scan(desk.shop.warehouse.number(n), case)

        assert desk.tone == "wrong"
        assert f"{6 - line['quantity']} too many" in desk.said
        assert "A case holds 6." in desk.said
        assert desk.frame.history.now.checked_units == 0


async def test_a_burst_of_scans_without_a_pause_reaches_the_right_screens(open_console) -> None:
    async with open_console() as desk:
        n = an_order_of_two_lines(desk)
        desk.shop.moods.latency = 0.02
        await desk.scan(desk.shop.warehouse.number(n), *units_of(desk, n), LABEL)

        assert desk.screen == "ship"
        draft = desk.frame.history.now
        assert draft.checked_units == draft.units
        assert draft.tracking == LABEL


async def test_shipping_a_part_with_another_carrier(open_console) -> None:
    async with open_console() as desk:
        n = next(
            n for n in reversed(desk.shop.warehouse.pick({"queue": "to_ship"}, ""))
            if [one["quantity"] for one in desk.shop.warehouse.case(n)["lines"]][:1] == [3]
        )  # fmt: skip
        await desk.scan(desk.shop.warehouse.number(n))
        start_counting(desk)
        await desk.press("=", "1", "enter", "right")
        units = units_of(desk, n)[2:]
        await desk.scan(*units, "01015026003653C")
        await desk.press("enter")

        case = desk.shop.warehouse.case(n)
        assert case["fulfilments"][-1]["carrier"] == "DPD"
        assert case["lines"][0]["open_quantity"] == 2
        assert case["fulfilment_status"] == "partially_shipped"
        budget(desk, keys=5, scans=len(units) + 1)


async def test_only_drafts_with_work_in_them_are_kept(open_console) -> None:
    async with open_console() as desk:
        queue = desk.shop.warehouse.pick({"queue": "to_ship"}, "")
        numbers = [desk.shop.warehouse.number(n) for n in queue[-6:]]
        await desk.scan(numbers[0])
        await desk.press("-", "f2")
        await desk.scan(*numbers[1:])

        kept = desk.app.frames["ship"].drafts
        assert [history.now.number for history in kept.values()] == [numbers[0], numbers[-1]]


async def test_the_carrier_that_was_agreed_is_offered_and_not_that_of_last_time(
    open_console,
) -> None:
    async with open_console() as desk:
        queue = desk.shop.warehouse.pick({"queue": "to_ship"}, "")
        await desk.scan(desk.shop.warehouse.number(queue[-1]), *units_of(desk, queue[-1]))
        await desk.press("@", "U", "P", "S", "enter")
        await desk.scan("1Z999AA10123456784")
        await desk.press("enter")
        assert desk.shop.warehouse.case(queue[-1])["fulfilments"][-1]["carrier"] == "UPS"
        await desk.scan(desk.shop.warehouse.number(queue[-2]))

        assert desk.frame.history.now.carrier == "DHL"
        assert "DHL Paket" in desk.text


async def test_what_the_customer_asks_stands_above_the_goods(open_console) -> None:
    async with open_console() as desk:
        house = desk.shop.warehouse
        n = next(n for n in house.pick({"queue": "to_ship"}, "") if house.case(n)["customer_note"])
        await desk.scan(house.number(n))

        assert "✎ “Gift, no price please”" in desk.text


async def test_a_red_blocks_enter_until_it_is_put_right(open_console) -> None:
    async with open_console() as desk:
        n = first_to_ship(desk)
        mine = {line["sku"] for line in desk.shop.warehouse.case(n)["lines"]}
        stranger = next(variant for variant in VARIANTS if variant.sku not in mine)
        units = units_of(desk, n)
        await desk.scan(desk.shop.warehouse.number(n), *units, LABEL, stranger.barcode)
        await desk.press("enter", "enter")
        assert desk.shop.keys == []
        assert desk.tone == "wrong"
        await desk.press("escape", "enter")

        assert desk.shop.warehouse.case(n)["fulfilment_status"] == "shipped"


async def test_unchecked_units_leave_only_with_a_permission_and_a_reason(open_console) -> None:
    async with open_console() as desk:
        n = first_to_ship(desk)
        await desk.scan(desk.shop.warehouse.number(n))
        await desk.press("enter")
        assert desk.said.startswith("Not checked yet")
        await desk.press("!")
        await desk.type("label torn")
        await desk.press("enter")
        await desk.scan(LABEL)
        await desk.press("enter")

        (_, _, body), *_ = desk.shop.warehouse.effects
        assert (body["override_reason"], "verified_lines" in body) == ("label torn", False)


async def test_who_may_not_let_units_go_unchecked_is_told_so(open_console, shop) -> None:
    shop.people[EMAIL]["permissions"].remove("fulfilment:override")
    async with open_console() as desk:
        await desk.scan(shop.warehouse.number(first_to_ship(desk)))
        await desk.press("!")

        assert desk.said.startswith("Your role")
        assert desk.app.context.entry.prompt is None


async def test_a_wrong_item_is_refused_loudly_and_changes_nothing(open_console) -> None:
    async with open_console() as desk:
        n = first_to_ship(desk)
        mine = {line["sku"] for line in desk.shop.warehouse.case(n)["lines"]}
        stranger = next(variant for variant in VARIANTS if variant.sku not in mine)
        await desk.scan(desk.shop.warehouse.number(n))
        before = desk.frame.history.now
        await desk.scan(stranger.barcode)

        assert desk.tone == "wrong"
        assert f"WRONG ITEM  {stranger.title}" in desk.text
        assert "✖" in desk.text
        assert desk.bells == 2
        assert desk.frame.history.now.work == before.work


async def test_another_orders_bare_number_opens_it_unless_a_parcel_has_been_begun(
    open_console,
) -> None:
    async with open_console() as desk:
        queue = desk.shop.warehouse.pick({"queue": "to_ship"}, "")
        await desk.scan(desk.shop.warehouse.number(queue[-1]))
        await desk.scan(desk.shop.warehouse.number(queue[-2]).removeprefix("O-"))
        assert desk.frame.order.number == desk.shop.warehouse.number(queue[-2])
        await desk.press("-")
        await desk.scan(desk.shop.warehouse.number(queue[-3]).removeprefix("O-"))

        assert desk.frame.order.number == desk.shop.warehouse.number(queue[-2])
        assert desk.tone == "wrong"


async def test_words_that_are_typed_at_home_search_the_orders(open_console) -> None:
    """What could be a code is refused as one: no misread leads anywhere."""
    async with open_console() as desk:
        await desk.scan("großmüller")

        assert desk.screen == "orders"
        assert desk.frame.filter.as_query()["q"] == "großmüller"
        assert desk.frame.filter.view.name == "all"


async def test_an_unknown_code_is_refused_by_name(open_console) -> None:
    async with open_console() as desk:
        await desk.scan("NOBODY-1")

        assert desk.said == "Unknown code NOBODY-1: no order, parcel, SKU, barcode or bin"
        assert desk.screen == "home"
        assert desk.bells == 2


async def test_a_partial_refund_of_one_line_with_restock(open_console) -> None:
    async with open_console() as desk:
        n = 101
        case = desk.shop.warehouse.case(n)
        line = case["lines"][0]
        await desk.press("f8")
        await desk.scan(desk.shop.warehouse.number(n), line["barcode"])
        await desk.press("1", "f10")
        assert f"Refund {line['unit_price']['amount'] / 100:.2f} € to stripe card" in desk.text
        assert "1 unit back to stock" in desk.text
        assert "▶ no, go on editing ◀" in desk.text
        assert case["refunds"] == []
        await desk.press("f10")

        (refund,) = desk.shop.warehouse.case(n)["refunds"]
        assert refund["reason"] == "changed_mind"
        assert refund["lines"][0]["restock"]
        assert refund["amount"]["amount"] == line["unit_price"]["amount"]
        assert "refunded to stripe card" in desk.said
        budget(desk, keys=4, scans=2)


async def test_enter_in_the_review_sends_nothing(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f8")
        await desk.scan("O-1000101", desk.shop.warehouse.case(101)["lines"][0]["barcode"])
        await desk.press("1", "f10", "enter")

        assert desk.said == "Not sent"
        assert desk.shop.warehouse.case(101)["refunds"] == []


async def test_a_scanners_enter_in_the_review_sends_nothing_either(open_console) -> None:
    async with open_console() as desk:
        barcode = desk.shop.warehouse.case(101)["lines"][0]["barcode"]
        await desk.press("f8")
        await desk.scan("O-1000101", barcode)
        await desk.press("1", "f10")
        await desk.scan("O-1000102", "!OK", "yes")

        assert desk.shop.warehouse.case(101)["refunds"] == []


async def test_everything_back_with_the_fee_and_a_note(open_console) -> None:
    async with open_console() as desk:
        await desk.scan("O-1000101")
        await desk.press("r", "*", ";")
        await desk.type("left at the door, gone")
        await desk.press("enter", "4", "enter", "space", "f10", "f10")

        (refund,) = desk.shop.warehouse.case(101)["refunds"]
        case = desk.shop.warehouse.case(101)
        assert refund["shipping"]["amount"] == 490
        assert refund["note"] == "left at the door, gone"
        assert [line["restock"] for line in refund["lines"]] == [
            False, *[True] * (len(refund["lines"]) - 1)
        ]  # fmt: skip
        assert case["payment_status"] == "refunded"


async def test_a_lost_refund_answer_is_asked_for_and_the_money_leaves_once(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f8")
        await desk.scan("O-1000101", desk.shop.warehouse.case(101)["lines"][0]["barcode"])
        await desk.press("1", "f10")
        desk.shop.moods.loses_next_answer = True
        said = []
        say = desk.app.say
        desk.app.say = lambda feedback: (said.append(feedback.text), say(feedback))[1]
        await desk.press("f10")

        assert "Not known yet: asking again under the same key (try 2)" in said
        assert len(desk.shop.warehouse.case(101)["refunds"]) == 1
        assert "refunded" in desk.said


async def test_a_refund_is_never_queued_while_the_shop_is_away(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f8")
        await desk.scan("O-1000101", desk.shop.warehouse.case(101)["lines"][0]["barcode"])
        await desk.press("1", "f10")
        desk.shop.moods.is_down = True
        await desk.press("f10")

        assert desk.said.startswith("Not sent, nothing happened.")
        assert desk.app.shop.outbox.open_commands() == []
        assert desk.frame.history.now.units == 1


async def test_a_wrong_level_is_put_right(open_console) -> None:
    async with open_console() as desk:
        level = next(iter(desk.shop.warehouse.levels.values()))
        level.on_hand, level.allocated = 9, 0
        await desk.scan(level.variant.barcode)
        assert desk.screen == "stock"
        start_counting(desk)
        await desk.press("=", "7", "enter", "f10")

        assert level.on_hand == 7
        assert level.movements[0]["reason"] == "count"
        budget(desk, keys=4)


async def test_an_adjustment_shows_at_once_and_is_taken_back_by_its_opposite(open_console) -> None:
    async with open_console(size=(120, 40)) as desk:
        level = next(iter(desk.shop.warehouse.levels.values()))
        level.on_hand, level.allocated = 9, 0
        await desk.press("f7")
        await desk.press("ctrl+r")
        await desk.press("+", "5", "enter", "4", "f10")
        assert level.on_hand == 14
        assert level.movements[0]["reason"] == "lost"
        start_counting(desk)
        await desk.press("f9")

        assert level.on_hand == 9
        assert "undone" in desk.said or "done" in desk.said
        budget(desk, keys=1)
        await desk.press("f9")
        assert desk.said == "Nothing to undo"
        assert level.on_hand == 9


async def test_an_odd_quantity_is_asked_about_once_more(open_console) -> None:
    async with open_console() as desk:
        level = next(iter(desk.shop.warehouse.levels.values()))
        await desk.press("f7", "=", "9", "9", "9", "enter")
        assert "0 → 999 units. That is +999, far from what stands there." in desk.text
        await desk.press("escape")

        assert level.on_hand == 0
        assert desk.said == "Nothing changed"


async def test_a_barcode_scanned_into_a_quantity_is_refused(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f7", "=")
        await desk.scan("5012345678917")

        assert desk.tone == "wrong"
        assert "looks like a barcode" in desk.said
        assert desk.shop.keys == []


async def test_a_barcode_scanned_in_place_of_a_reason_changes_nothing(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f7", "+", "5", "enter")
        await desk.scan("5012345678917")
        await desk.press("f10")

        assert desk.shop.keys == []
        assert "Nothing changed" in desk.said


async def test_low_stock_is_three_keys_away(open_console) -> None:
    async with open_console() as desk:
        await desk.press(":", "l", "enter")

        assert desk.screen == "reorder"
        assert "Low stock" in desk.text
        budget(desk, keys=3)


@pytest.mark.parametrize(
    ("alias", "screen"),
    [("o", "orders"), ("q", "orders"), ("s", "stock"), ("x", "outbox"), ("h", "home")],
)
async def test_every_place_is_three_keys_away(open_console, alias: str, screen: str) -> None:
    async with open_console() as desk:
        await desk.press("f3")
        start_counting(desk)
        await desk.press(":", alias, "enter")

        assert desk.screen == screen
        budget(desk, keys=3)


async def test_a_list_read_again_stays_where_the_operator_is(open_console, shop) -> None:
    async with open_console() as desk:
        await desk.press("f3", "a", *["pagedown"] * 12)
        order = desk.frame.table.current
        position = desk.frame.table.position
        await desk.press("ctrl+r")

        assert desk.frame.table.current == order
        assert desk.frame.table.position == position
        assert not re.search(r"… \d", desk.text)


async def test_a_search_goes_out_while_one_types(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f3", "a", "/")
        await desk.type("ada")
        await desk.rested()
        assert "Ada Byron" in desk.text
        assert "Zoë" not in desk.text
        await desk.press("enter", "escape")

        assert "Zoë" in desk.text


async def test_the_palette_takes_a_search_along(open_console) -> None:
    async with open_console() as desk:
        await desk.type(":o ada")
        await desk.press("enter")

        assert desk.screen == "orders"
        assert "Orders ▸ all /ada" in desk.text


async def test_a_note_is_written_and_kept_while_one_looks_elsewhere(open_console) -> None:
    async with open_console() as desk:
        await desk.scan("O-1000101")
        await desk.press("n")
        await desk.type("call first")
        await desk.press("f2", "escape", "f3", "escape", "escape")
        await desk.scan("O-1000101")
        await desk.press("n")
        assert "call first" in desk.text
        await desk.press("enter")
        assert desk.shop.keys == []
        await desk.press("f10")

        assert desk.shop.warehouse.case(101)["timeline"][-1]["text"] == "call first"


async def test_esc_goes_back_crumb_by_crumb_and_forward_again(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f3", "enter", "s")
        assert desk.screen == "ship"
        await desk.press("escape")
        assert desk.screen == "order"
        await desk.press("[")
        assert desk.screen == "orders"
        await desk.press("ctrl+right")
        assert desk.screen == "order"
        await desk.press("f2")
        assert desk.screen == "home"


async def test_keys_typed_faster_than_screens_change_find_the_right_screen(open_console) -> None:
    async with open_console() as desk:
        for key in ("f3", "a", "enter", "n"):
            desk._post(key)
        await desk.settled()

        assert desk.screen == "order"
        assert desk.app.context.entry.prompt.name == "note"


async def test_a_disabled_action_says_why(open_console) -> None:
    async with open_console() as desk:
        await desk.scan("O-1000101")
        assert desk.screen == "order"
        await desk.press("s")

        assert desk.said == "Everything has been shipped"
        assert desk.screen == "order"


@pytest.mark.parametrize("permission", ["orders:refund", "fulfilment:write", "inventory:adjust"])
async def test_what_a_role_may_not_do_is_said_before_it_is_tried(
    open_console, shop, permission: str
) -> None:
    person = shop.people[EMAIL]
    person["permissions"] = [one for one in person["permissions"] if one != permission]
    async with open_console() as desk:
        await desk.press("f3", "enter")
        await desk.press({"orders:refund": "r", "fulfilment:write": "s"}.get(permission, "f7"))
        if permission == "inventory:adjust":
            await desk.press("+")

        assert desk.said.startswith("Your role does not")
        assert shop.keys == []


async def ship_one(desk: Station) -> int:
    """Check all units of the first order, scan the label, and ship."""
    n = first_to_ship(desk)
    await desk.scan(desk.shop.warehouse.number(n), *units_of(desk, n), LABEL)
    await desk.press("enter")
    return n


async def test_f9_asks_and_takes_the_last_shipment_back(open_console) -> None:
    async with open_console() as desk:
        n = await ship_one(desk)
        start_counting(desk)
        await desk.press("f9")
        parcel = desk.shop.warehouse.case(n)["fulfilments"][-1]
        assert desk.screen == "parcels"
        await desk.press("enter")
        assert f"Void {parcel['number']}?" in desk.text
        assert parcel["status"] == "shipped"
        await desk.press("f10")

        assert parcel["status"] == "voided"
        assert desk.shop.warehouse.case(n)["fulfilment_status"] == "unfulfilled"
        assert "voided" in desk.text
        budget(desk, keys=3)
        await desk.press("f9")
        assert desk.said == "Nothing to undo"


async def test_after_ten_minutes_f9_says_where_it_is_taken_back(open_console) -> None:
    async with open_console() as desk:
        await ship_one(desk)
        desk.app.shop.outbox._db.execute("UPDATE commands SET made_at = made_at - 601")
        await desk.press("f9")

        assert "k on the order, then v, takes it back" in desk.said
        assert desk.screen == "home"


async def test_a_parcel_gets_another_label(open_console) -> None:
    async with open_console() as desk:
        n = await ship_one(desk)
        await desk.scan(desk.shop.warehouse.number(n))
        await desk.press("k", "t", "ctrl+u")
        await desk.type("1Z999AA10123456784")
        await desk.press("enter")
        assert "carrier: UPS" in desk.text
        await desk.press("enter")
        assert len(desk.shop.warehouse.effects) == 1
        await desk.press("f10")

        parcel = desk.shop.warehouse.case(n)["fulfilments"][-1]
        assert (parcel["carrier"], parcel["tracking_number"]) == ("UPS", "1Z999AA10123456784")
        assert "1Z999AA10123456784" in desk.text


async def test_of_several_parcels_the_one_that_is_meant_is_taken_back(open_console) -> None:
    async with open_console() as desk:
        house = desk.shop.warehouse
        n = next(n for n in house.pick({"queue": "to_ship"}, "")
                 if house.case(n)["lines"][0]["open_quantity"] > 1)  # fmt: skip
        line = house.case(n)["lines"][0]["id"]
        one = {"lines": [{"order_line_id": line, "quantity": 1}]}
        for number, part in (("FIRST-1", one), ("SECOND-2", {})):
            house.ship(n, {"carrier": "DHL", "tracking_number": number, "override_reason": "torn",
                           **part}, "Jon")  # fmt: skip
        await desk.scan(house.number(n))
        await desk.press("k")
        while desk.frame.table.current["tracking_number"] != "SECOND-2":
            await desk.press("down")
        await desk.press("v", "enter", "f10")

        told = {one["tracking_number"]: one["status"] for one in house.case(n)["fulfilments"]}
        assert (told["FIRST-1"], told["SECOND-2"]) == ("shipped", "voided")


async def test_a_parcel_that_was_not_sent_yet_is_simply_dropped(open_console) -> None:
    async with open_console() as desk:
        n = first_to_ship(desk)
        await desk.scan(desk.shop.warehouse.number(n), *units_of(desk, n), LABEL)
        desk.shop.moods.is_down = True
        await desk.press("enter", "f9")
        desk.shop.moods.is_down = False

        assert desk.said.startswith("Undone before it was sent")
        assert desk.app.shop.outbox.open_commands() == []
        assert desk.shop.keys == []


async def test_steps_of_a_draft_are_taken_back_one_by_one(open_console) -> None:
    async with open_console() as desk:
        await desk.scan(desk.shop.warehouse.number(an_order_of_two_lines(desk)))
        start = desk.frame.history.now.work
        await desk.press("-", "right")
        await desk.scan(desk.frame.order.lines[0].barcode)
        await desk.press("f9", "f9", "f9")

        assert desk.frame.history.now.work == start


async def test_somebody_else_signs_in_and_starts_at_home_with_nothing_of_the_first(
    open_console,
) -> None:
    async with open_console() as desk:
        await desk.scan("O-1000101")
        await desk.press(":", "w", "enter")
        assert desk.screen == "sign_in"
        desk.app.context.reader = "somebody-else"
        desk.app.shop.outbox.remember("email", EMAIL)
        await desk.press("escape")
        await desk.press("ctrl+u")
        await desk.type(EMAIL)
        await desk.press("enter")
        await desk.type(PASSWORD)
        await desk.press("enter")

        assert desk.screen == "home"
        assert desk.app.context.cached_order("x") is None
        assert desk.app.trail.stops == [desk.app.trail.here]


async def test_what_a_role_may_not_do_is_neither_in_the_help_nor_in_the_palette(
    open_console, shop
) -> None:
    person = shop.people[EMAIL]
    kept = {"catalog:read", "inventory:read", "orders:read"}
    person["permissions"] = [one for one in person["permissions"] if one in kept]
    async with open_console(size=(120, 60)) as desk:
        await desk.press("f3", "enter", "f1")
        pages = [desk.text]
        await desk.press("end")
        pages.append(desk.text)
        await desk.press("escape", ":")
        pages.append(desk.text)
        await desk.type("staff")
        await desk.press("enter")

        for text in pages:
            assert not re.search(r"Give money back|Cancel the order|Ship the order|Hold the", text)
        assert "Close the console" in pages[0] + pages[1]
        assert desk.said == "Nothing that you may do is called staff"
        assert desk.screen == "order"
