"""The pages of packing: what waits, and the parcel in type that is read from two metres away."""

from __future__ import annotations

from collections.abc import Sequence

from console.client.packing import WaitingOrder
from console.flows.formatting import Sense, counted
from console.flows.packing import Parcel
from console.theme import Styles
from console.widgets import large_type
from console.widgets.text_layout import Column, Line, Part, table_head, table_row, wrapped

COLUMNS = (
    Column("Order", 10),
    Column("Customer", 16, grow=3),
    Column("Leaves", 12),
    Column("Units", 5, right=True),
    Column("Totes", 12, grow=1),
    Column("Packed by", 12, from_width=76),
)
LEAST_LIST = 3
BAR = 10


def waiting_page(
    orders: Sequence[WaitingOrder], tote: str, last: str, at: int, styles: Styles, width: int
) -> list[Line]:
    """What waits to be packed, by promise; above it what was packed last."""
    lines = [Line(((f" {last}", styles.senses[Sense.GOOD]),))] if last else []
    head = f" Scan an item of {tote}" if tote else " Scan a tote or an order"
    lines += [Line(((head, styles.bright),)), Line()]
    if not orders:
        return [*lines, Line(((" Nothing that was picked waits to be packed", styles.dim),))]
    lines.append(table_head(COLUMNS, width, styles))
    for place, one in enumerate(orders):
        moment = one.promised_ship_at
        cells: list[Part] = [
            (one.number, styles.bright),
            (one.customer_name, styles.ink),
            (f"{moment.astimezone():%d %b %H:%M}" if moment else "", styles.dim),
            (str(one.unit_count), styles.ink),
            (", ".join(one.totes), styles.ink),
            (one.packer or "", styles.dim),
        ]
        row = table_row(COLUMNS, width, cells, styles, is_here=place == at, thumb=" ")
        lines.append(row._replace(item=one.order_id))
    return lines


def parcel_page(parcel: Parcel, styles: Styles, width: int, height: int) -> list[Line]:
    """The parcel: wishes first, the next item as large as the window allows, then every line."""
    lines = [_head(parcel, styles), *_wishes(parcel, styles, width)]
    listed = _lines(parcel, styles, width)
    room = (height or 20) - len(lines) - min(len(listed), LEAST_LIST) - 1
    lines += _large(parcel, styles, width, room)
    return [*lines, *listed]


def _head(parcel: Parcel, styles: Styles) -> Line:
    session = parcel.session
    by = f"{parcel.by} {parcel.tracking}".strip() or session.shipping_method
    tote = f" · tote {session.tote}" if session.tote else ""
    grams = f" {parcel.grams / 1000:.2f} kg" if parcel.grams is not None else ""
    box = f"box {parcel.box_name}" if parcel.box_name else "no box" if session.needs_box else ""
    right = " · ".join(part for part in (box, grams.strip()) if part)
    return Line(
        (
            (f" {session.order_number}{tote} ", styles.bright),
            (f"{by} to {session.country}", styles.dim),
        ),
        ((f"{right} ", styles.accent),) if right else (),
    )


def _wishes(parcel: Parcel, styles: Styles, width: int) -> list[Line]:
    """What is read before anything is packed: notes, the card, what breaks, wishes for a line."""
    session = parcel.session
    told = [f"⚑ {note.text} ({note.created_by})" for note in session.pinned_notes]
    if session.is_fragile:
        told.append("⚠ FRAGILE: wrap it well")
    if session.customer_note:
        told.append(f"✎ {session.customer_note}")
    if session.gift_message:
        told.append(f"✎ card: “{session.gift_message}”")
    for line in session.lines:
        wishes = [f"{name}: {value}" for name, value in line.properties.items()]
        wishes += [line.note] if line.note else []
        if wishes:
            told.append(f"✎ {line.name}: {', '.join(wishes)}")
    style = styles.senses[Sense.PART]
    return [Line(((f" {piece}", style),)) for one in told for piece in wrapped(one, width - 2)]


def _large(parcel: Parcel, styles: Styles, width: int, room: int) -> list[Line]:
    """The next item and how much of it is in, or what comes next once all is in."""
    line = parcel.current
    if line is not None:
        words, count = line.name, f"{parcel.verified(line)}/{line.quantity}"
        style = styles.bright
    else:
        words = _next(parcel)
        count = f"{parcel.verified_units}/{parcel.units}"
        style = styles.senses[Sense.BAD if parcel.is_off else Sense.GOOD]
    if parcel.alarm:
        words, style = "STOP", styles.senses[Sense.BAD]
    if room < large_type.rows_needed(1) + 2:
        return [Line(((f" ▶ {words}  {count}", style),)), *_told(parcel, styles, width)]
    told = _told(parcel, styles, width)
    each = room - len(told) - 1
    halves = each // 2 if each >= 2 * large_type.rows_needed(1) + 1 else each
    scale = large_type.scale_for(words, width - 2, halves)
    lines = [Line(((f" {row}", style),)) for row in large_type.large(words, scale)]
    lines = lines or [Line(((f" ▶ {words}", style),))]
    left = each - len(lines) - 1
    size = large_type.scale_for(count, width - 2, left)
    counts = [Line(((f" {row}", style),)) for row in large_type.large(count, size)]
    return [*lines, Line(), *(counts or [Line(((f" {count}", style),))]), *told, Line()]


def _next(parcel: Parcel) -> str:
    """What comes next once all units are in, in one word."""
    if parcel.is_off:
        return "WEIGHT"
    if parcel.session.needs_box and not parcel.box_name:
        return "BOX"
    return "DONE" if parcel.tracking or parcel.session.is_picked_up else "LABEL"


def _told(parcel: Parcel, styles: Styles, width: int) -> list[Line]:
    """What is wrong, or what comes next."""
    if parcel.alarm:
        bad = styles.senses[Sense.BAD]
        return [Line(((f" ✖ {piece}", bad),)) for piece in wrapped(parcel.alarm, width - 4)]
    if parcel.unread:
        return [Line(((" Enter: I have read the note with the flag", styles.accent),))]
    missing = parcel.missing()
    if parcel.current is not None:
        code = parcel.current.barcode or parcel.current.sku
        return [Line(((f" expected {code}", styles.dim),))]
    if parcel.is_off:
        words = f" {missing}. = weighs again, . says that the content is right"
        return [Line(((words, styles.senses[Sense.BAD]),))]
    if missing:
        return [Line(((f" {missing}", styles.accent),))]
    units = counted(parcel.units, "unit")
    next_ = "Enter ships it" if parcel.tracking else "scan its label, or Enter ships without one"
    if parcel.session.buys_label and not parcel.tracking:
        next_ = "Enter buys its label, prints it and ships"
    if parcel.waits_for_label:
        next_ = "packed, without a label: Enter asks for it again, or scan one"
    if parcel.session.is_picked_up:
        next_ = "Enter puts it aside for pick-up"
    return [Line(((f" {units}: {next_}", styles.accent),))]


def _lines(parcel: Parcel, styles: Styles, width: int) -> list[Line]:
    lines = []
    for place, one in enumerate(parcel.lines):
        verified, left = parcel.verified(one), parcel.left(one)
        mark, sense = ("✔", Sense.GOOD) if not left else ("○", Sense.QUIET)
        if parcel.current is one:
            mark, sense = "▶", Sense.PART
        full = min(BAR, one.quantity)
        part = full if not left else verified * full // one.quantity
        bar = "▮" * part + "▯" * (full - part)
        hand = "" if one.must_verify else "  no scan needed"
        cursor = "›" if place == parcel.at else " "
        lines.append(
            Line(
                (
                    (f"{cursor}{mark} ", styles.senses[sense]),
                    (one.name, styles.ink if left else styles.dim),
                    (f"  {one.sku}{hand}", styles.dim),
                ),
                ((f"{verified}/{one.quantity} ", styles.bright), (f"{bar:<{BAR}} ", styles.dim)),
                item=one.id,
            )
        )
    return lines
