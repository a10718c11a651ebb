"""Does what the worker does, in the test's own process and without waiting."""

from sqlalchemy import select, update

from api.kernel import clock
from api.platform import deliveries, delivery_claims, jobs, outbox
from api.platform.db import session, transaction
from api.platform.outbox import Delivery
from api.platform.sweeps import SweepAttempt


def let_waits_run_out() -> None:
    """Let the time pass until everything that a sweep could not do is due again."""
    with transaction():
        session.execute(update(SweepAttempt).values(next_attempt_at=clock.now()))


def drain(*, may_fail: bool = False) -> list[str]:
    """Deliver all waiting facts, and those that they cause; returns the subscribers that ran.

    A job that fails fails the test, unless it may.
    """
    ran: list[str] = []
    while True:
        with transaction():
            outbox.relay(jobs.registry().names())
        with transaction():
            due = delivery_claims.claim_due()
        if not due:
            break
        deliveries.carry_out(due)
        ran += [item.subscriber for item in due]
    if not may_fail:
        failed = session.execute(
            select(Delivery.subscriber, Delivery.last_error).where(Delivery.done_at.is_(None))
        ).all()
        assert not failed, failed
    return ran
