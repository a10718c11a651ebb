"""Prices that come by themselves, and go by themselves: plan them, call them off, carry them out.

A schedule with an end puts back at that moment what it replaced, unless somebody has named another
price meanwhile: people win over timetables. One without an end is a price that comes to stay; it
is over as soon as it is there. Whoever needs the lock on a schedule takes it before those on its
product and variant.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from api.catalog.errors import (
    ScheduleEndsTooEarly,
    ScheduleInThePast,
    ScheduleNotFound,
    SchedulesOverlap,
)
from api.catalog.models.prices import ScheduledPrice, ScheduleState, VariantPrice
from api.catalog.models.products import Product, Variant
from api.catalog.service import bulk_create, variants
from api.catalog.service.inputs import PriceInput
from api.catalog.states import SCHEDULE
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import SYSTEM, Principal
from api.platform import audit, sweeps
from api.platform.db import require_transaction, session

_PENDING = (ScheduleState.WAITING, ScheduleState.RUNNING)


def schedule_price(
    variant_id: UUID,
    price: PriceInput,
    *,
    starts_at: datetime,
    ends_at: datetime | None,
    by: Principal,
) -> UUID:
    """Plan a price of a variant in one currency; returns the schedule's id.

    Locks the product and the variant. Refuses a start that is not ahead (a price for now is simply
    set), an end that is not after the start, and a time in which another schedule of the variant
    and currency is pending: what would be put back would not be clear.
    """
    bulk_create.validate_prices([price])
    if starts_at <= clock.now():
        raise ScheduleInThePast(starts_at=starts_at)
    if ends_at is not None and ends_at <= starts_at:
        raise ScheduleEndsTooEarly(starts_at=starts_at, ends_at=ends_at)
    _, variant = variants.lock_variant(variant_id)
    currency = price.price.currency
    _refuse_overlap(variant.id, currency, starts_at, ends_at)
    schedule = ScheduledPrice(
        id=new_id(),
        variant_id=variant.id,
        currency=currency,
        amount=price.price.amount,
        compare_at=price.compare_at.amount if price.compare_at else None,
        starts_at=starts_at,
        ends_at=ends_at,
        state=ScheduleState.WAITING,
    )
    session.add(schedule)
    audit.record(
        "price.scheduled",
        by=by,
        subject_id=variant.id,
        schedule=schedule.id,
        price=[schedule.amount, schedule.compare_at, currency],
        starts_at=starts_at,
        ends_at=ends_at,
    )
    return schedule.id


def cancel_scheduled_price(schedule_id: UUID, *, by: Principal) -> None:
    """Call a planned price off; one that is in force ends now, as it would have ended by itself.

    Locks the schedule, its product and its variant. Refuses one that is over already.
    """
    require_transaction()
    schedule = session.scalar(_locked(schedule_id))
    if schedule is None:
        raise ScheduleNotFound(schedule_id=schedule_id)
    was = schedule.state
    _move(schedule, "cancel")
    if was is ScheduleState.RUNNING:
        _put_back(schedule, by=by)
    audit.record(
        "price.schedule_cancelled", by=by, subject_id=schedule.variant_id, schedule=schedule.id
    )


def due_scheduled_prices(limit: int = 500) -> list[UUID]:
    """Return the schedules whose start or end has come, in the order of their moments.

    Reads without locking: each is looked at again when it is carried out.
    """
    now = clock.now()
    moment = _moment(ScheduledPrice)
    return list(
        session.scalars(
            select(ScheduledPrice.id)
            .where(_is_due(now), ~sweeps.waits("apply-scheduled-prices", ScheduledPrice.id))
            # What ends at a moment makes room for what begins then.
            .order_by(moment, ScheduledPrice.state == ScheduleState.WAITING, ScheduledPrice.id)
            .limit(limit)
        )
    )


def apply_scheduled_price(schedule_id: UUID) -> bool:
    """Start or end a schedule whose moment has come; says whether there was something to do.

    One that another worker has, that is not due any more, or that must wait for an earlier one of
    the same price is left alone. Whose whole time has passed unseen, because nobody was at work,
    never begins: a price that nobody was asked is not history.
    """
    require_transaction()
    now = clock.now()
    schedule = session.scalar(_locked(schedule_id, skip_locked=True).where(_is_due(now)))
    if schedule is None or _must_wait(schedule, now):
        return False
    if schedule.state is ScheduleState.RUNNING:
        _move(schedule, "end")
        _put_back(schedule, by=SYSTEM)
    elif schedule.ends_at is not None and schedule.ends_at <= now:
        _move(schedule, "miss")
        audit.record(
            "price.schedule_missed", by=SYSTEM, subject_id=schedule.variant_id, schedule=schedule.id
        )
    else:
        _start(schedule)
    return True


def _start(schedule: ScheduledPrice) -> None:
    product, variant = variants.lock_variant(schedule.variant_id)
    before = _price_now(schedule)
    if before is not None:
        schedule.before_amount, schedule.before_compare_at = before
    variants.reprice(product, variant, [_draft(schedule)], by=SYSTEM)
    _move(schedule, "settle" if schedule.ends_at is None else "start")
    audit.record("price.schedule_started", by=SYSTEM, subject_id=variant.id, schedule=schedule.id)


def _put_back(schedule: ScheduledPrice, *, by: Principal) -> None:
    """Put back what a schedule replaced, unless somebody has named another price since."""
    product, variant = variants.lock_variant(schedule.variant_id)
    now = _price_now(schedule)
    if now != (schedule.amount, schedule.compare_at):
        audit.record(
            "price.schedule_overruled",
            by=by,
            subject_id=variant.id,
            schedule=schedule.id,
            stays=now,
        )
        return
    _restore(product, variant, schedule, by=by)
    audit.record("price.schedule_ended", by=by, subject_id=variant.id, schedule=schedule.id)


def _restore(
    product: Product, variant: Variant, schedule: ScheduledPrice, *, by: Principal
) -> None:
    if schedule.before_amount is None:
        variants.reprice(product, variant, [], without=[schedule.currency], by=by)
        return
    compare_at = schedule.before_compare_at
    before = PriceInput(
        Money(schedule.before_amount, schedule.currency),
        None if compare_at is None else Money(compare_at, schedule.currency),
    )
    variants.reprice(product, variant, [before], by=by)


def _price_now(schedule: ScheduledPrice) -> tuple[int, int | None] | None:
    row = session.execute(
        select(VariantPrice.amount, VariantPrice.compare_at).where(
            VariantPrice.variant_id == schedule.variant_id,
            VariantPrice.currency == schedule.currency,
        )
    ).first()
    return None if row is None else (row.amount, row.compare_at)


def _draft(schedule: ScheduledPrice) -> PriceInput:
    return PriceInput(
        Money(schedule.amount, schedule.currency),
        None if schedule.compare_at is None else Money(schedule.compare_at, schedule.currency),
    )


def _move(schedule: ScheduledPrice, command: str) -> None:
    schedule.state = ScheduleState(SCHEDULE.next(schedule.state.value, command))
    schedule.version += 1


def _locked(schedule_id: UUID, *, skip_locked: bool = False) -> Select[ScheduledPrice]:
    return (
        select(ScheduledPrice)
        .where(ScheduledPrice.id == schedule_id)
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    )


def _is_due(now: datetime, of: type[ScheduledPrice] = ScheduledPrice) -> ColumnElement[bool]:
    return or_(
        and_(of.state == ScheduleState.WAITING, of.starts_at <= now),
        and_(of.state == ScheduleState.RUNNING, of.ends_at <= now),
    )


def _moment(of: type[ScheduledPrice]) -> ColumnElement[datetime]:
    return case((of.state == ScheduleState.WAITING, of.starts_at), else_=of.ends_at)


def _must_wait(schedule: ScheduledPrice, now: datetime) -> bool:
    """Tell whether an earlier step of the same price is due and not done.

    Another worker may have it: two at once would put back the wrong price.
    """
    is_waiting = schedule.state is ScheduleState.WAITING
    moment = schedule.starts_at if is_waiting else schedule.ends_at
    other = aliased(ScheduledPrice)
    earlier = _moment(other) < moment
    if is_waiting:
        earlier = or_(earlier, and_(_moment(other) == moment, other.state == ScheduleState.RUNNING))
    return bool(
        session.scalar(
            select(func.count())
            .select_from(other)
            .where(
                other.variant_id == schedule.variant_id,
                other.currency == schedule.currency,
                other.id != schedule.id,
                _is_due(now, other),
                earlier,
            )
        )
    )


def _refuse_overlap(
    variant_id: UUID, currency: str, starts_at: datetime, ends_at: datetime | None
) -> None:
    """Refuse a time that another pending schedule has; one that comes to stay takes an instant."""
    bounds = "[]" if ends_at is None else "[)"
    taken = func.tstzrange(
        ScheduledPrice.starts_at,
        func.coalesce(ScheduledPrice.ends_at, ScheduledPrice.starts_at),
        case((ScheduledPrice.ends_at.is_(None), "[]"), else_="[)"),
    )
    wanted = func.tstzrange(starts_at, ends_at or starts_at, bounds)
    other = session.execute(
        select(ScheduledPrice.id, ScheduledPrice.starts_at, ScheduledPrice.ends_at)
        .where(
            ScheduledPrice.variant_id == variant_id,
            ScheduledPrice.currency == currency,
            ScheduledPrice.state.in_(_PENDING),
            taken.op("&&")(wanted),
        )
        .order_by(ScheduledPrice.starts_at)
        .limit(1)
    ).first()
    if other is not None:
        raise SchedulesOverlap(
            schedule_id=other.id, starts_at=other.starts_at, ends_at=other.ends_at
        )
