"""Zones and price bands as operators type and read them."""

import pytest

from console.flows.records import form, shipping_input
from console.flows.records.formatting import told
from console.flows.records.shapes import Field, Input


def test_areas_are_read_and_written_alike() -> None:
    typed = "DE, US/CA, GB E1 *, DE 28000-28999, -DE 27498, *"

    areas = shipping_input.areas(typed)

    assert areas[1:5] == [
        {"country": "US", "region": "CA"},
        {"country": "GB", "postal_code": "E1 *"},
        {"country": "DE", "postal_code": "28000-28999"},
        {"country": "DE", "postal_code": "27498", "excluded": True},
    ]
    assert told(Field("", "areas", "areas"), areas) == typed


def test_bands_are_read_and_written_alike() -> None:
    bands = shipping_input.bands("0-1000 4,90; 1001- 9.90", "EUR")

    assert bands == [
        {"from": 0, "up_to": 1000, "price": {"amount": 490, "currency": "EUR"}},
        {"from": 1001, "up_to": None, "price": {"amount": 990, "currency": "EUR"}},
    ]
    assert told(Field("", "bands", "bands"), bands) == "0-1000 4.90; 1001- 9.90"


@pytest.mark.parametrize(("kind", "typed"), [("areas", "Germany"), ("bands", "1000 4.90")])
def test_what_makes_no_sense_is_asked_for_again(kind: str, typed: str) -> None:
    with pytest.raises(form.NotAnAnswer, match="such as"):
        form.parsed(Input(kind, "?", kind), typed, "EUR")
