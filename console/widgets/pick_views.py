"""The pages of picking: what waits, and where to go, what to take and where to put it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from console.client.picking import BatchCard, PickQueue
from console.flows.formatting import Sense, clock, counted
from console.flows.picking import Step, Walk
from console.theme import Styles
from console.widgets.sparklines import has_large, large
from console.widgets.text_layout import Column, Line, Part, table_head, table_row, wrapped

BATCH_COLUMNS = (
    Column("Batch", 8),
    Column("State", 12),
    Column("Wave", 6),
    Column("Picker", 14, grow=2),
    Column("Orders", 6, right=True),
    Column("Units", 12, right=True),
)
ORDER_COLUMNS = (
    Column("Order", 10),
    Column("Customer", 16, grow=3),
    Column("Leaves", 12),
    Column("Lines", 5, right=True),
    Column("Units", 5, right=True),
)


def queue_page(
    queue: PickQueue,
    batches: Sequence[BatchCard],
    at: int,
    styles: Styles,
    width: int,
    released: int = 0,
) -> list[Line]:
    """What waits to be picked, and the batches that are open. The first row is the next batch."""
    late: Part = (f" {queue.late_count} late", styles.senses[Sense.BAD])
    lines = [
        Line(
            (
                (f" {counted(queue.order_count, 'order')}", styles.bright),
                (f", {_minutes(queue.seconds)} of work", styles.ink),
                *((late,) if queue.late_count else ()),
            ),
            ((_cut_off(queue.next_cut_off), styles.accent),),
        ),
        Line(),
    ]
    words = (
        f"Enter: the next orders, {queue.unit_count} units wait"
        if queue.order_count
        else "nothing waits to be picked"
    )
    if released:
        words = f"Enter: the next batch, {counted(released, 'batch', 'batches')} of waves wait"
    here = styles.bright if at == 0 else styles.dim
    lines.append(Line(((" ▶ " if at == 0 else "   ", styles.accent), (words, here))))
    if batches:
        lines += [Line(), table_head(BATCH_COLUMNS, width, styles)]
    for number, one in enumerate(batches, start=1):
        values: list[Part] = [
            (one.number, styles.bright),
            (one.status.replace("_", " "), styles.ink),
            (one.wave or "", styles.dim),
            (one.picker or "", styles.dim),
            (str(one.order_count), styles.ink),
            (f"{one.picked_count} of {one.unit_count}", styles.ink),
        ]
        is_here = number == at
        lines.append(table_row(BATCH_COLUMNS, width, values, styles, is_here=is_here, thumb=" "))
    if queue.orders:
        lines += [Line(), table_head(ORDER_COLUMNS, width, styles)]
    for order in queue.orders:
        sense = styles.senses[Sense.BAD] if order.is_late else styles.dim
        cells: list[Part] = [
            (order.number, styles.bright),
            (order.customer_name, styles.ink),
            (_when(order.promised_ship_at), sense),
            (str(order.line_count), styles.ink),
            (str(order.unit_count), styles.ink),
        ]
        lines.append(table_row(ORDER_COLUMNS, width, cells, styles, is_here=False, thumb=" "))
    return lines


def walk_page(walk: Walk, styles: Styles, width: int) -> list[Line]:
    """Where to go, what to take, where to put it; then the next stops and the slots of the cart."""
    batch, line = walk.batch, walk.line
    total = sum(one.quantity for one in batch.lines if one.status != "removed")
    lines = [
        Line(
            (
                (f" {batch.number} ", styles.bright),
                (counted(len(batch.orders), "order"), styles.dim),
            ),
            ((f"{walk.picked} of {total} units ", styles.accent),),
        ),
        Line(),
    ]
    if walk.step is Step.CART:
        order = walk.cart_order
        lines.append(_large("SCAN", "an empty tote", styles))
        if order:
            lines.append(_large("FOR", f"slot {order.position} · order {order.number}", styles))
    elif line is None:
        lines.append(_large("DONE", "everything is picked: Enter finishes", styles))
    else:
        lines += _stop(walk, styles, width)
    ahead = walk.lines[1:6]
    if ahead and walk.step is not Step.CART:
        lines += [Line(), Line(((" next", styles.dim),))]
    for one in ahead if walk.step is not Step.CART else ():
        place = one.bin_code or "no bin"
        words = f"   {place}  {walk.left(one)} x {one.title}"
        slot: Part = (f"  slot {one.order_position}", styles.dim)
        lines.append(Line(((words[: width - 14], styles.ink), slot)))
    lines += [Line(), *_slots(walk, styles, width)]
    return lines


def _stop(walk: Walk, styles: Styles, width: int) -> list[Line]:
    line = walk.line
    assert line is not None
    totes = " or ".join(tote.words for tote in walk.totes_of(line))
    name = f"{line.title} · {line.variant_title}" if line.variant_title else line.title
    order = next(one for one in walk.batch.orders if one.order_id == line.order_id)
    units = walk.units or walk.left(line)
    lines = [
        *_in_large_type(line.bin_code or "", units, styles, width),
        _large("GO TO", line.bin_code or "no bin", styles, is_done=walk.step is not Step.BIN),
        _large("TAKE", f"{units} x {name}", styles, is_done=walk.step is Step.TOTE),
        Line(((f"          {line.sku}  {line.barcode or ''}", styles.dim),)),
    ]
    if line.lots:
        first = line.lots[0]
        until = f" · sold until {first.expires_on}" if first.expires_on else ""
        lines.append(_large("LOT", f"{first.code}{until}", styles))
    if totes:
        lines.append(_large("PUT", f"{totes} · slot {line.order_position}", styles))
    if walk.step is Step.WARNING:
        for one in walk.warnings:
            lines.append(Line(((f" ⚠ {one}", styles.senses[Sense.BAD]),)))
        lines.append(Line(((" Enter, or the bin once more, when it is read", styles.accent),)))
        return lines
    told = [f"⚑ {one}" for one in order.pinned_notes]
    told += [f"⚠ {line.pick_warning}"] if line.pick_warning else []
    if line.confused_with:
        words = f" ⚠ often taken for {', '.join(line.confused_with)}: look twice"
        lines.append(Line(((words, styles.senses[Sense.PART]),)))
    if order.customer_note:
        told.append(f"✎ {order.customer_note}")
    if order.gift_message:
        told.append(f"✎ card: “{order.gift_message}”")
    for one in told:
        pieces = wrapped(one, width - 2)
        lines += [Line(((f" {piece}", styles.senses[Sense.PART]),)) for piece in pieces]
    return lines


def _in_large_type(place: str, units: int, styles: Styles, width: int) -> list[Line]:
    """The bin and how many, three lines high, where the terminal has signs for them."""
    text = f"{place} {units}x" if place else f"{units}x"
    if not has_large(text) or 3 * len(text) > width - 2:
        return []
    return [Line(((f" {row}", styles.bright),)) for row in large(text)]


def _large(label: str, words: str, styles: Styles, *, is_done: bool = False) -> Line:
    mark: Part = (" ✔" if is_done else "", styles.senses[Sense.GOOD])
    return Line(((f" {label:<8} ", styles.dim), (words, styles.bright), mark))


def _slots(walk: Walk, styles: Styles, width: int) -> list[Line]:
    parts: list[Part] = [(" cart ", styles.dim)]
    used = 6
    for order in walk.batch.orders:
        own = [one for one in walk.batch.lines if one.order_id == order.order_id]
        left = sum(walk.left(one) for one in own if one.status == "todo")
        mark, sense = ("⚠", Sense.BAD) if order.on_hold else ("○", Sense.QUIET)
        if order.status == "removed":
            mark, sense = "✖", Sense.BAD
        elif not left and not order.on_hold:
            mark, sense = "✔", Sense.GOOD
        text = f" {order.position}{mark}"
        used += len(text)
        if used > width:
            break
        parts.append((text, styles.senses[sense]))
    return [Line(tuple(parts))]


def _minutes(seconds: int) -> str:
    return counted(max(1, round(seconds / 60)), "minute")


def _cut_off(moment: datetime | None) -> str:
    return f"next leaves {clock(moment)} " if moment else ""


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone():%d %b %H:%M}" if moment else ""
