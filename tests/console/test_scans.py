"""What comes in: codes are read by rules, never by speed, and nothing gets lost between screens."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.client.models import Barcode
from console.flows import barcodes, line_items
from console.scan import code_parsing, input_buffer
from console.scan.code_parsing import Kind
from console.scan.event_queue import EventQueue
from console.scan.input_buffer import (
    Answer,
    Cancelled,
    Changed,
    Code,
    InputBuffer,
    Kept,
    Prompt,
    Typing,
)

NOTE = Prompt("note", "Note:", is_live=True)


def fed(typing: InputBuffer, text: str) -> list[object]:
    """Type a text; a line feed is the scanner's Enter."""
    outcomes = []
    for character in text:
        if character == "\n":
            outcomes.append(typing.key("enter", None))
        elif character == "\x1d":
            outcomes.append(typing.key(input_buffer.SEPARATOR_KEY, None))
        else:
            outcomes.append(typing.key(character, character))
    return outcomes


def scanned(typing: InputBuffer, text: str) -> list[str]:
    """The codes that came out of it."""
    return [one.raw for one in fed(typing, text) if isinstance(one, Code)]


def a_scan_screen() -> InputBuffer:
    typing = InputBuffer(prefixes=frozenset({"ctrl+b"}))
    typing.commands = frozenset("+-=/:?")
    return typing


def a_list_screen() -> InputBuffer:
    typing = a_scan_screen()
    typing.typing = Typing.LIST
    return typing


def test_a_scan_screen_takes_everything_as_a_code() -> None:
    assert scanned(a_scan_screen(), "5012345678917\nmug-bl\n") == ["5012345678917", "mug-bl"]


def test_a_command_character_is_a_command_only_before_anything_is_typed() -> None:
    typing = a_scan_screen()

    assert typing.key("+", "+") is None
    assert scanned(typing, "A+B-C\n") == ["A+B-C"]


@pytest.mark.parametrize("text", ["5012345678917\n", "O-1000412\n", "]C10109501101530003\n"])
def test_a_list_screen_takes_digits_capitals_and_aim_marks_as_codes(text: str) -> None:
    assert scanned(a_list_screen(), text) == [text.strip()]


def test_a_list_screen_leaves_small_letters_to_its_commands() -> None:
    typing = a_list_screen()

    assert typing.key("s", "s") is None
    assert scanned(typing, "Sku-s\n") == ["Sku-s"]


def test_a_prompt_takes_everything_as_text() -> None:
    typing = a_list_screen()
    typing.ask(NOTE)
    outcomes = fed(typing, "call 5\n")

    assert outcomes[0] == Changed(NOTE, "c")
    assert outcomes[-1] == Answer(NOTE, "call 5")
    assert typing.prompt is None


def test_a_prefixed_scan_goes_through_a_prompt_and_leaves_its_text_alone() -> None:
    typing = a_list_screen()
    typing.ask(NOTE)
    fed(typing, "half a no")
    assert typing.key("ctrl+b", "\x02") == Kept()
    codes_ = scanned(typing, "abc-77\n")
    ended = fed(typing, "te\n")

    assert codes_ == ["abc-77"]
    assert ended[-1] == Answer(NOTE, "half a note")


def test_esc_empties_the_code_first_and_is_free_afterwards() -> None:
    typing = a_scan_screen()
    fed(typing, "501")

    assert typing.key("escape", None) == Kept()
    assert not typing.is_coding
    assert typing.key("escape", None) is None


def test_esc_in_a_prompt_leaves_it() -> None:
    typing = a_list_screen()
    typing.ask(NOTE)

    assert typing.key("escape", None) == Cancelled(NOTE)


@pytest.mark.parametrize("key", ["enter", "tab", "ctrl+j"])
def test_every_scanner_ending_ends_a_code(key: str) -> None:
    typing = a_scan_screen()
    fed(typing, "MUG")

    assert typing.key(key, None) == Code("MUG")


def test_typed_text_can_be_put_right() -> None:
    typing = a_list_screen()
    typing.ask(NOTE)
    fed(typing, "wrong words")
    typing.key("ctrl+w", None)
    fed(typing, "wirds")
    for key in ("left", "left", "left", "backspace"):
        typing.key(key, None)
    fed(typing, "o")

    assert typing.shown == ("wrong words", 8)


def test_a_secret_is_not_shown() -> None:
    typing = a_list_screen()
    typing.ask(Prompt("password", "Password:", is_secret=True))
    fed(typing, "hunter2")

    assert typing.shown == ("•••••••", 7)


def test_a_paste_from_a_phone_is_one_code_per_line_even_without_an_end() -> None:
    assert a_scan_screen().paste("MUG\r\n5012345678917") == [Code("MUG"), Code("5012345678917")]


def test_a_paste_into_a_prompt_is_text() -> None:
    typing = a_list_screen()
    typing.ask(NOTE)
    typing.paste("left at\x1b[2J the door\nsecond line")

    assert typing.shown[0] == "left at[2J the door"


@settings(max_examples=60)
@given(
    st.lists(st.text("ABCXYZ0123456789-+/=sklm", min_size=1, max_size=14), min_size=1, max_size=8)
)
def test_a_burst_of_prefixed_scans_comes_out_as_it_went_in(sent: list[str]) -> None:
    for typing in (a_scan_screen(), a_list_screen()):
        got = []
        for code in sent:
            typing.key("ctrl+b", "\x02")
            got += scanned(typing, f"{code}\n")
        assert got == sent


# Reading codes


@pytest.mark.parametrize(
    ("raw", "code", "kind"),
    [
        ("5012345678917", "5012345678917", Kind.GOODS),
        ("]E05012345678917", "5012345678917", Kind.GOODS),
        ("  MUG-BL\t", "MUG-BL", Kind.GOODS),
        ("\x02MUG-BL\r", "MUG-BL", Kind.GOODS),
        ("o-1000412", "O-1000412", Kind.ORDER),
        ("05012345678900", "5012345678900", Kind.GOODS),
        ("]C10105012345678900\x1d10LOT7", "5012345678900", Kind.GOODS),
        ("010501234567890010LOT7\x1d21SN9", "5012345678900", Kind.GOODS),
        ("(01)05012345678900(10)LOT7", "5012345678900", Kind.GOODS),
        ("]C100340434161094000170", "00340434161094000170", Kind.GOODS),
        ("]d2010501234567890010LOT7\x1d8888X", "5012345678900", Kind.GOODS),
        ("]C110LOT7\x1d8888X\x1d0105012345678900", "5012345678900", Kind.GOODS),
        ("01050123456789009A12", "5012345678900", Kind.GOODS),
        ("(01) 05012345678900 (8888) X", "5012345678900", Kind.GOODS),
        ("https://id.gs1.org/01/05012345678900/10/LOT7", "5012345678900", Kind.GOODS),
        ("]Q1HTTPS://ID.GS1.ORG/01/05012345678900?17=261231", "5012345678900", Kind.GOODS),
        ("10LOT7-AND-MORE-LETTERS", "10LOT7-AND-MORE-LETTERS", Kind.GOODS),
        ("5012345678917\n", "5012345678917", Kind.GOODS),
        ("#1083", "O-1083", Kind.ORDER),
        ("3", "3", Kind.DIGIT),
        ("MU\u200bG", "MUG", Kind.GOODS),
    ],
)
def test_codes_are_read_as_the_shop_stores_them(raw: str, code: str, kind: Kind) -> None:
    scan = code_parsing.read(raw)

    assert (scan.raw, scan.code, scan.kind) == (raw, code, kind)


def test_batch_and_date_are_kept() -> None:
    scan = code_parsing.read("]C1010501234567890017261231\x1d10LOT7")

    assert scan.elements == {"01": "05012345678900", "17": "261231", "10": "LOT7"}


@pytest.mark.parametrize("raw", ["", "\x1d\x1d", "]C1", "x" * 129, "\x02\x03"])
def test_what_is_no_code_says_why(raw: str) -> None:
    scan = code_parsing.read(raw)

    assert scan.kind is Kind.UNREADABLE
    assert scan.why
    assert scan.raw == raw


@settings(max_examples=100)
@given(st.text(max_size=200))
def test_reading_never_fails_and_never_lets_a_control_character_through(raw: str) -> None:
    scan = code_parsing.read(raw)

    assert scan.raw == raw
    assert not any(ord(c) < 32 for c in scan.code)


@settings(max_examples=60)
@given(st.integers(10**11, 10**12 - 1))
def test_an_ean_is_never_taken_for_gs1(body: int) -> None:
    total = sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(str(body)))
    ean = f"{body}{(10 - total % 10) % 10}"

    assert barcodes.has_check_digit(ean)
    assert code_parsing.read(ean).code == ean


# One thing after the other


async def test_codes_are_worked_on_one_by_one_in_their_order() -> None:
    done = []

    async def work(item: int) -> None:
        done.append(("begins", item))
        await asyncio.sleep(0.002 if item == 1 else 0)
        done.append(("ends", item))

    intake: EventQueue[int] = EventQueue(work)
    running = asyncio.create_task(intake.run())
    for item in (1, 2, 3):
        intake.put(item)
    await asyncio.sleep(0.02)
    running.cancel()

    assert done == [(what, item) for item in (1, 2, 3) for what in ("begins", "ends")]


async def test_letting_go_forgets_what_waits_and_the_next_code_is_taken() -> None:
    done = []

    async def work(item: str) -> None:
        if item == "slow":
            await asyncio.sleep(60)
        done.append(item)

    intake: EventQueue[str] = EventQueue(work)
    running = asyncio.create_task(intake.run())
    intake.put("slow")
    intake.put("forgotten")
    await asyncio.sleep(0.001)
    assert intake.let_go()
    await asyncio.sleep(0.001)
    intake.put("next")
    await asyncio.sleep(0.02)
    running.cancel()

    assert done == ["next"]


async def test_a_fault_while_working_is_not_hidden() -> None:
    async def work(item: str) -> None:
        raise ZeroDivisionError(item)

    intake: EventQueue[str] = EventQueue(work)
    intake.put("x")

    with pytest.raises(ZeroDivisionError):
        await intake.run()


def test_a_paste_keeps_the_separator_of_its_elements() -> None:
    """A phone's scanner pastes codes by line; 0x1D is no end of one, though Python says so."""
    typing = a_scan_screen()

    assert typing.paste("010501234567890010LOT7\x1d17261231\r\nMUG\n") == [
        Code("010501234567890010LOT7\x1d17261231"),
        Code("MUG"),
    ]


@pytest.mark.parametrize("raw", ["(01)05012345678900", "#1083"])
def test_a_list_screen_takes_printed_codes_and_order_numbers(raw: str) -> None:
    assert scanned(a_list_screen(), f"{raw}\n") == [raw]


@pytest.mark.parametrize(
    ("scanned_code", "stored", "units"),
    [
        ("05901234123457", "5901234123457", 1),
        ("5901234123457", "05901234123457", 1),
        ("0012345000065", "012345000065", 1),
        ("01234565", "012345000065", 1),
        ("01234565", "0012345000065", 1),
        ("15901234123454", "5901234123457", 0),
        ("5901234123457", "5901234123464", 0),
    ],
)
def test_numbers_of_articles_are_compared_as_fourteen_digits(
    scanned_code: str, stored: str, units: int
) -> None:
    assert line_items.units_called(scanned_code, "MUG", stored) == units
    assert line_items.units_called(scanned_code, "MUG", None, (Barcode(stored, 6),)) == 6 * units


@pytest.mark.parametrize(("marks_codes", "answered"), [(True, True), (False, False)])
def test_a_digit_answers_alone_only_where_codes_are_marked(
    marks_codes: bool, answered: bool
) -> None:
    """Without a prefix it may be the first digit of a barcode: Enter tells."""
    entry = InputBuffer()
    entry.marks_codes = marks_codes
    entry.ask(Prompt("why", "why:", at_once="12"))

    outcome = entry.key("1", "1")

    assert (outcome == Answer(Prompt("why", "why:", at_once="12"), "1")) is answered
    assert (entry.prompt is None) is answered
