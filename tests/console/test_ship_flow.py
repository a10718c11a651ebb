"""Parcels in the making: nothing leaves that is not open, and every step can be undone."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.client.models import Barcode
from console.flows import line_items
from console.flows.ship import events, reducer
from console.flows.ship.draft import ShipDraft
from console.flows.transition import Tone, Transition
from console.flows.undo_stack import UndoStack
from tests.console.support.making import a_line, an_order

MUG, TEA = a_line("MUG", quantity=2), a_line("TEA", quantity=3)
LABEL = "00340434161094042557"
BOTH = "201298452277"
"""An Identcode of DHL that is the UPC of some goods as well."""


def start(*lines: object) -> ShipDraft:
    return reducer.start(an_order(*(lines or (MUG, TEA))))


def known(draft: ShipDraft, code: str, *told: object) -> Transition[ShipDraft, object]:
    """A scan about which the shop is asked, and its answer."""
    asked = reducer.step(draft, line_items.Scanned(code))
    assert asked.commands == (events.LookUp(code),)
    return reducer.step(asked.state, events.Recognised(code, *(told or (None,))))  # type: ignore[arg-type]


def after(draft: ShipDraft, *happened: events.Event) -> ShipDraft:
    for event in happened:
        draft = reducer.step(draft, event).state
    return draft


def test_a_parcel_starts_with_everything_that_is_open() -> None:
    draft = start(MUG, a_line("SENT", quantity=4, shipped=4), TEA)

    assert [(line.sku, line.take) for line in draft.lines] == [("MUG", 2), ("TEA", 3)]
    assert draft.is_everything
    assert draft.is_untouched


def test_the_label_and_enter_ship_the_whole_order() -> None:
    taken = known(start(), LABEL)
    sent = reducer.step(taken.state, events.Enter())

    assert sent.commands == (
        events.Send({"line-MUG": 2, "line-TEA": 3}, "DHL", LABEL, True, {}, ""),
    )


def test_a_label_of_another_carrier_is_refused_until_that_carrier_is_chosen() -> None:
    refused = known(start(), "1Z999AA10123456784")
    chosen = after(refused.state, events.Dismiss(), events.CarrierChosen("UPS"))

    assert (refused.state.carrier, refused.state.tracking) == ("DHL", "")
    assert refused.feedback.tone is Tone.WRONG
    assert "a number of UPS: this goes by DHL" in refused.feedback.text
    assert known(chosen, "1Z999AA10123456784").state.tracking == "1Z999AA10123456784"


def test_without_an_agreed_carrier_the_label_says_who_it_is() -> None:
    nobody = reducer.start(an_order(MUG, carrier=None))
    told = known(nobody, "1Z999AA10123456784").state

    assert (nobody.carrier, told.carrier, told.tracking) == ("", "UPS", "1Z999AA10123456784")
    assert reducer.step(nobody, events.Enter()).feedback.text.startswith("By whom?")


@pytest.mark.parametrize("code", ["swan-neck-12", "CARGO-778812", "00340434161094042558", "x"])
def test_what_nothing_is_called_is_an_unknown_item_and_never_a_tracking_number(code: str) -> None:
    taken = known(start(), code)
    entered = reducer.step(taken.state, events.Enter())

    assert (taken.state.tracking, taken.feedback.tone) == ("", Tone.WRONG)
    assert taken.feedback.text.startswith(f"UNKNOWN ITEM  {code}")
    assert (entered.commands, entered.feedback.tone) == ((), Tone.WRONG)


def test_a_red_stands_until_the_right_thing_is_scanned_or_it_is_put_right() -> None:
    red = known(start(), "X", "variant", "Darjeeling").state
    sure = after(red, line_items.TurnTo(1), events.Enter(), events.Enter())

    assert red.alarm.startswith("WRONG ITEM  Darjeeling")
    assert sure.alarm == red.alarm
    assert known(red, LABEL).state.tracking == ""
    assert after(red, line_items.Scanned("MUG")).alarm == ""
    assert after(red, events.Dismiss()).alarm == ""


def test_a_code_that_is_goods_and_fits_the_carrier_is_asked_about_with_one_key() -> None:
    mug = a_line("MUG", quantity=1, barcodes=(Barcode(BOTH, 1),))
    asked = reducer.step(start(mug), line_items.Scanned(BOTH))
    item = reducer.step(asked.state, events.Enter()).state
    label = reducer.step(asked.state, events.AsTracking()).state

    assert "fits DHL as well" in asked.state.question.text
    assert (asked.state.checked_units, asked.state.tracking) == (0, "")
    assert (item.checked_units, item.tracking, item.question) == (1, "", None)
    assert (label.checked_units, label.tracking, label.question) == (0, BOTH, None)


def test_as_long_as_goods_must_be_checked_nothing_is_asked() -> None:
    mug = a_line("MUG", quantity=2, barcodes=(Barcode(BOTH, 1),), must_verify=True)
    checked = after(start(mug), line_items.Scanned(BOTH), line_items.Scanned(BOTH))

    assert (checked.checked_units, checked.question) == (2, None)
    assert reducer.step(checked, line_items.Scanned(BOTH)).state.question is not None


def test_goods_that_are_not_on_the_order_and_fit_the_carrier_are_asked_about_too() -> None:
    asked = known(start(), BOTH, "variant", "Darjeeling", "TEA-DA").state

    assert reducer.step(asked, events.Enter()).state.alarm.startswith("WRONG ITEM  Darjeeling")
    assert reducer.step(asked, events.AsTracking()).state.tracking == BOTH


MUST = a_line("MUG", quantity=2, must_verify=True)


def test_units_that_must_be_checked_do_not_leave_unchecked() -> None:
    label_first = known(start(MUST), LABEL)
    blind = reducer.step(start(MUST), events.Enter())
    done = after(start(MUST), line_items.Scanned("MUG"), line_items.Scanned("MUG"))
    sent = reducer.step(known(done, LABEL).state, events.Enter())

    assert (label_first.state.tracking, label_first.feedback.tone) == ("", Tone.WRONG)
    assert "2 units not checked yet" in label_first.feedback.text
    assert (blind.commands, blind.feedback.text) == ((), "Not checked yet: Mug 0 of 2. Scan each")
    assert sent.commands[0].verified == {"line-MUG": 2}


def test_of_half_checked_goods_only_the_checked_ones_leave() -> None:
    """No answer ships the rest."""
    draft = after(start(MUST), line_items.Scanned("MUG"))
    asked = reducer.step(draft, events.Enter()).state
    sent = after(asked, line_items.TurnTo(1), events.Enter())
    ready = reducer.step(after(sent, line_items.TurnTo(1)), events.Enter())

    assert [one.name for one in asked.question.choices] == ["back", "ready"]
    assert (ready.commands[0].lines, ready.commands[0].verified) == (
        {"line-MUG": 1},
        {"line-MUG": 1},
    )


def test_an_override_lets_them_leave_and_travels_with_its_reason() -> None:
    short = reducer.step(start(MUST), events.Override("x"))
    let_go = after(start(MUST), events.Override("label torn"))
    tracked = known(let_go, LABEL).state
    sent = reducer.step(tracked, events.Enter()).commands[0]

    assert (short.state.override, short.feedback.tone) == ("", Tone.WRONG)
    assert (sent.override, sent.verified, sent.lines) == ("label torn", {}, {"line-MUG": 2})


def test_an_override_that_was_not_needed_in_the_end_is_not_sent() -> None:
    draft = after(start(MUST), events.Override("label torn"), line_items.Scanned("MUG"))
    sent = reducer.step(known(after(draft, line_items.Scanned("MUG")), LABEL).state, events.Enter())

    assert sent.commands[0].override == ""


def test_the_draft_knows_how_it_goes_and_what_the_customer_asks() -> None:
    draft = reducer.start(an_order(MUG, carrier="GLS", customer_note="Ring twice"))

    assert (draft.carrier, draft.agreed, draft.note) == ("GLS", "DHL Paket", "Ring twice")


def test_scanning_goods_checks_them_off() -> None:
    draft = start()
    first = reducer.step(draft, line_items.Scanned("mug"))
    again = reducer.step(first.state, line_items.Scanned(MUG.barcode))

    assert first.feedback.text == "Mug  1 of 2"
    assert again.state.checked_units == 2
    assert again.feedback.tone is Tone.GOOD


def test_one_too_many_is_refused_and_changes_nothing() -> None:
    draft = after(start(), line_items.Scanned("MUG"), line_items.Scanned("MUG"))
    third = reducer.step(draft, line_items.Scanned("MUG"))

    assert third.state.lines == draft.lines
    assert third.feedback.tone is Tone.WRONG
    assert third.feedback.text.startswith("1 too many: Mug")


def test_a_case_label_checks_off_as_many_units_as_are_in_a_case() -> None:
    """Counted as one, eleven of twelve would leave unchecked (and nobody would notice)."""
    mugs = a_line("MUG", quantity=14, barcodes=(Barcode("400638", 1), Barcode("1400638", 12)))
    first = reducer.step(start(mugs), line_items.Scanned("1400638"))
    again = reducer.step(first.state, line_items.Scanned("1400638"))
    singles = after(first.state, line_items.Scanned("400638"), line_items.Scanned("MUG"))

    assert (first.state.checked_units, first.feedback.text) == (12, "Mug  12 of 14")
    assert again.state.lines == first.state.lines
    assert again.feedback.tone is Tone.WRONG
    assert again.feedback.text == ("10 too many: Mug, 12 of 14 are in. A case holds 12. Put back")
    assert singles.checked_units == 14


def test_a_case_of_which_too_much_is_open_is_refused_whole() -> None:
    """Half a case is counted by units."""
    mugs = a_line("MUG", quantity=5, barcodes=(Barcode("1400638", 12),))
    taken = reducer.step(start(mugs), line_items.Scanned("1400638"))

    assert taken.state.checked_units == 0
    assert taken.feedback.text.startswith("7 too many: Mug, 0 of 5 are in.")


def test_a_code_that_goods_got_since_the_order_was_read_counts_as_the_shop_says() -> None:
    mugs = a_line("MUG", quantity=12)
    told = events.Recognised("NEW", "variant", "MUG: Mug", "MUG", 6)
    taken = reducer.step(start(mugs), told)

    assert taken.state.checked_units == 6


@pytest.mark.parametrize("code", ["012345678905", "0012345678905"])
@pytest.mark.parametrize("known", ["012345678905", "0012345678905"])
def test_a_upc_is_the_ean_with_a_zero_before_it(code: str, known: str) -> None:
    """On file in one form, printed in the other."""
    for line in (
        a_line("MUG", barcodes=(Barcode(known, 1),), must_verify=True),
        a_line("MUG", barcode=known, must_verify=True),
    ):
        assert after(start(line), line_items.Scanned(code)).checked_units == 1


def test_when_the_last_unit_is_checked_enter_is_offered() -> None:
    draft = start(MUG)
    done = reducer.step(after(draft, line_items.Scanned("MUG")), line_items.Scanned("MUG"))

    assert done.feedback.tone is Tone.DONE
    assert done.feedback.text == "All 2 units checked: Enter ships"


def test_a_strange_code_is_asked_about_before_it_counts_for_anything() -> None:
    taken = reducer.step(start(), line_items.Scanned("TEA-DA-05"))

    assert taken.commands == (events.LookUp("TEA-DA-05"),)
    assert taken.state == start()


@pytest.mark.parametrize(
    ("kind", "words"),
    [("variant", "WRONG ITEM  Darjeeling"), ("order", "That is Darjeeling: ship or leave")],
)
def test_what_does_not_belong_here_is_refused_by_name(kind: str, words: str) -> None:
    taken = reducer.step(start(), events.Recognised("X", kind, "Darjeeling"))

    assert taken.feedback.tone is Tone.WRONG
    assert taken.feedback.text.startswith(words)
    assert taken.state == replace(start(), alarm=taken.feedback.text)


def test_a_free_number_is_typed_behind_a_hash() -> None:
    asked = reducer.step(start(), events.TrackingEntered("cargo-778812"))
    taken = reducer.step(asked.state, events.Recognised("cargo-778812", None, is_typed=True))
    goods = reducer.step(
        asked.state, events.Recognised("cargo-778812", "variant", "Tea", is_typed=True)
    )

    assert asked.commands == (events.LookUp("cargo-778812", is_typed=True),)
    assert taken.state.tracking == "CARGO-778812"
    assert (goods.state.tracking, goods.feedback.tone) == ("", Tone.WRONG)


def test_offline_only_what_fits_the_carrier_or_was_typed_as_such_is_a_tracking_number() -> None:
    label = reducer.step(start(), events.NotRecognised(LABEL)).state
    other = reducer.step(start(), events.NotRecognised("CARGO-778812"))
    typed = reducer.step(start(), events.NotRecognised("CARGO-778812", is_typed=True))

    assert label.tracking == LABEL
    assert (other.state.tracking, other.feedback.tone) == ("", Tone.WRONG)
    assert typed.state.tracking == "CARGO-778812"
    assert "could not be asked" in typed.feedback.text


@pytest.mark.parametrize("text", ["abc", "", "a" * 65, "no tracking!"])
def test_what_cannot_be_a_tracking_number_is_refused(text: str) -> None:
    taken = reducer.step(start(), events.TrackingEntered(text))

    assert taken.feedback.tone is Tone.WRONG
    assert taken.state.tracking == ""


def test_a_barcode_in_the_quantity_is_refused() -> None:
    taken = reducer.step(start(), line_items.Exactly("5012345678917"))

    assert "looks like a barcode" in taken.feedback.text
    assert taken.state == start()


def test_without_a_tracking_number_the_operator_is_asked_and_no_has_the_focus() -> None:
    asked = reducer.step(start(), events.Enter())
    backed_out = reducer.step(asked.state, events.Enter())
    agreed = reducer.step(after(asked.state, line_items.TurnTo(1)), events.Enter())

    assert asked.commands == ()
    assert asked.state.question.focused.name == "back"
    assert backed_out.commands == ()
    assert backed_out.state.question is None
    assert agreed.commands == (
        events.Send({"line-MUG": 2, "line-TEA": 3}, "DHL", None, True, {}, ""),
    )


def test_half_checked_parcels_are_asked_about() -> None:
    draft = after(
        start(), line_items.Scanned("MUG"), events.Recognised("CARGO-778812", None, is_typed=True)
    )
    asked = reducer.step(draft, events.Enter())
    only_checked = reducer.step(after(asked.state, line_items.TurnTo(1)), events.Enter())
    all_of_it = reducer.step(after(asked.state, line_items.TurnTo(2)), events.Enter())

    assert asked.state.question.text == "Only 1 of 5 units were checked."
    assert only_checked.commands[0].lines == {"line-MUG": 1}
    assert not only_checked.commands[0].is_everything
    assert all_of_it.commands[0].lines == {"line-MUG": 2, "line-TEA": 3}


def test_a_scan_closes_an_open_question() -> None:
    asked = after(start(), events.Enter())

    assert after(asked, line_items.Scanned("MUG")).question is None


def test_an_order_that_changed_keeps_the_draft_as_far_as_it_fits_and_says_so() -> None:
    draft = after(
        start(), events.Recognised("CARGO-778812", None, is_typed=True), line_items.Scanned("TEA")
    )
    fitted = reducer.reloaded(draft, an_order(replace(MUG, open_quantity=1), TEA))

    assert [(line.sku, line.take, line.checked) for line in fitted.state.lines] == [
        ("MUG", 1, 0),
        ("TEA", 3, 1),
    ]
    assert fitted.state.tracking == "CARGO-778812"
    assert fitted.feedback.text == "Read again: Mug: 2 → 1 to ship"


def test_an_order_that_did_not_change_is_not_talked_about() -> None:
    assert reducer.reloaded(start(), an_order(MUG, TEA)).feedback is None


HAPPENINGS = st.one_of(
    st.sampled_from(["MUG", "TEA", "mug", MUG.barcode, "X-1", "1Z999AA10123456784"]).map(
        line_items.Scanned
    ),
    st.integers(-3, 3).map(line_items.OneMore),
    st.sampled_from(["0", "1", "2", "3", "9", "99999", "x"]).map(line_items.Exactly),
    st.integers(-2, 5).map(line_items.Move),
    st.sampled_from(["DHL", "UPS", "", " "]).map(events.CarrierChosen),
    st.sampled_from(["CARGO-778812", "?"]).map(events.TrackingEntered),
    st.builds(
        events.Recognised,
        st.sampled_from(["X-1", LABEL, BOTH]),
        st.sampled_from([None, "variant", "order", "fulfilment"]),
        st.just("it"),
        is_typed=st.booleans(),
    ),
    st.builds(events.NotRecognised, st.sampled_from(["X-1", LABEL]), st.booleans()),
    st.sampled_from(["torn", "x"]).map(events.Override),
    st.builds(events.AsTracking),
    st.integers(-2, 2).map(line_items.TurnTo),
    st.builds(events.TakeAll),
    st.builds(events.Dismiss),
    st.builds(events.Enter),
)


@settings(max_examples=50)
@given(st.lists(HAPPENINGS, max_size=30))
def test_never_more_is_shipped_than_is_open(happened: list[events.Event]) -> None:
    """And nothing unchecked that must be, and nothing while a red stands."""
    draft = start(replace(MUG, must_verify=True), TEA)
    for event in happened:
        taken = reducer.step(draft, event)
        draft = taken.state
        for line in draft.lines:
            assert 0 <= line.checked <= line.take <= line.open
        for command in taken.commands:
            if isinstance(command, events.Send):
                open_units = {"line-MUG": 2, "line-TEA": 3}
                assert command.lines
                assert not taken.state.alarm
                unchecked = command.lines.get("line-MUG", 0) - command.verified.get("line-MUG", 0)
                assert unchecked == 0 or command.override
                assert all(n <= command.lines[line] for line, n in command.verified.items())
                assert all(0 < n <= open_units[line] for line, n in command.lines.items())
                assert command.is_everything == (command.lines == open_units)
                assert command.carrier


@settings(max_examples=50)
@given(st.lists(HAPPENINGS, max_size=30))
def test_taking_steps_back_gives_the_same_parcel_as_before(happened: list[events.Event]) -> None:
    history = UndoStack(start())
    before = []
    for event in happened:
        taken = reducer.step(history.now, event)
        if taken.state.work != history.now.work:
            before.append(history.now.work)
            history.went_on(taken.state, "step")
        else:
            history.moved(taken.state)
    while history.can_go_back:
        history.back()
        assert history.now.work == before.pop()
    assert not before
