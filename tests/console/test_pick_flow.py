"""The walk of a batch, without a terminal: what each scan means, and that a wrong one waits."""

from dataclasses import replace

import pytest

from console.client.picking import Batch, LotToPick, PickLine, PickOrder, Tote
from console.flows.picking import Assigned, Pick, Step, Walk

MUG, JUG = "4006381333931", "4006381333948"


def line(number: int, sku: str, code: str | None, slot: int, units: int = 1) -> PickLine:
    return PickLine(
        id=f"line-{number}", order_id=f"order-{slot}", order_number=f"100{slot}",
        order_position=slot, sku=sku, barcode={"MUG": MUG, "JUG": JUG}.get(sku), title=sku.title(),
        variant_title="", bin_code=code, bin_id=code, bin_barcode=code and f"L-{code}",
        quantity=units, picked=0, status="todo", confused_with=(), lots=(), pick_warning="",
    )  # fmt: skip


def order(slot: int, *totes: str) -> PickOrder:
    return PickOrder(
        order_id=f"order-{slot}", number=f"100{slot}", position=slot, status="picking",
        customer_note=None, gift_message=None, pinned_notes=(),
        on_hold=False, totes=tuple(Tote(one, one) for one in totes),
    )  # fmt: skip


def batch(kind: str = "totes", *totes: str) -> Batch:
    return Batch(
        id="b", number="B-7", kind=kind, status="in_progress", picker="Mia",
        orders=(order(1, *totes[:1]), order(2, *totes[1:])), totes=(),
        lines=(line(1, "MUG", "A-01", 1, 2), line(2, "MUG", "A-01", 2), line(3, "JUG", None, 2)),
    )  # fmt: skip


def walked(walk: Walk, *codes: str) -> Walk:
    for code in codes:
        outcome = walk.scan(code)
        assert not outcome.is_wrong, (code, outcome.words)
        walk = outcome.walk
    return walk


def test_each_order_gets_a_tote_and_a_scanner_alone_walks_to_the_end() -> None:
    walk = walked(Walk(batch()), "T-1", "T-2")
    assert walk.step is Step.BIN

    walk = walked(walk, "L-A-01", MUG, "T-1")
    assert walk.step is Step.ITEM, "the next line is in the same bin"
    walk = walked(walk, MUG, "T-2", JUG)
    last = walk.scan("t-2")

    assert last.walk.step is Step.DONE
    assert isinstance(last.send, Pick)
    assert (last.send.units, last.send.place, last.send.tote) == (1, None, "T-2")
    assert last.walk.picked == 4


def test_a_tote_is_put_on_the_cart_once() -> None:
    first = Walk(batch()).scan("T-1")
    assert first.send == Assigned(order(1), "T-1")

    assert first.walk.scan("T-1").is_wrong
    assert first.walk.scan(MUG).is_wrong
    assert first.walk.step is Step.CART


@pytest.mark.parametrize(
    ("before", "code", "words"),
    [
        ((), MUG, "Scan the bin A-01 first"),
        ((), "L-A-02", "Wrong bin: go to A-01"),
        (("L-A-01",), JUG, "WRONG ITEM: MUG is expected. This is for order 1002, later"),
        (("L-A-01",), "X", "WRONG ITEM: MUG is expected"),
        (("L-A-01", MUG), "T-2", "WRONG TOTE: order 1001 has T-1"),
        (("L-A-01", MUG), MUG, "Now the tote: scan its label"),
    ],
)
def test_a_wrong_scan_never_goes_on(before: tuple[str, ...], code: str, words: str) -> None:
    walk = walked(Walk(batch("totes", "T-1", "T-2")), *before)

    outcome = walk.scan(code)

    assert (outcome.words, outcome.is_wrong, outcome.send) == (words, True, None)
    assert outcome.walk is walk


def test_a_quantity_is_at_most_what_is_needed() -> None:
    walk = walked(Walk(batch("totes", "T-1", "T-2")), "L-A-01")

    assert walk.scan(MUG, 3).words == "1 too many: 2 are needed"
    assert walk.scan(MUG, 0).is_wrong
    assert walk.scan(MUG, 1).walk.units == 1


def test_without_totes_each_scan_is_a_unit() -> None:
    walk = walked(Walk(batch("order")), "L-A-01")

    first = walk.scan(MUG)

    assert isinstance(first.send, Pick)
    assert (first.send.units, first.walk.left(walk.lines[0])) == (1, 1)


def test_what_the_shop_knows_is_not_counted_twice() -> None:
    walk = walked(Walk(batch("totes", "T-1", "T-2")), "L-A-01", MUG, "T-1")
    assert walk.picked == 2
    known = replace(
        walk.batch, lines=(replace(walk.batch.lines[0], picked=2), *walk.batch.lines[1:])
    )

    assert walk.refreshed(known).picked == 2
    assert walk.refreshed(walk.batch).picked == 2


def test_an_item_in_the_hand_is_not_taken_for_the_line_after_a_cancelled_one() -> None:
    walk = walked(Walk(batch("totes", "T-1", "T-2")), "L-A-01", MUG)
    assert walk.step is Step.TOTE
    gone = replace(walk.batch.lines[0], status="removed")

    after = walk.refreshed(replace(walk.batch, lines=(gone, *walk.batch.lines[1:])))

    assert (after.step, after.item, after.units) == (Step.ITEM, None, 0)


def test_what_the_shop_refused_is_to_be_done_again() -> None:
    walk = walked(Walk(batch()), "T-1", "T-2", "L-A-01", MUG, "T-1", MUG)
    assert (walk.picked, walk.step) == (2, Step.TOTE)

    again = walk.settled()

    assert (again.picked, again.step) == (0, Step.CART)
    assert Walk(batch()).settled() == Walk(batch())


def test_a_skipped_line_comes_last_and_a_held_order_not_at_all() -> None:
    walk = Walk(batch("totes", "T-1", "T-2")).skip()
    assert [one.id for one in walk.lines] == ["line-2", "line-3", "line-1"]

    held = replace(walk.batch, orders=(order(1, "T-1"), replace(order(2, "T-2"), on_hold=True)))
    assert [one.id for one in walk.refreshed(held).lines] == ["line-1"]


def test_a_warning_is_read_before_the_item_is_taken_and_once_in_a_batch() -> None:
    """Without the step the item would be scanned and the warning overlooked."""
    first = batch("totes", "T-1", "T-2")
    told = replace(first.lines[0], pick_warning="Left shoe only: count pairs")
    noted = replace(first.orders[0], pinned_notes=("No plastic",))
    warned = replace(first, lines=(told, *first.lines[1:]), orders=(noted, first.orders[1]))
    walk = walked(Walk(warned), "L-A-01")
    assert (walk.step, len(walk.warnings)) == (Step.WARNING, 2)

    refused = walk.scan(MUG)
    read = walked(walk, "L-A-01")

    assert (refused.is_wrong, refused.walk) == (True, walk)
    assert refused.words.startswith("READ FIRST: MUG: Left shoe only")
    assert (read.step, read.warnings) == (Step.ITEM, ())
    assert walk.read_warnings().walk.step is Step.ITEM
    assert walked(read, MUG, "T-1").step is Step.ITEM, "the next line has no warning"


def test_a_full_tote_is_followed_by_a_second_one_for_the_same_order() -> None:
    walk = walked(Walk(batch("totes", "T-1", "T-2")), "L-A-01")

    full = walk.full()
    second = full.walk.scan("T-3")

    assert (full.walk.step, full.is_wrong) == (Step.CART, False)
    assert second.send == Assigned(walk.batch.orders[0], "T-3")
    after = walked(second.walk, MUG)
    assert after.scan("T-2").is_wrong
    assert isinstance(after.scan("T-3").send, Pick)
    assert Walk(batch("order")).full().is_wrong


def test_another_lot_than_the_first_is_refused_and_the_right_one_is_sent() -> None:
    first = batch("totes", "T-1", "T-2")
    line_of_lot = replace(first.lines[0], lots=(LotToPick("SOON", None), LotToPick("LATE", None)))
    walk = walked(Walk(replace(first, lines=(line_of_lot,))), "L-A-01")

    assert walk.scan(MUG, lot="LATE").words == "WRONG LOT: SOON is sold first"
    taken = walk.scan(MUG, lot="SOON").walk.scan("T-1")

    assert isinstance(taken.send, Pick)
    assert taken.send.lot == "SOON"


def test_totes_are_called_by_name_and_colour() -> None:
    assert Tote("T-1", "T-1", "Whale", "blue").words == "T-1 Whale, blue"
    assert Tote("T-1", "T-1").words == "T-1"
