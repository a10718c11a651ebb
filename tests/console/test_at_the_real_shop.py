"""The console at the real API: what ships, what is put right, and that codes change nothing."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from api.inventory import service as inventory_service
from api.inventory.models import BinKind, StockMovement
from api.kernel.principal import SYSTEM
from api.orders.models import OrderEvent
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from tests.console.support.at_the_shop import RealShop
from tests.console.support.station import Station, at_work
from tests.support.books import differences, stock_differences
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.shop import Shop
from tests.support.stock import counters, level_of
from tests.support.work import drain

MUG, JUG, LABEL = "4006381333931", "4006381333948", "00340434161094042557"
Opens = Callable[..., AbstractAsyncContextManager[Station]]


@pytest.fixture
def context(app: Flask, gateway: ScriptedGateway, mailer: RecordingMailer) -> Shop:
    """The real shop, open, with empty shelves."""
    return Shop(app, gateway, mailer).opens()


@pytest.fixture
def real(context: Shop) -> RealShop:
    """The shop as its owner reaches it."""
    return RealShop(context)


@pytest.fixture
def open_real(tmp_path: Path, real: RealShop) -> Opens:
    """Open a console on it."""

    def open_it(**options: Any) -> AbstractAsyncContextManager[Station]:
        return at_work(tmp_path / "home", **{"shop": real, **options})

    return open_it


async def test_an_order_ships_once_each_unit_was_scanned(
    context: Shop, real: RealShop, open_real: Opens
) -> None:
    mug = context.sells("MUG", 10, barcodes=[MUG])
    context.sells("JUG", 10, barcodes=[JUG])
    order, staff = context.an_order(MUG=2), context.staff()
    async with open_real() as desk:
        await desk.scan(order["number"], LABEL)
        assert desk.said.startswith("By whom?") or "not checked yet" in desk.said
        await desk.press("enter")
        await desk.scan(JUG)
        assert "WRONG ITEM" in desk.said
        await desk.press("enter")
        await desk.scan("swan-neck-12")
        assert "UNKNOWN ITEM" in desk.said
        await desk.press("enter", "escape")
        assert real.writes == []
        await desk.scan(MUG, f"]C101{MUG.zfill(14)}", LABEL)
        assert desk.said == f"{LABEL}  tracking number, DHL"
        await desk.press("enter")

        assert len(real.writes) == 1
    case = staff.opens(order)
    assert case["fulfilment_status"] == "shipped"
    assert case["fulfilments"][0]["lines"][0]["verified_quantity"] == 2
    assert (counters(mug).on_hand, counters(mug).allocated) == (8, 0)
    assert differences() == []


async def test_a_shipment_is_taken_back_and_sent_again_with_its_label(
    context: Shop, real: RealShop, open_real: Opens
) -> None:
    mug = context.sells("MUG", 10, barcodes=[MUG])
    order, staff = context.an_order(MUG=2), context.staff()
    async with open_real() as desk:
        await desk.scan(order["number"], MUG, MUG, LABEL)
        await desk.press("enter", "f9")
        await desk.type("wrong box")
        await desk.press("enter", "f10")
        case = real.case(order)
        assert case["fulfilments"][0]["status"] == "voided"
        assert (case["status"], counters(mug).on_hand) == ("placed", 10)
        await desk.press("f2")
        await desk.scan(order["number"], MUG, MUG, LABEL)
        await desk.press("enter")
    assert [one["status"] for one in staff.opens(order)["fulfilments"]] == ["voided", "shipped"]
    assert differences() == []
    drain()
    subjects = [one.subject for one in context.mailer.sent]
    assert any("is not on its way" in subject for subject in subjects)


async def test_a_wrong_number_is_put_right_from_the_order(context: Shop, open_real: Opens) -> None:
    context.sells("MUG", 10, barcodes=[MUG])
    order, staff = context.an_order(MUG=1), context.staff()
    async with open_real() as desk:
        await desk.scan(order["number"], MUG, LABEL)
        await desk.press("enter")
        await desk.scan(order["number"])
        await desk.press("k", "t", "ctrl+u")
        await desk.type("1Z999AA10123456784")
        await desk.press("enter", "enter", "f10")
    parcel = staff.opens(order)["fulfilments"][0]
    assert (parcel["carrier"], parcel["tracking_number"]) == ("UPS", "1Z999AA10123456784")


async def test_a_packer_cannot_let_units_go_and_a_manager_can(
    context: Shop, tmp_path: Path
) -> None:
    context.sells("MUG", 10, barcodes=[MUG])
    order = context.an_order(MUG=1)
    packer, manager = RealShop(context, "warehouse"), RealShop(context, "manager")
    async with at_work(tmp_path / "packer", shop=packer) as desk:
        await desk.scan(order["number"])
        await desk.press("!", "enter")
        assert packer.writes == []
    async with at_work(tmp_path / "manager", shop=manager) as desk:
        await desk.scan(order["number"])
        await desk.press("!")
        await desk.type("label torn")
        await desk.press("enter", "right", "enter", "right", "enter")
    (parcel,) = context.staff().opens(order)["fulfilments"]
    assert parcel["override_reason"] == "label torn"


SMALL = "abcdefghijklmnopqrstuvwxyz0123456789"
INSIDE = SMALL * 2 + "-./_+=*#@!$;:,?[]% "
WALKS = 12


def a_code(chance: Random) -> str:
    """A code that a Code 128 label may hold: it begins with a letter or a digit."""
    inside = (chance.choice(INSIDE) for _ in range(chance.randint(0, 14)))
    return chance.choice(SMALL) + "".join(inside)


PLACES = ("f2", "f3", "f17", "f18", "f7", "f12", "order", "shipped", "ship", "refund", "level")


def state_of_the_shop() -> tuple[int, ...]:
    """Everything that a person could have changed, counted."""
    return tuple(
        session.scalar(select(func.count()).select_from(table)) or 0
        for table in (AuditEntry, OrderEvent, StockMovement)
    )


async def go(desk: Station, place: str, orders: dict[str, str]) -> None:
    """Be on a page, however the last code left the console."""
    desk.app.context.entry.take_code()
    await desk.press("escape", "escape", "escape", "f2")
    if place.startswith("f"):
        await desk.press(place)
    elif place in ("order", "shipped"):
        await desk.scan(orders[place])
        if desk.screen == "ship":
            await desk.press("escape")
    elif place in ("ship", "refund"):
        await desk.scan(orders["order"])
        if place == "refund":
            await desk.press("f8")
    else:
        await desk.press("f7", "enter")


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_code_in_small_letters_changes_anything_on_any_page(
    counter_with_orders: tuple[Shop, dict[str, str]], tmp_path: Path, seed: int
) -> None:
    """A scanner without a prefix types commands on lists; none of them may send anything.

    Among goods without a barcode, so that nothing that must be verified stands in the way. Each
    code comes on a random page, and some follow on where the one before has led.
    """
    context, orders = counter_with_orders
    chance, real = Random(seed), RealShop(context)
    async with at_work(tmp_path / "home", shop=real) as desk:
        before = state_of_the_shop()
        for _ in range(WALKS):
            place = chance.choice(PLACES)
            codes = [a_code(chance) for _ in range(chance.randint(1, 4))]
            await go(desk, place, orders)
            await desk.scan(*codes)
            assert real.writes == [], (place, codes)
    assert state_of_the_shop() == before


@pytest.fixture
def counter_with_orders(context: Shop) -> tuple[Shop, dict[str, str]]:
    """Two orders to ship, one that is shipped, one on hold, and something for attention."""
    context.sells("MUG", 40)
    context.sells("BOWL", 40, threshold=50)
    staff = context.staff()
    order, shipped, held = (context.an_order(MUG=2, BOWL=1) for _ in range(3))
    staff.posts(f"/orders/{shipped['id']}/ship", {"carrier": "DHL", "tracking_number": LABEL})
    staff.posts(f"/orders/{held['id']}/holds", {"reason": "address"})
    waiting = context.an_order(paid=False, MUG=1)
    staff.marks_paid(waiting, 9_000, allow_overpayment=True)
    return context, {"order": order["number"], "shipped": shipped["number"]}


async def test_a_scanner_alone_picks_a_batch(
    context: Shop, real: RealShop, open_real: Opens
) -> None:
    """Three keys, as console.md counts them: F4, Enter, and Enter at the end."""
    with transaction():
        place = inventory_service.default_location()
        bin_id = inventory_service.create_bin(place, "A-01", by=SYSTEM)
        inventory_service.create_bin(place, "T-07", kind=BinKind.TOTE, by=SYSTEM)
    mug = context.sells("MUG", 10, barcodes=[MUG])
    with transaction():
        inventory_service.move_units(level_of(mug), 10, source=None, target=bin_id, by=SYSTEM)
    context.an_order(MUG=2)
    async with open_real() as desk:
        await desk.press("f4")
        await desk.rested()
        assert "1 order" in desk.text
        await desk.press("enter")
        await desk.rested()
        assert "an empty tote" in desk.text
        await desk.scan("T-07")
        await desk.rested()
        await desk.scan("T-99")
        assert desk.said.startswith("Wrong bin: go to A-01")
        await desk.scan("L-A-01", MUG, "T-07")
        await desk.rested()
        assert "everything is picked" in desk.text
        await desk.press("enter")
        await desk.rested()
        assert "nothing waits to be picked" in desk.text

    [batch] = context.staff().gets("/picking/batches").json["data"]
    assert (batch["status"], batch["picked_count"]) == ("done", 2)
    assert stock_differences() == []
