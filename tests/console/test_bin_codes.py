"""What is typed before a code at a bin, and what stays of the code behind it."""

import pytest

from console.client.outbox import Command, State
from console.flows import undo_command
from console.flows.bin_codes import AtBin, read
from console.scan import code_parsing
from console.scan.input_buffer import Code, InputBuffer

GS1 = "]C10105012345678900\x1d10LOT7"


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("MUG", AtBin("MUG")),
        ("31*MUG", AtBin("MUG", 31)),
        (">L-A-1", AtBin("L-A-1", None, True)),
        ("5>L-A-1", AtBin("L-A-1", 5, True)),
        (f"31*{GS1}", AtBin(GS1, 31)),
        # A barcode in place of a quantity is no quantity.
        ("5012345678900*MUG", AtBin("5012345678900*MUG")),
        ("*MUG", AtBin("*MUG")),
        (">", AtBin(">")),
    ],
)
def test_a_quantity_or_a_way_is_split_from_the_code(raw: str, meant: AtBin) -> None:
    assert read(raw) == meant


@pytest.mark.parametrize("prefix", [(), ("ctrl+b",)])
def test_a_typed_quantity_waits_for_the_scanner_and_the_separator_survives(
    prefix: tuple[str, ...],
) -> None:
    entry = InputBuffer(frozenset({"ctrl+b"}))
    for character in "31*":
        entry.key(character, character)
    for key in prefix:
        entry.key(key, None)
    for character in GS1:
        is_separator = character == "\x1d"
        entry.key(
            "ctrl+right_square_bracket" if is_separator else character,
            None if is_separator else character,
        )
    code = entry.key("enter", None)

    assert code == Code(f"31*{GS1}")
    assert code_parsing.read(read(code.raw).code).elements["10"] == "LOT7"
    for character in "5>":
        entry.key(character, character)
    assert entry.paste(f"{GS1}\n") == [Code(f"5>{GS1}")]


@pytest.mark.parametrize(("age", "plan"), [(599, "SendInverse"), (601, "Cannot")])
def test_a_move_is_undone_for_ten_minutes(age: float, plan: str) -> None:
    body: dict[str, object] = {"quantity": 5, "from_bin_id": "a", "to_bin_id": "b"}
    values = dict.fromkeys(Command._fields)
    done = Command(**{
        **values, "id": 1, "key": "k", "kind": "move", "body": body, "inverse": body,
        "label": "5 MUG to B-1", "made_at": 1000.0, "state": State.DONE,
    })  # type: ignore[arg-type]  # fmt: skip

    assert type(undo_command.plan([done], 1000.0 + age)).__name__ == plan
