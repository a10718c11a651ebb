"""Which operations of the shop a person reaches by keys: pressed on the real console, answered by
the real API."""

from __future__ import annotations

import pytest
from flask import Flask

from console.flows.records.shapes import Kind
from console.flows.records.table import KINDS
from console.messages import Open
from tests.attention.test_attention import failing, orphan
from tests.console.support.real import opens
from tests.console.support.station import Station
from tests.support.contract import document
from tests.support.shop import Shop
from tests.support.work import drain

ADMIN = "/api/v1/admin"
MUST_BE_MORE_THAN = 45
BY_ITSELF = {"claimOrder", "releaseOrderClaim"}
"""What the console does by itself, while an order is looked at."""
WALKED_ELSEWHERE = {"editOrder", "previewEdit", "openReturn", "buyLabel", "printCustomsForm"}
"""Pressed at the real shop by `test_order_edits.py`, `test_returns.py` and `test_labels.py`."""
WITHOUT_KEYS = {"openClaim", "withdrawOrder"}
"""What the API alone offers: other programs and web shops call it."""


def orders_and_parcels(app: Flask) -> set[str]:
    """Every command about orders, parcels, what needs a person, and e-mails."""
    parts = ("orders", "order-holds", "fulfilments", "attention", "emails")
    return {
        operation["operationId"]
        for path, methods in document(app)["paths"].items()
        for method, operation in methods.items()
        if method in {"post", "put", "patch", "delete"}
        and path.startswith(tuple(f"{ADMIN}/{part}" for part in parts))
    }


async def goes(desk: Station, alias: str) -> None:
    """Go somewhere by name."""
    await desk.press("f2", ":")
    await desk.type(alias)
    await desk.press("enter")
    await desk.rested()


async def through_the_parcels(desk: Station, house: Shop) -> None:
    """Pack, unpack, pack and ship, deliver."""
    await opens(desk, house.an_order(MUG=2))
    await desk.press("k", "o", "f10")
    await desk.rested()
    assert "open" in desk.text
    await desk.press("c", "f10")
    await desk.rested()
    await desk.press("o", "f10")
    await desk.rested()
    await desk.press("down", "s")
    await desk.type("00340434161094042557")
    await desk.press("enter", "enter", "enter", "f10")
    await desk.rested()
    drain()
    await desk.press("enter", "escape", "t", "ctrl+u")
    await desk.type("00340434161094042571")
    await desk.press("enter", "enter", "f10")
    await desk.rested()
    assert "00340434161094042571" in desk.text
    await desk.press("v", "enter", "f10")
    await desk.rested()
    assert "– voided" in desk.text
    await desk.press("o", "f10")
    await desk.rested()
    await desk.press("down", "down", "s", "enter")
    await desk.type("DHL")
    await desk.press("enter", "enter", "f10")
    await desk.rested()
    await desk.press("d", "f10")
    await desk.rested()
    assert "✔ delivered" in desk.text


async def through_the_order(desk: Station, house: Shop) -> None:
    """Note, hold, release, ship, refund, and an e-mail once more."""
    order = house.an_order(MUG=2)
    await opens(desk, order)
    await desk.press("n")
    await desk.type("Please wrap it.")
    await desk.press("f10")
    await desk.rested()
    await desk.press("h", "1", "enter", "f10")
    await desk.rested()
    await desk.press("u", "f10")
    await desk.rested()
    await desk.press("enter")
    assert desk.screen == "ship"
    await desk.scan("MUG", "MUG", "00340434161094042564")
    await desk.press("enter")
    await desk.rested()
    drain()
    await opens(desk, order)
    await desk.press("f8", "+", "1", "f10", "f10")
    await desk.rested()
    assert "refunded" in desk.said
    drain()
    await opens(desk, order)
    await desk.press("m")
    await desk.rested()
    assert "1 of 3" in desk.text
    await desk.press("enter", "escape", "r", "f10")
    await desk.rested()
    await opens(desk, order)
    await desk.press("o")
    await desk.rested()
    assert "guest@example.test" in desk.text
    guest = house.guest()
    guest.adds("MUG", 1)
    await opens(desk, guest.checks_out(vat_id="DE136695976"))
    assert "VAT DE136695976  not confirmed" in desk.text
    await desk.press("v")
    await desk.rested()
    await desk.press("?")
    await desk.rested()
    assert "9.99 EUR x 19 / 119 = 1.60 EUR tax, rounded half-up." in desk.text
    await desk.press("escape")
    assert "HOW ITS SUMS CAME ABOUT" not in desk.text


async def through_the_pick_up(desk: Station, house: Shop) -> None:
    """Put goods aside for whoever picks them up, and hand them over."""
    staff = house.staff()
    (place,) = staff.gets("/locations").json["data"]
    made = staff.posts(
        "/shipping-methods",
        {"code": "collect", "name": "Pick-up", "kind": "pickup", "location_id": place["id"],
         "price": {"amount": 0, "currency": "EUR"},
         "pickup_address": {"name": "Shop", "line1": "Kai 7", "city": "Hamburg",
                            "postal_code": "20457", "country": "DE"}},
    )  # fmt: skip
    assert made.status_code == 201, made.json
    guest = house.guest()
    guest.adds("MUG", 1)
    order = guest.pays(guest.checks_out(shipping_address=None, shipping_method="collect"))
    await opens(desk, order)
    await desk.press("k")
    await desk.rested()
    await desk.press("r", "enter", "f10")
    await desk.rested()
    await desk.press("p", "f10")
    await desk.rested()
    assert staff.opens(order)["fulfilments"][0]["status"] == "picked_up", desk.said


async def through_the_money(desk: Station, house: Shop) -> None:
    """Take something off; record a transfer; cancel."""
    order = house.an_order(paid=False, MUG=1)
    await opens(desk, order)
    await desk.press("d")
    await desk.rested()
    await desk.press("p")
    await desk.type("10")
    await desk.press("enter")
    await desk.type("A scratch")
    await desk.press("enter", "f10")
    await desk.rested()
    assert house.staff().opens(order)["discount_total"]["amount"] == 100, desk.said
    await opens(desk, order)
    await desk.press("p", "enter")
    await desk.type("bank 30 Nov")
    await desk.press("enter", "f10")
    await desk.rested()
    await desk.press("c", "1", "enter", "f10")
    await desk.rested()
    assert "is cancelled" in desk.said


async def through_tags_links_and_chosen_orders(desk: Station, house: Shop) -> None:
    """Tag an order, mail the link to pay it, and hold back several at once."""
    order = house.an_order(paid=False, MUG=1)
    await opens(desk, order)
    await desk.press("g")
    await desk.type("+rush")
    await desk.press("f10")
    await desk.rested()
    assert house.staff().opens(order)["tags"] == ["rush"], desk.said
    await desk.press("y")
    await desk.rested()
    await desk.press("n")
    await desk.type("datev")
    await desk.press("enter")
    await desk.type("4711")
    await desk.press("enter", "f10")
    await desk.rested()
    (kept,) = house.staff().opens(order)["references"]
    assert (kept["system"], kept["value"]) == ("datev", "4711"), desk.said
    await opens(desk, order)
    await desk.press("l")
    await desk.rested()
    assert "sendPayLinkOfOrder" not in desk.shop.called, "the link waits for F10"
    await desk.press("f10")
    await desk.rested()
    assert "sendPayLinkOfOrder" in desk.shop.called, desk.said
    house.an_order(MUG=1)
    desk.app.post_message(Open("orders", "to_ship"))
    await desk.rested()
    await desk.press("space", "b", "3", "enter", "4", "enter")
    await desk.type("recount")
    await desk.press("f10")
    await desk.rested()
    assert desk.said == "1 done"
    house.an_order(MUG=1)
    await desk.press("ctrl+r")
    await desk.rested()
    await desk.press("space", "b", "6", "enter", "1", "enter")
    await desk.rested()
    assert "Cancel (customer): 1 order" in " ".join(desk.text.split()), desk.text
    await desk.press("f10")
    await desk.rested()
    assert desk.said == "1 done"


async def through_one_parcel(desk: Station, house: Shop) -> None:
    """Pack two orders of one customer together, and decide about the shipping that it saved."""
    one, other = house.an_order(MUG=1), house.an_order(MUG=1)
    await opens(desk, one)
    assert f"could go with {other['number']}" in desk.text
    await desk.press("j")
    await desk.rested()
    await desk.press("j", "f10")
    await desk.rested()
    staff = house.staff()
    parcel = staff.opens(one)["fulfilments"][0]
    assert parcel["packed_with"]["order_number"] == other["number"], desk.said
    staff.posts(f"/fulfilments/{parcel['id']}/ship", {"carrier": "DHL"})
    await opens(desk, one)
    await desk.press("k")
    await desk.rested()
    await desk.press("b", "f10")
    await desk.rested()
    assert staff.opens(other)["refunded"]["amount"] == 490, desk.said
    one, other = house.an_order(MUG=1), house.an_order(MUG=1)
    packed = staff.posts(f"/orders/{one['id']}/pack-together", {"order_id": other["id"]}).json
    staff.posts(f"/fulfilments/{packed['id']}/ship", {"carrier": "DHL"})
    await opens(desk, other)
    assert "shipping of" in desk.text
    await desk.press("k")
    await desk.rested()
    await desk.press("n", "f10")
    await desk.rested()
    assert staff.opens(other)["shipping_savings"][0]["decision"] == "kept", desk.said


async def through_what_needs_a_person(
    desk: Station, house: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Link money, give money back, accept; run a failing job again, give another up."""
    order = house.an_order(paid=False, MUG=1)
    orphan(house, order["total"]["amount"])
    await desk.press("f17")
    await at_one_that_takes(desk, "link")
    await desk.press("l")
    await desk.type(order["number"])
    await desk.press("f10")
    await opens(desk, house.an_order(paid=False, MUG=1))
    await desk.press("p", "ctrl+u")
    await desk.type("20,00")
    await desk.press("enter")
    await desk.type("cash")
    await desk.press("enter", "f10", "f17")
    await at_one_that_takes(desk, "give_back")
    await desk.press("r")
    await desk.type("5.11")
    await desk.press("f10")
    await desk.rested()
    assert desk.tone == "done", desk.said
    for key, action in (("y", "run_again"), ("d", "discard")):
        drain(may_fail=True)
        failing(house, monkeypatch, times=5)
        await at_one_that_takes(desk, action)
        await desk.press(key)
        if key == "d":
            await desk.type("The printer is sold.")
        await desk.press("f10")
        await desk.rested()
        monkeypatch.undo()
    orphan(house, 700, "accept")
    await at_one_that_takes(desk, "accept")
    await desk.press("a")
    await desk.type("The bank knows of it.")
    await desk.press("f10")
    await desk.rested()


async def at_one_that_takes(desk: Station, action: str) -> None:
    """Go to something that needs a person and is ended like this."""
    await desk.press("ctrl+r", "home")
    await desk.rested()
    for _ in range(9):
        if desk.app.frame.why_not(action) is None:
            return
        await desk.press("down")
    raise AssertionError(f"nothing takes {action}:\n{desk.text}")


async def through_the_shelves(desk: Station) -> None:
    """Look at a level, correct it; change goods; look at what is planned."""
    await desk.press("f7", "enter", "+", "5", "enter", "enter")
    await desk.rested()
    await desk.press("f18", "enter")
    await desk.rested()
    await desk.press("p")
    await desk.type("=8,90")
    await desk.press("enter", "f10")
    await desk.rested()
    await desk.press("escape", "escape", "l")
    await desk.type("3")
    await desk.press("enter", "f10")
    await desk.rested()
    await desk.press("escape", "escape", "x", "f10")
    await desk.rested()


FORMS = {
    "new_category": ("Kitchen", "All for the kitchen."),
    "new_below": ("Mugs", ""),
    "edit_category": ("Cups", "2", "For tea."),
    "new_location": ("B-02", "Back room", "2"),
    "edit_location": ("Front shelf", "", "yes"),
    "edit_shipping": ("", "5,20", "", "", "", "", "", "", "", ""),
    "new_export": ("csv",),
    "edit_staff": ("Olivia Owner", "", ""),
    "new_staff": ("Willi Warehouse", "willi@example.test", "warehouse", "a long enough password"),
    "new_key": ("Bookkeeping", "orders:rea"),
    "new_publishable": ("Web shop",),
    "new_role": ("night shift", "5 7"),
    "invite": ("Ina Invited", "ina@example.test", "support"),
    "revoke_invitation": (),
}
"""What is typed into each form."""


async def fills(desk: Station, kind: Kind, name: str) -> None:
    """Fill in one form and send it."""
    command = next(one for one in kind.commands if one.name == name)
    await goes(desk, kind.alias)
    await desk.press(command.key)
    for text in FORMS[name]:
        if text and desk.app.context.entry.shown[0]:
            await desk.press("ctrl+u")
        await desk.type(text)
        await desk.press("enter")
    assert desk.app.frame.form is not None, (name, desk.said)
    await desk.press("f10")
    await desk.rested()
    assert desk.tone == "done", (name, desk.said)


async def test_categories_are_made_hidden_shown_and_deleted_by_keys(
    real_desk: Station, house: Shop
) -> None:
    desk = real_desk

    def told() -> dict[str, tuple[bool, bool]]:
        found = house.staff().gets("/categories").json["data"]
        return {one["path"]: (one["is_visible"], one["is_shown"]) for one in found}

    await fills(desk, KINDS["categories"], "new_category")
    await fills(desk, KINDS["categories"], "new_below")
    assert told() == {"kitchen": (True, True), "kitchen/mugs": (True, True)}
    await desk.press("h")
    assert "Hide Kitchen and all below it from storefronts?" in desk.text
    await desk.press("enter")
    assert told()["kitchen"] == (True, True), "Enter takes the answer in the focus, which is no"
    await desk.press("h", "f10")
    await desk.rested()
    assert told() == {"kitchen": (False, False), "kitchen/mugs": (True, False)}
    await desk.press("h")
    assert desk.said == "It is hidden already"
    await desk.press("u", "f10", "down", "d", "f10")
    await desk.rested()
    assert told() == {"kitchen": (True, True)}
    await desk.press("home", "b")
    await desk.type("Jugs")
    await desk.press("enter", "enter", "f10")
    await desk.rested()
    await desk.press("home", "d", "f10")
    await desk.rested()
    assert desk.tone == "wrong"
    assert set(told()) == {"kitchen", "kitchen/jugs"}


async def test_staff_reach_what_they_need_by_keys(
    real_desk: Station, house: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = real_desk
    api = desk.shop
    await through_the_order(desk, house)
    await through_the_parcels(desk, house)
    await through_the_pick_up(desk, house)
    await through_the_money(desk, house)
    await through_tags_links_and_chosen_orders(desk, house)
    await through_one_parcel(desk, house)
    await through_what_needs_a_person(desk, house, monkeypatch)
    await through_the_shelves(desk)
    for kind in KINDS.values():
        if kind.alias:
            await goes(desk, kind.alias)
            assert desk.screen == kind.name
            await desk.press("enter", "escape")
        for command in kind.commands:
            if command.name in FORMS:
                await fills(desk, kind, command.name)

    # A label is asked about like any code, and the shop does not know it yet.
    refused = [one for one in api.statuses if one[1] >= 400 and one != ("scanAny", 404)]
    assert not refused
    print(f"\n{len(api.called)} operations by keys: {', '.join(sorted(api.called))}")
    missing = orders_and_parcels(desk.shop.app) - api.called
    assert not missing - BY_ITSELF - WALKED_ELSEWHERE - WITHOUT_KEYS
    assert missing >= WITHOUT_KEYS, "keys reach it now: take it out of the set"
    assert len(api.called) >= MUST_BE_MORE_THAN
