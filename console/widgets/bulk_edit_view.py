"""A change of the catalogue before it is sent, and how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.client.bulk_changes import BulkChangeRow
from console.flows.catalog.change_plan import Plan, PriceChange
from console.flows.catalog.edit_parsing import Kind
from console.flows.catalog.results import Outcome, Result, RowOutcome
from console.flows.formatting import Sense, count, figure, share
from console.flows.transition import Tone
from console.theme import Styles
from console.widgets.line_widget import Lines
from console.widgets.sparklines import gauge
from console.widgets.text_layout import Column, Line, Part, cells, width_of, wrapped

REVIEW_COLUMNS = (
    Column("What", 16, grow=2),
    Column("Now", 18, grow=1),
    Column("", 1),
    Column("Then", 21, grow=1),
)
PRICE_COLUMNS = (
    Column("What", 18, grow=1),
    Column("Now", 10, right=True),
    Column("", 1),
    Column("Then", 10, right=True),
    Column("Change", 8, right=True),
    Column("Was", 9, right=True),
)
OUTCOME_COLUMNS = (
    Column("", 1),
    Column("What", 18, grow=3),
    Column("Became", 21, grow=1),
    Column("", 17),
)

FATES = {
    Result.CHANGED: ("✔", Sense.GOOD),
    Result.CONFLICT: ("⚠", Sense.PART),
    Result.REFUSED: ("✖", Sense.BAD),
    Result.WAITING: ("◔", Sense.QUIET),
    Result.STOPPED: ("✖", Sense.BAD),
    Result.DROPPED: ("–", Sense.OFF),
    Result.UNTOLD: ("⚠", Sense.PART),
}
WORST_FIRST = (
    *(Result.STOPPED, Result.REFUSED, Result.CONFLICT, Result.UNTOLD),
    *(Result.DROPPED, Result.WAITING, Result.CHANGED),
)
MAX_LINES = 2_000
"""Rows with a reason that are drawn; the figures above them count all."""


def review_page(plan: Plan, styles: Styles, width: int) -> Sequence[Line]:
    """Every row as it is and as it would be; then those that stay as they are, and why."""
    is_price = plan.edit.kind in (Kind.PRICE, Kind.SALE)
    columns = _price_columns(plan) if is_price else REVIEW_COLUMNS
    titles = [(column.title, styles.heading) for column in columns]
    head = Line(cells(columns, width - 1, titles, lead=("   ", styles.ink)))
    # What is odd comes first: nobody reads a thousand rows to the end.
    rows = sorted(plan.rows, key=lambda row: not _is_odd(plan, row)) if is_price else plan.rows

    def changed(at: int) -> Line:
        row = rows[at]
        mark: Part = (" ⚠ " if _is_odd(plan, row) else "   ", styles.tones[Tone.NOTE])
        if is_price:
            values = _repriced(row, plan.repricings[row.id], styles)
        else:
            values = [
                (row.name, styles.ink),
                (row.before, styles.dim),
                ("→", styles.accent),
                (row.after, styles.bright),
            ]
        return Line(cells(columns, width - 1, values, lead=mark))

    left: list[Line] = [Line()] if plan.rows else []
    if plan.skipped:
        left.append(Line(((" LEFT AS BEFORE", styles.heading),)))
    for skipped in plan.skipped[:MAX_LINES]:
        name = (f" ▪ {skipped.name}: ", styles.ink)
        if width_of(name[0]) + width_of(skipped.why) < width:
            left.append(Line((name, (skipped.why, styles.tones[Tone.NOTE]))))
            continue
        left.append(Line((name,)))
        for words in wrapped(skipped.why, width - 6):
            left.append(Line(((f"     {words}", styles.tones[Tone.NOTE]),)))
    left += _cut(len(plan.skipped), styles)
    return Lines([head] if plan.rows else [], len(plan.rows), changed, left)


def _price_columns(plan: Plan) -> tuple[Column, ...]:
    """Goods that are not reduced leave the room for the price before to their names."""
    prices = (price for one in plan.repricings.values() for price in one)
    return PRICE_COLUMNS if any(one and one.compare_at for one in prices) else PRICE_COLUMNS[:-1]


def _is_odd(plan: Plan, row: BulkChangeRow) -> bool:
    found = plan.repricings.get(row.id)
    return found is not None and found.is_odd


def _repriced(row: BulkChangeRow, found: PriceChange, styles: Styles) -> list[Part]:
    """The figures below each other; what it would be compared with stands at the end."""
    old, new = found
    change = share(old.price.amount if old else 0, new.price.amount)
    before = old.compare_at if old else None
    was = figure(new.compare_at) if new.compare_at else "off" if before else "·"
    return [
        (row.name, styles.ink),
        (figure(old.price) if old else "no price", styles.dim),
        ("→", styles.accent),
        (figure(new.price), styles.bright),
        (change, styles.tones[Tone.NOTE] if found.is_odd else styles.ink),
        (was, styles.dim if new.compare_at == before else styles.senses[Sense.PART]),
    ]


def gathering_page(done: int, wanted: int, styles: Styles, width: int) -> list[Line]:
    """How many of the chosen products have been read."""
    return [Line(), _progress("Reading the chosen products", done, wanted, styles, width)]


def outcome_page(
    outcome: Outcome, now: Mapping[str, str], can_try: bool, styles: Styles, width: int
) -> Sequence[Line]:
    """A change as it stands: how far it is, then the rows that need a person first.

    `now` tells of rows that somebody else changed what they are by now.
    """
    waits = outcome.count(Result.WAITING, Result.STOPPED)
    total = len(outcome.rows)
    lines = [
        Line(((f" {outcome.run.title}", styles.bright),)),
        _progress(outcome.sentence, total - waits, total, styles, width),
    ]
    if outcome.is_over and can_try and outcome.again:
        words = " y works the refused rows out once more and shows them before anything is sent."
        lines.append(Line(((words, styles.tones[Tone.NOTE]),)))
    if outcome.count(Result.STOPPED):
        words = " The shop refused a whole piece: F12 shows why, sends it again or drops it."
        lines.append(Line(((words, styles.tones[Tone.WRONG]),)))
    lines.append(Line())
    titles = [(column.title, styles.heading) for column in OUTCOME_COLUMNS]
    lines.append(Line(cells(OUTCOME_COLUMNS, width - 1, titles, lead=("  ", styles.ink))))
    ranked = sorted(outcome.rows, key=lambda one: WORST_FIRST.index(one.fate))
    needy = sum(one.fate not in (Result.CHANGED, Result.WAITING) for one in ranked)
    for one in ranked[: min(needy, MAX_LINES)]:
        lines.append(_row(one, now, styles, width))
        why = f"wanted {one.row.after}, from {one.row.before}"
        for words in wrapped(one.why if one.fate is not Result.CONFLICT else why, width - 8):
            if words:
                lines.append(Line(((f"     {words}", styles.dim),)))
    lines += _cut(needy, styles)
    rest = ranked[needy:]
    return Lines(lines, len(rest), lambda at: _row(rest[at], now, styles, width), ())


def _row(one: RowOutcome, now: Mapping[str, str], styles: Styles, width: int) -> Line:
    row, fate = one.row, one.fate
    glyph, sense = FATES[fate]
    done = fate is Result.CHANGED
    became = row.after if done else "…"
    if fate is Result.CONFLICT:
        became = now.get(row.id, "…")
    elif fate in (Result.REFUSED, Result.DROPPED):
        became = row.before
    values: list[Part] = [
        (glyph, styles.senses[sense]),
        (row.name, styles.ink),
        (became, styles.bright if done else styles.ink),
        (str(fate), styles.dim if done else styles.senses[sense]),
    ]
    return Line(cells(OUTCOME_COLUMNS, width - 1, values, lead=("  ", styles.ink)))


def _progress(words: str, done: int, total: int, styles: Styles, width: int) -> Line:
    bar = gauge(done, total, min(40, max(10, width // 4)))
    figures = f"  {count(done)} of {count(total)}  "
    return Line(((f" {bar}", styles.accent), (figures, styles.bright), (words, styles.dim)))


def _cut(rows: int, styles: Styles) -> list[Line]:
    if rows <= MAX_LINES:
        return []
    return [Line(((f"   … and {count(rows - MAX_LINES)} more", styles.dim),))]
