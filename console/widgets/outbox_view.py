"""The outbox's pages: commands, calls and scans as lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from console.client.outbox import Command, State
from console.client.request_log import Call
from console.client.stock import moved_to
from console.flows.formatting import Sense, age, clock_with_seconds, plain, span
from console.theme import Styles
from console.widgets.text_layout import Column, Line, Part, cells, wrapped

CALL_COLUMNS = (
    Column("When", 8),
    Column("", 4),
    Column("What", 20, grow=1),
    Column("Answer", 6, right=True),
    Column("ms", 6, right=True),
    Column("Note", 12, grow=0, from_width=76),
    Column("Request", 32, from_width=116),
)
COMMAND_COLUMNS = (
    Column("Made", 8),
    Column("", 1),
    Column("Command", 20, grow=1),
    Column("Stands", 26, grow=1),
    Column("Key", 8, from_width=100),
)


def commands_page(
    commands: Sequence[Command], cursor: int, operator: str, styles: Styles, width: int
) -> list[Line]:
    """What needs a person first, then what waits, then what is over."""
    titles = [(column.title, styles.heading) for column in COMMAND_COLUMNS]
    lines = [Line(cells(COMMAND_COLUMNS, width - 1, titles, lead=("   ", styles.ink)))]
    if not commands:
        lines.append(Line((("   ✔ Nothing waits, nothing was refused.", styles.dim),)))
    for at, command in enumerate(commands):
        here = at == cursor
        glyph, words, sense = _standing(command, operator)
        over = command.state in (State.DONE, State.DROPPED)
        values: list[Part] = [
            (clock_with_seconds(datetime.fromtimestamp(command.made_at, UTC)), styles.dim),
            (glyph, styles.senses[sense]),
            (command.label, styles.dim if over else styles.bright),
            (words, styles.senses[sense]),
            (command.key[:8], styles.dim),
        ]
        lead: Part = (" ▶ " if here else "   ", styles.accent)
        ground = styles.cursor if here else None
        row = cells(COMMAND_COLUMNS, width - 1, values, lead=lead)
        lines.append(Line(row, ground=ground, item=command.key))
        if here:
            lines += _details(command, styles, width)
    return lines


def calls_page(calls: Iterable[Call], styles: Styles, width: int) -> list[Line]:
    """Every exchange with the shop, newest first."""
    titles = [(column.title, styles.heading) for column in CALL_COLUMNS]
    lines = [Line(cells(CALL_COLUMNS, width - 1, titles, lead=(" ", styles.ink)))]
    for call in calls:
        fine = 200 <= call.status < 400
        sense = Sense.GOOD if fine else Sense.BAD
        values: list[Part] = [
            (clock_with_seconds(call.at), styles.dim),
            (call.method, styles.dim),
            (call.path, styles.ink),
            (str(call.status or "none"), styles.senses[sense]),
            (f"{call.milliseconds:.0f}", styles.bright if call.milliseconds < 400 else
             styles.senses[Sense.PART]),
            (call.note, styles.senses[sense]),
            (call.request_id, styles.dim),
        ]  # fmt: skip
        lines.append(Line(cells(CALL_COLUMNS, width - 1, values, lead=(" ", styles.ink))))
    return lines


def scans_page(
    scans: Iterable[tuple[datetime, str, str]], styles: Styles, width: int
) -> list[Line]:
    """What the scanner really sent, and what was read from it."""
    lines = [Line(((" What came in, exactly as it came, and what was read from it.", styles.dim),))]
    for when, raw, read_as in scans:
        lines.append(
            Line(
                ((f" {clock_with_seconds(when)}  ", styles.dim), (raw, styles.ink)),
                ((f"  {read_as} ", styles.bright),),
            )
        )
    return lines


def _standing(command: Command, operator: str) -> tuple[str, str, Sense]:
    match command.state:
        case State.DONE:
            took = f" in {command.milliseconds:.0f} ms" if command.milliseconds else ""
            return "✔", f"done {command.status or ''}{took}", Sense.GOOD
        case State.DROPPED:
            return "–", "dropped, not done", Sense.OFF
        case State.ASKING:
            return "◔", f"not known yet, asked {command.tries} times", Sense.PART
        case State.STOPPED:
            return "✖", f"refused {command.status or ''}: needs you", Sense.BAD
    if command.operator != operator:
        return "○", "waits until its operator signs in", Sense.DUE
    tries = f", try {command.tries}" if command.tries else ""
    wait = command.next_at - datetime.now(UTC).timestamp()
    soon = f", again in {span(wait)}" if wait > 1 else ""
    return "○", f"waiting{tries}{soon}", Sense.DUE


def _details(command: Command, styles: Styles, width: int) -> list[Line]:
    made = datetime.fromtimestamp(command.made_at, UTC)
    told = [f"made {age(made)} ago · {command.path.removeprefix('/api/v1/admin')}"]
    told.append(plain(command.body))
    problem = command.problem
    if problem:
        told.append(f"{problem.get('detail')} ({problem.get('code')})")
        facts = problem.get("facts")
        if isinstance(facts, dict) and facts:
            told.append(f"the shop says: {plain(facts)}")
        current = moved_to(command)
        if current is not None:
            mine = command.body.get("on_hand")
            told.append(f"y puts {mine} in the place of {current}; d leaves {current}")
        if problem.get("request_id"):
            told.append(f"request {problem['request_id']}")
    return [
        Line((("     │ ", styles.faint), (row, styles.dim)), ground=styles.cursor)
        for sentence in told
        for row in wrapped(sentence, width - 10)
    ]
