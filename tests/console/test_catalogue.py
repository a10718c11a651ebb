"""The catalogue's screen: find, choose, change, see how it went; on a small window and on a large
one, with a shop that refuses, one that goes away, and a console that is killed in the middle."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.client import bulk_changes, state_dir
from console.client.outbox import Outbox, State
from console.flows.catalog import edit_parsing, events
from console.flows.formatting import day
from console.screens.bulk_fetch import fetch_products
from tests.console.support.station import Station, at_work
from tests.console.support.warehouse import VARIANTS, Warehouse, eur, wire_time
from tests.console.support.wire import EMAIL, WireShop
from tests.console.test_looks import assert_fits

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SIZES = pytest.mark.parametrize(
    "size",
    [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)],
    ids=lambda size: f"{size[0]}",
)


def price_of(shop: WireShop, place: int, variant: int = 0) -> int:
    found = shop.goods.card(place)["variants"][variant]["prices"][0]["price"]["amount"]
    assert isinstance(found, int)
    return found


def batches(shop: WireShop) -> list[dict[str, object]]:
    return [body for last, _, body in shop.warehouse.effects if last == "batch"]


async def typed(desk: Station, key: str, text: str) -> None:
    await desk.press(key)
    await desk.type(text)
    await desk.press("enter")
    await desk.rested()


@SIZES
async def test_a_price_is_changed_after_it_was_looked_over(open_console, shop, size) -> None:
    async with open_console(size=size) as desk:
        await desk.press("f18", "space", "down", "space")
        assert "☒ 2" in desk.text
        await typed(desk, "p", "-20% .99")

        assert "change 5 prices of 2 products?" in desk.text
        assert "▶ no, go back ◀" in desk.text
        assert re.search(r"9\.99  →  +7\.99  +-20 %", desk.text)
        assert_fits(desk)
        assert shop.keys == []
        await desk.press("f10")

        assert "5 changed" in desk.said
        assert "5 of 5" in desk.text
        assert_fits(desk)
        assert [price_of(shop, n) for n in (0, 1)] == [799, 499]
        await desk.press("escape")
        assert "☒ 2" in desk.text
        assert_fits(desk)


@SIZES
async def test_enter_in_the_review_sends_nothing_and_neither_does_a_scanner(
    open_console, shop, size
) -> None:
    async with open_console(size=size) as desk:
        await desk.press("f18")
        await typed(desk, "p", "+1")
        await desk.scan("MUG-01")
        assert "was not looked up" in desk.said
        await desk.press("enter")

        assert "Nothing was sent" in desk.said
        assert shop.keys == []
        await typed(desk, "p", "+1")
        await desk.press("right", "enter")
        assert price_of(shop, 0) == 1099


@SIZES
async def test_a_scan_goes_to_the_variant_and_the_change_is_for_it_alone(
    open_console, shop, size
) -> None:
    async with open_console(size=size) as desk:
        await desk.press("f18")
        await desk.scan("TEA-AS-04")
        await desk.rested()

        assert "▶ ☐  TEA-AS-04" in desk.text
        await typed(desk, "s", "25")
        assert "change 1 price of 1 product?" in desk.text
        assert re.search(r"6\.40  →  +4\.80  +-25 %  +6\.40", desk.text)
        await desk.press("f10")
        assert "4.80 € (was 6.40 €)" in desk.text
        await desk.press("escape")

        assert [price_of(shop, 1, k) for k in (0, 1)] == [640, 480]
        assert shop.goods.card(1)["variants"][1]["prices"][0]["compare_at"]["amount"] == 640


async def test_a_scan_finds_what_the_list_does_not_show(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f18", "tab", "tab")
        await desk.rested()
        assert "Honey" not in desk.text.split("Linen napkin")[0]
        await desk.scan("HONEY-07")
        await desk.rested()

        assert "▶ ☐  HONEY-07" in desk.text
        assert desk.frame.crumbs()[1] == "all /HONEY-07"
        await desk.press("escape", "escape")
        assert desk.frame.crumbs()[1] == "all"


async def test_choosing_ranges_all_and_nothing_and_back(open_console) -> None:
    shop = WireShop(Warehouse(10, 2), products=250)
    async with open_console(shop=shop, size=(140, 40)) as desk:
        await desk.press("f18", "down", "space", "down", "down", "down", "r")
        assert "☒ 4 products" in desk.text
        await desk.press("a")
        assert "☒ 250 products" in desk.text
        await desk.press("c")
        assert "☐ nothing" in desk.text
        await desk.press("f9")
        assert "☒ 250 products" in desk.text
        await desk.press("tab")
        await desk.type("/honey")
        await desk.rested()
        await desk.press("enter")

        assert "☒ 250 products" in desk.text
        assert_fits(desk)


async def test_the_whole_list_is_chosen_as_far_as_one_change_reaches(open_console) -> None:
    shop = WireShop(Warehouse(10, 2), products=2_150)
    async with open_console(shop=shop, size=(140, 40)) as desk:
        await desk.press("f18", "a")
        assert "☒ 2 000 products" in desk.text
        assert "The first 2 000 products are chosen, the list is longer" in desk.said
        await desk.press("c", "tab", "a")
        assert "☒ 1 290 products" in desk.text
        await desk.press("c")
        shop.moods.is_down = True
        await desk.press("a")
        assert "☐ nothing" in desk.text


async def test_a_list_that_is_left_while_it_is_read_is_not_chosen(open_console) -> None:
    shop = WireShop(Warehouse(10, 2), products=450)
    async with open_console(shop=shop, size=(140, 40)) as desk:
        await desk.press("f18")
        desk.line.gate.clear()
        await desk.press("a")
        await desk.press("tab")
        desk.line.gate.set()
        await desk.rested()

        assert "☐ nothing" in desk.text


async def test_one_variant_of_a_product_is_chosen(open_console, shop) -> None:
    async with open_console(size=(140, 40)) as desk:
        await desk.press("f18", "right", "down", "space")
        assert "☒ 1 product, 1 variant" in desk.text
        await desk.press("left")
        assert "▌ ◪  Mug" in desk.text
        await typed(desk, "p", "=5")
        await desk.press("f10")

        assert [price_of(shop, 0, k) for k in range(3)] == [999, 500, 999]


async def test_a_search_goes_out_while_one_types_and_the_last_answer_wins(
    open_console, shop
) -> None:
    async with open_console() as desk:
        await desk.press("f18")
        desk.line.gate.clear()
        await desk.type("/tea")
        await desk.rested()
        await desk.type("pot")
        await desk.rested()
        desk.line.gate.set()
        await desk.rested()

        titles = [row.title for _, row in desk.frame.table.window.loaded()]
        assert titles
        assert all(title.startswith("Teapot") for title in titles)


@SIZES
async def test_many_rows_go_out_in_pieces_and_each_is_told(open_console, size) -> None:
    shop = WireShop(Warehouse(10, 2), products=230)
    async with open_console(shop=shop, size=size) as desk:
        await desk.press("f18", "a")
        await typed(desk, "p", "+1")
        taken = shop.goods.touch(3)["variants"][0]
        taken["version"] += 1
        taken["prices"][0]["price"] = {"amount": 9900, "currency": "EUR"}
        del shop.goods.touch(5)["variants"][0]["prices"][0]["compare_at"]
        await desk.press("f10")
        await desk.rested()

        pieces = [len(body["items"]) for body in batches(shop)]
        assert max(pieces) == 100
        assert len(pieces) == len(set(shop.keys)) == 5
        assert "1 changed by others" in desk.said
        assert "now 99.00 €" in desk.text
        assert "y try again" in desk.text
        assert_fits(desk)
        await desk.press("y")
        await desk.rested()
        assert "change 1 price of 1 product?" in desk.text
        assert re.search(r"99\.00  →  +100\.00  +\+1 %", desk.text)
        await desk.press("f10")

        assert price_of(shop, 3) == 10_000


async def test_a_row_that_the_shop_refuses_says_why(open_console, shop) -> None:
    async with open_console(size=(140, 40)) as desk:
        await desk.press("f18")
        await desk.press("x")
        await desk.rested()
        # Archived by a rule of the shop, without the version having moved.
        shop.goods.touch(0)["status"] = "archived"
        await desk.press("f10")

        assert "1 refused" in desk.said
        assert "The product is archived." in desk.text


async def test_thresholds_are_set_level_by_level_and_taken_back(open_console, shop) -> None:
    async with open_console() as desk:
        await desk.press("f18")
        await typed(desk, "l", "7")
        assert "change 6 levels of 1 product?" in desk.text
        await desk.press("f10")
        mugs = [one for one in shop.warehouse.levels.values() if one.variant.title == "Mug"]
        assert {one.threshold for one in mugs} == {7}
        await desk.press("f9")
        await desk.rested()

        assert {one.threshold for one in mugs} == {12}
        assert "undone: 6 changed" in desk.said
        await desk.press("escape")
        await typed(desk, "l", "off")
        await desk.press("f10")
        assert {one.threshold for one in mugs} == {None}


async def test_prices_are_taken_back_with_those_that_were_not_there_before(
    open_console, shop
) -> None:
    async with open_console() as desk:
        await desk.press("f18")
        await desk.type("/mug in:USD")
        await desk.press("enter")
        await desk.rested()
        await typed(desk, "p", "=12.50")
        assert "no price" in desk.text
        await desk.press("f10")
        assert len(shop.goods.card(0)["variants"][0]["prices"]) == 2
        await desk.press("f9")

        assert len(shop.goods.card(0)["variants"][0]["prices"]) == 1
        assert price_of(shop, 0) == 999


async def test_states_change_and_are_not_turned_back_by_a_key(open_console, shop) -> None:
    async with open_console() as desk:
        await desk.press("f18", "down", "down", "u")
        await desk.rested()
        await desk.press("f10")
        assert shop.goods.card(2)["status"] == "active"
        await desk.press("f9")

        assert "u, x or n" in desk.said
        assert shop.goods.card(2)["status"] == "active"


async def test_while_the_shop_is_away_nothing_is_lost_and_f9_drops_what_never_left(
    open_console, shop
) -> None:
    async with open_console() as desk:
        await desk.press("f18")
        await typed(desk, "p", "+1")
        shop.moods.is_down = True
        await desk.press("f10")
        assert "being sent" in desk.text
        assert "1 waiting" in desk.text
        await desk.press("escape")
        await desk.press("p")
        assert "still being sent" in desk.said
        await desk.press("f9")

        assert "Undone before it was sent" in desk.said
        shop.moods.is_down = False
        assert price_of(shop, 0) == 999


async def test_a_lost_answer_changes_a_price_once(open_console, shop) -> None:
    async with open_console() as desk:
        await desk.press("f18")
        await typed(desk, "p", "+1")
        shop.moods.loses_next_answer = True
        await desk.press("f10")
        await desk.sent_again()

        assert price_of(shop, 0) == 1099
        assert len(batches(shop)) == 1
        assert "3 changed" in desk.said


@SIZES
async def test_after_a_restart_the_rest_goes_out_and_every_row_is_still_told(
    tmp_path: Path, size
) -> None:
    shop = WireShop(Warehouse(10, 2), products=230)
    home = tmp_path / "home"
    async with at_work(home, shop=shop, size=size) as desk:
        await desk.press("f18", "a")
        await typed(desk, "p", "+1")
        shop.moods.is_down = True
        await desk.press("f10")
    shop.moods.is_down = False
    kept = Outbox(home / "outbox.sqlite3")
    commands = kept.open_commands()
    assert [one.state for one in commands] == [State.WAITING] * 5
    kept._db.execute("UPDATE commands SET next_at = 0")
    kept.close()

    async with at_work(home, shop=shop, size=size) as desk:
        await desk.rested()
        await desk.press("f18", "o")
        await desk.rested()
        total = sum(len(body["items"]) for body in batches(shop))
        assert total == sum(len(shop.goods.card(n)["variants"]) for n in range(230))
        assert f"{total} of {total}" in desk.text
        assert price_of(shop, 0) == 1099
        assert len(shop.keys) == 5


async def test_all_pieces_are_on_disk_or_none(tmp_path: Path) -> None:
    taken = state_dir.open_state_dir(tmp_path)
    outbox = Outbox(taken.outbox)
    rows = tuple(
        bulk_changes.BulkChangeRow(f"v{n}", 1, {"price_updates": []}, "p", "x", "a", "b")
        for n in range(250)
    )
    run = bulk_changes.BulkChange("me", "variants", "Price +1", ("price", "+1", "EUR"), rows)
    given = bulk_changes.enqueue(outbox, run)
    assert len(given.commands) == 3
    assert bulk_changes.last_change(outbox, "me") == given
    assert bulk_changes.last_change(outbox, "jon") is None

    def breaks(ids: tuple[int, ...]) -> tuple[str, str]:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        outbox.put_all(
            [bulk_changes.chunk("variants", rows[:1], "x")] * 2, operator="me", about=breaks
        )
    assert len(outbox.open_commands()) == 3
    assert outbox.states(given.commands) == dict.fromkeys(given.commands, State.WAITING)
    assert bulk_changes.last_change(outbox, "me") == given
    outbox.close()
    taken.release()


@SIZES
async def test_a_role_that_only_reads_is_told_and_is_offered_no_change(
    open_console, shop, size
) -> None:
    person = shop.people[EMAIL]
    keep = {"catalog:write", "inventory:adjust"}
    person["permissions"] = [one for one in person["permissions"] if one not in keep]
    async with open_console(size=size) as desk:
        await desk.press("f18")
        assert "Your role reads the catalogue and does not change it" in desk.said
        for face in ("p price", "w was", "s sale", "l low", "u publish", "x archive"):
            assert face not in desk.text, face
        assert "␣ choose" not in desk.text
        for key in "pwslux":
            await desk.press(key)
            assert desk.said.startswith("Your role does not"), key
        assert shop.keys == []


async def test_a_barcode_in_place_of_a_figure_changes_nothing(open_console, shop) -> None:
    async with open_console() as desk:
        await desk.press("f18", "p")
        await desk.scan("5012345600017")

        assert "looks like a barcode" in desk.said
        assert desk.frame.state.plan is None
        assert shop.keys == []


async def test_a_whole_piece_that_is_refused_waits_in_the_tray(open_console, shop) -> None:
    async with open_console() as desk:
        await desk.press("f18")
        await typed(desk, "p", "+1")
        shop.moods.refuses_with = 403
        await desk.press("f10")

        assert "F12" in desk.text
        assert "3 held back" in desk.text
        await desk.press("f12")
        assert "Price +1 EUR" in desk.text
        shop.moods.refuses_with = 0
        await desk.press("y", "f10", "enter")
        assert desk.screen == "catalogue"
        await desk.rested()
        assert "3 of 3" in desk.text
        assert price_of(shop, 0) == 1099


async def test_somebody_else_begins_with_nothing_chosen(open_console) -> None:
    async with open_console() as desk:
        await desk.press("f18", "space")
        desk.app.context.forget("somebody else")
        await desk.press("f2", "f18")

        assert desk.frame.state.choice.products == 0


@pytest.mark.slow
async def test_the_window_may_change_its_size_in_every_stage(open_console) -> None:
    async with open_console(size=(140, 40)) as desk:
        await desk.press("f18", "right")
        for keys in ((), ("p",), ("escape",), ("s", "2", "0", "enter"), ("f10",)):
            await desk.press(*keys)
            await desk.rested()
            for width, height in ((80, 24), (60, 20), (140, 40)):
                await desk.pilot.resize_terminal(width, height)
                await desk.settled()
                assert_fits(desk)


async def test_the_end_of_a_list_that_reads_one_way_is_its_end(open_console) -> None:
    shop = WireShop(Warehouse(10, 2), products=450)
    async with open_console(shop=shop) as desk:
        await desk.press("f18", "end")
        await desk.rested()

        assert desk.frame.table.current.title.endswith("no. 449")
        assert "450 of 450" in desk.text


@SIZES
async def test_a_shop_that_goes_away_while_goods_are_read_changes_nothing(
    open_console, shop, size
) -> None:
    async with open_console(size=size) as desk:
        await desk.press("f18", "space")
        shop.moods.is_down = True
        await typed(desk, "p", "+1")
        assert desk.said.startswith("Nothing changed:")
        assert "☒ 1" in desk.text
        shop.moods.is_down = False
        desk.app.shop.caller.circuit.answered()
        shop.goods.touch(0)["id"] = "gone"
        gone = shop.goods.id_of(0)
        shop.goods._places().pop(gone)
        await typed(desk, "p", "+1")

        assert "Mug: is there no more" in desk.text
        assert "Nothing would change" in desk.text
        assert shop.keys == []
        assert_fits(desk)


def sets_asked(shop: WireShop) -> list[int]:
    """Fill with how many products are asked for at once, from now on."""
    sizes: list[int] = []
    among = shop.goods.among

    def noted(rows: tuple[int, ...], ids: set[str]) -> tuple[int, ...]:
        sizes.append(len(ids))
        return among(rows, ids)

    shop.goods.among = noted
    return sizes


async def test_chosen_products_are_read_a_hundred_at_a_time_in_the_order_of_choosing(
    open_console,
) -> None:
    shop = WireShop(Warehouse(10, 2), products=250)
    async with open_console(shop=shop) as desk:
        sizes, told = sets_asked(shop), []
        ids = [shop.goods.id_of(n) for n in reversed(range(250))]
        wanted = events.FetchProducts(
            1,
            edit_parsing.read(edit_parsing.Kind.PRICE, "+1", "EUR"),
            tuple((one, None) for one in ids),
        )
        shop.asked.clear()

        goods = await fetch_products(desk.app.shop, wanted, str, told.append)

        assert [one.id for one in goods] == ids
        assert [one.sku for one in goods[0].variants] == ["G00249-0"]
        assert sorted(sizes) == [50, 100, 100]
        assert (told[-1], len(told)) == (250, 3)
        assert [path for _, path in shop.asked if "/products/" in path] == []


async def test_where_variants_stand_is_read_in_sets_too(open_console) -> None:
    shop = WireShop(Warehouse(10, 2), products=120)
    async with open_console(shop=shop) as desk:
        ids = [shop.goods.id_of(n) for n in range(120)]
        wanted = events.FetchProducts(
            1,
            edit_parsing.read(edit_parsing.Kind.LOW, "5", "EUR"),
            tuple((one, None) for one in ids),
        )
        shop.asked.clear()

        goods = await fetch_products(desk.app.shop, wanted, str, lambda _: None)

        expected = {
            variant["id"]: [
                level.id
                for level in sorted(shop.warehouse.levels.values(), key=lambda one: one.place)
                if level.variant.id == variant["id"]
            ]
            for n in range(120) for variant in shop.goods.card(n)["variants"]
        }  # fmt: skip
        found = {
            variant.id: [level.id for level in one.levels.get(variant.id, ())]
            for one in goods for variant in one.variants
        }  # fmt: skip
        assert found == expected
        assert sum(map(len, found.values())) > 10
        asked = [path.removeprefix("/api/v1/admin") for _, path in shop.asked]
        assert set(asked) == {"/products", "/stock"}
        assert (len(found), asked.count("/stock")) == (241, 3)


async def test_where_the_variants_of_a_product_stand_is_one_question(open_console, shop) -> None:
    async with open_console(shop=shop, size=(140, 40)) as desk:
        shop.asked.clear()
        await desk.press("f18", "down")
        await desk.rested()

        asked = [path.removeprefix("/api/v1/admin") for _, path in shop.asked]
        assert [path for path in asked if path.startswith("/scan")] == []
        products = {path for path in asked if path.startswith("/products/")}
        assert len(shop.goods.card(1)["variants"]) > 1
        assert 0 < asked.count("/stock") <= len(products)


async def test_products_that_are_gone_are_told_and_the_others_change(open_console) -> None:
    shop = WireShop(Warehouse(10, 2), products=130)
    async with open_console(shop=shop, size=(140, 40)) as desk:
        await desk.press("f18", "a")
        for n in (20, 110):
            shop.goods._places().pop(shop.goods.id_of(n))
        await desk.press("x")
        await desk.rested()

        assert "change 102 products? 28 rows left as before." in desk.text
        gone = [one for one in desk.frame.state.plan.skipped if one.why == "is there no more"]
        assert [one.name for one in gone] == [shop.goods.card(n)["title"] for n in (20, 110)]
        await desk.press("f10")
        assert "102 changed" in desk.said


@pytest.mark.parametrize("status", [429, 503])
async def test_a_shop_that_stumbles_over_one_set_is_asked_for_it_again(
    open_console, status: int
) -> None:
    shop = WireShop(Warehouse(10, 2), products=250)
    async with open_console(shop=shop, size=(140, 40)) as desk:
        await desk.press("f18", "a")
        sizes = sets_asked(shop)
        shop.moods.stumbles = [status]
        await typed(desk, "p", "+1")

        assert "of 250 products?" in desk.text
        assert sorted(sizes) == [50, 100, 100]
        await desk.press("escape")
        shop.moods.stumbles = [status] * 9
        await typed(desk, "p", "+1")
        assert desk.said.startswith("Nothing changed:")


async def test_a_lower_price_than_nothing_is_left_alone(open_console, shop) -> None:
    async with open_console() as desk:
        await desk.press("f18")
        await typed(desk, "p", "-10")

        assert "would cost -0.01 €" in desk.text
        await desk.press("f10")
        assert shop.keys == []


async def test_a_figure_that_makes_no_sense_stays_to_be_put_right(open_console, shop) -> None:
    async with open_console() as desk:
        await desk.press("f18")
        await typed(desk, "p", "=12,x")
        assert "12,x is not an amount" in desk.said
        assert "price: =12,x" in desk.text
        await desk.press("backspace", "5", "0", "enter")
        await desk.rested()
        assert "Price =12,50 EUR: change 3 prices" in desk.text
        await desk.press("escape")
        await typed(desk, "p", "")
        assert "price:" not in desk.text
        await typed(desk, "l", "12345")
        assert "low at: ▌" in desk.text
        assert shop.keys == []


async def test_what_was_scanned_and_is_not_chosen_is_told_to_be_left_out(open_console) -> None:
    async with open_console(size=(140, 40)) as desk:
        await desk.press("f18", "space")
        await desk.scan("TEA-AS-04")
        await desk.rested()
        await desk.press("p")

        assert "for what is chosen: 1 product, 3 variants" in desk.text
        assert "TEA-AS-04 is not among them; Esc and c choose nothing" in desk.text
        await desk.press("escape", "c", "p")
        assert "Price in EUR, for TEA-AS-04 alone" in desk.text


async def test_a_slip_of_the_point_is_pointed_out_before_anything_is_sent(open_console) -> None:
    async with open_console(size=(140, 40)) as desk:
        await desk.press("f18", "space", "down", "space")
        await typed(desk, "p", "=4.80")

        assert "3 prices would fall by more than half" in desk.text
        rows = [row for row in desk.text.splitlines() if "→" in row and "%" in row]
        assert [row[1] for row in rows] == ["⚠"] * 3 + [" "] * 2
        assert "-52 %" in rows[0]
        await desk.press("escape")
        await typed(desk, "p", "=21")
        assert "5 prices would more than double" in desk.text


async def test_the_next_change_may_begin_at_the_results_of_the_last(open_console, shop) -> None:
    async with open_console(size=(140, 40)) as desk:
        await desk.press("f18")
        await typed(desk, "p", "+1")
        await desk.press("f10")
        assert "p price" in desk.text
        await typed(desk, "w", "=29.90")
        assert "Compare-at =29.90 EUR: change 3 prices" in desk.text
        await desk.press("f10", "u")
        await desk.rested()
        assert "is active already" in desk.text
        await desk.press("escape", "o", "/")
        await desk.type("tea")
        await desk.rested()
        assert desk.frame.filter.text == "tea"

        assert price_of(shop, 0) == 1099


@SIZES
async def test_a_variant_shows_its_codes_its_past_and_when_its_sale_ends(
    open_console, shop, size
) -> None:
    variant = shop.goods.touch(1)["variants"][0]
    variant["barcodes"].append({"code": "10400638133393", "pack_quantity": 12})
    variant["prices"].append({**variant["prices"][0], "price": {"amount": 900, "currency": "JPY"}})
    variant["prices"][0] |= {"prior_price": eur(790), "reduced_since": wire_time(NOON)}
    begins, ends, later = (NOON + timedelta(days=n) for n in (-2, 3, 9))
    planned = {"compare_at": None, "version": 1, "variant_id": variant["id"],
               "created_at": wire_time(begins), "replaced_compare_at": None}  # fmt: skip
    shop.goods.planned[variant["id"]] = [
        {**planned, "id": "1", "state": "running", "price": eur(640), "replaced_price": eur(800),
         "starts_at": wire_time(begins), "ends_at": wire_time(ends)},
        {**planned, "id": "2", "state": "waiting", "price": eur(500), "replaced_price": None,
         "starts_at": wire_time(later), "ends_at": None},
        {**planned, "id": "3", "state": "waiting", "replaced_price": None, "ends_at": None,
         "price": {"amount": 7, "currency": "USD"}, "starts_at": wire_time(later)},
    ]  # fmt: skip
    async with open_console(size=size) as desk:
        await desk.press("f18", "down", "right")
        await desk.rested()

        assert "10400638133393, 12 units" in desk.text
        assert re.search(r"90 days +·+▁+█+  5\.12 to 6\.40 €", desk.text)
        assert f"ends      {day(ends)}, then 8.00 €" in desk.text
        assert f"comes     5.00 €, from {day(later)}" in desk.text
        assert f"lowest    7.90 € in 30 days before {day(NOON)}" in desk.text
        assert "also      900 ¥" in desk.text
        assert "0.07" not in desk.text
        assert_fits(desk)
        await desk.press("down")
        await desk.rested()
        assert "10400638133393" not in desk.text
        assert "90 days" in desk.text


async def test_a_scanned_case_is_called_one(open_console, shop) -> None:
    variant = next(one for one in VARIANTS if one.sku == "TEA-AS-04")
    case = f"1{variant.barcode}"
    found = shop.warehouse.scan
    shop.warehouse.scan = lambda code: (
        {**(it := found("TEA-AS-04")), "variant": {**it["variant"], "pack_quantity": 12}}
        if code == case
        else found(code)
    )
    async with open_console() as desk:
        await desk.press("f18")
        await desk.scan(case)

        assert desk.said.startswith("A case of 12: TEA-AS-04")


@SIZES
async def test_the_page_is_read_again_when_the_list_is(open_console, shop, size) -> None:
    async with open_console(size=size) as desk:
        await desk.press("f18", "right")
        await desk.rested()
        assert "9.99" in desk.text
        shop.goods.touch(0)["variants"][0]["prices"][0]["price"]["amount"] = 1234
        mug = next(one for one in shop.warehouse.levels.values() if one.variant.title == "Mug")
        mug.on_hand += 1000
        await desk.press("ctrl+r")
        await desk.rested()

        assert "12.34" in desk.text
        assert "1 0" in desk.text


async def test_the_price_history_of_a_shop_that_is_away_leaves_the_page_as_it_is(
    open_console, shop
) -> None:
    async with open_console(size=(140, 40)) as desk:
        await desk.press("f18")
        await desk.rested()
        shop.moods.is_down = True
        await desk.press("right")
        await desk.shows("The price history did not load")
        await desk.settled()

        assert "barcode" in desk.text
        assert "90 days" not in desk.text
        assert_fits(desk)


async def test_an_empty_list_says_all_that_can_be_done_in_a_small_window(open_console) -> None:
    async with open_console(size=(60, 20)) as desk:
        await desk.press("f18")
        await desk.type("/nothing like it")
        await desk.rested()

        assert "another state." in desk.text
        assert_fits(desk)


async def test_a_second_f10_sends_nothing_twice_and_says_how_it_stands(open_console, shop) -> None:
    async with open_console(size=(140, 40)) as desk:
        await desk.press("f18")
        await typed(desk, "p", "+1")
        shop.moods.is_down = True
        await desk.press("f10", "f10")
        assert "It is being sent" in desk.said
        shop.moods.is_down = False
        await desk.sent_again()
        await desk.press("f10")

        assert "It was sent already" in desk.said
        assert price_of(shop, 0) == 1099
        assert len(shop.keys) == 1


@SIZES
async def test_a_letter_pasted_into_a_figure_stays_in_its_place(open_console, shop, size) -> None:
    async with open_console(size=size) as desk:
        await desk.press("f18", "p")
        await desk.paste("Dear shop, " * 500)
        await desk.press("enter")
        await desk.rested()

        assert desk.tone == "wrong"
        assert len(desk.said) < 200
        assert_fits(desk)
        await desk.press("escape")
        assert shop.keys == []


async def test_a_role_that_changes_stock_alone_is_told_which_key_is_its(open_console, shop) -> None:
    person = shop.people[EMAIL]
    person["permissions"] = [one for one in person["permissions"] if one != "catalog:write"]
    async with open_console(size=(140, 40)) as desk:
        await desk.press("f18")
        assert "l sets at how many units stock is low" in desk.said
        assert "read only" not in desk.text
        assert "␣ choose" in desk.text
        assert "p price" not in desk.text
        await typed(desk, "l", "3")
        await desk.press("f10")

        assert "6 changed" in desk.said


async def test_what_is_told_of_the_last_variant_is_in_sight_in_a_small_window(open_console) -> None:
    async with open_console(size=(60, 20)) as desk:
        await desk.press("f18", "right", "end")
        await desk.rested()

        assert re.search(r"90 days +·", desk.text)
        assert "more ↓" not in desk.text
        await desk.press("home")
        await desk.rested()
        assert "90 days" in desk.text
