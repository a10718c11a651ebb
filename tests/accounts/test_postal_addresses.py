"""What a carrier needs in order to find a door."""

from typing import Any

import marshmallow as ma
import pytest

from api.platform.addresses import COUNTRIES, AddressSchema

BREMEN = {
    "name": "Ada Lovelace",
    "line1": "Marktplatz 3",
    "city": "Bremen",
    "postal_code": "28195",
    "country": "DE",
}


def refusal(**changes: Any) -> dict[str, Any]:
    """Return what the form says about an address that differs from a good one."""
    given = {k: v for k, v in (BREMEN | changes).items() if v is not ...}
    with pytest.raises(ma.ValidationError) as refused:
        AddressSchema().load(given)
    messages = refused.value.messages
    assert isinstance(messages, dict)
    return messages


def test_an_address_loads_to_all_nine_fields() -> None:
    assert AddressSchema().load(BREMEN) == {
        "name": "Ada Lovelace",
        "company": None,
        "line1": "Marktplatz 3",
        "line2": None,
        "city": "Bremen",
        "region": None,
        "postal_code": "28195",
        "country": "DE",
        "phone": None,
    }


def test_spaces_and_small_letters_are_tidied() -> None:
    given = {
        "name": "  Ada Lovelace ",
        "company": "   ",
        "line1": "1 Main Street",
        "city": "London",
        "postal_code": " sw1a 1aa ",
        "country": "gb",
        "phone": "",
    }

    address = AddressSchema().load(given)

    assert (address["name"], address["company"], address["phone"]) == ("Ada Lovelace", None, None)
    assert (address["postal_code"], address["country"]) == ("SW1A 1AA", "GB")


@pytest.mark.parametrize("field", ["name", "line1", "city", "country"])
def test_what_no_parcel_arrives_without_is_required(field: str) -> None:
    assert list(refusal(**{field: ...})) == [field]
    assert list(refusal(**{field: "  "})) == [field]
    assert list(refusal(**{field: None})) == [field]


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("AT", "1010"),
        ("BE", "1000"),
        ("BR", "01310-100"),
        ("CA", "K1A 0B1"),
        ("CH", "8001"),
        ("CZ", "110 00"),
        ("DE", "28195"),
        ("FR", "75001"),
        ("GB", "EC1A 1BB"),
        ("IE", "D02 X285"),
        ("JP", "100-0001"),
        ("NL", "1012 AB"),
        ("PL", "00-001"),
        ("PT", "1000-001"),
        ("SE", "111 22"),
        ("US", "94105"),
        ("US", "94105-1234"),
        ("TH", "10200"),
    ],
)
def test_postal_codes_of_many_countries_pass(country: str, code: str) -> None:
    given = BREMEN | {"country": country, "postal_code": code, "region": "Somewhere"}

    assert AddressSchema().load(given)["postal_code"] == code


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("DE", "2819"),
        ("DE", "281955"),
        ("DE", "२८१९५"),
        ("GB", "28195"),
        ("NL", "0123 AB"),
        ("US", "K1A"),
    ],
)
def test_a_code_of_another_country_is_refused(country: str, code: str) -> None:
    said = refusal(country=country, postal_code=code, region="X")
    assert said["postal_code"][0].startswith(f"This is not a postal code of {country}: ")


def test_a_postal_code_is_needed_except_where_the_post_has_none() -> None:
    assert list(refusal(postal_code=None)) == ["postal_code"]
    assert list(refusal(postal_code=" ", country="TH")) == ["postal_code"]
    hong_kong = BREMEN | {"country": "HK", "postal_code": None}
    assert AddressSchema().load(hong_kong)["postal_code"] is None


def test_a_state_is_needed_where_labels_come_back_without_one() -> None:
    assert list(refusal(country="US", postal_code="94105")) == ["region"]


def test_there_are_249_countries_and_no_others() -> None:
    assert len(COUNTRIES) == 249
    assert list(refusal(country="XX")) == ["country"]
    assert list(refusal(country="Germany")) == ["country"]


@pytest.mark.parametrize("text", ["Ada\x00", "Ada\nLovelace", "Ada\x1b[2J", "Ada\ud800"])
def test_control_characters_do_not_reach_a_label_printer(text: str) -> None:
    assert list(refusal(name=text)) == ["name"]


def test_lines_are_bounded_and_phones_are_kept_as_typed() -> None:
    assert list(refusal(line1="x" * 201)) == ["line1"]
    assert list(refusal(line2="x" * 201)) == ["line2"]
    assert list(refusal(phone="1" * 31)) == ["phone"]
    for phone in ("+49 (421) 123-45", "call me"):
        assert AddressSchema().load(BREMEN | {"phone": phone})["phone"] == phone


def test_a_field_that_nobody_knows_is_refused() -> None:
    assert list(refusal(zip="28195")) == ["zip"]


def test_a_change_to_part_of_an_address_holds_only_that_part() -> None:
    assert AddressSchema(partial=True).load({"city": "Hamburg"}) == {"city": "Hamburg"}
