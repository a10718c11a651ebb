"""What follows from each event of a refund."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from console.client.approvals import held
from console.client.models import OrderDetail, RefundQuote
from console.client.refunds import CommandResult, Outcome
from console.flows import amount_input, line_items, quantity_input
from console.flows.formatting import holding, money, money_came_from, payment_name, units
from console.flows.line_items import Exactly, Move, OneMore, Scanned, TurnTo
from console.flows.refund.draft import NOT_TO_BE_SOLD, REASONS, RefundDraft, Returned, Stage
from console.flows.refund.events import (
    AmountEntered,
    AnswerLost,
    AskQuote,
    Back,
    Commit,
    Ended,
    Enter,
    Event,
    Everything,
    NoteEntered,
    NotQuoted,
    Quoted,
    ReasonChosen,
    Send,
    TurnRestock,
    TurnShipping,
    TurnStoreCredit,
)
from console.flows.transition import Choice, Question, Transition, done, good, noted, waiting, wrong

RefundStep = Transition[RefundDraft, AskQuote | Send]
_Wanted = Callable[[Returned], int]


def start(order: OrderDetail) -> RefundDraft:
    """An empty draft over the lines that still hold refundable units."""
    return RefundDraft(
        order.id,
        order.number,
        tuple(
            Returned(
                line.id,
                line.sku,
                line.barcode,
                line.name,
                line.unit_price,
                line.quantity,
                line.refundable_quantity,
                barcodes=line.barcodes,
            )
            for line in order.lines
        ),
        money_came_from(order),
        order.refundable,
        order.refundable_shipping,
        order.overpaid,
        tuple(
            (payment_name(one), one.kept, one.is_money)
            for first in (True, False)
            for one in reversed(holding(order))
            if one.is_money is first
        ),
        order.customer_id is not None,
    )


def reloaded(draft: RefundDraft, order: OrderDetail) -> RefundStep:
    """The order was read again: keep what still fits, and a review of which nothing changed."""
    fresh = start(order)
    before = {line.line_id: line for line in draft.lines}
    lines, changes = [], []
    for line in fresh.lines:
        old = before.get(line.line_id, line)
        if old.refundable != line.refundable:
            changes.append(f"{line.name}: {old.refundable} → {line.refundable} refundable")
        quantity = min(old.quantity, line.refundable)
        lines.append(replace(line, quantity=quantity, restock=old.restock))
    if draft.refundable != fresh.refundable:
        changes.append(f"refundable {money(draft.refundable)} → {money(fresh.refundable)}")
    amount = draft.amount
    if amount is not None and amount.amount > fresh.refundable.amount:
        changes.append(f"{money(amount)} is more than can go back by now")
        amount = None
    state = replace(
        draft,
        lines=tuple(lines),
        amount=amount,
        destination=fresh.destination,
        refundable=fresh.refundable,
        refundable_shipping=fresh.refundable_shipping,
        overpaid=fresh.overpaid,
        holders=fresh.holders,
        has_account=fresh.has_account,
        shipping=draft.shipping and fresh.refundable_shipping.amount > 0,
        stage=Stage.EDITING,
        question=None,
    )
    is_same = replace(state, stage=draft.stage, question=draft.question) == draft
    if is_same and draft.stage in (Stage.QUOTING, Stage.REVIEW):
        # What is being reviewed is still so: F10 sends it, and does not ask a second time.
        return Transition(draft)
    words = noted("Read again: " + "; ".join(changes)) if changes else None
    return _edited(state).saying(words)


def undone(before: RefundDraft, now: RefundDraft) -> RefundStep:
    """The draft as it was a step ago. Its amount is asked for anew, under a number of its own."""
    return _edited(replace(_editing(before), serial=now.serial))


def step(draft: RefundDraft, event: Event) -> RefundStep:
    """Take one event. While money is on its way nothing can be edited."""
    match event:
        case Quoted(serial, quote):
            return _quoted(draft, serial, quote)
        case NotQuoted(serial, why):
            return _not_quoted(draft, serial, why)
        case AnswerLost(tries):
            words = waiting(f"Not known yet: asking again under the same key (try {tries + 1})")
            return Transition(replace(draft, stage=Stage.UNKNOWN, tries=tries), feedback=words)
        case Ended(outcome):
            return _ended(draft, outcome)
        case Move(to):
            return Transition(replace(draft, cursor=line_items.bounded(to, draft.lines)))
    if draft.stage is Stage.ENDED:
        return Transition(draft, feedback=noted("This refund is finished"))
    if draft.stage in (Stage.SENDING, Stage.UNKNOWN):
        return Transition(
            draft, feedback=waiting("The refund is on its way: its answer is awaited")
        )
    match event:
        case Commit(key):
            return _send(draft, key) if draft.stage is Stage.REVIEW else _review(draft)
        case Enter(key):
            return _enter(draft, key)
        case Back():
            return Transition(_editing(draft), feedback=noted("Not sent"))
        case TurnTo(by):
            question = draft.question.moved(by) if draft.question else None
            return Transition(replace(draft, question=question))
    return _edit(_editing(draft), event)


def _edit(draft: RefundDraft, event: Event) -> RefundStep:
    match event:
        case Scanned(code):
            return _scanned(draft, code)
        case OneMore(by):
            return _take(draft, lambda line: line.quantity + by)
        case Exactly(text):
            return _exactly(draft, text)
        case Everything():
            return _everything(draft)
        case TurnRestock():
            return _turn_restock(draft)
        case TurnShipping():
            return _turn_shipping(draft)
        case TurnStoreCredit():
            return _turn_store_credit(draft)
        case AmountEntered(text):
            return _amounted(draft, text)
        case ReasonChosen(digit):
            return _because(draft, digit)
        case NoteEntered(text):
            return Transition(replace(draft, note=text.strip()), feedback=good("Note kept"))
    raise AssertionError(f"{event!r} is no edit")


def _scanned(draft: RefundDraft, code: str) -> RefundStep:
    if len(code) == 1 and code.isdigit():
        return _because(draft, code)
    for at, line in enumerate(draft.lines):
        if count := line.units_called(code):
            return _take(replace(draft, cursor=at), _more(count))
    return Transition(
        draft, feedback=wrong(f"WRONG ITEM  {code} is not on {draft.number}. Put aside")
    )


def _more(count: int) -> _Wanted:
    return lambda line: line.quantity + count


def _because(draft: RefundDraft, digit: str) -> RefundStep:
    if not digit.isdigit() or not 1 <= int(digit) <= len(REASONS):
        return Transition(draft, feedback=wrong(f"Reasons are 1 to {len(REASONS)}, not {digit}"))
    name, word = REASONS[int(digit) - 1]
    where = ", not back in stock" if name in NOT_TO_BE_SOLD else ""
    return Transition(replace(draft, reason=name), feedback=good(f"Reason: {word}{where}"))


def _exactly(draft: RefundDraft, text: str) -> RefundStep:
    try:
        quantity = quantity_input.parse(text)
    except quantity_input.NotAQuantity as refusal:
        return Transition(draft, feedback=wrong(str(refusal)))
    return _take(draft, lambda line: quantity)


def _take(draft: RefundDraft, wanted: _Wanted) -> RefundStep:
    if not draft.lines:
        return Transition(draft, feedback=wrong("The order has no lines"))
    line = draft.lines[draft.cursor]
    quantity = wanted(line)
    if quantity > line.refundable:
        only = f"only {line.refundable} refundable" if line.refundable else "nothing refundable"
        return Transition(draft, feedback=wrong(f"{line.name}: {only}"))
    if quantity < 0:
        return Transition(draft, feedback=wrong(f"{line.name}: none chosen"))
    state = replace(draft, lines=_with(draft, replace(line, quantity=quantity)))
    return _edited(state).saying(good(f"{line.name}  {quantity} of {line.refundable}"))


def _everything(draft: RefundDraft) -> RefundStep:
    state = replace(
        draft,
        lines=tuple(replace(line, quantity=line.refundable) for line in draft.lines),
        shipping=draft.refundable_shipping.amount > 0,
        amount=draft.refundable if draft.overpaid.amount else None,
    )
    more = f", {money(draft.refundable)} in all" if draft.overpaid.amount else ""
    return _edited(state).saying(good(f"Everything: {units(state.units)}{more}"))


def _amounted(draft: RefundDraft, text: str) -> RefundStep:
    if not text.strip():
        return _edited(replace(draft, amount=None)).saying(good("The price of what is chosen"))
    try:
        amount = amount_input.parse(text, draft.refundable.currency)
    except amount_input.NotAnAmount as refusal:
        return Transition(draft, feedback=wrong(str(refusal)))
    if amount.amount > draft.refundable.amount:
        most = f"At most {money(draft.refundable)} can go back, not {money(amount)}"
        return Transition(draft, feedback=wrong(most))
    reason = draft.reason
    if reason is None and not draft.units and amount == draft.overpaid:
        reason = "overpaid"
    state = replace(draft, amount=amount, reason=reason)
    return _edited(state).saying(good(f"{money(amount)} in all"))


def _turn_restock(draft: RefundDraft) -> RefundStep:
    if not draft.lines:
        return Transition(draft, feedback=wrong("The order has no lines"))
    line = draft.lines[draft.cursor]
    turned = replace(line, restock=not draft.restocks(line))
    where = "back in stock" if turned.restock else "not back in stock"
    return Transition(
        replace(draft, lines=_with(draft, turned)), feedback=good(f"{line.name}: {where}")
    )


def _turn_shipping(draft: RefundDraft) -> RefundStep:
    if not draft.shipping and draft.refundable_shipping.amount <= 0:
        return Transition(draft, feedback=wrong("No shipping fee is left to give back"))
    state = replace(draft, shipping=not draft.shipping)
    words = "with the shipping fee" if state.shipping else "without the shipping fee"
    return _edited(state).saying(good(words))


def _turn_store_credit(draft: RefundDraft) -> RefundStep:
    if not draft.has_account:
        return Transition(draft, feedback=wrong("A guest has no store credit"))
    state = replace(draft, to_store_credit=not draft.to_store_credit)
    words = "Money becomes store credit" if state.to_store_credit else "Money goes the way it came"
    return Transition(state, feedback=good(words))


def _edited(draft: RefundDraft) -> RefundStep:
    """The amount is no longer known; ask for it, unless there is nothing to ask about."""
    state = replace(draft, quote=None, serial=draft.serial + 1)
    return Transition(state, () if state.is_empty else (_ask(state),))


def _ask(draft: RefundDraft) -> AskQuote:
    lines = {line.line_id: line.quantity for line in draft.lines if line.quantity}
    return AskQuote(draft.serial, lines, draft.shipping, draft.amount)


def _quoted(draft: RefundDraft, serial: int, quote: RefundQuote) -> RefundStep:
    if serial != draft.serial:
        return Transition(draft)
    state = replace(draft, quote=quote)
    if draft.stage is Stage.QUOTING:
        return _review(replace(state, stage=Stage.EDITING))
    return Transition(state)


def _not_quoted(draft: RefundDraft, serial: int, why: str) -> RefundStep:
    if serial != draft.serial:
        return Transition(draft)
    words = wrong(f"Not sent: {why}") if draft.stage is Stage.QUOTING else None
    return Transition(_editing(draft), feedback=words)


def _review(draft: RefundDraft) -> RefundStep:
    if draft.is_empty:
        words = "Nothing chosen: scan what came back, + adds one, $ takes an amount"
        return Transition(draft, feedback=wrong(words))
    if draft.reason is None:
        listed = "  ".join(f"{n} {word}" for n, (_, word) in enumerate(REASONS, 1))
        return Transition(draft, feedback=wrong(f"Why? {listed}"))
    if draft.quote is None:
        state = replace(draft, stage=Stage.QUOTING)
        return Transition(state, (_ask(state),), waiting("Asking the shop for the amount"))
    if draft.quote.amount.amount > draft.quote.refundable.amount:
        most = money(draft.quote.refundable)
        words = (
            f"{money(draft.quote.amount)} is more than the {most} that are left: $ says how much"
        )
        return Transition(draft, feedback=wrong(words))
    question = Question(review_text(draft), (Choice("no", "no, go on editing"), _yes(draft.quote)))
    return Transition(replace(draft, stage=Stage.REVIEW, question=question))


def review_text(draft: RefundDraft) -> str:
    """What is about to happen, in one sentence: how much, where to, and what is restocked."""
    assert draft.quote is not None
    restocked = sum(line.quantity for line in draft.lines if draft.restocks(line))
    aside = draft.units - restocked
    told = [
        f"{units(restocked)} back to stock" if restocked else "",
        f"{units(aside)} to quarantine, not back to stock" if aside else "",
    ]
    goods = ", ".join(part for part in told if part) or "no goods come back"
    fee = ", shipping fee included" if draft.shipping else ""
    free = draft.quote.additional
    more = f", {money(free)} of it for no goods" if free.amount and draft.units else ""
    amount, where = money(draft.quote.amount), draft.destination_of(draft.quote.amount)
    return f"Refund {amount} to {where}{fee}{more}? {goods[0].upper()}{goods[1:]}."


def _yes(quote: RefundQuote) -> Choice:
    return Choice("yes", f"refund {money(quote.amount)}")


def _enter(draft: RefundDraft, key: str) -> RefundStep:
    if draft.stage is not Stage.REVIEW or draft.question is None:
        return Transition(draft, feedback=noted("F10 shows what would be given back"))
    if draft.question.focused.name == "yes":
        return _send(draft, key)
    return Transition(_editing(draft), feedback=noted("Not sent"))


def _send(draft: RefundDraft, key: str) -> RefundStep:
    assert draft.quote is not None
    assert draft.reason is not None
    lines = tuple(
        (line.line_id, line.quantity, draft.restocks(line)) for line in draft.lines if line.quantity
    )
    expected, note = draft.quote.amount, draft.note or None
    send = Send(lines, draft.shipping, draft.amount, draft.reason, note, expected, key,
                draft.to_store_credit)  # fmt: skip
    state = replace(draft, stage=Stage.SENDING, question=None)
    return Transition(state, (send,), waiting(f"Refunding {money(draft.quote.amount)}"))


def _ended(draft: RefundDraft, outcome: Outcome) -> RefundStep:
    state = replace(draft, stage=Stage.ENDED, question=None)
    match outcome.fate:
        case CommandResult.GIVEN:
            amount = outcome.refund.amount if outcome.refund else draft.refundable
            where = draft.destination_of(amount)
            return Transition(state, feedback=done(f"{money(amount)} refunded to {where}"))
        case CommandResult.PENDING:
            words = "Taken down: the payment provider does not answer, the shop finishes it later"
            return Transition(state, feedback=done(words))
        case CommandResult.HELD:
            return Transition(state, feedback=noted(f"The refund is {held(outcome.approvers)}"))
        case CommandResult.NOT_SENT:
            words = "Not sent, nothing happened. " + (
                outcome.failure.detail if outcome.failure else ""
            )
        case CommandResult.REFUSED:
            words = "Refused, nothing happened. " + (
                outcome.failure.detail if outcome.failure else ""
            )
    return Transition(replace(state, stage=Stage.EDITING), feedback=wrong(words.strip()))


def _editing(draft: RefundDraft) -> RefundDraft:
    return replace(draft, stage=Stage.EDITING, question=None)


def _with(draft: RefundDraft, line: Returned) -> tuple[Returned, ...]:
    return line_items.exchanged(draft.lines, draft.cursor, line)
