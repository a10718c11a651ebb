"""The catalogue: a product as a row and as a page, a change before it is sent, and how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from console.client.models import Money, StockLevel
from console.client.shelf import Price, ProductCard, ProductLine, VariantCard
from console.flows.catalogue.choosing import Choice
from console.flows.catalogue.outcome import Fate, Outcome, RowOutcome
from console.flows.catalogue.plan import Plan
from console.flows.step import Tone
from console.flows.words import Mark, Sense, count, day, figure, money, units
from console.theme import Paints
from console.widgets.drawn import Lines
from console.widgets.figures import gauge
from console.widgets.ink import Column, Line, Part, cells, width_of, wrapped

PRODUCT_COLUMNS = (
    Column("", 1),
    Column("Product", 16, grow=3),
    Column("State", 10),
    Column("Price", 11, right=True),
    Column("Var.", 4, right=True, from_width=60),
    Column("Stock", 5),
    Column("Vendor", 10, grow=1, from_width=96),
    Column("Published", 12, from_width=110),
)
VARIANT_COLUMNS = (
    Column("", 1),
    Column("SKU", 12, grow=2),
    Column("Variant", 8, grow=2, from_width=74),
    Column("Price", 9, right=True),
    Column("Was", 9, right=True),
    Column("Prior", 9, right=True, from_width=62),
    Column("Free", 5, right=True),
    Column("Low", 4, right=True),
)
REVIEW_COLUMNS = (
    Column("What", 16, grow=2),
    Column("Now", 18, grow=1),
    Column("", 1),
    Column("Then", 21, grow=1),
)
OUTCOME_COLUMNS = (
    Column("", 1),
    Column("What", 18, grow=3),
    Column("Became", 21, grow=1),
    Column("", 17),
)

STATES = {
    "active": Mark("●", "active", Sense.GOOD),
    "draft": Mark("○", "draft", Sense.DUE),
    "archived": Mark("–", "archived", Sense.OFF),
}
BOXES = {"all": "☒", "some": "◪", "": "☐"}
FATES = {
    Fate.CHANGED: ("✔", Sense.GOOD),
    Fate.CONFLICT: ("⚠", Sense.PART),
    Fate.REFUSED: ("✖", Sense.BAD),
    Fate.WAITING: ("◔", Sense.QUIET),
    Fate.STOPPED: ("✖", Sense.BAD),
    Fate.DROPPED: ("–", Sense.OFF),
    Fate.UNTOLD: ("⚠", Sense.PART),
}
WORST_FIRST = (Fate.STOPPED, Fate.REFUSED, Fate.CONFLICT, Fate.UNTOLD, Fate.DROPPED, Fate.WAITING,
               Fate.CHANGED)  # fmt: skip
MOST_LINES = 2_000
"""Rows with a reason that are drawn; the figures above them count all."""

Levels = Mapping[str, Sequence[StockLevel]]


def state_of(status: str) -> Mark:
    """How a product's state looks."""
    return STATES.get(status, Mark("·", status, Sense.QUIET))


def product_row(
    paints: Paints, mark: Callable[[str], str]
) -> Callable[[ProductLine], Sequence[Part]]:
    """Draw a row; `mark` says how much of a product is chosen."""

    def draw(line: ProductLine) -> Sequence[Part]:
        chosen = mark(line.id)
        state = state_of(line.status)
        price = figure(line.price) if line.price else "no price"
        planned = not line.published_at and line.publish_at
        moment = line.publish_at if planned else line.published_at
        return (
            (BOXES[chosen], paints.accent if chosen else paints.dim),
            (line.title, paints.bright),
            (f"{state.glyph} {state.word}", paints.senses[state.sense]),
            (f"from {price}" if line.price and line.price_varies else price, paints.ink),
            (str(line.variant_count), paints.dim),
            _in_stock(line.in_stock, paints),
            (line.vendor, paints.dim),
            (f"{'→ ' if planned else ''}{day(moment)}" if moment else "", paints.dim),
        )

    return draw


def _in_stock(there: bool, paints: Paints) -> Part:
    sense = Sense.GOOD if there else Sense.BAD
    return ("✔ in" if there else "✖ out", paints.senses[sense])


def product_page(
    card: ProductCard,
    levels: Levels,
    choice: Choice,
    cursor: int | None,
    currency: str,
    paints: Paints,
    width: int,
) -> list[Line]:
    """A product with its variants; `cursor` is the variant that the operator is on, if any."""
    state = state_of(card.status)
    marked: Part = (f"{state.glyph} {state.word} ", paints.senses[state.sense])
    lines = [Line(((f" {card.title}", paints.bright),), (marked,))]
    about = " · ".join(part for part in (card.vendor, card.product_type) if part)
    if about:
        lines.append(Line(((f" {about}", paints.dim),)))
    lines += _dates(card, paints)
    for n, words in enumerate(wrapped(", ".join(card.tags), width - 9) if card.tags else []):
        lines.append(Line(((f" {'tags' if not n else '':<6} ", paints.dim), (words, paints.ink))))
    for warning in card.warnings:
        for n, words in enumerate(wrapped(warning.detail, width - 5)):
            glyph = "⚠" if n == 0 else " "
            lines.append(Line(((f" {glyph} {words}", paints.tones[Tone.NOTE]),)))
    lines.append(Line())
    titles = [(column.title, paints.heading) for column in VARIANT_COLUMNS]
    lines.append(Line(cells(VARIANT_COLUMNS, width - 1, titles, lead=("   ", paints.ink))))
    for at, variant in enumerate(card.variants):
        mine = levels.get(variant.id)
        has = choice.has(card.id, variant.id)
        lines.append(_variant(variant, mine, has, at == cursor, currency, paints, width))
        if at == cursor:
            lines += _about_variant(variant, mine, currency, paints)
    return lines


def _dates(card: ProductCard, paints: Paints) -> list[Line]:
    if card.published_at is not None:
        return [Line(((" published ", paints.dim), (day(card.published_at), paints.ink)))]
    if card.publish_at is not None:
        words = f" goes on the shelf by itself {day(card.publish_at)}"
        return [Line(((words, paints.tones[Tone.NOTE]),))]
    return [Line(((" never published", paints.dim),))]


def _variant(
    variant: VariantCard,
    levels: Sequence[StockLevel] | None,
    chosen: bool,
    here: bool,
    currency: str,
    paints: Paints,
    width: int,
) -> Line:
    price = variant.price_in(currency)
    free = sum(one.available for one in levels) if levels else None
    low = {one.low_stock_threshold for one in levels or ()} - {None}
    is_low = any(one.is_low for one in levels or ())
    values: list[Part] = [
        (BOXES["all" if chosen else ""], paints.accent if chosen else paints.dim),
        (variant.sku, paints.bright),
        (variant.title, paints.ink),
        (figure(price.price) if price else "·", paints.bright),
        (_optional(price.compare_at if price else None), paints.senses[Sense.PART]),
        (_optional(price.prior_price if price else None), paints.dim),
        ("·" if free is None else count(free), paints.senses[_sense(free, is_low)]),
        ("/".join(str(one) for one in sorted(n for n in low if n is not None)) or "·", paints.dim),
    ]
    lead: Part = (" ▶ " if here else "   ", paints.accent)
    row = cells(VARIANT_COLUMNS, width - 1, values, lead=lead)
    return Line(row, ground=paints.cursor if here else None, item=variant.id)


def _sense(free: int | None, is_low: bool) -> Sense:
    if free is None:
        return Sense.QUIET
    if free <= 0:
        return Sense.BAD
    return Sense.PART if is_low else Sense.GOOD


def _optional(value: Money | None) -> str:
    return figure(value) if value else "·"


def _about_variant(
    variant: VariantCard, levels: Sequence[StockLevel] | None, currency: str, paints: Paints
) -> list[Line]:
    told: list[str] = []
    if variant.title:
        told.append(variant.title)
    told.append(variant.barcode or "no barcode")
    lines = [Line(((f"       {' · '.join(told)}", paints.dim),))]
    for price in variant.prices:
        if price.prior_price is not None:
            words = f"       reduced; lowest price before: {money(price.prior_price)}"
            lines.append(Line(((words, paints.dim),)))
        if price.price.currency != currency:
            lines.append(Line(((f"       {_told(price)}", paints.dim),)))
    for one in levels or ():
        least = one.low_stock_threshold
        watched = f"low at {least}" if least is not None else "not watched"
        words = f"       {one.location.code}: {units(one.available)} free, {watched}"
        lines.append(Line(((words, paints.dim),)))
    return lines


def _told(price: Price) -> str:
    was = f", was {money(price.compare_at)}" if price.compare_at else ""
    return f"{money(price.price)}{was}"


def review_page(plan: Plan, paints: Paints, width: int) -> Sequence[Line]:
    """Every row as it is and as it would be; then those that stay as they are, and why."""
    titles = [(column.title, paints.heading) for column in REVIEW_COLUMNS]
    head = Line(cells(REVIEW_COLUMNS, width - 1, titles, lead=("   ", paints.ink)))

    def changed(at: int) -> Line:
        row = plan.rows[at]
        values: list[Part] = [
            (row.name, paints.ink),
            (row.before, paints.dim),
            ("→", paints.accent),
            (row.after, paints.bright),
        ]
        return Line(cells(REVIEW_COLUMNS, width - 1, values, lead=("   ", paints.ink)))

    left: list[Line] = [Line()] if plan.rows else []
    if plan.skipped:
        left.append(Line(((" LEFT AS BEFORE", paints.heading),)))
    for skipped in plan.skipped[:MOST_LINES]:
        name = (f" ▪ {skipped.name}: ", paints.ink)
        if width_of(name[0]) + width_of(skipped.why) < width:
            left.append(Line((name, (skipped.why, paints.tones[Tone.NOTE]))))
            continue
        left.append(Line((name,)))
        for words in wrapped(skipped.why, width - 6):
            left.append(Line(((f"     {words}", paints.tones[Tone.NOTE]),)))
    left += _cut(len(plan.skipped), paints)
    return Lines([head] if plan.rows else [], len(plan.rows), changed, left)


def gathering_page(done: int, wanted: int, paints: Paints, width: int) -> list[Line]:
    """How many of the chosen products have been read."""
    return [Line(), _progress("Reading the chosen products", done, wanted, paints, width)]


def outcome_page(
    outcome: Outcome, now: Mapping[str, str], can_try: bool, paints: Paints, width: int
) -> Sequence[Line]:
    """A change as it stands: how far it is, then the rows that need a person first.

    `now` tells of rows that somebody else changed what they are by now.
    """
    waits = outcome.count(Fate.WAITING, Fate.STOPPED)
    total = len(outcome.rows)
    lines = [
        Line(((f" {outcome.run.title}", paints.bright),)),
        _progress(outcome.sentence, total - waits, total, paints, width),
    ]
    if outcome.is_over and can_try and outcome.again:
        words = " y works the refused rows out once more and shows them before anything is sent."
        lines.append(Line(((words, paints.tones[Tone.NOTE]),)))
    if outcome.count(Fate.STOPPED):
        words = " The shop refused a whole piece: F12 shows why, sends it again or drops it."
        lines.append(Line(((words, paints.tones[Tone.WRONG]),)))
    lines.append(Line())
    titles = [(column.title, paints.heading) for column in OUTCOME_COLUMNS]
    lines.append(Line(cells(OUTCOME_COLUMNS, width - 1, titles, lead=("  ", paints.ink))))
    ranked = sorted(outcome.rows, key=lambda one: WORST_FIRST.index(one.fate))
    needy = sum(one.fate not in (Fate.CHANGED, Fate.WAITING) for one in ranked)
    for one in ranked[: min(needy, MOST_LINES)]:
        lines.append(_row(one, now, paints, width))
        why = f"wanted {one.row.after}, from {one.row.before}"
        for words in wrapped(one.why if one.fate is not Fate.CONFLICT else why, width - 8):
            if words:
                lines.append(Line(((f"     {words}", paints.dim),)))
    lines += _cut(needy, paints)
    rest = ranked[needy:]
    return Lines(lines, len(rest), lambda at: _row(rest[at], now, paints, width), ())


def _row(one: RowOutcome, now: Mapping[str, str], paints: Paints, width: int) -> Line:
    row, fate = one.row, one.fate
    glyph, sense = FATES[fate]
    done = fate is Fate.CHANGED
    became = row.after if done else "…"
    if fate is Fate.CONFLICT:
        became = now.get(row.id, "…")
    elif fate in (Fate.REFUSED, Fate.DROPPED):
        became = row.before
    values: list[Part] = [
        (glyph, paints.senses[sense]),
        (row.name, paints.ink),
        (became, paints.bright if done else paints.ink),
        (str(fate), paints.dim if done else paints.senses[sense]),
    ]
    return Line(cells(OUTCOME_COLUMNS, width - 1, values, lead=("  ", paints.ink)))


def _progress(words: str, done: int, total: int, paints: Paints, width: int) -> Line:
    bar = gauge(done, total, min(40, max(10, width // 4)))
    figures = f"  {count(done)} of {count(total)}  "
    return Line(((f" {bar}", paints.accent), (figures, paints.bright), (words, paints.dim)))


def _cut(rows: int, paints: Paints) -> list[Line]:
    if rows <= MOST_LINES:
        return []
    return [Line(((f"   … and {count(rows - MOST_LINES)} more", paints.dim),))]
