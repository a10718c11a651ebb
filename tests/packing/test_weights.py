"""What a parcel should weigh, learnt from parcels: pure arithmetic."""

from uuid import UUID

import pytest

from api.packing.calculation import Learnt, expected, is_off, observed, with_parcel

pytestmark = pytest.mark.pure
MUG, TEA, JAR = (UUID(int=number) for number in (1, 2, 3))


def test_a_weight_is_expected_once_each_unit_is_known() -> None:
    known = {MUG: Learnt(400.0, 3), TEA: Learnt(110.5, 9)}
    assert expected({MUG: 2, TEA: 2}, 120, known) == 1141
    assert expected({MUG: 2, JAR: 1}, 120, known) is None
    assert expected({MUG: 1}, 120, {MUG: Learnt(400.0, 2)}) is None


@pytest.mark.parametrize(
    ("weight", "should_be", "off"),
    [(1000, None, False), (120, 100, False), (121, 100, True), (1030, 1000, False),
     (1031, 1000, True), (969, 1000, True)],
)  # fmt: skip
def test_the_larger_of_3_percent_and_20_grams_is_allowed(
    weight: int, should_be: int | None, off: bool
) -> None:
    assert is_off(weight, should_be) is off


def test_a_parcel_tells_the_weight_of_its_units() -> None:
    assert observed(920, {MUG: 2}, 120, {}, {}) == {MUG: 400.0}
    # The rest is that of the one nothing is known of.
    assert observed(1030, {MUG: 2, TEA: 1}, 120, {MUG: Learnt(400.0, 5)}, {}) == {TEA: 110.0}
    # What all weigh together is divided as the catalogue says, however wrong that is.
    assert observed(320, {MUG: 1, TEA: 1}, 20, {}, {MUG: 200, TEA: 100}) == {MUG: 200, TEA: 100}
    assert observed(920, {MUG: 1, TEA: 1}, 120, {}, {}) == {}
    assert observed(100, {MUG: 1}, 120, {}, {}) == {}


def test_the_mean_follows_what_changes() -> None:
    known = None
    for _ in range(60):
        known = with_parcel(known, 400.0)
    assert known == Learnt(400.0, 50)
    for _ in range(200):
        known = with_parcel(known, 440.0)
    assert known is not None
    assert 438 < known.grams <= 440
