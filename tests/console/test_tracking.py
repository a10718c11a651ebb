"""Tracking numbers: examples that carriers and their documents print, and misreads of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.flows import tracking

PRINTED = [
    # tracking_number_data, couriers/ups.json
    ("UPS", "1Z5R89390357567127", "1Z5R89390357567127"),
    ("UPS", "1z 999 AA1 01 2345 6784", "1Z999AA10123456784"),
    # paketda.de, "Prüfziffern-Berechnung für Paketnummern"
    ("DHL", "00340433836442636597", "00340433836442636597"),
    ("DHL", "201298452277", "201298452277"),
    ("DHL", "JJD1410302937991", "JJD1410302937991"),
    ("Hermes", "09133131530724", "09133131530724"),
    ("DPD", "01015026003653c", "01015026003653"),
    # tracking_number_data, couriers/dhl.json, dpd.json and fedex.json
    ("DHL", "3318810025", "3318810025"),
    ("DPD", "00 81827 0998 0000 0200 33 350 276 C", "09980000020033"),
    ("DPD", "%0081827099800000200453272 76N", "09980000020045"),
    ("FedEx", "986578788855", "986578788855"),
    ("FedEx", "1001921334250001000300779017972697", "779017972697"),
    ("FedEx", "9622001900000000000000776632517510", "776632517510"),
    ("FedEx", "0414 4176 0228 964", "041441760228964"),
    ("FedEx", "9611020987654312345672", "987654312345672"),
    # Worked out by the rule of GLS's own document: 11 digits and the check digit.
    ("GLS", "850000000017", "850000000017"),
    ("PostNL", "3SDEVC201611210", "3SDEVC201611210"),
    # UPU S10, the annex's example, and those of three posts
    ("Royal Mail", "RB123456785GB", "RB123456785GB"),
    ("DHL", "RB123456785DE", "RB123456785DE"),
    ("PostNL", "RB123456785NL", "RB123456785NL"),
    ("Correos", "RR473124829ES", "RR473124829ES"),
    ("Die Post", "RM999605013CH", "RM999605013CH"),
]


@pytest.mark.parametrize(("carrier", "printed", "number"), PRINTED)
def test_what_a_carrier_prints_is_its_number(carrier: str, printed: str, number: str) -> None:
    assert tracking.number_of(carrier, printed) == number
    assert tracking.number_of(carrier.lower(), printed) == number


@pytest.mark.parametrize(
    ("carrier", "code"),
    [
        ("UPS", "1Z5R89390357567128"),
        ("DHL", "00340433836442636598"),
        ("DHL", "201298452278"),
        ("DHL", "3318810010"),
        ("DPD", "008182709980000020033350276A"),
        ("FedEx", "996578788855"),
        ("FedEx", "1001901781990001000300617767839438"),
        ("FedEx", "568283610012732"),
        ("GLS", "850000000018"),
        ("Hermes", "09133131530725"),
        ("Royal Mail", "RB123456784GB"),
        # Another's number, however good
        ("DHL", "1Z5R89390357567127"),
        ("UPS", "00340433836442636597"),
        ("DHL", "RB123456785GB"),
        ("DHL", "RM999605013CH"),
        # No number at all
        ("DHL", "swan-neck-12"),
        ("Radbote", "201298452277"),
        ("", "201298452277"),
        ("DHL", ""),
    ],
)
def test_a_misread_and_anything_else_is_none(carrier: str, code: str) -> None:
    assert tracking.number_of(carrier, code) is None


SEES_EACH = [one for one in PRINTED if one[2] in {
    "00340433836442636597", "850000000017", "09133131530724",
}]  # fmt: skip
"""Rules that see each wrong digit; those with even weights, or moduli of 7 or 11, miss some."""


@given(st.sampled_from(SEES_EACH), st.integers(0, 40), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_seen(example: tuple[str, str, str], at: int, digit: str) -> None:
    carrier, _, number = example
    at %= len(number)
    misread = number[:at] + digit + number[at + 1 :]
    if number[at].isdigit() and misread != number:
        assert tracking.number_of(carrier, misread) is None


@given(st.text(max_size=60))
def test_any_text_may_be_asked_about(text: str) -> None:
    for carrier in (*tracking.CARRIERS, "Radbote"):
        number = tracking.number_of(carrier, text)
        assert number is None or tracking.why_not(number) is None
