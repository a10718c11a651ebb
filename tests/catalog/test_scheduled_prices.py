"""Prices that come by themselves and go by themselves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from api.catalog import jobs as catalog_jobs
from api.catalog.errors import ScheduleInThePast, SchedulesOverlap
from api.catalog.events import CatalogChanged, PriceChanged
from api.catalog.models.prices import PriceHistoryEntry, ScheduledPrice, ScheduleState, VariantPrice
from api.catalog.models.products import Variant
from api.catalog.service import scheduled_prices
from api.catalog.service import variants as variant_service
from api.catalog.service.inputs import PriceInput
from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from tests.support.catalogue import a_product, money
from tests.support.events import facts_of
from tests.support.people import Person
from tests.support.threads import at_once

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Prices = dict[str, tuple[int, int | None]]


@pytest.fixture
def mug(app: Flask) -> UUID:
    with _at(0):
        (mug,) = a_product("MUG", price="10 EUR")
    return mug


@contextmanager
def _at(hours: float) -> Iterator[None]:
    with clock.frozen(NOON + hours * HOUR):
        yield


def _plan(
    variant_id: UUID,
    price: str = "8 EUR",
    *,
    starts: float = 1,
    ends: float | None = 3,
    compare_at: str | None = None,
) -> UUID:
    """Schedule a price at noon, in hours from then."""
    with _at(0), transaction():
        return scheduled_prices.schedule_price(
            variant_id,
            PriceInput(money(price), money(compare_at) if compare_at else None),
            starts_at=NOON + starts * HOUR,
            ends_at=None if ends is None else NOON + ends * HOUR,
            by=SYSTEM,
        )


def _run(hours: float) -> None:
    with _at(hours):
        catalog_jobs.apply_scheduled_prices()


def _prices(variant_id: UUID) -> Prices:
    return {
        row.currency: (row.amount, row.compare_at)
        for row in session.execute(
            select(VariantPrice.__table__).where(VariantPrice.variant_id == variant_id)
        )
    }


def _state(schedule_id: UUID) -> ScheduleState:
    return session.execute(
        select(ScheduledPrice.state).where(ScheduledPrice.id == schedule_id)
    ).scalar_one()


def _actions() -> list[str]:
    return [
        action.removeprefix("price.")
        for action in session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))
        if action.startswith("price.")
    ]


def _asks(variant_id: UUID, *prices: str, at: float) -> None:
    with _at(at), transaction():
        variant_service.replace_prices(
            variant_id, [PriceInput(money(p)) for p in prices], expected_version=None, by=SYSTEM
        )


def _in_threads(app: Flask, *calls: Any) -> list[bool]:
    """Run calls in threads of their own while this one keeps its locks."""
    results: list[bool] = []

    def run(call: Any) -> None:
        with app.app_context():
            results.append(call())
            session.remove()

    for call in calls:
        thread = threading.Thread(target=run, args=(call,))
        thread.start()
        thread.join(20)
    return results


def test_a_price_comes_and_what_was_before_comes_back(mug: UUID) -> None:
    """Like a price that somebody sets: with history, facts, a version and an entry in the log."""
    sale = _plan(mug, "8 EUR", compare_at="10 EUR")

    _run(0.9)
    assert (_prices(mug), _state(sale)) == ({"EUR": (1000, None)}, ScheduleState.WAITING)
    _run(1)
    assert (_prices(mug), _state(sale)) == ({"EUR": (800, 1000)}, ScheduleState.RUNNING)
    _run(2.9)
    _run(3)
    assert (_prices(mug), _state(sale)) == ({"EUR": (1000, None)}, ScheduleState.ENDED)
    _run(4)

    assert [(f.before, f.after) for f in facts_of(PriceChanged)] == [(1000, 800), (800, 1000)]
    assert facts_of(CatalogChanged)[-1].slugs == ("mug",)
    history = session.scalars(
        select(PriceHistoryEntry.amount).order_by(PriceHistoryEntry.since)
    ).all()
    assert history == [1000, 800, 1000]
    assert session.scalars(select(Variant.version)).one() == 3
    assert _actions() == ["scheduled", "schedule_started", "schedule_ended"]
    assert session.scalars(
        select(AuditEntry.actor).where(AuditEntry.action == "price.schedule_started")
    ).all() == ["system:-"]


def test_a_sale_that_was_scheduled_tells_what_it_began_from(mug: UUID) -> None:
    """The same law for prices that come by themselves."""
    _plan(mug, "8 EUR", compare_at="12 EUR")
    _run(1)

    row = session.execute(select(VariantPrice.prior_price, VariantPrice.reduced_since)).one()
    assert tuple(row) == (1000, NOON + HOUR)


def test_a_price_without_an_end_stays(mug: UUID) -> None:
    """It is over as soon as it is there, so another one may follow."""
    rise = _plan(mug, "12 EUR", ends=None)
    _plan(mug, "9 EUR", starts=2, ends=3)

    for hour in (1, 2, 3, 4):
        _run(hour)

    assert (_prices(mug), _state(rise)) == ({"EUR": (1200, None)}, ScheduleState.ENDED)


def test_goods_that_had_no_price_have_none_again(mug: UUID) -> None:
    """And prices in other currencies are left alone."""
    _plan(mug, "8 USD")
    _run(1)
    assert _prices(mug) == {"EUR": (1000, None), "USD": (800, None)}
    _run(3)
    assert _prices(mug) == {"EUR": (1000, None)}


def test_what_somebody_sets_meanwhile_stays(mug: UUID) -> None:
    """And the log says that the schedule gave way."""
    sale = _plan(mug)
    _run(1)
    _asks(mug, "9 EUR", "11 USD", at=2)
    _run(3)

    assert (_prices(mug)["EUR"], _state(sale)) == ((900, None), ScheduleState.ENDED)
    assert _actions() == ["scheduled", "schedule_started", "schedule_overruled"]


def test_another_currency_set_meanwhile_does_not_keep_a_sale_alive(mug: UUID) -> None:
    _plan(mug)
    _run(1)
    _asks(mug, "8 EUR", "11 USD", at=2)
    _run(3)

    assert _prices(mug) == {"EUR": (1000, None), "USD": (1100, None)}


def test_a_sale_that_passed_while_nobody_worked_never_was(mug: UUID) -> None:
    """A price that nobody was asked must not be in the history: a prior price follows from it."""
    sale = _plan(mug)
    _run(10)

    assert (_prices(mug), _state(sale)) == ({"EUR": (1000, None)}, ScheduleState.ENDED)
    assert len(session.scalars(select(PriceHistoryEntry.id)).all()) == 1
    assert _actions() == ["scheduled", "schedule_missed"]


def test_one_that_ends_makes_room_for_the_one_that_begins_then(mug: UUID) -> None:
    """Also when both come late, in one go: what comes back is what was before the first."""
    _plan(mug, "8 EUR", starts=1, ends=2)
    _plan(mug, "7 EUR", starts=2, ends=3)
    _run(1)
    _run(2.5)
    assert _prices(mug) == {"EUR": (700, None)}
    _run(3)
    assert _prices(mug) == {"EUR": (1000, None)}


def test_the_later_one_waits_for_a_worker_that_has_the_earlier(app: Flask, mug: UUID) -> None:
    """Without that it would take the first sale's price for what was before."""
    first = _plan(mug, "8 EUR", starts=1, ends=2)
    second = _plan(mug, "7 EUR", starts=2, ends=3)
    _run(1)

    with _at(2.5), transaction():
        session.execute(
            select(ScheduledPrice.id).where(ScheduledPrice.id == first).with_for_update()
        )
        outcomes = _in_threads(app, lambda: _carry_out(second), lambda: _carry_out(first))
    assert outcomes == [False, False]
    assert _state(second) is ScheduleState.WAITING


def _carry_out(schedule_id: UUID) -> bool:
    with transaction():
        return scheduled_prices.apply_scheduled_price(schedule_id)


def test_many_workers_carry_each_out_once(app: Flask) -> None:
    """Without the lock each of them would start all, and take a sale's price for the old one."""
    with _at(0):
        mugs = a_product(*(f"M-{n}" for n in range(6)), price="10 EUR")
    for one in mugs:
        _plan(one)

    with _at(1):
        assert at_once(app, [catalog_jobs.apply_scheduled_prices] * 4).errors == []
    assert len(facts_of(PriceChanged)) == 6
    with _at(3):
        assert at_once(app, [catalog_jobs.apply_scheduled_prices] * 4).errors == []

    assert {_prices(one)["EUR"] for one in mugs} == {(1000, None)}
    assert len(facts_of(PriceChanged)) == 12


def test_a_worker_that_dies_in_the_middle_loses_nothing(
    mug: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had begun never happened; the next one does it, once."""
    sale = _plan(mug)

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr("api.catalog.service.variants.audit.record", die)
        with pytest.raises(Killed):
            _run(1)
    assert (_prices(mug), _state(sale)) == ({"EUR": (1000, None)}, ScheduleState.WAITING)

    _run(1)
    _run(1)
    assert (_prices(mug), len(facts_of(PriceChanged))) == ({"EUR": (800, None)}, 1)


@pytest.mark.parametrize(
    ("starts", "ends", "fits"),
    [
        (0.5, 1, True),
        (0.5, 1.1, False),
        (1.5, 2, False),
        (2.9, 5, False),
        (3, 5, True),
        (1, None, False),
        (2, None, False),
        (3, None, True),
        (0.5, 9, False),
    ],
)
def test_schedules_of_one_price_do_not_overlap(
    mug: UUID, starts: float, ends: float | None, fits: bool
) -> None:
    """One currency beside the other does; what comes to stay takes only its moment."""
    _plan(mug, starts=1, ends=3)
    _plan(mug, "8 USD", starts=1, ends=3)
    if fits:
        _plan(mug, "7 EUR", starts=starts, ends=ends)
    else:
        with pytest.raises(SchedulesOverlap):
            _plan(mug, "7 EUR", starts=starts, ends=ends)


def test_two_who_plan_the_same_hour_at_once_are_not_both_let(app: Flask, mug: UUID) -> None:
    """Without the product's lock neither would see the other."""

    def plan() -> UUID:
        with transaction():
            return scheduled_prices.schedule_price(
                mug,
                PriceInput(money("8 EUR")),
                starts_at=clock.now() + HOUR,
                ends_at=clock.now() + 2 * HOUR,
                by=SYSTEM,
            )

    outcomes = at_once(app, [plan] * 4)

    assert (len(outcomes.results), outcomes.refused_by(SchedulesOverlap)) == (1, 3)


def test_a_start_that_is_not_ahead_is_refused(mug: UUID) -> None:
    """A price for now is set, not scheduled."""
    with pytest.raises(ScheduleInThePast):
        _plan(mug, starts=0)


def test_a_schedule_is_called_off_before_and_while_it_runs(mug: UUID) -> None:
    """Running, it ends now; over, it cannot be called off."""
    waiting = _plan(mug, "8 EUR")
    running = _plan(mug, "7 EUR", starts=5, ends=9)
    with transaction():
        scheduled_prices.cancel_scheduled_price(waiting, by=SYSTEM)
    _run(2)
    assert _prices(mug) == {"EUR": (1000, None)}
    _run(5)
    assert _prices(mug) == {"EUR": (700, None)}
    with _at(6), transaction():
        scheduled_prices.cancel_scheduled_price(running, by=SYSTEM)

    assert (_prices(mug), _state(running)) == ({"EUR": (1000, None)}, ScheduleState.CANCELLED)
    with pytest.raises(InvalidState), transaction():
        scheduled_prices.cancel_scheduled_price(running, by=SYSTEM)
    _run(9)
    assert _prices(mug) == {"EUR": (1000, None)}


def test_staff_plan_read_and_cancel(client: FlaskClient, anna: Person, mug: UUID) -> None:
    url = f"/api/v1/admin/variants/{mug}/scheduled-prices"
    starts = clock.now() + HOUR
    body = {
        "price": {"amount": 800, "currency": "EUR"},
        "compare_at": {"amount": 1000, "currency": "EUR"},
        "starts_at": starts.isoformat(),
        "ends_at": (starts + HOUR).isoformat(),
    }
    key = anna.with_headers(Idempotency_Key=str(new_id()))

    made = client.post(url, json=body, headers=key)
    again = client.post(url, json=body, headers=key)
    clash = client.post(url, json=body, headers=anna.headers)
    listed = client.get(f"{url}?state=waiting", headers=anna.headers).get_json()
    address = made.headers["Location"]
    cancelled = client.post(f"{address}/cancel", headers=anna.headers)
    twice = client.post(f"{address}/cancel", headers=anna.headers)

    assert (made.status_code, made.get_json()["state"]) == (201, "waiting")
    assert again.get_json() == made.get_json()
    assert (clash.status_code, clash.get_json()["code"]) == (409, "schedules_overlap")
    assert listed["data"] == [made.get_json()]
    assert client.get(address, headers=anna.headers).get_json() == cancelled.get_json()
    assert (cancelled.status_code, cancelled.get_json()["state"]) == (200, "cancelled")
    assert (twice.status_code, twice.get_json()["code"]) == (409, "invalid_state")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"starts_at": "2020-01-01T00:00:00Z"}, "schedule_in_the_past"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "schedule_ends_too_early"),
        ({"compare_at": {"amount": 800, "currency": "EUR"}}, "compare_at_not_above_price"),
        ({"price": {"amount": -1, "currency": "EUR"}}, "invalid"),
        ({"starts_at": "9999-12-31T23:59:59-12:00"}, "invalid"),
        ({"starts_at": "tomorrow"}, "invalid"),
        ({"ends_at": None, "starts_at": "9999-12-31T23:59:59.999999Z"}, None),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: FlaskClient, anna: Person, mug: UUID, change: dict[str, Any], code: str | None
) -> None:
    """With what is wrong and where; the end of the calendar is no bug."""
    body = {
        "price": {"amount": 800, "currency": "EUR"},
        "starts_at": (clock.now() + HOUR).isoformat(),
        **change,
    }
    answer = client.post(
        f"/api/v1/admin/variants/{mug}/scheduled-prices", json=body, headers=anna.headers
    )

    assert answer.status_code == (201 if code is None else 422), answer.text
    assert code is None or answer.get_json()["code"] == code
