"""Parcels in the making: nothing leaves that is not open, and every step can be taken back."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.client.models import Barcode
from console.flows import lines
from console.flows.history import History
from console.flows.ship import events, rules
from console.flows.ship.draft import ShipDraft
from console.flows.step import Tone
from tests.console.support.making import a_line, an_order

MUG, TEA = a_line("MUG", quantity=2), a_line("TEA", quantity=3)


def start(*lines: object) -> ShipDraft:
    return rules.start(an_order(*(lines or (MUG, TEA))), carrier="DHL")


def after(draft: ShipDraft, *happened: events.Event) -> ShipDraft:
    for event in happened:
        draft = rules.step(draft, event).state
    return draft


def test_a_parcel_starts_with_everything_that_is_open() -> None:
    draft = start(MUG, a_line("SENT", quantity=4, shipped=4), TEA)

    assert [(line.sku, line.take) for line in draft.lines] == [("MUG", 2), ("TEA", 3)]
    assert draft.is_everything
    assert draft.is_untouched


def test_the_label_and_enter_ship_the_whole_order() -> None:
    taken = rules.step(start(), lines.Scanned("00340434161094000170"))
    sent = rules.step(taken.state, events.Enter())

    assert taken.commands == ()
    assert sent.commands == (
        events.Send({"line-MUG": 2, "line-TEA": 3}, "DHL", "00340434161094000170", True),
    )


def test_a_ups_label_chooses_ups() -> None:
    draft = after(start(), lines.Scanned("1Z999AA10123456784"))

    assert (draft.carrier, draft.tracking) == ("UPS", "1Z999AA10123456784")


def test_scanning_goods_checks_them_off() -> None:
    draft = start()
    first = rules.step(draft, lines.Scanned("mug"))
    again = rules.step(first.state, lines.Scanned(MUG.barcode))

    assert first.feedback.text == "Mug  1 of 2"
    assert again.state.checked_units == 2
    assert again.feedback.tone is Tone.GOOD


def test_one_too_many_is_refused_and_changes_nothing() -> None:
    draft = after(start(), lines.Scanned("MUG"), lines.Scanned("MUG"))
    third = rules.step(draft, lines.Scanned("MUG"))

    assert third.state.lines == draft.lines
    assert third.feedback.tone is Tone.WRONG
    assert third.feedback.text.startswith("1 too many: Mug")


def test_a_case_label_checks_off_as_many_units_as_are_in_a_case() -> None:
    """Counted as one, eleven of twelve would leave unchecked (and nobody would notice)."""
    mugs = a_line("MUG", quantity=14, barcodes=(Barcode("400638", 1), Barcode("1400638", 12)))
    first = rules.step(start(mugs), lines.Scanned("1400638"))
    again = rules.step(first.state, lines.Scanned("1400638"))
    singles = after(first.state, lines.Scanned("400638"), lines.Scanned("MUG"))

    assert (first.state.checked_units, first.feedback.text) == (12, "Mug  12 of 14")
    assert again.state.lines == first.state.lines
    assert again.feedback.tone is Tone.WRONG
    assert again.feedback.text == ("10 too many: Mug, 12 of 14 are in. A case holds 12. Put back")
    assert singles.checked_units == 14


def test_a_case_of_which_too_much_is_open_is_refused_whole() -> None:
    """Half a case is counted by units."""
    mugs = a_line("MUG", quantity=5, barcodes=(Barcode("1400638", 12),))
    taken = rules.step(start(mugs), lines.Scanned("1400638"))

    assert taken.state.checked_units == 0
    assert taken.feedback.text.startswith("7 too many: Mug, 0 of 5 are in.")


def test_a_code_that_goods_got_since_the_order_was_read_counts_as_the_shop_says() -> None:
    mugs = a_line("MUG", quantity=12)
    told = events.Recognised("NEW", "variant", "MUG: Mug", "MUG", 6)
    taken = rules.step(start(mugs), told)

    assert taken.state.checked_units == 6


@pytest.mark.parametrize("code", ["012345678905", "0012345678905"])
@pytest.mark.parametrize("known", ["012345678905", "0012345678905"])
def test_a_upc_is_the_ean_with_a_zero_before_it(code: str, known: str) -> None:
    """On file in one form, printed in the other."""
    for line in (
        a_line("MUG", barcodes=(Barcode(known, 1),)),
        a_line("MUG", barcode=known),
    ):
        assert after(start(line), lines.Scanned(code)).checked_units == 1


def test_when_the_last_unit_is_checked_enter_is_offered() -> None:
    draft = start(MUG)
    done = rules.step(after(draft, lines.Scanned("MUG")), lines.Scanned("MUG"))

    assert done.feedback.tone is Tone.DONE
    assert done.feedback.text == "All 2 units checked: Enter ships"


def test_a_strange_code_is_asked_about_before_it_counts_for_anything() -> None:
    taken = rules.step(start(), lines.Scanned("TEA-DA-05"))

    assert taken.commands == (events.LookUp("TEA-DA-05"),)
    assert taken.state == start()


@pytest.mark.parametrize(
    ("kind", "words"),
    [("variant", "WRONG ITEM  Darjeeling"), ("order", "That is Darjeeling: ship or leave")],
)
def test_what_does_not_belong_here_is_refused_by_name(kind: str, words: str) -> None:
    taken = rules.step(start(), events.Recognised("X", kind, "Darjeeling"))

    assert taken.feedback.tone is Tone.WRONG
    assert taken.feedback.text.startswith(words)
    assert taken.state == start()


def test_a_code_that_the_shop_does_not_know_is_a_tracking_number() -> None:
    assert after(start(), events.Recognised("CARGO-778812", None)).tracking == "CARGO-778812"


def test_offline_the_code_is_taken_as_tracking_number_and_that_is_said() -> None:
    taken = rules.step(start(), events.NotRecognised("CARGO-778812"))

    assert taken.state.tracking == "CARGO-778812"
    assert "could not be asked" in taken.feedback.text


@pytest.mark.parametrize("text", ["abc", "", "a" * 65, "no tracking!"])
def test_what_cannot_be_a_tracking_number_is_refused(text: str) -> None:
    taken = rules.step(start(), events.Tracked(text))

    assert taken.feedback.tone is Tone.WRONG
    assert taken.state.tracking == ""


def test_a_barcode_in_the_quantity_is_refused() -> None:
    taken = rules.step(start(), lines.Exactly("5012345678917"))

    assert "looks like a barcode" in taken.feedback.text
    assert taken.state == start()


def test_without_a_tracking_number_the_operator_is_asked_and_no_has_the_focus() -> None:
    asked = rules.step(start(), events.Enter())
    backed_out = rules.step(asked.state, events.Enter())
    agreed = rules.step(after(asked.state, lines.TurnTo(1)), events.Enter())

    assert asked.commands == ()
    assert asked.state.question.focused.name == "back"
    assert backed_out.commands == ()
    assert backed_out.state.question is None
    assert agreed.commands == (events.Send({"line-MUG": 2, "line-TEA": 3}, "DHL", None, True),)


def test_half_checked_parcels_are_asked_about() -> None:
    draft = after(start(), lines.Scanned("MUG"), events.Tracked("CARGO-778812"))
    asked = rules.step(draft, events.Enter())
    only_checked = rules.step(after(asked.state, lines.TurnTo(1)), events.Enter())
    all_of_it = rules.step(after(asked.state, lines.TurnTo(2)), events.Enter())

    assert asked.state.question.text == "Only 1 of 5 units were checked."
    assert only_checked.commands[0].lines == {"line-MUG": 1}
    assert not only_checked.commands[0].is_everything
    assert all_of_it.commands[0].lines == {"line-MUG": 2, "line-TEA": 3}


def test_a_scan_closes_an_open_question() -> None:
    asked = after(start(), events.Enter())

    assert after(asked, lines.Scanned("MUG")).question is None


def test_an_order_that_changed_keeps_the_draft_as_far_as_it_fits_and_says_so() -> None:
    draft = after(start(), events.Tracked("CARGO-778812"), lines.Scanned("TEA"))
    fitted = rules.reloaded(draft, an_order(replace(MUG, open_quantity=1), TEA))

    assert [(line.sku, line.take, line.checked) for line in fitted.state.lines] == [
        ("MUG", 1, 0),
        ("TEA", 3, 1),
    ]
    assert fitted.state.tracking == "CARGO-778812"
    assert fitted.feedback.text == "Read again: Mug: 2 → 1 to ship"


def test_an_order_that_did_not_change_is_not_talked_about() -> None:
    assert rules.reloaded(start(), an_order(MUG, TEA)).feedback is None


HAPPENINGS = st.one_of(
    st.sampled_from(["MUG", "TEA", "mug", MUG.barcode, "X-1", "1Z999AA10123456784"]).map(
        lines.Scanned
    ),
    st.integers(-3, 3).map(lines.OneMore),
    st.sampled_from(["0", "1", "2", "3", "9", "99999", "x"]).map(lines.Exactly),
    st.integers(-2, 5).map(lines.Move),
    st.sampled_from(["DHL", "UPS", "", " "]).map(events.By),
    st.sampled_from(["CARGO-778812", "?"]).map(events.Tracked),
    st.tuples(st.just("X-1"), st.sampled_from([None, "variant", "order"])).map(
        lambda pair: events.Recognised(*pair, label="it")
    ),
    st.integers(-2, 2).map(lines.TurnTo),
    st.builds(events.TakeAll),
    st.builds(events.Dismiss),
    st.builds(events.Enter),
)


@settings(max_examples=50)
@given(st.lists(HAPPENINGS, max_size=30))
def test_never_more_is_shipped_than_is_open(happened: list[events.Event]) -> None:
    draft = start()
    for event in happened:
        taken = rules.step(draft, event)
        draft = taken.state
        for line in draft.lines:
            assert 0 <= line.checked <= line.take <= line.open
        for command in taken.commands:
            if isinstance(command, events.Send):
                open_units = {"line-MUG": 2, "line-TEA": 3}
                assert command.lines
                assert all(0 < n <= open_units[line] for line, n in command.lines.items())
                assert command.is_everything == (command.lines == open_units)
                assert command.carrier


@settings(max_examples=50)
@given(st.lists(HAPPENINGS, max_size=30))
def test_taking_steps_back_gives_the_same_parcel_as_before(happened: list[events.Event]) -> None:
    history = History(start())
    before = []
    for event in happened:
        taken = rules.step(history.now, event)
        if taken.state.work != history.now.work:
            before.append(history.now.work)
            history.went_on(taken.state, "step")
        else:
            history.moved(taken.state)
    while history.can_go_back:
        history.back()
        assert history.now.work == before.pop()
    assert not before
