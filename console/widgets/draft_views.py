"""Parcels and refunds in the making, laid out for the eye: what is chosen stands out."""

from __future__ import annotations

from collections.abc import Sequence

from console.flows.formatting import Sense, figure, money, units
from console.flows.refund.draft import REASONS, RefundDraft, Returned
from console.flows.ship.draft import Packed, ShipDraft
from console.flows.tracking import CARRIERS
from console.theme import Styles
from console.widgets.sparklines import large
from console.widgets.text_layout import Column, Line, Part, beside, cells, width_of, wrapped

PACK_COLUMNS = (
    Column("Item", 16, grow=1),
    Column("SKU", 11, from_width=56),
    Column("Barcode", 13, from_width=96),
    Column("Open", 4, right=True),
    Column("Ship", 4, right=True),
    Column("Checked", 9),
)
RETURN_COLUMNS = (
    Column("Item", 16, grow=1),
    Column("SKU", 11, from_width=70),
    Column("Bought", 6, right=True),
    Column("Can go", 6, right=True),
    Column("Back", 4, right=True),
    Column("Stock", 12),
    Column("Each", 9, right=True, from_width=84),
    Column("Refund", 10, right=True),
)
BOXES = 9
"""Units up to which checking is shown as boxes."""

LARGE_COLUMNS = (Column("Item, SKU, barcode", 20, grow=1), Column("Checked", 9, right=True))
LARGE = 3
"""Rows from which a line of goods is drawn with large digits."""

TALLEST = 6
"""Rows above which more room makes a line of goods no easier to read."""

FEWEST = 4
"""Rows below which the page is scrolled as a whole."""

SIDE_BY_SIDE = 116
LABEL_WIDTH = 50


def ship_page(
    draft: ShipDraft, address: Sequence[str], paints: Styles, width: int, height: int = 0
) -> list[Line]:
    """What is in the parcel, what is on its label, and what comes next.

    The goods take the height that is free: the fewer lines, the larger each of them. More lines
    than fit pass by under the label's fixed place.
    """
    said, foot = _said(draft, paints, width), _foot(draft, paints, width)
    room = height - len(said) - len(foot)
    if width >= SIDE_BY_SIDE:
        label = _label(draft, address, paints, LABEL_WIDTH)
        goods_width = width - LABEL_WIDTH - 3
        goods = _goods(draft, paints, goods_width, room)
        return [*said, *beside(goods, label, goods_width, (" │ ", paints.faint)), *foot]
    label = _label(draft, address, paints, width)
    if room < len(label) + len(draft.lines) + 1:
        label = _label(draft, (" · ".join(address),), paints, width)
    return [*said, *_goods(draft, paints, width, room - len(label)), *label, *foot]


def _goods(draft: ShipDraft, paints: Styles, width: int, room: int) -> list[Line]:
    """The lines to check, in as many rows as there are; all of them where no rows are known."""
    count = len(draft.lines)
    free = room - 1
    tall = min(TALLEST, free // count) if count else 1
    first, last = 0, count
    if tall < 1 and free > FEWEST:
        first = min(max(0, draft.cursor - free // 2), count - free + 1)
        last = first + free - 1
    goods = _head(LARGE_COLUMNS if tall >= LARGE else PACK_COLUMNS, width, paints)
    for at in range(first, last):
        line, here = draft.lines[at], at == draft.cursor
        if tall >= LARGE:
            goods += _large(line, here, paints, width, tall)
        else:
            goods += [_packed(line, here, paints, width), *[Line()] * (tall - 1)]
    if not count:
        goods.append(Line((("   ✔ Nothing is left to ship.", paints.dim),)))
    if last - first < count:
        goods.append(Line(((f"   {first} above, {count - last} below", paints.dim),)))
    return [*goods, *[Line()] * (room - len(goods))]


def _large(line: Packed, here: bool, paints: Styles, width: int, tall: int) -> list[Line]:
    """One line of goods in three rows and some air, its units as large digits at the right."""
    is_checked = line.must_verify or line.checked > 0
    digits = large(f"{line.checked}/{line.take}" if is_checked else str(line.take))
    whole = line.checked == line.take if is_checked else True
    tone = paints.senses[Sense.GOOD if whole else Sense.PART] if line.take else paints.dim
    lead: Part = (" ▌ " if here else "   ", paints.accent)
    codes = "   ".join(filter(None, (line.sku, line.barcode)))
    counted: tuple[Part, ...] = (
        ("Open ", paints.dim), (str(line.open), paints.ink),
        ("   Ship ", paints.dim), (str(line.take), paints.ink),
        ("   ", paints.dim), _checked(line, paints),
    )  # fmt: skip
    words: tuple[tuple[Part, ...], ...] = (
        ((line.name, paints.bright),), ((codes, paints.dim),), counted,
    )  # fmt: skip
    ground = paints.cursor if here else None
    rows = [
        Line((lead, *parts), ((f"{digit}  ", tone),), ground)
        for parts, digit in zip(words, digits, strict=True)
    ]
    air = Line((lead,), (), ground)
    rows = [*[air] * (tall > 4), *rows, *[air] * (tall > 5)]
    rows[0] = rows[0]._replace(item=line.line_id)
    if tall > LARGE:
        rows.append(Line((("   " + "─" * (width - 5), paints.faint),)))
    return rows


def _foot(draft: ShipDraft, paints: Styles, width: int) -> list[Line]:
    """How much leaves, what is still missing for it, and the next thing to do."""
    left = draft.open_units - draft.units
    stays = "stays" if left == 1 else "stay"
    rest = f"{units(left)} {stays} open" if left else "nothing stays open"
    leaving: Part = (f"   {units(draft.units)}", paints.bright)
    lacks = ", ".join(_missing(draft)) or "nothing"
    tone = paints.senses[Sense.GOOD if lacks == "nothing" else Sense.PART]
    next_step: Part = (f" {_next(draft)} ", paints.enter)
    missing = (("   missing  ", paints.dim), (lacks, tone))
    leaves = (leaving, (f" to ship, {rest}", paints.dim))
    if sum(width_of(text) for text, _ in (*leaves, *missing)) > width:
        return [Line(), Line(leaves), Line(missing), Line((("   ", paints.ink), next_step))]
    return [Line(), Line((*leaves, *missing)), Line((("   ", paints.ink), next_step))]


def _missing(draft: ShipDraft) -> list[str]:
    lacks = [f"{units(draft.unverified)} to check"] if draft.unverified else []
    if draft.lines and not draft.carrier:
        lacks.append("carrier")
    return [*lacks, "tracking number"] if draft.lines and not draft.tracking else lacks


def _next(draft: ShipDraft) -> str:
    """What the operator does now, in the words of the key or of the scanner."""
    if not draft.lines:
        return "Esc  back"
    if draft.question:
        return "⏎ answers"
    if draft.alarm:
        return "Esc  it is put right"
    if not draft.units:
        return "*  take everything"
    if draft.unverified:
        first = next(line for line in draft.lines if line.unverified)
        here = draft.lines[draft.cursor]
        return f"scan  {(here if here.unverified else first).name}"
    if not draft.carrier:
        return "→  choose the carrier"
    if not draft.tracking:
        return "scan  the parcel's label"
    return f"⏎ ship {units(draft.units)}"


def refund_page(draft: RefundDraft, paints: Styles, width: int) -> list[Line]:
    """What comes back, and what is given for it; side by side when there is room."""
    wide = width >= SIDE_BY_SIDE
    goods_width = width - LABEL_WIDTH - 3 if wide else width
    goods = _head(RETURN_COLUMNS, goods_width, paints, draft.refundable.currency)
    quoted = {one.order_line_id: one.amount for one in draft.quote.lines} if draft.quote else {}
    for at, line in enumerate(draft.lines):
        amount = quoted.get(line.line_id)
        told = figure(amount) if amount else ("…" if line.quantity else "·")
        goods.append(_returned(draft, line, at == draft.cursor, told, paints, goods_width))
    sums = _refund_sums(draft, paints, LABEL_WIDTH if wide else width)
    if wide:
        return [Line(), *beside(goods, sums, goods_width, (" │ ", paints.faint))]
    return [*goods, Line(), *sums]


def _said(draft: ShipDraft, paints: Styles, width: int) -> list[Line]:
    """What the customer asks for, and what stands in the way or was let go."""
    told = [("✎ ", f"“{draft.note}”", paints.bright)] if draft.note else []
    if draft.alarm:
        told.append(("✖ ", f"{draft.alarm}. Esc: put right", paints.senses[Sense.BAD]))
    if draft.override:
        told.append(("⚠ ", f"may leave unchecked: {draft.override}", paints.senses[Sense.PART]))
    return [
        Line(((f"   {mark if n == 0 else '  '}{row}", style),))
        for mark, text, style in told
        for n, row in enumerate(wrapped(text, width - 6))
    ]


def _label(draft: ShipDraft, address: Sequence[str], paints: Styles, width: int) -> list[Line]:
    agreed: Part = (draft.agreed or "not known", paints.ink if draft.agreed else paints.dim)
    lines = _pairs("agreed", [[agreed]], paints)
    lines += _pairs("carrier", _carriers(draft, paints, width - 13), paints)
    lines += [Line((("   tracking  ", paints.dim), *_tracking(draft, paints))), Line()]
    return [*lines, *_pairs("ship to", [[(row, paints.ink)] for row in address], paints)]


def _refund_sums(draft: RefundDraft, paints: Styles, width: int) -> list[Line]:
    fee = draft.refundable_shipping
    box = "☒" if draft.shipping else "☐"
    fee_words = f"{box} {money(fee)}" if fee.amount else "none to give back"
    total = money(draft.quote.amount) if draft.quote else ("…" if not draft.is_empty else "nothing")
    excess = f"{money(draft.overpaid)} too much: $ gives it back"
    where = draft.destination_of(draft.quote.amount) if draft.quote else draft.destination
    note: Part = (draft.note, paints.ink) if draft.note else ("none", paints.dim)
    return [
        *_pairs("reason", _reasons(draft, paints, width - 13), paints),
        *_pairs("fee", [[(fee_words, paints.ink if draft.shipping else paints.dim)]], paints),
        *_pairs("note", [[note]], paints),
        *(_pairs("overpaid", [[(excess, paints.bright)]], paints) if draft.overpaid.amount else ()),
        *(_pairs("amount", [_typed(draft, paints)], paints) if draft.amount else ()),
        Line(),
        *_pairs(
            "refund",
            [
                [(total, paints.bright), (f" of {money(draft.refundable)}", paints.dim)],
                *(
                    [(row, paints.ink)]
                    for row in f"to {where}".replace(" and ", "\nand ").split("\n")
                ),
            ],
            paints,
        ),
    ]


def _typed(draft: RefundDraft, paints: Styles) -> list[Part]:
    assert draft.amount is not None
    free = draft.quote.additional if draft.quote else None
    more = f", {money(free)} of it for no goods" if free and free.amount else ""
    return [(f"{money(draft.amount)} in all", paints.bright), (more, paints.dim)]


def _pairs(name: str, rows: Sequence[Sequence[Part]], paints: Styles) -> list[Line]:
    """Values under one another, their name before the first."""
    return [
        Line(((f"   {name if n == 0 else '':<10}", paints.dim), *row)) for n, row in enumerate(rows)
    ]


def _head(
    columns: tuple[Column, ...], width: int, paints: Styles, currency: str = ""
) -> list[Line]:
    """The names of the columns, with its currency behind that of what goes back."""
    titles = [
        (f"{title} {currency}" if (title := column.title) == "Refund" else title, paints.heading)
        for column in columns
    ]
    return [Line(cells(columns, width - 1, titles, lead=("   ", paints.ink)))]


def _packed(line: Packed, here: bool, paints: Styles, width: int) -> Line:
    values: list[Part] = [
        (line.name, paints.ink),
        (line.sku, paints.dim),
        (line.barcode or "", paints.dim),
        (str(line.open), paints.dim),
        (str(line.take), paints.bright if line.take else paints.dim),
        _checked(line, paints),
    ]
    return _row(PACK_COLUMNS, values, line.line_id, here, paints, width)


def _checked(line: Packed, paints: Styles) -> Part:
    if not line.checked:
        left = "▯" * line.take if line.take <= BOXES else f"0/{line.take}"
        return (left if line.must_verify else "", paints.senses[Sense.PART])
    whole = line.checked == line.take
    if line.take <= BOXES:
        boxes = "▮" * line.checked + "▯" * (line.take - line.checked)
        words = f"{boxes}{' ✔' if whole and line.take <= BOXES - 2 else ''}"
    else:
        words = f"{line.checked}/{line.take}{' ✔' if whole else ''}"
    return (words, paints.senses[Sense.GOOD if whole else Sense.PART])


def _returned(
    draft: RefundDraft, line: Returned, here: bool, amount: str, paints: Styles, width: int
) -> Line:
    chosen = line.quantity > 0
    shelf = ("→ shelf" if draft.restocks(line) else "✖ quarantine") if chosen else ""
    values: list[Part] = [
        (line.name, paints.ink if line.refundable else paints.dim),
        (line.sku, paints.dim),
        (str(line.bought), paints.dim),
        (str(line.refundable), paints.dim),
        (str(line.quantity) if chosen else "·", paints.bright if chosen else paints.dim),
        (shelf, paints.senses[Sense.GOOD if draft.restocks(line) else Sense.PART]),
        (figure(line.unit_price), paints.dim),
        (amount, paints.bright if chosen else paints.dim),
    ]
    return _row(RETURN_COLUMNS, values, line.line_id, here, paints, width)


def _row(
    columns: tuple[Column, ...],
    values: list[Part],
    item: str,
    here: bool,
    paints: Styles,
    width: int,
) -> Line:
    lead: Part = (" ▶ " if here else "   ", paints.accent)
    ground = paints.cursor if here else None
    return Line(cells(columns, width - 1, values, lead=lead), ground=ground, item=item)


def _carriers(draft: ShipDraft, paints: Styles, width: int) -> list[list[Part]]:
    names = list(CARRIERS)
    if draft.carrier and draft.carrier not in names:
        names.insert(0, draft.carrier)
    return _flowing([(name, name == draft.carrier) for name in names], paints, width)


def _flowing(words: Sequence[tuple[str, bool]], paints: Styles, width: int) -> list[list[Part]]:
    """Words in as many rows as they need, the chosen one in brackets."""
    rows: list[list[Part]] = [[]]
    used = 0
    for word, chosen in words:
        shown = f"[{word}]" if chosen else f" {word} "
        if used + len(shown) > width and rows[-1]:
            rows.append([])
            used = 0
        rows[-1].append((shown, paints.bright if chosen else paints.dim))
        used += len(shown)
    return rows


def _tracking(draft: ShipDraft, paints: Styles) -> tuple[Part, ...]:
    if draft.tracking:
        return ((draft.tracking, paints.bright),)
    return (("scan the label, or # types it", paints.dim),)


def _reasons(draft: RefundDraft, paints: Styles, width: int) -> list[list[Part]]:
    words = [(f"{n} {word}", name == draft.reason) for n, (name, word) in enumerate(REASONS, 1)]
    return _flowing(words, paints, width)
