"""Carriers and their tracking pages."""

import pytest

from api.fulfilment.carriers import carrier_name, tracking_url


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("DHL", "DHL"),
        ("dhl", "DHL"),
        ("la-poste", "La Poste"),
        ("ROYALMAIL", "Royal Mail"),
        ("Bike courier", "Bike courier"),
    ],
)
def test_a_known_carrier_is_spelled_as_it_spells_itself(written: str, name: str) -> None:
    assert carrier_name(written) == name


def test_a_number_becomes_part_of_an_address_and_nothing_else() -> None:
    assert tracking_url("ups", "1Z&x=1#") == "https://www.ups.com/track?tracknum=1Z%26x%3D1%23"


def test_without_a_page_or_a_number_there_is_no_address() -> None:
    assert tracking_url("Bike courier", "12345") is None
    assert tracking_url("DHL", None) is None


@pytest.mark.parametrize(
    "carrier",
    ["DHL", "DPD", "GLS", "Hermes", "UPS", "FedEx", "PostNL", "La Poste", "Royal Mail", "USPS"],
)
def test_every_carrier_of_the_counter_has_a_page(carrier: str) -> None:
    url = tracking_url(carrier, "AB12345")

    assert url is not None
    assert url.startswith("https://")
    assert url.endswith("AB12345")
