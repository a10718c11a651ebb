"""Refunds in the making: never more than is refundable, never sent without a look at the amount."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.client.errors import Conflict, Unreachable
from console.client.models import Barcode, Payment, QuotedLine, RefundQuote
from console.client.refunds import CommandResult, Outcome
from console.flows import line_items
from console.flows.refund import events, reducer
from console.flows.refund.draft import RefundDraft, Stage
from console.flows.transition import Tone
from console.flows.undo_stack import UndoStack
from tests.console.support.making import NOON, a_line, an_order, eur

JUG, MUG = a_line("JUG", quantity=1), a_line("MUG", quantity=3, refundable_quantity=2)


def start() -> RefundDraft:
    return reducer.start(an_order(JUG, MUG))


def quote_for(draft: RefundDraft) -> RefundQuote:
    lines = tuple(
        QuotedLine(line.line_id, line.quantity, eur(999 * line.quantity))
        for line in draft.lines
        if line.quantity
    )
    fee = 490 if draft.shipping else 0
    price = sum(line.amount.amount for line in lines) + fee
    total = price if draft.amount is None else draft.amount.amount
    return RefundQuote(lines, eur(fee), eur(max(0, total - price)), eur(total), eur(9000))


def after(draft: RefundDraft, *happened: events.Event) -> RefundDraft:
    """Feed events; each question for an amount is answered at once."""
    for event in happened:
        taken = reducer.step(draft, event)
        draft = taken.state
        for command in taken.commands:
            if isinstance(command, events.AskQuote):
                answer = events.Quoted(command.serial, quote_for(draft))
                draft = reducer.step(draft, answer).state
    return draft


def reviewed() -> RefundDraft:
    return after(
        start(), line_items.Scanned("JUG"), events.ReasonChosen("2"), events.Commit("key-1")
    )


def test_nothing_is_chosen_at_first() -> None:
    draft = start()

    assert draft.is_empty
    assert reducer.step(draft, events.Commit("k")).feedback.tone is Tone.WRONG


def test_a_case_label_gives_back_as_many_units_as_are_in_a_case() -> None:
    """And never more than is refundable."""
    mugs = a_line("MUG", quantity=9, refundable_quantity=9, barcodes=(Barcode("CASE", 6),))
    one = reducer.step(reducer.start(an_order(mugs)), line_items.Scanned("CASE"))
    two = reducer.step(one.state, line_items.Scanned("CASE"))

    assert (one.state.units, one.feedback.text) == (6, "Mug  6 of 9")
    assert two.state.units == 6
    assert two.feedback.tone is Tone.WRONG


def test_the_review_states_amount_destination_and_what_the_shelf_gets() -> None:
    draft = reviewed()

    assert draft.stage is Stage.REVIEW
    assert draft.question.text == (
        "Refund 9.99 € to stripe card …4242? 1 unit to quarantine, not back to stock."
    )
    assert draft.question.focused.name == "no"


def test_enter_in_the_review_does_not_send() -> None:
    taken = reducer.step(reviewed(), events.Enter("key-1"))

    assert taken.commands == ()
    assert taken.state.stage is Stage.EDITING


def test_f10_in_the_review_sends_what_was_shown_under_the_key_of_the_press() -> None:
    taken = reducer.step(reviewed(), events.Commit("key-2"))

    assert taken.commands == (
        events.Send((("line-JUG", 1, False),), False, None, "damaged", None, eur(999), "key-2"),
    )
    assert taken.state.stage is Stage.SENDING


def test_a_scan_in_the_review_goes_back_to_editing() -> None:
    taken = reducer.step(reviewed(), line_items.Scanned("MUG"))

    assert taken.state.stage is Stage.EDITING
    assert taken.state.units == 2


def test_without_a_reason_the_reasons_are_listed() -> None:
    taken = reducer.step(after(start(), line_items.Scanned("JUG")), events.Commit("k"))

    assert taken.state.stage is Stage.EDITING
    assert taken.feedback.text.startswith("Why? 1 changed mind  2 damaged")


def test_the_review_waits_for_the_amount_of_this_very_draft() -> None:
    chosen = reducer.step(start(), line_items.Scanned("JUG")).state
    more = reducer.step(chosen, line_items.Scanned("MUG")).state
    pressed = reducer.step(after(more, events.ReasonChosen("1")), events.Commit("k"))
    late = reducer.step(pressed.state, events.Quoted(chosen.serial, quote_for(chosen)))
    right = reducer.step(late.state, events.Quoted(more.serial, quote_for(more)))

    assert pressed.state.stage is Stage.QUOTING
    assert late.state.stage is Stage.QUOTING
    assert right.state.stage is Stage.REVIEW


def test_an_amount_that_cannot_be_had_sends_nothing() -> None:
    chosen = reducer.step(start(), line_items.Scanned("JUG")).state
    pressed = reducer.step(after(chosen, events.ReasonChosen("1")), events.Commit("k")).state
    failed = reducer.step(pressed, events.NotQuoted(pressed.serial, "The shop does not answer."))

    assert failed.state.stage is Stage.EDITING
    assert failed.feedback.text == "Not sent: The shop does not answer."


def test_damaged_goods_stay_off_the_shelf_unless_the_operator_says_so() -> None:
    draft = after(start(), line_items.Scanned("JUG"), events.ReasonChosen("2"))
    turned = after(draft, events.TurnRestock())

    assert not draft.restocks(draft.lines[0])
    assert turned.restocks(turned.lines[0])


def test_goods_of_another_order_are_refused() -> None:
    taken = reducer.step(start(), line_items.Scanned("TEA"))

    assert taken.feedback.text == "WRONG ITEM  TEA is not on O-1000412. Put aside"
    assert taken.state == start()


def test_while_the_money_is_on_its_way_nothing_can_be_edited() -> None:
    sending = reducer.step(reviewed(), events.Commit("k")).state
    for event in (
        line_items.Scanned("MUG"),
        line_items.OneMore(1),
        events.Commit("other"),
        events.Back(),
    ):
        taken = reducer.step(sending, event)
        assert taken.state == sending
        assert taken.commands == ()
        assert taken.feedback.tone is Tone.WAIT


def test_a_lost_answer_is_called_not_known_yet() -> None:
    sending = reducer.step(reviewed(), events.Commit("k")).state
    lost = reducer.step(sending, events.AnswerLost(1))

    assert lost.state.stage is Stage.UNKNOWN
    assert lost.feedback.text == "Not known yet: asking again under the same key (try 2)"


@pytest.mark.parametrize(
    ("outcome", "stage", "words"),
    [
        (Outcome(CommandResult.PENDING), Stage.ENDED, "the shop finishes it later"),
        (
            Outcome(CommandResult.NOT_SENT, failure=Unreachable("No line.")),
            Stage.EDITING,
            "Not sent",
        ),
        (Outcome(CommandResult.REFUSED, failure=Conflict("Too much.")), Stage.EDITING, "Too much."),
    ],
)
def test_each_fate_is_told_and_a_refused_draft_is_kept(
    outcome: Outcome, stage: Stage, words: str
) -> None:
    sending = reducer.step(reviewed(), events.Commit("k")).state
    ended = reducer.step(sending, events.Ended(outcome))

    assert ended.state.stage is stage
    assert words in ended.feedback.text
    assert ended.state.units == 1


def test_an_order_that_changed_keeps_what_still_fits() -> None:
    draft = after(
        start(), line_items.Scanned("MUG"), line_items.Scanned("MUG"), events.ReasonChosen("1")
    )
    order = an_order(JUG, replace(MUG, refundable_quantity=1), refundable=eur(8001))
    fitted = reducer.reloaded(draft, order)

    assert fitted.state.units == 1
    assert fitted.state.reason == "changed_mind"
    assert "Mug: 2 → 1 refundable" in fitted.feedback.text
    assert isinstance(fitted.commands[0], events.AskQuote)


def test_a_review_outlives_a_reading_that_changes_nothing_and_no_other() -> None:
    review = after(start(), line_items.Scanned("JUG"), events.ReasonChosen("1"), events.Commit("k"))
    same = reducer.reloaded(review, an_order(JUG, MUG))
    assert same.state == review
    assert isinstance(reducer.step(same.state, events.Commit("k")).commands[0], events.Send)

    less = reducer.reloaded(review, an_order(JUG, MUG, refundable=eur(5000)))
    assert (less.state.stage, less.state.question) == (Stage.EDITING, None)
    assert isinstance(less.commands[0], events.AskQuote)
    assert not any(
        isinstance(one, events.Send)
        for one in reducer.step(less.state, events.Commit("k")).commands
    )


def test_a_free_amount_needs_no_goods_and_is_shown_before_it_goes() -> None:
    draft = after(
        start(), events.AmountEntered("5,00"), events.ReasonChosen("6"), events.Commit("k")
    )
    sent = reducer.step(draft, events.Commit("key-2"))

    assert draft.question.text == "Refund 5.00 € to stripe card …4242? No goods come back."
    assert sent.commands == (events.Send((), False, eur(500), "goodwill", None, eur(500), "key-2"),)


def test_an_amount_beside_goods_says_how_much_is_for_no_goods() -> None:
    draft = after(
        start(), line_items.Scanned("JUG"), events.AmountEntered("12.50"), events.ReasonChosen("1")
    )
    reviewed = after(draft, events.Commit("k"))

    assert "12.50 € to stripe card …4242, 2.51 € of it for no goods" in reviewed.question.text
    assert after(draft, events.AmountEntered("")).quote.amount == eur(999)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("90.01", "At most 90.00 € can go back, not 90.01 €"),
        ("0", "An amount is more than 0"),
        ("0,00", "An amount is more than 0"),
        ("1.234", "EUR has 2 decimals, 1.234 has 3"),
        ("-5", "-5 is not an amount such as 12.50"),
        ("five", "five is not an amount such as 12.50"),
        ("1.000,50", "1.000,50 is not an amount such as 12.50"),
        ("4000000000000", "4000000000000 is not an amount such as 12.50"),
    ],
)
def test_what_is_no_amount_or_too_much_is_refused_with_its_reason(typed: str, words: str) -> None:
    taken = reducer.step(start(), events.AmountEntered(typed))

    assert (taken.feedback.tone, taken.feedback.text) == (Tone.WRONG, words)
    assert taken.state == start()


def paid_twice() -> RefundDraft:
    card = Payment(
        "a", "stripe", "captured", eur(9000), eur(9000), *[eur(0)] * 2, "card …4242", NOON, None, ()
    )
    hand = replace(card, id="b", provider="manual", reference="bank 12 Nov")
    both = an_order(
        JUG, MUG, payments=(card, hand), refundable=eur(18000), overpaid=eur(9000),
    )  # fmt: skip
    return reducer.start(both)


def test_the_excess_is_given_back_to_the_payment_that_came_last() -> None:
    draft = after(paid_twice(), events.AmountEntered("90"), events.Commit("k"))

    assert draft.reason == "overpaid"
    assert draft.question.text.startswith("Refund 90.00 € to the payer by hand (bank 12 Nov)?")
    assert draft.destination_of(eur(9000)) == "the payer by hand (bank 12 Nov)"


def test_money_that_goes_back_to_two_payments_names_both_with_their_share() -> None:
    draft = paid_twice()

    assert draft.destination_of(eur(10000)) == (
        "the payer by hand (bank 12 Nov) (90.00 €) and stripe card …4242 (10.00 €)"
    )
    assert after(draft, events.Everything()).amount == eur(18000)


def test_an_amount_that_no_longer_fits_is_dropped_and_said() -> None:
    draft = after(start(), events.AmountEntered("80"))
    fitted = reducer.reloaded(draft, an_order(JUG, MUG, refundable=eur(5000)))

    assert fitted.state.amount is None
    assert "80.00 € is more than can go back by now" in fitted.feedback.text


HAPPENINGS = st.one_of(
    st.sampled_from(["JUG", "MUG", "TEA", "1", "2", "9"]).map(line_items.Scanned),
    st.integers(-3, 3).map(line_items.OneMore),
    st.sampled_from(["0", "1", "2", "99", "12345"]).map(line_items.Exactly),
    st.integers(-1, 4).map(line_items.Move),
    st.sampled_from(["1", "2", "6", ""]).map(events.ReasonChosen),
    st.sampled_from(["", "a note"]).map(events.NoteEntered),
    st.sampled_from(["", "5", "12,50", "90.00", "90.01", "0", "x"]).map(events.AmountEntered),
    st.integers(-1, 1).map(line_items.TurnTo),
    st.sampled_from(
        [events.Everything(), events.TurnRestock(), events.TurnShipping(), events.Back(),
         events.Commit("k"), events.Enter("k")]
    ),
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(HAPPENINGS, max_size=40), st.booleans())
def test_never_more_is_refunded_than_is_refundable(
    happened: list[events.Event], answers: bool
) -> None:
    refundable = {"line-JUG": 1, "line-MUG": 2}
    draft = start()
    for event in happened:
        was = draft
        taken = reducer.step(draft, event)
        draft = taken.state
        assert all(0 <= line.quantity <= line.refundable for line in draft.lines)
        for command in taken.commands:
            if isinstance(command, events.AskQuote) and answers:
                quoted = events.Quoted(command.serial, quote_for(draft))
                draft = reducer.step(draft, quoted).state
            if isinstance(command, events.Send):
                assert was.stage is Stage.REVIEW
                assert command.expected == quote_for(was).amount
                assert command.expected.amount <= was.refundable.amount
                assert all(0 < n <= refundable[line] for line, n, _ in command.lines)
        if draft.stage is Stage.SENDING:
            return


@settings(max_examples=50)
@given(st.lists(HAPPENINGS, max_size=40))
def test_taking_steps_back_gives_the_same_refund_as_before(happened: list[events.Event]) -> None:
    history = UndoStack(start())
    before = []
    for event in happened:
        taken = reducer.step(history.now, event)
        if taken.state.stage is Stage.SENDING:
            continue
        if taken.state.work != history.now.work:
            before.append(history.now.work)
            history.went_on(taken.state, "step")
        else:
            history.moved(taken.state)
    while history.can_go_back:
        now = history.now
        history.back()
        restored = reducer.undone(history.now, now).state
        assert restored.work == before.pop()
        assert restored.serial > now.serial
        history.moved(restored)
    assert not before


def a_payment(provider: str, cents: int, reference: str) -> Payment:
    return Payment(
        "p", provider, "captured", eur(cents), eur(cents), eur(0), eur(0), reference, NOON, None, ()
    )


def test_money_goes_back_before_the_gift_card_and_may_become_store_credit() -> None:
    order = replace(
        an_order(JUG, MUG),
        customer_id="c",
        refundable=eur(2000),
        payments=(
            a_payment("gift_card", 1500, "gift card ••••HV3C"),
            a_payment("stripe", 500, "pi_1"),
        ),
    )
    draft = after(reducer.start(order), line_items.Scanned("JUG"), events.ReasonChosen("1"))
    as_credit = after(draft, events.TurnStoreCredit())
    sent = reducer.step(after(as_credit, events.Commit("k")), events.Commit("k")).commands
    guest = reducer.step(reducer.start(replace(order, customer_id=None)), events.TurnStoreCredit())

    assert draft.destination_of(eur(999)) == (
        "stripe pi_1 (5.00 €) and gift card ••••HV3C (4.99 €)"
    )
    assert as_credit.destination_of(eur(999)) == (
        "store credit (5.00 €) and gift card ••••HV3C (4.99 €)"
    )
    assert [one.to_store_credit for one in sent if isinstance(one, events.Send)] == [True]
    assert guest.feedback.tone is Tone.WRONG
