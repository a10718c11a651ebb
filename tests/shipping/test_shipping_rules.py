"""Where zones are, what bands cost, what a method carries, and when an order arrives."""

from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from api.shipping.promises import Calendar
from api.shipping.rules import (
    Area,
    Band,
    Conditions,
    Consignment,
    Place,
    band_amount,
    band_problems,
    zone_match,
)

ZONES = {
    "world": [Area("*")],
    "germany": [Area("DE"), Area("DE", postal_code="27498", excluded=True)],
    "bremen": [Area("DE", postal_code="28*")],
    "centre": [Area("DE", postal_code="28195-28203")],
    "west": [Area("US", region="CA"), Area("US", region="Oregon")],
    "states": [Area("US")],
    "east london": [Area("GB", postal_code="E1 *")],
    "london": [Area("GB", postal_code="E*")],
}


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        (("DE",), "germany"),
        (("DE", None, "10115"), "germany"),
        (("DE", None, "D-28759"), "bremen"),
        (("DE", None, "28 200"), "centre"),
        (("DE", None, "27498"), None),
        (("US", "California", "94105"), "west"),
        (("US", "oregon", "97201"), "west"),
        (("US", "NY", "10001"), "states"),
        (("GB", None, "e16an"), "east london"),
        (("GB", None, "E17 6AN"), "london"),
        (("GB", None, "SW1A 1AA"), "world"),
        (("JP", None, "100-0001"), "world"),
    ],
)
def test_the_most_specific_zone_wins(place: tuple[str, ...], zone: str | None) -> None:
    fits = {name: zone_match(areas, Place.of(*place)) for name, areas in ZONES.items()}
    if zone is None:
        # Left out of its country's zone; only the rest of the world still fits.
        assert [name for name, fit in fits.items() if fit] == ["world"]
    else:
        assert max((fit, name) for name, fit in fits.items() if fit)[1] == zone


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(0, 1000), (1001, 5000), (5001, None)], []),
        ([(5, 10)], [(0, "The first band begins at 5: begin at 0.")]),
        ([(0, 10), (12, None)], [(1, "There is a gap between rows 1 and 2: 0-10 and 12-.")]),
        ([(0, 10), (10, None)], [(1, "Rows 1 and 2 overlap: 0-10 and 10-.")]),
        ([(0, None), (10, 20)], [(1, "Row 1 has no end, so row 2 overlaps it.")]),
        ([(0, 10), (11, 5)], [(1, "Row 2 ends before it begins: 11-5.")]),
    ],
)
def test_bands_have_neither_gaps_nor_overlaps(
    rows: list[tuple[int, int | None]], said: list[tuple[int, str]]
) -> None:
    assert band_problems([Band(start, end, 100) for start, end in rows]) == said


def test_a_band_includes_both_of_its_ends() -> None:
    bands = [Band(0, 1000, 490), Band(1001, 5000, 690)]

    assert [band_amount(bands, grams) for grams in (0, 1000, 1001, 5000, 5001)] == [
        490, 490, 690, 690, None
    ]  # fmt: skip


def test_a_method_carries_what_all_lines_allow() -> None:
    sofa, fish = UUID(int=1), UUID(int=2)
    cart = Consignment(
        profiles={"bulky": "Sofa", "cold": "Fish"}, products={sofa: "Sofa", fish: "Fish"},
        weekday=5,
    )  # fmt: skip

    def said(**conditions: frozenset[object]) -> str | None:
        return Conditions(**conditions).refusal(cart, frozenset({"trade"}))  # type: ignore[arg-type]

    both = frozenset({"bulky", "cold"})
    assert said() == "It does not carry bulky goods such as Sofa."
    assert said(profiles=frozenset({"bulky"})) == "It does not carry cold goods such as Fish."
    assert said(profiles=both) is None
    assert said(profiles=both, excluded_products=frozenset({fish})) == "It does not carry Fish."
    assert said(profiles=both, only_products=frozenset({sofa})) == "It does not carry Fish."
    assert said(profiles=both, customer_groups=frozenset({"trade"})) is None
    assert said(profiles=both, customer_groups=frozenset({"staff"})) == (
        "It is offered to certain customers only."
    )
    assert said(profiles=both, weekdays=frozenset({1, 2})) == (
        "It is offered on Monday, Tuesday only."
    )


BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Calendar(
    cut_off=time(14),
    ship_weekdays=frozenset({1, 2, 3, 4, 5}),
    closed_days=frozenset({date(2026, 12, 25)}),
    delivery_weekdays=frozenset({1, 2, 3, 4, 5, 6}),
)


@pytest.mark.parametrize(
    ("placed", "leaves", "arrives"),
    [
        # In winter Berlin is an hour ahead of UTC, in summer two.
        ("2026-11-30T13:00", "2026-11-30T13:00", "2026-12-02"),
        ("2026-11-30T13:01", "2026-12-01T13:00", "2026-12-03"),
        ("2026-07-06T12:00", "2026-07-06T12:00", "2026-07-08"),
        # From Friday afternoon over a weekend; from Thursday over a closed Friday.
        ("2026-12-04T18:00", "2026-12-07T13:00", "2026-12-09"),
        ("2026-12-24T18:00", "2026-12-28T13:00", "2026-12-30"),
        # Friday's parcel: Saturday counts for the carrier, Sunday does not.
        ("2026-12-04T10:00", "2026-12-04T13:00", "2026-12-07"),
    ],
)
def test_promises_keep_to_the_cut_off_and_to_closed_days(
    placed: str, leaves: str, arrives: str
) -> None:
    moment = datetime.fromisoformat(placed).replace(tzinfo=UTC)

    promise = CALENDAR.promise(moment, 2, BERLIN)

    assert promise is not None
    assert promise.ship_at == datetime.fromisoformat(leaves).replace(tzinfo=UTC)
    assert promise.delivery_at == datetime.combine(
        date.fromisoformat(arrives), time(23, 59), BERLIN
    )


def test_a_calendar_that_never_opens_promises_nothing() -> None:
    never = Calendar(time(14), frozenset(), frozenset(), frozenset({1}))

    assert never.promise(datetime(2026, 11, 30, tzinfo=UTC), 1, BERLIN) is None
