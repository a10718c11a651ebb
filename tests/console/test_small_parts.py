"""Small parts that everything stands on: cells, words, pictures, the trail, the bare line."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from console.app.navigation_history import HistoryEntry, NavigationHistory
from console.client import bare, parsing
from console.client.bootstrap_http import BootstrapReader
from console.client.errors import AnswerLost, Unreachable
from console.client.models import Money, OrderCard
from console.client.transport import Request
from console.flows import filters, formatting, tracking
from console.flows.filters import Find, NextView, OrderFilter, Show, TurnSort
from console.flows.formatting import share
from console.screens.lru_cache import LruCache
from console.theme import styles
from console.widgets import order_rows
from console.widgets.line_widget import strip
from console.widgets.sparklines import course, gauge, spark
from console.widgets.text_layout import Column, Line, cells, clean, fit, width_of, wrapped
from tests.console.support.making import NOON
from tests.console.support.warehouse import Warehouse

PLAIN = Style()
ANY_TEXT = st.text(max_size=30)


# Cells


@settings(max_examples=150)
@given(ANY_TEXT, st.integers(0, 30), st.booleans())
def test_a_fitted_text_has_exactly_its_width(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right)) == width


@settings(max_examples=100)
@given(ANY_TEXT)
def test_a_clean_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    assert clean(text).isprintable()


@settings(max_examples=100)
@given(st.lists(ANY_TEXT, max_size=4), st.lists(ANY_TEXT, max_size=2), st.integers(1, 60))
def test_a_line_has_exactly_the_width_of_its_place(
    left: list[str], right: list[str], width: int
) -> None:
    line = Line(tuple((t, PLAIN) for t in left), tuple((t, PLAIN) for t in right))
    drawn = strip(line, width, PLAIN)

    assert sum(cell_len(segment.text) for segment in drawn) == width


def test_what_is_cut_says_so_and_blanks_are_not_worth_saying() -> None:
    assert fit("Teapot cast iron", 8) == "Teapot …"
    assert fit("Mug     ", 5) == "Mug  "
    assert fit("7", 4, right=True) == "   7"


def test_columns_hide_when_there_is_no_room_for_them() -> None:
    columns = (Column("a", 3), Column("b", 5, grow=1), Column("c", 4, from_width=30))
    values = [("x", PLAIN), ("y", PLAIN), ("z", PLAIN)]
    narrow = cells(columns, 20, values, lead=("", PLAIN))
    wide = cells(columns, 30, values, lead=("", PLAIN))

    assert len(narrow) == 3
    assert len(wide) == 4
    assert sum(cell_len(text) for text, _ in wide) == 30


# Words


@pytest.mark.parametrize(
    ("money", "said"),
    [
        (Money(128400, "EUR"), "1 284.00 €"), (Money(5, "EUR"), "0.05 €"),
        (Money(-1900, "EUR"), "-19.00 €"), (Money(1200, "USD"), "$12.00"),
        (Money(-1200, "GBP"), "-£12.00"), (Money(1500, "JPY"), "1 500 ¥"),
        (Money(1250, "KWD"), "1.250 KWD"), (Money(999, "SEK"), "9.99 SEK"),
    ],
)  # fmt: skip
def test_money_is_said_as_people_say_it(money: Money, said: str) -> None:
    assert formatting.money(money) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [(5, "5s"), (59, "59s"), (61, "1m"), (29 * 60, "29m"), (18 * 3600, "18h"), (3 * 86400, "3d"),
     (-10, "0s")],
)  # fmt: skip
def test_ages_are_short(ago: int, said: str) -> None:
    assert formatting.age(NOON - timedelta(seconds=ago), NOON) == said


def test_an_unknown_status_is_shown_as_it_came() -> None:
    assert formatting.mark(formatting.PAYMENT, "held_by_bank") == formatting.Mark(
        "·", "held by bank", formatting.Sense.QUIET
    )


def test_every_mark_has_a_symbol_and_a_word() -> None:
    for table in (formatting.PAYMENT, formatting.FULFILMENT, formatting.REFUND):
        for mark in table.values():
            assert cell_len(mark.glyph) == 1
            assert mark.word


# Filters


def test_a_filter_word_becomes_a_query() -> None:
    found = filters.step(OrderFilter(), Find("ada paid:unp is:placed since:2026-11-01")).state

    assert found.as_query()["q"] == "ada"
    assert found.as_query()["payment_status"] == "unpaid"
    assert found.as_query()["status"] == "placed"
    since = datetime.fromisoformat(found.as_query()["placed_at_gte"])
    assert since == datetime(2026, 11, 1).astimezone().astimezone(UTC)


@pytest.mark.parametrize("text", ["paid:maybe", "colour:red", "since:soon", "is:"])
def test_a_filter_that_makes_no_sense_changes_nothing_and_says_why(text: str) -> None:
    taken = filters.step(OrderFilter(), Find(text))

    assert taken.state == OrderFilter()
    assert taken.feedback is not None


def test_the_end_of_a_list_is_the_beginning_of_its_reverse() -> None:
    oldest = OrderFilter()

    assert oldest.as_query()["sort"] == "placed_at"
    assert oldest.as_query(from_the_end=True)["sort"] == "-placed_at"
    assert filters.step(oldest, TurnSort()).state.as_query()["sort"] == "-placed_at"


@given(st.integers(-20, 20))
@settings(max_examples=30)
def test_views_go_round_and_back(by: int) -> None:
    state = filters.step(OrderFilter(), NextView(by)).state

    assert filters.step(state, NextView(-by)).state.view == OrderFilter().view
    assert filters.step(state, Show("all")).state.view.name == "all"


# Tracking numbers


def test_a_number_read_out_in_groups_is_put_together() -> None:
    assert tracking.tidy("0034 0434 1610 9400 0170") == "00340434161094000170"


# Pictures


def test_a_history_is_drawn_from_nothing_to_its_height() -> None:
    assert spark([0, 1, 4, 8], 10) == "·▁▄█"
    assert spark([5] * 30, 10) == "█" * 10
    assert spark([], 10) == ""
    assert spark([0, 0], 10) == "··"


@settings(max_examples=60)
@given(st.lists(st.integers(-5, 10_000), max_size=60), st.integers(0, 40))
def test_a_picture_is_never_wider_than_its_place(values: list[int], width: int) -> None:
    assert len(spark(values, width)) == min(len(values), width)


@pytest.mark.parametrize(
    ("part", "whole", "drawn"), [(5, 10, "▮▮▯▯"), (0, 0, "▯▯▯▯"), (20, 10, "▮▮▮▮"), (-1, 5, "▯▯▯▯")]
)
def test_a_gauge_is_full_at_most(part: int, whole: int, drawn: str) -> None:
    assert gauge(part, whole, 4) == drawn


# The trail


def test_the_trail_goes_back_and_forward_and_forgets_what_was_left() -> None:
    trail = NavigationHistory()
    for screen in ("orders", "order", "ship"):
        trail.go(HistoryEntry(screen))
    assert trail.back()
    assert trail.back()
    assert trail.here == HistoryEntry("orders")
    assert trail.forward()
    trail.go(HistoryEntry("stock"))

    assert [stop.screen for stop in trail.stops] == ["home", "orders", "order", "stock"]
    assert not trail.forward()


def test_a_finished_order_is_left_with_all_its_screens() -> None:
    trail = NavigationHistory()
    for stop in (HistoryEntry("orders"), HistoryEntry("order", "7"), HistoryEntry("ship", "7")):
        trail.go(stop)
    trail.before("7")

    assert trail.here == HistoryEntry("orders")


# The bare line for the first reads


Reply = Callable[[asyncio.StreamWriter], None]


async def asked_over(*pieces: bytes) -> object:
    """Ask a server that answers with these bytes, and closes."""
    seen = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        asking = Request("GET", "/x", {"q": "a b"}, {"X-Request-ID": "r-1"})
        answer = await BootstrapReader(f"http://127.0.0.1:{port}/shop").exchange(asking)
    finally:
        server.close()
        await server.wait_closed()
    assert seen[0].startswith(b"GET /shop/x?q=a+b HTTP/1.1\r\n")
    assert b"X-Request-ID: r-1\r\n" in seen[0]
    return answer


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nX-A: b\r\n\r\n", b'{"a":1}', b"rubbish"),
        (b"HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n",
         b'4\r\n{"a"\r\n', b"3;x=y\r\n:1}\r\n0\r\n\r\n"),
        (b'HTTP/1.0 200 OK\r\nX-A: b\r\n\r\n{"a":1}',),
    ],
    ids=["length", "chunks", "until the end"],
)  # fmt: skip
async def test_an_answer_is_read_in_each_form(pieces: tuple[bytes, ...]) -> None:
    answer = await asked_over(*pieces)

    assert answer.status == 200
    assert answer.headers["x-a"] == "b"
    assert answer.body == b'{"a":1}'


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n", b"short"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"zz\r\n"),
        (b"SSH-2.0-OpenSSH\r\n\r\n",),
        (b"",),
    ],
)
async def test_an_answer_that_is_cut_short_is_lost(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(AnswerLost):
        await asked_over(*pieces)


async def test_nobody_listening_is_unreachable() -> None:
    with pytest.raises(Unreachable) as failure:
        await BootstrapReader("http://127.0.0.1:9").exchange(Request("GET", "/x"))

    assert type(failure.value) is Unreachable


async def asked_bare(*pieces: bytes, hangs: bool = False, every: float = 0.0) -> bytes | None:
    """Ask a server that answers with these bytes, over a socket that waits but shortly."""
    asked, served = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            if not asked.is_set():
                writer.write(piece)
                await asyncio.sleep(every)
        if hangs:
            await asked.wait()
        writer.close()
        served.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        return await asyncio.to_thread(bare.ask, url, "/x", {}, {}, within=0.3)
    finally:
        asked.set()
        await served.wait()
        server.close()
        await server.wait_closed()


FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"


async def test_a_bare_question_is_answered_whole_or_not_at_all() -> None:
    assert await asked_bare(FINE, b'{"a"', b":1}") == b'{"a":1}'
    assert await asked_bare(FINE, b'{"a"') is None
    assert await asked_bare(FINE.replace(b"200", b"401"), b'{"a":1}') is None
    assert await asked_bare(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") is None
    assert await asked_bare(b"SSH-2.0-OpenSSH\r\n") is None
    assert await asked_bare() is None
    assert await asked_bare(FINE, b'{"a":1}', hangs=True) is None
    assert bare.ask("http://127.0.0.1:9", "/x", {}, {}, within=0.3) is None


async def test_a_bare_question_ends_in_time_and_looks_no_name_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = time.monotonic()
    assert await asked_bare(FINE.replace(b"7", b"200"), *[b"x"] * 200, every=0.05) is None
    assert time.monotonic() - start < 5, "each piece came in time, all of them did not"

    monkeypatch.setattr(bare.socket, "socket", lambda *_: pytest.fail("it was looked up"))
    assert bare.ask("http://shop.localhost", "/x", {}, {}, within=0.3) is None


def test_only_plain_addresses_are_read_early() -> None:
    assert BootstrapReader.can_read("http://shop.test")
    assert not BootstrapReader.can_read("https://shop.test")


def test_the_course_of_a_figure_shows_ups_and_downs_without_beginning_at_zero() -> None:
    assert course([None, 1000, 1010, 1100]) == "·▁▁█"
    assert course([500, 500]) == "▄▄"
    assert course([None]) == "·"
    assert course([]) == ""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [(1000, 800, "-20 %"), (999, 799, "-20 %"), (1990, 1599, "-19.6 %"), (1000, 1000, "0 %"),
     (3, 4, "+33.3 %"), (100, 250_000, "+249 900 %"), (0, 5, "new"), (1000, 0, "-100 %")],
)  # fmt: skip
def test_a_share_is_told_to_a_tenth_of_a_percent(old: int, new: int, told: str) -> None:
    assert share(old, new) == told


@given(text=st.text(alphabet="ab 茶碗🎁é", max_size=60), width=st.integers(10, 30))
def test_no_line_of_a_wrapped_text_is_wider_than_its_room(text: str, width: int) -> None:
    rows = wrapped(text, width)

    assert max(map(width_of, rows)) <= width
    assert "".join("".join(rows).split()) == "".join(text.split())


def test_what_was_read_lately_is_kept_and_read_again_once_it_is_doubted() -> None:
    things: LruCache[str] = LruCache(2)
    things.put("a", "one")
    assert things.is_fresh("a")
    things.doubt()
    assert things.get("a") == "one"
    assert not things.is_fresh("a")
    things.put("b", "two")
    things.put("c", "three")
    assert things.get("a") is None
    assert things.is_fresh("c")
    things.forget()
    assert things.get("c") is None


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(128400, "EUR", "1 284.00"), (1200, "USD", "12.00 USD"), (500, "JPY", "500 JPY"),
     (1250, "KWD", "1.250 KWD")],
)  # fmt: skip
def test_lists_name_the_currency_of_what_is_not_in_the_shops_own(
    amount: int, currency: str, shown: str
) -> None:
    assert formatting.listed(Money(amount, currency), "EUR") == shown


def test_orders_in_a_foreign_currency_are_told_apart_in_every_list() -> None:
    card = {**Warehouse(3, 0).card(0), "total": {"amount": 1999, "currency": "USD"}}
    order = parsing.read(OrderCard, card)
    shop = SimpleNamespace(currency="EUR", working_at=lambda _: "")

    for draw in (order_rows.queue_row, order_rows.list_row):
        row = draw(styles(colours=False), lambda _: False, shop)(order)
        assert "19.99 USD" in [part[0] for part in row]


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1200, "1 200 rows")]
)
def test_one_is_counted_as_one(number: int, told: str) -> None:
    assert formatting.counted(number, "row") == told
    assert formatting.counted(1, "entry", "entries") == "1 entry"
