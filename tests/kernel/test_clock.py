"""The shop's clock: aware, in UTC, and stopped by tests alone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from api.kernel import clock

NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


def test_now_is_aware_utc() -> None:
    before = datetime.now(UTC)

    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC


def test_a_stopped_clock_stands_in_utc_and_goes_on_afterwards() -> None:
    in_berlin = NOON.astimezone(timezone(timedelta(hours=2)))

    with clock.frozen(in_berlin):
        assert clock.now() == NOON
        assert clock.now().tzinfo is UTC
        with clock.frozen(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON

    assert clock.now() > NOON


def test_the_clock_goes_on_when_the_block_fails() -> None:
    with pytest.raises(LookupError), clock.frozen(NOON):
        raise LookupError

    assert clock.now() != NOON


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with (
        pytest.raises(ValueError, match="needs its time zone"),
        clock.frozen(datetime(2026, 1, 1)),  # noqa: DTZ001
    ):
        pass
