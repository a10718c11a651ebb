"""An order laid out for reading: who, what, how far, how paid, and what happened."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style

from console.client.models import OrderCard, OrderDetail, Refund, RefundTransaction
from console.client.outbox import Command, State
from console.flows.formatting import (
    ON_HOLD,
    PAYMENT,
    REFUND,
    Mark,
    Sense,
    address,
    age,
    clock,
    day,
    figure,
    fulfilment,
    mark,
    money,
    payment_name,
    promise,
    units,
)
from console.flows.transition import Tone
from console.theme import Styles
from console.widgets.order_notes_view import known_elsewhere, written
from console.widgets.text_layout import Column, Line, Part, beside, cells, fit, width_of, wrapped

LINE_COLUMNS = (
    Column("Item", 18, grow=1),
    Column("SKU", 11, from_width=62),
    Column("Qty", 4, right=True),
    Column("Sent", 4, right=True),
    Column("Open", 4, right=True),
    Column("Back", 4, right=True, from_width=90),
    Column("Each", 9, right=True, from_width=84),
    Column("Total", 9, right=True),
)
GAP = 3


def order_page(
    order: OrderDetail, pending: Sequence[Command], styles: Styles, width: int, parcel: str = ""
) -> list[Line]:
    """The whole order; two columns when there is room for both. One parcel may be pointed out."""
    head = [
        *_head(order, styles, width),
        *_pending(pending, styles),
        *_standing(order, styles, width),
        *written(order, styles, width),
        Line(),
    ]
    goods = _lines(order, styles, width - 2)
    if width < 110:
        return [
            *head,
            *goods,
            *_sums(order, styles, width - 2),
            Line(),
            *_where(order, styles),
            *known_elsewhere(order, styles),
            *_parcels(order, styles, parcel),
            *_money(order, styles),
            *_timeline(order, styles, width),
        ]
    left_width = (width - GAP) * 56 // 100
    right_width = width - GAP - left_width
    left = [*_lines(order, styles, left_width - 1), *_sums(order, styles, left_width - 1), Line()]
    left += [*_parcels(order, styles, parcel), *_money(order, styles)]
    right = [*_where(order, styles), *known_elsewhere(order, styles)]
    right += [*_timeline(order, styles, right_width)]
    return [*head, *beside(left, right, left_width, (" │ ", styles.faint))]


def order_glance(
    card: OrderCard,
    order: OrderDetail | None,
    pending: Sequence[Command],
    styles: Styles,
    width: int,
) -> list[Line]:
    """An order beside a list: what the row does not say."""
    if order is None:
        state = fulfilment(card)
        return [
            Line(((f" {card.number}", styles.bright), (f"  {card.customer_name}", styles.ink))),
            Line(((" ", styles.ink), *_marked(state, styles), ("   reading …", styles.dim))),
        ]
    goods = [Line(((" ITEMS", styles.heading),))]
    for line in order.lines:
        left = f"{line.ready_quantity} to ship" if line.open_quantity else "all sent"
        left += f", {line.back_ordered_quantity} owed" if line.back_ordered_quantity else ""
        tone = styles.dim if line.open_quantity else styles.senses[Sense.GOOD]
        name = fit(line.name, max(10, width - (29 if line.back_ordered_quantity else 22)))
        quantity = (f" {line.quantity:>3} × ", styles.bright)
        goods.append(Line((quantity, (name, styles.ink)), ((f"{left} ", tone),)))
    return [
        *_head(order, styles, width),
        *_pending(pending, styles),
        *_standing(order, styles, width),
        *written(order, styles, width),
        Line(),
        *goods,
        Line(),
        *_where(order, styles),
        *_parcels(order, styles),
        *_money(order, styles),
        *_timeline(order, styles, width),
    ]


def _standing(order: OrderDetail, styles: Styles, width: int) -> list[Line]:
    """What stands in the way: holds, disputes with their dates, and what needs a person."""
    bad, dim = styles.senses[Sense.BAD], styles.dim
    told: list[tuple[str, str, Style]] = []
    for hold in order.holds:
        if hold.released_at is None:
            why = f": {hold.note}" if hold.note else ""
            words = f"{ON_HOLD.glyph} on hold, {hold.reason.replace('_', ' ')}{why}"
            told.append((words, f"{hold.created_by}, {age(hold.created_at)} ago", bad))
    for dispute in order.disputes:
        reason, status = dispute.reason.replace("_", " "), dispute.status.replace("_", " ")
        fee = f", fee {money(dispute.fee)}" if dispute.fee and dispute.fee.amount else ""
        words = f"⚠ disputed {money(dispute.amount)} ({reason}{fee}): {status}"
        due = dispute.evidence_due_by if dispute.closed_at is None else None
        told.append(
            (words, f"answer by {day(due)}" if due else "", dim if dispute.closed_at else bad)
        )
    for warning in order.fraud_warnings:
        is_over = warning.closed_at is not None
        words = f"⚠ the bank warns of fraud: {warning.fraud_type.replace('_', ' ')}"
        told.append(
            (words, "closed" if is_over else age(warning.opened_at), dim if is_over else bad)
        )
    shown = {"dispute", "fraud_warning"}
    for item in order.attention:
        if item.kind not in shown:
            amount = money(item.amount) if item.amount else ""
            told.append((f"✖ {item.reason}", f"{amount} · ⇧F5", bad))
    lines = []
    for words, beside_it, tone in told:
        rows = wrapped(words, max(20, width - width_of(beside_it) - 4))
        lines.append(Line(((f" {rows[0]}", tone),), ((f"{beside_it} ", dim),)))
        lines += [Line(((f"   {row}", tone),)) for row in rows[1:]]
    return lines


def _head(order: OrderDetail, styles: Styles, width: int) -> list[Line]:
    state = fulfilment(order)
    paid = mark(PAYMENT, order.payment_status)
    first = Line(
        ((f" {order.number}  ", styles.bright), (order.customer_name, styles.bright)),
        ((f"{money(order.total)} ", styles.bright),),
    )
    marks: tuple[Part, ...] = (
        (" ", styles.ink),
        *_marked(state, styles),
        ("   ", styles.ink),
        *_marked(paid, styles),
    )
    count = f"   {units(order.unit_count)}"
    placed = f"placed {day(order.placed_at)} · {age(order.placed_at)} ago "
    if width < sum(width_of(text) for text, _ in marks) + len(count) + len(placed) + 2:
        return [
            first,
            Line(marks, ((f"{count} ", styles.dim),)),
            Line(((f" {placed}", styles.dim),)),
        ]
    return [first, Line((*marks, (count, styles.dim)), ((placed, styles.dim),))]


def _marked(state: Mark, styles: Styles) -> tuple[Part, Part]:
    sense = styles.senses[state.sense]
    return ((f"{state.glyph} ", sense), (state.word, sense))


def _pending(commands: Sequence[Command], styles: Styles) -> list[Line]:
    told = []
    for command in commands:
        if command.state is State.STOPPED:
            why = str((command.problem or {}).get("detail", ""))
            words, tone = f" ✖ {command.label}: refused. {why} F12 decides", Tone.WRONG
        elif command.state is State.ASKING:
            words, tone = f" ◔ {command.label}: not known yet. F12 asks again", Tone.WAIT
        else:
            tries = f" (try {command.tries})" if command.tries > 1 else ""
            words, tone = f" ◔ {command.label}: being sent{tries}", Tone.WAIT
        told.append(Line(((words, styles.tones[tone]),)))
    return told


def _lines(order: OrderDetail, styles: Styles, width: int) -> list[Line]:
    currency = order.total.currency
    titles = [
        (f"{title} {currency}" if (title := column.title) == "Total" else title, styles.heading)
        for column in LINE_COLUMNS
    ]
    table = [Line(cells(LINE_COLUMNS, width, titles, lead=(" ", styles.ink)))]
    for line in order.lines:
        whole = line.open_quantity == 0
        sent = styles.senses[Sense.GOOD] if whole and line.shipped_quantity else styles.ink
        values: list[Part] = [
            (line.name, styles.ink),
            (line.sku, styles.dim),
            (str(line.quantity), styles.bright),
            (str(line.shipped_quantity or "·"), sent),
            (str(line.open_quantity or "·"), styles.dim if whole else styles.senses[Sense.DUE]),
            (str(line.refunded_quantity or "·"), styles.dim),
            (figure(line.unit_price), styles.dim),
            (figure(line.total), styles.ink),
        ]
        table.append(Line(cells(LINE_COLUMNS, width, values, lead=(" ", styles.ink)), item=line.id))
        if line.back_ordered_quantity:
            told = f"   {line.back_ordered_quantity} back-ordered: they ship once they have come"
            table.append(Line(((told, styles.senses[Sense.PART]),)))
    return table


def _sums(order: OrderDetail, styles: Styles, width: int) -> list[Line]:
    told = [
        ("goods", figure(order.subtotal)),
        *((f"{one.code or one.name}, off", f"-{figure(one.amount)}") for one in order.discounts),
        ("shipping", figure(order.shipping_total)),
        ("tax within", figure(order.tax_total)),
        ("total", money(order.total)),
    ]
    if order.exchanged and order.exchanged.amount:
        told.append(("paid by goods", f"-{figure(order.exchanged)}"))
    if order.refunded.amount:
        told.append(("given back", f"-{figure(order.refunded)}"))
    if order.charged_back.amount:
        told.append(("charged back", f"-{figure(order.charged_back)}"))
    if order.refund_pending.amount:
        told.append(("going back", f"-{figure(order.refund_pending)}"))
    if order.due.amount and order.captured.amount:
        told.append(("still due", figure(order.due)))
    if order.overpaid.amount:
        told.append(("⚠ came too much", money(order.overpaid)))
    return [
        Line(((f" {label:>{width - 12}} ", styles.dim), (f"{amount:>10}", styles.ink)))
        for label, amount in told
    ]


def _where(order: OrderDetail, styles: Styles) -> list[Line]:
    lines = [Line(((" SHIP TO", styles.heading),))]
    lines += [Line(((f" {row}", styles.ink),)) for row in address(order.shipping_address)]
    if order.email:
        lines.append(Line(((f" {order.email}", styles.dim),)))
    if order.vat_id is not None:
        answers = {True: "valid", False: "NOT VALID", None: "not confirmed: v asks VIES"}
        told = f"  {answers[order.vat_id.is_valid]}"
        lines.append(Line(((f" VAT {order.vat_id.vat_id}", styles.ink), (told, styles.dim))))
    if order.gift is not None:
        when = f", {day(order.gift.send_at)}" if order.gift.send_at else ""
        lines.append(Line(((" gift card to ", styles.dim), (order.gift.email + when, styles.ink))))
        if order.gift.message:
            lines.append(Line(((f" “{order.gift.message}”", styles.dim),)))
    if order.shipping_method:
        lines.append(Line(((" by ", styles.dim), (order.shipping_method, styles.ink))))
    if order.ships_with:
        told = f" could go with {', '.join(order.ships_with)}"
        lines.append(Line(((told, styles.senses[Sense.DUE]), ("  j", styles.dim))))
    if promised := promise(order.promised_ship_at, order.promised_delivery_at):
        lines.append(Line(((" leaves ", styles.dim), (promised, styles.ink))))
    return [*lines, Line()]


PARCEL_MARKS = {
    "open": (" ○ ", ", being packed", Sense.DUE),
    "delivered": (" ✔ ", ", arrived", Sense.GOOD),
    "voided": (" ✖ ", ", voided", Sense.OFF),
    "cancelled": (" ✖ ", ", given up", Sense.OFF),
}
"""How parcels look that are not on their way: glyph, word, sense."""


def _parcels(order: OrderDetail, styles: Styles, found: str = "") -> list[Line]:
    if not order.fulfilments:
        return []
    lines = [Line(((" PARCELS", styles.heading),))]
    for one in order.fulfilments:
        count = sum(line.quantity for line in one.lines)
        when = day(one.shipped_at) if one.shipped_at else "not yet"
        glyph, word, sense = PARCEL_MARKS.get(one.status, (" ✔ ", "", Sense.GOOD))
        first: tuple[Part, ...] = (
            (" ▶ " if one.id == found else glyph, styles.senses[sense]),
            (f"{one.number}  ", styles.senses[sense]),
            (f"{one.carrier or 'no carrier'}{word}", styles.ink),
        )
        if one.packed_with is not None:
            first = (*first, (f", one box with {one.packed_with.number}", styles.ink))
        right = ((f"{units(count)} · {when} ", styles.dim),)
        lines.append(Line(first, right, item=one.id))
        lines.append(Line(((f"   {one.tracking_number or 'no tracking number'}", styles.dim),)))
    for saved in order.shipping_savings:
        what = saved.decision or ("k, b gives it back" if saved.can_refund else "once it left")
        words = f" shipping of {saved.order_number} saved: {money(saved.amount)}"
        lines.append(Line(((words, styles.ink),), ((f"{what} ", styles.dim),)))
    return [*lines, Line()]


def _money(order: OrderDetail, styles: Styles) -> list[Line]:
    lines = [
        Line(
            ((" MONEY", styles.heading),), ((f"refundable {money(order.refundable)} ", styles.dim),)
        )
    ]
    for one in order.payments:
        state = mark(PAYMENT, one.status)
        back = f", {money(one.refunded)} back" if one.refunded.amount else ""
        back += f", {money(one.charged_back)} lost" if one.charged_back.amount else ""
        lines.append(
            Line(
                ((" ", styles.ink), *_marked(state, styles),
                 (f"  {payment_name(one)}", styles.dim)),
                ((f"{money(one.captured)}{back} ", styles.ink),),
            )
        )  # fmt: skip
    for refund in order.refunds:
        state = mark(REFUND, refund.status)
        why = "at Stripe, not here" if refund.origin == "provider" else _why(refund)
        lines.append(
            Line(
                ((" ", styles.ink), *_marked(state, styles),
                 (f"  {why}", styles.dim)),
                ((f"-{money(refund.amount)} ", styles.ink),),
            )
        )  # fmt: skip
        if len(refund.transactions) > 1:
            for part in refund.transactions:
                sent = mark(REFUND, part.status)
                lines.append(
                    Line(
                        (("     ", styles.ink), *_marked(sent, styles),
                         (f"  to {_destination(part)}", styles.dim)),
                        ((f"-{money(part.amount)} ", styles.dim),),
                    )
                )  # fmt: skip
    if not order.payments:
        lines.append(Line(((" ○ nothing paid yet", styles.dim),)))
    if order.store_credit is not None and order.store_credit.amount:
        held = f"{money(order.store_credit)} "
        lines.append(Line(((" the customer's store credit", styles.dim),), ((held, styles.ink),)))
    return [*lines, Line()]


def _destination(part: RefundTransaction) -> str:
    return "store credit" if part.to_store_credit else part.provider.replace("_", " ")


def _why(refund: Refund) -> str:
    reason = refund.reason.replace("_", " ")
    return f"{reason}, {refund.note}" if refund.note else reason


def _timeline(order: OrderDetail, styles: Styles, width: int) -> list[Line]:
    lines = [Line(((" TIMELINE", styles.heading),))]
    last_day = ""
    for one in reversed(order.timeline):
        today = day(one.at)[:6]
        when = f"{today if today != last_day else '':<6} {clock(one.at)}"
        last_day = today
        who = f"  {one.actor}" if one.actor else ""
        room = width - len(when) - 4 - width_of(who)
        text = wrapped(one.text, room)
        lines.append(
            Line(((f" {when}  ", styles.dim), (text[0], styles.ink)), ((f"{who} ", styles.dim),))
        )
        lines += [Line(((" " * (len(when) + 3) + more, styles.ink),)) for more in text[1:]]
    return lines
