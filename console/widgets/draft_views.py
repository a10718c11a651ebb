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
    draft: ShipDraft, address: Sequence[str], styles: Styles, width: int, height: int = 0
) -> list[Line]:
    """What is in the parcel, what is on its label, and what comes next.

    The goods take the height that is free: the fewer lines, the larger each of them. More lines
    than fit pass by under the label's fixed place.
    """
    said, foot = _said(draft, styles, width), _foot(draft, styles, width)
    room = height - len(said) - len(foot)
    if width >= SIDE_BY_SIDE:
        label = _label(draft, address, styles, LABEL_WIDTH)
        goods_width = width - LABEL_WIDTH - 3
        goods = _goods(draft, styles, goods_width, room)
        return [*said, *beside(goods, label, goods_width, (" │ ", styles.faint)), *foot]
    label = _label(draft, address, styles, width)
    if room < len(label) + len(draft.lines) + 1:
        label = _label(draft, (" · ".join(address),), styles, width)
    return [*said, *_goods(draft, styles, width, room - len(label)), *label, *foot]


def _goods(draft: ShipDraft, styles: Styles, width: int, room: int) -> list[Line]:
    """The lines to check, in as many rows as there are; all of them where no rows are known."""
    count = len(draft.lines)
    free = room - 1
    tall = min(TALLEST, free // count) if count else 1
    first, last = 0, count
    if tall < 1 and free > FEWEST:
        first = min(max(0, draft.cursor - free // 2), count - free + 1)
        last = first + free - 1
    goods = _head(LARGE_COLUMNS if tall >= LARGE else PACK_COLUMNS, width, styles)
    for at in range(first, last):
        line, here = draft.lines[at], at == draft.cursor
        if tall >= LARGE:
            goods += _large(line, here, styles, width, tall)
        else:
            goods += [_packed(line, here, styles, width), *[Line()] * (tall - 1)]
    if not count:
        goods.append(Line((("   ✔ Nothing is left to ship.", styles.dim),)))
    if last - first < count:
        goods.append(Line(((f"   {first} above, {count - last} below", styles.dim),)))
    return [*goods, *[Line()] * (room - len(goods))]


def _large(line: Packed, here: bool, styles: Styles, width: int, tall: int) -> list[Line]:
    """One line of goods in three rows and some air, its units as large digits at the right."""
    is_checked = line.must_verify or line.checked > 0
    digits = large(f"{line.checked}/{line.take}" if is_checked else str(line.take))
    whole = line.checked == line.take if is_checked else True
    tone = styles.senses[Sense.GOOD if whole else Sense.PART] if line.take else styles.dim
    lead: Part = (" ▌ " if here else "   ", styles.accent)
    codes = "   ".join(filter(None, (line.sku, line.barcode)))
    counted: tuple[Part, ...] = (
        ("Open ", styles.dim), (str(line.open), styles.ink),
        ("   Ship ", styles.dim), (str(line.take), styles.ink),
        ("   ", styles.dim), _checked(line, styles),
    )  # fmt: skip
    words: tuple[tuple[Part, ...], ...] = (
        ((line.name, styles.bright),), ((codes, styles.dim),), counted,
    )  # fmt: skip
    ground = styles.cursor if here else None
    rows = [
        Line((lead, *parts), ((f"{digit}  ", tone),), ground)
        for parts, digit in zip(words, digits, strict=True)
    ]
    air = Line((lead,), (), ground)
    rows = [*[air] * (tall > 4), *rows, *[air] * (tall > 5)]
    rows[0] = rows[0]._replace(item=line.line_id)
    if tall > LARGE:
        rows.append(Line((("   " + "─" * (width - 5), styles.faint),)))
    return rows


def _foot(draft: ShipDraft, styles: Styles, width: int) -> list[Line]:
    """How much leaves, what is still missing for it, and the next thing to do."""
    left = draft.open_units - draft.units
    stays = "stays" if left == 1 else "stay"
    rest = f"{units(left)} {stays} open" if left else "nothing stays open"
    leaving: Part = (f"   {units(draft.units)}", styles.bright)
    lacks = ", ".join(_missing(draft)) or "nothing"
    tone = styles.senses[Sense.GOOD if lacks == "nothing" else Sense.PART]
    next_step: Part = (f" {_next(draft)} ", styles.enter)
    missing = (("   missing  ", styles.dim), (lacks, tone))
    leaves = (leaving, (f" to ship, {rest}", styles.dim))
    if sum(width_of(text) for text, _ in (*leaves, *missing)) > width:
        return [Line(), Line(leaves), Line(missing), Line((("   ", styles.ink), next_step))]
    return [Line(), Line((*leaves, *missing)), Line((("   ", styles.ink), next_step))]


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


def refund_page(draft: RefundDraft, styles: Styles, width: int) -> list[Line]:
    """What comes back, and what is given for it; side by side when there is room."""
    wide = width >= SIDE_BY_SIDE
    goods_width = width - LABEL_WIDTH - 3 if wide else width
    goods = _head(RETURN_COLUMNS, goods_width, styles, draft.refundable.currency)
    quoted = {one.order_line_id: one.amount for one in draft.quote.lines} if draft.quote else {}
    for at, line in enumerate(draft.lines):
        amount = quoted.get(line.line_id)
        told = figure(amount) if amount else ("…" if line.quantity else "·")
        goods.append(_returned(draft, line, at == draft.cursor, told, styles, goods_width))
    sums = _refund_sums(draft, styles, LABEL_WIDTH if wide else width)
    if wide:
        return [Line(), *beside(goods, sums, goods_width, (" │ ", styles.faint))]
    return [*goods, Line(), *sums]


def _said(draft: ShipDraft, styles: Styles, width: int) -> list[Line]:
    """What the customer asks for, and what stands in the way or was let go."""
    told = [("✎ ", f"“{draft.note}”", styles.bright)] if draft.note else []
    told += [("✎ ", wish, styles.bright) for wish in draft.wishes]
    if draft.unread:
        told.append(("⚑ ", f"{draft.unread[0].text} (Enter asks)", styles.senses[Sense.PART]))
    if draft.alarm:
        told.append(("✖ ", f"{draft.alarm}. Esc: put right", styles.senses[Sense.BAD]))
    if draft.override:
        told.append(("⚠ ", f"may leave unchecked: {draft.override}", styles.senses[Sense.PART]))
    return [
        Line(((f"   {mark if n == 0 else '  '}{row}", style),))
        for mark, text, style in told
        for n, row in enumerate(wrapped(text, width - 6))
    ]


def _label(draft: ShipDraft, address: Sequence[str], styles: Styles, width: int) -> list[Line]:
    agreed: Part = (draft.agreed or "not known", styles.ink if draft.agreed else styles.dim)
    lines = _pairs("agreed", [[agreed]], styles)
    if draft.promised:
        lines += _pairs("leaves", [[(draft.promised, styles.ink)]], styles)
    lines += _pairs("carrier", _carriers(draft, styles, width - 13), styles)
    lines += [Line((("   tracking  ", styles.dim), *_tracking(draft, styles))), Line()]
    return [*lines, *_pairs("ship to", [[(row, styles.ink)] for row in address], styles)]


def _refund_sums(draft: RefundDraft, styles: Styles, width: int) -> list[Line]:
    fee = draft.refundable_shipping
    box = "☒" if draft.shipping else "☐"
    fee_words = f"{box} {money(fee)}" if fee.amount else "none to give back"
    total = money(draft.quote.amount) if draft.quote else ("…" if not draft.is_empty else "nothing")
    excess = f"{money(draft.overpaid)} too much: $ gives it back"
    where = draft.destination_of(draft.quote.amount) if draft.quote else draft.destination
    note: Part = (draft.note, styles.ink) if draft.note else ("none", styles.dim)
    return [
        *_pairs("reason", _reasons(draft, styles, width - 13), styles),
        *_pairs("fee", [[(fee_words, styles.ink if draft.shipping else styles.dim)]], styles),
        *_pairs("note", [[note]], styles),
        *(_pairs("overpaid", [[(excess, styles.bright)]], styles) if draft.overpaid.amount else ()),
        *(_pairs("amount", [_typed(draft, styles)], styles) if draft.amount else ()),
        Line(),
        *_pairs(
            "refund",
            [
                [(total, styles.bright), (f" of {money(draft.refundable)}", styles.dim)],
                *(
                    [(row, styles.ink)]
                    for row in f"to {where}".replace(" and ", "\nand ").split("\n")
                ),
            ],
            styles,
        ),
    ]


def _typed(draft: RefundDraft, styles: Styles) -> list[Part]:
    assert draft.amount is not None
    free = draft.quote.additional if draft.quote else None
    more = f", {money(free)} of it for no goods" if free and free.amount else ""
    return [(f"{money(draft.amount)} in all", styles.bright), (more, styles.dim)]


def _pairs(name: str, rows: Sequence[Sequence[Part]], styles: Styles) -> list[Line]:
    """Values under one another, their name before the first."""
    return [
        Line(((f"   {name if n == 0 else '':<10}", styles.dim), *row)) for n, row in enumerate(rows)
    ]


def _head(
    columns: tuple[Column, ...], width: int, styles: Styles, currency: str = ""
) -> list[Line]:
    """The names of the columns, with its currency behind that of what goes back."""
    titles = [
        (f"{title} {currency}" if (title := column.title) == "Refund" else title, styles.heading)
        for column in columns
    ]
    return [Line(cells(columns, width - 1, titles, lead=("   ", styles.ink)))]


def _packed(line: Packed, here: bool, styles: Styles, width: int) -> Line:
    values: list[Part] = [
        (line.name, styles.ink),
        (line.sku, styles.dim),
        (line.barcode or "", styles.dim),
        (str(line.open), styles.dim),
        (str(line.take), styles.bright if line.take else styles.dim),
        _checked(line, styles),
    ]
    return _row(PACK_COLUMNS, values, line.line_id, here, styles, width)


def _checked(line: Packed, styles: Styles) -> Part:
    if not line.checked:
        left = "▯" * line.take if line.take <= BOXES else f"0/{line.take}"
        return (left if line.must_verify else "", styles.senses[Sense.PART])
    whole = line.checked == line.take
    if line.take <= BOXES:
        boxes = "▮" * line.checked + "▯" * (line.take - line.checked)
        words = f"{boxes}{' ✔' if whole and line.take <= BOXES - 2 else ''}"
    else:
        words = f"{line.checked}/{line.take}{' ✔' if whole else ''}"
    return (words, styles.senses[Sense.GOOD if whole else Sense.PART])


def _returned(
    draft: RefundDraft, line: Returned, here: bool, amount: str, styles: Styles, width: int
) -> Line:
    chosen = line.quantity > 0
    destination = ("→ stock" if draft.restocks(line) else "✖ quarantine") if chosen else ""
    values: list[Part] = [
        (line.name, styles.ink if line.refundable else styles.dim),
        (line.sku, styles.dim),
        (str(line.bought), styles.dim),
        (str(line.refundable), styles.dim),
        (str(line.quantity) if chosen else "·", styles.bright if chosen else styles.dim),
        (destination, styles.senses[Sense.GOOD if draft.restocks(line) else Sense.PART]),
        (figure(line.unit_price), styles.dim),
        (amount, styles.bright if chosen else styles.dim),
    ]
    return _row(RETURN_COLUMNS, values, line.line_id, here, styles, width)


def _row(
    columns: tuple[Column, ...],
    values: list[Part],
    item: str,
    here: bool,
    styles: Styles,
    width: int,
) -> Line:
    lead: Part = (" ▶ " if here else "   ", styles.accent)
    ground = styles.cursor if here else None
    return Line(cells(columns, width - 1, values, lead=lead), ground=ground, item=item)


def _carriers(draft: ShipDraft, styles: Styles, width: int) -> list[list[Part]]:
    names = list(CARRIERS)
    if draft.carrier and draft.carrier not in names:
        names.insert(0, draft.carrier)
    return _flowing([(name, name == draft.carrier) for name in names], styles, width)


def _flowing(words: Sequence[tuple[str, bool]], styles: Styles, width: int) -> list[list[Part]]:
    """Words in as many rows as they need, the chosen one in brackets."""
    rows: list[list[Part]] = [[]]
    used = 0
    for word, chosen in words:
        shown = f"[{word}]" if chosen else f" {word} "
        if used + len(shown) > width and rows[-1]:
            rows.append([])
            used = 0
        rows[-1].append((shown, styles.bright if chosen else styles.dim))
        used += len(shown)
    return rows


def _tracking(draft: ShipDraft, styles: Styles) -> tuple[Part, ...]:
    if draft.tracking:
        return ((draft.tracking, styles.bright),)
    return (("scan the label, or # types it", styles.dim),)


def _reasons(draft: RefundDraft, styles: Styles, width: int) -> list[list[Part]]:
    words = [(f"{n} {word}", name == draft.reason) for n, (name, word) in enumerate(REASONS, 1)]
    return _flowing(words, styles, width)
