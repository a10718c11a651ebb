"""A stock level: its row in a list, and its page with the journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.client.models import Movement, StockLevel
from console.client.outbox import Command, State
from console.client.warehouse import LevelBins
from console.flows.formatting import Sense, age, day, signed
from console.flows.transition import Tone
from console.theme import Styles
from console.widgets.sparklines import gauge, spark
from console.widgets.text_layout import Column, Line, Part, cells, wrapped

LEVEL_COLUMNS = (
    Column("SKU", 11),
    Column("Item", 14, grow=3),
    Column("Place", 6),
    Column("On hand", 7, right=True),
    Column("Taken", 5, right=True, from_width=70),
    Column("Free", 5, right=True),
    Column("Min", 4, right=True, from_width=64),
    Column("", 5),
    Column("Moved", 5, right=True, from_width=84),
)
JOURNAL_COLUMNS = (
    Column("When", 12),
    Column("Change", 6, right=True),
    Column("Then", 5, right=True),
    Column("What", 10, grow=1),
    Column("Who", 10, grow=1, from_width=56),
    Column("Note", 10, grow=2, from_width=84),
)


def level_row(
    styles: Styles, pending: Callable[[str], int]
) -> Callable[[StockLevel], Sequence[Part]]:
    """Draw a row; `pending` gives the units that are on their way to this level."""

    def draw(level: StockLevel) -> Sequence[Part]:
        change = pending(level.id)
        least = level.low_stock_threshold
        glyph, word, sense = _state(level)
        on_hand = f"{level.on_hand + change}~" if change else str(level.on_hand)
        return (
            (level.sku, styles.bright),
            (level.name, styles.ink),
            (level.location.code, styles.dim),
            (on_hand, styles.senses[Sense.PART] if change else styles.bright),
            (str(level.allocated + level.reserved), styles.dim),
            (str(level.available + change), styles.ink),
            ("" if least is None else str(least), styles.dim),
            (f"{glyph} {word}" if word else "", styles.senses[sense]),
            (age(level.last_moved_at) if level.last_moved_at else "", styles.dim),
        )

    return draw


def level_page(
    level: StockLevel,
    movements: Sequence[Movement],
    pending: Sequence[Command],
    styles: Styles,
    width: int,
    bins: LevelBins | None = None,
) -> list[Line]:
    """A level with its history as a picture and as a journal, newest first."""
    glyph, word, sense = _state(level)
    wanted = level.low_stock_threshold
    least = f"minimum {wanted}" if wanted is not None else "no minimum"
    place = f"{level.location.name} ({level.location.code}) "
    code = f"  {level.barcode or 'no barcode'}"
    bar = gauge(level.on_hand, _scale(level, movements), 20)
    state: Part = (f"{glyph} {word or 'fine'} ", styles.senses[sense])
    lines = [
        Line(((f" {level.name}", styles.bright),), (state,)),
        Line(((f" {level.sku}", styles.ink), (code, styles.dim)), ((place, styles.dim),)),
        *_pending(pending, styles),
        Line(),
        _figure("on hand", level.on_hand, bar, styles),
        _figure("reserved", level.allocated + level.reserved, "", styles),
        *_unavailable(level, styles),
        _figure("free", level.available, least, styles),
        *_back_ordered(level, styles),
        *_bins(bins, styles, width),
        Line(),
    ]
    if movements:
        history = [one.on_hand_after for one in reversed(movements)]
        bars = spark(history, min(width - 14, len(history)))
        now = (f"  {history[-1]}", styles.dim)
        lines += [Line(((" history  ", styles.dim), (bars, styles.accent), now)), Line()]
    titles = [(column.title, styles.heading) for column in JOURNAL_COLUMNS]
    lines.append(Line(cells(JOURNAL_COLUMNS, width - 1, titles, lead=(" ", styles.ink))))
    lines += [_movement(one, styles, width) for one in movements]
    if not movements:
        lines.append(Line(((" nothing has moved yet", styles.dim),)))
    return lines


def _state(level: StockLevel) -> tuple[str, str, Sense]:
    if level.available < 0 or level.back_ordered:
        return "✖", "owed", Sense.BAD
    if level.available == 0:
        return "✖", "out", Sense.BAD
    if level.is_low:
        return "⚠", "low", Sense.PART
    return "✔", "", Sense.GOOD


def _scale(level: StockLevel, movements: Sequence[Movement]) -> int:
    return max([level.on_hand, *(one.on_hand_after for one in movements)], default=0)


def _figure(name: str, number: int, beside: str, styles: Styles) -> Line:
    return Line(
        ((f" {name:<9}", styles.dim), (f"{number:>6}", styles.bright), (f"   {beside}", styles.dim))
    )


def _unavailable(level: StockLevel, styles: Styles) -> list[Line]:
    """Units on hand that are not for sale, and why."""
    parts = (("damaged", level.damaged), ("quarantine", level.quarantine),
             ("safety stock", level.safety_stock))  # fmt: skip
    told = ", ".join(f"{number} {word}" for word, number in parts if number)
    total = sum(number for _, number in parts)
    return [_figure("kept back", total, told, styles)] if total else []


def _back_ordered(level: StockLevel, styles: Styles) -> list[Line]:
    """Units that orders wait for: the next that come are theirs."""
    if not level.back_ordered:
        return []
    beside = "orders wait for them: the next that come are theirs"
    return [_figure("owed", level.back_ordered, beside, styles)]


def _bins(bins: LevelBins | None, styles: Styles, width: int) -> list[Line]:
    """Where the units lie, the bin that is picked from marked."""
    if bins is None or not bins.bins:
        return []
    told = [
        f"{one.code} {one.quantity}{' (picked first)' if one.is_preferred else ''}"
        for one in bins.bins
        if one.quantity or one.is_preferred
    ]
    told += [f"no bin {bins.in_no_bin}"] if bins.in_no_bin else []
    rows = wrapped("   ".join(told), width - 12)
    return [
        Line(((f" {'bins' if n == 0 else '':<9} ", styles.dim), (row, styles.ink)))
        for n, row in enumerate(rows)
    ]


def _pending(commands: Sequence[Command], styles: Styles) -> list[Line]:
    told = []
    for command in commands:
        if command.state is State.STOPPED:
            why = str((command.problem or {}).get("detail", ""))
            words, tone = f" ✖ {command.label}: refused. {why} F12 decides", Tone.WRONG
        else:
            words, tone = f" ◔ {command.label}: being sent", Tone.WAIT
        told.append(Line(((words, styles.tones[tone]),)))
    return told


def _movement(one: Movement, styles: Styles, width: int) -> Line:
    change = one.on_hand_change
    sense = Sense.GOOD if change > 0 else Sense.DUE if change < 0 else Sense.QUIET
    kind = one.kind.replace("_", " ")
    what = f"{kind}, {one.reason}" if one.reason and one.reason != one.kind else kind
    if not change and (one.allocated_change or one.reserved_change):
        what += f" (reserved {signed(one.allocated_change + one.reserved_change)})"
    if one.back_ordered_change:
        what += f" (owed {signed(one.back_ordered_change)})"
    values: list[Part] = [
        (day(one.at), styles.dim),
        (signed(change), styles.senses[sense]),
        (str(one.on_hand_after), styles.bright),
        (what, styles.ink),
        (one.actor or "", styles.dim),
        (one.note or one.reference or "", styles.dim),
    ]
    return Line(cells(JOURNAL_COLUMNS, width - 1, values, lead=(" ", styles.ink)))
