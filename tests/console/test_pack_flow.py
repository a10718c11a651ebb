"""The parcel at the station, without a terminal: scans, the label, the weight, large type."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from console.client.models import Barcode
from console.client.packing import BoxType, PackingLine, PackingSession
from console.flows.packing import Parcel
from console.flows.weight_input import parse
from console.widgets import large_type

pytestmark = pytest.mark.pure
MUG, CASE, LABEL = "4006381333931", "4006381333948", "00340434161094042557"
BOXES = (BoxType("b", "M", "B-M", 120),)


def a_line(sku: str, quantity: int, **more: Any) -> PackingLine:
    values: dict[str, Any] = {
        "id": sku, "order_line_id": sku, "sku": sku, "barcode": None, "barcodes": (),
        "title": sku.title(), "variant_title": "", "note": None, "properties": {},
        "is_fragile": False, "must_verify": True, "quantity": quantity, "verified": 0, **more,
    }  # fmt: skip
    return PackingLine(**values)


def a_parcel(*lines: PackingLine, **more: Any) -> Parcel:
    values: dict[str, Any] = {
        "id": "p", "order_id": "o", "order_number": "1001", "status": "open", "packer": "Mia",
        "tote": None, "is_picked_up": False, "carrier": "DHL",
        "buys_label": False, "shipping_method": "Parcel",
        "country": "DE", "customer_name": "Zoë", "customer_note": None, "gift_message": None,
        "pinned_notes": (), "is_fragile": False, "lines": lines, "box": None, "needs_box": False,
        "weight_grams": None, "expected_grams": None, "blocked_by": None, "fulfilment_id": None,
        **more,
    }  # fmt: skip
    return Parcel(PackingSession(**values))


def test_a_case_counts_as_its_units_and_nothing_goes_in_twice() -> None:
    mugs = a_line("MUG", 7, barcodes=(Barcode(MUG, 1), Barcode(CASE, 6)))
    outcome = a_parcel(mugs).scan(CASE, 1, ())
    assert (outcome.parcel.verified_units, outcome.is_wrong) == (6, False)
    again = outcome.parcel.scan(CASE, 1, ())
    assert (again.is_wrong, again.parcel.verified_units) == (True, 6)
    assert "5 too many" in again.words
    assert again.parcel.missing().startswith("5 too many")
    last = again.parcel.scan(MUG, 1, ())
    assert (last.words, last.parcel.alarm) == ("All 7 verified", "")


def test_the_label_comes_last_and_only_of_its_carrier() -> None:
    parcel = a_parcel(a_line("MUG", 1), needs_box=True)
    assert parcel.scan(LABEL, 1, BOXES).words.startswith("The label comes last. Not verified yet")
    parcel = parcel.scan("mug", 1, BOXES).parcel
    assert parcel.missing() == "No box yet: scan its label"
    parcel = parcel.scan("b-m", 1, BOXES).parcel
    other = replace(parcel, carrier="GLS").scan(LABEL, 1, BOXES)
    assert (other.is_wrong, other.parcel.tracking) == (True, "")
    label = parcel.scan(LABEL, 1, BOXES)
    assert (label.is_label, label.is_sent, label.parcel.tracking) == (True, False, LABEL)
    assert label.parcel.missing() == ""


def test_a_weight_that_is_off_is_looked_into() -> None:
    parcel = a_parcel(a_line("MUG", 1, verified=1), expected_grams=520)
    assert not replace(parcel, weight=540).is_off
    off = replace(parcel, weight=541)
    assert off.missing() == "541 g instead of 520 g: look inside"
    assert replace(off, is_rechecked=True).missing() == ""


def test_what_the_shop_says_counts() -> None:
    parcel = a_parcel(a_line("MUG", 2)).scan("MUG", 1, ()).parcel
    told = replace(parcel.session, lines=(a_line("MUG", 2, verified=1),), blocked_by="Wrong item")
    after = parcel.refreshed(told)
    assert (after.verified_units, after.alarm) == (1, "Wrong item")


@pytest.mark.parametrize(
    ("text", "grams"),
    [("1250", 1250), ("1.25", 1250), ("1,25", 1250), ("1.25 kg", 1250), ("2kg", 2000),
     ("850 g", 850), ("0", None), ("", None), ("1.2.3", None), ("12,5,0", None), ("ten", None),
     ("9999999", None)],
)  # fmt: skip
def test_a_weight_is_read_as_people_type_it(text: str, grams: int | None) -> None:
    assert parse(text) == grams


def test_large_type_is_as_large_as_fits() -> None:
    assert large_type.scale_for("2/3", 80, 3) == 1
    assert large_type.scale_for("2/3", 80, 20) == 6
    assert large_type.scale_for("A VERY LONG NAME OF A PRODUCT", 40, 20) == 0
    assert large_type.scale_for("茶", 80, 20) == 0
    for row in large_type.large("Thé glacé ŁÓDŹ", 2):
        assert set(row) <= set(" █▀▄")
    rows = large_type.large("I", 1)
    assert rows == ("█", "█", "▀")
