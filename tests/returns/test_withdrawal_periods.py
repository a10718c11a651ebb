"""The law's periods as dates: Directive 2011/83/EU, articles 9, 11a, 13 and 16."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from api.returns import rules
from api.returns.rules import Policy
from api.returns.states import Exclusion

BERLIN, HONOLULU, AUCKLAND, UTC_ZONE = (
    ZoneInfo(name) for name in ("Europe/Berlin", "Pacific/Honolulu", "Pacific/Auckland", "UTC")
)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


# Arrival, and the first moment at which the period is over; both in the zone.
PERIODS = [
    # The day of arrival does not count, the fourteenth day after it does, to its end.
    ("2026-07-01T10:00", "2026-07-16T00:00", BERLIN),
    ("2026-07-01T00:00", "2026-07-16T00:00", BERLIN),
    ("2026-07-01T23:59", "2026-07-16T00:00", BERLIN),
    # Across the ends of months of 28, 29, 30 and 31 days, and of a year.
    ("2026-02-18T12:00", "2026-03-05T00:00", BERLIN),
    ("2028-02-16T12:00", "2028-03-02T00:00", BERLIN),
    ("2026-04-21T12:00", "2026-05-06T00:00", BERLIN),
    ("2026-08-25T12:00", "2026-09-09T00:00", BERLIN),
    ("2026-12-22T12:00", "2027-01-06T00:00", BERLIN),
    # A last day on a Saturday or a Sunday becomes Monday (Regulation 1182/71, article 3(4)).
    ("2026-07-04T10:00", "2026-07-21T00:00", BERLIN),
    ("2026-07-05T10:00", "2026-07-21T00:00", BERLIN),
    ("2026-07-06T10:00", "2026-07-21T00:00", BERLIN),
    ("2026-07-03T10:00", "2026-07-18T00:00", BERLIN),
    # Over the change to summer time and back the day still ends at midnight.
    ("2026-03-20T12:00", "2026-04-04T00:00", BERLIN),
    ("2026-10-15T12:00", "2026-10-30T00:00", BERLIN),
    # The same moment is another day elsewhere.
    ("2026-07-01T10:00", "2026-07-16T00:00", HONOLULU),
    ("2026-07-01T10:00", "2026-07-16T00:00", AUCKLAND),
]


@pytest.mark.parametrize(("arrival", "over", "zone"), PERIODS)
def test_the_period_ends_with_its_fourteenth_day(arrival: str, over: str, zone: ZoneInfo) -> None:
    assert rules.withdrawal_ends(at(arrival, zone), zone) == at(over, zone)


def test_the_day_is_that_of_the_shop_not_of_greenwich() -> None:
    arrival = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)  # half past midnight of 2 July in Berlin

    assert rules.withdrawal_ends(arrival, BERLIN) == at("2026-07-17T00:00")
    assert rules.withdrawal_ends(arrival, UTC_ZONE) == at("2026-07-16T00:00", UTC_ZONE)


def test_while_the_arrival_is_unknown_the_period_is_open() -> None:
    assert rules.withdrawal_ends(None, BERLIN) is None


JULY_1, JULY_3 = at("2026-07-01T10:00"), at("2026-07-03T10:00")


@pytest.mark.parametrize(
    ("parcels", "open_units", "last"),
    [
        ([(JULY_1, JULY_1)], 0, JULY_1),
        ([(JULY_1, JULY_3), (JULY_1, JULY_1)], 0, JULY_3),
        ([(JULY_1, JULY_1), (JULY_3, None)], 0, None),
        ([(JULY_1, JULY_1)], 1, None),
        ([], 0, None),
    ],
)
def test_the_last_parcel_counts(
    parcels: list[tuple[datetime | None, datetime | None]], open_units: int, last: datetime | None
) -> None:
    assert rules.last_arrival(parcels, open_units) == last


@pytest.mark.parametrize(
    ("notice", "due", "zone"),
    [
        ("2026-07-01T10:00", "2026-07-16T00:00", BERLIN),
        ("2026-01-31T23:59", "2026-02-15T00:00", BERLIN),
        ("2028-02-16T00:00", "2028-03-02T00:00", BERLIN),
        # It is not moved from a weekend: the shop keeps the earlier day.
        ("2026-07-04T10:00", "2026-07-19T00:00", BERLIN),
        ("2026-12-24T18:00", "2027-01-08T00:00", AUCKLAND),
    ],
)
def test_the_refund_is_due_fourteen_days_after_the_notice(
    notice: str, due: str, zone: ZoneInfo
) -> None:
    assert rules.withdrawal_refund_due(at(notice, zone), zone) == at(due, zone)


@pytest.mark.parametrize(
    ("received", "posted", "may_wait"),
    [(False, False, True), (True, False, False), (False, True, False), (True, True, False)],
)
def test_the_refund_waits_for_the_goods_or_the_proof(
    received: bool, posted: bool, may_wait: bool
) -> None:
    assert rules.may_withhold(received=received, posted=posted) is may_wait


@pytest.mark.parametrize("exclusion", list(Exclusion))
def test_sealed_goods_are_excluded_only_once_they_were_opened(exclusion: Exclusion) -> None:
    only_once_opened = {Exclusion.SEALED_HYGIENE, Exclusion.SEALED_MEDIA, Exclusion.MIXED}

    policy = Policy(withdrawal_exclusion=exclusion)

    assert policy.excludes_withdrawal is (exclusion not in only_once_opened)


def test_the_narrowest_policy_counts() -> None:
    wide, market, product, both = (Policy(window_days=days) for days in (10, 20, 30, 40))
    every = [(False, False, wide), (False, True, market), (True, False, product)]

    assert rules.narrowest([*every, (True, True, both)]) is both
    assert rules.narrowest(every) is product
    assert rules.narrowest(every[:2]) is market
    assert rules.narrowest([]).window_days == 30


def test_the_own_window_ends_with_its_last_day() -> None:
    ends = rules.window_ends(at("2026-01-31T15:00"), 30, BERLIN)

    assert ends == at("2026-03-03T00:00")
    assert rules.objections(Policy(), ends, at("2026-03-02T23:59")) == []
    assert rules.objections(Policy(), ends, at("2026-03-03T00:00")) == [
        "The return window of 30 days is over."
    ]
