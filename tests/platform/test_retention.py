"""What is done is kept for a while; what waits, and what was written down, is kept for ever."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.payments import service as payments_service
from api.payments.gateways import SignedEvent
from api.payments.models import ProviderEvent
from api.platform import audit, outbox, sweeps
from api.platform.audit import AuditEntry
from api.platform.db import Base, session, transaction
from api.platform.outbox import Delivery, OutboxEvent
from tests.platform.test_outbox import BoxArrived, tells


def count(kind: type[Base]) -> int:
    """Count the rows of a table."""
    with transaction():
        return session.scalar(select(func.count()).select_from(kind)) or 0


def test_facts_go_a_month_after_their_deliveries_are_done(app: Flask) -> None:
    tells("done", "waits")
    with transaction():
        outbox.relay({BoxArrived: ["a.jobs.one", "a.jobs.two"]})
        last = select(OutboxEvent.id).order_by(OutboxEvent.id.desc()).limit(1).scalar_subquery()
        session.execute(update(Delivery).where(Delivery.fact_id < last).values(done_at=clock.now()))
    tells("untold")

    sweeps.in_batches(outbox.purge_old)
    assert (count(OutboxEvent), count(Delivery)) == (3, 4)
    with clock.frozen(clock.now() + outbox.KEPT_FOR + timedelta(minutes=1)):
        sweeps.in_batches(outbox.purge_old)

    assert (count(OutboxEvent), count(Delivery)) == (2, 2)


def test_many_are_deleted_in_batches(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "ROWS_AT_ONCE", 2)
    tells(*["done"] * 7)
    with transaction():
        outbox.relay({})

    with clock.frozen(clock.now() + outbox.KEPT_FOR + timedelta(minutes=1)):
        sweeps.in_batches(outbox.purge_old)

    assert count(OutboxEvent) == 0


def test_messages_of_the_provider_go_three_months_after_they_came(app: Flask) -> None:
    for number in range(2):
        with transaction():
            payments_service.store_provider_event(
                SignedEvent(f"evt_{number}", "payment_intent.succeeded", "pi_1", {})
            )
    with transaction():
        first = session.scalar(select(ProviderEvent.id).order_by(ProviderEvent.id).limit(1))
        assert first is not None
        payments_service.finish_provider_event(first, "applied")

    with clock.frozen(clock.now() + timedelta(days=91)):
        sweeps.in_batches(payments_service.purge_old_events)

    assert count(ProviderEvent) == 1  # the other one was never applied


def test_the_audit_log_is_never_shortened(app: Flask) -> None:
    with transaction():
        audit.record("shelf.looked_at", by=SYSTEM, subject_id=None)

    with pytest.raises(DBAPIError, match="append-only"), transaction():
        session.execute(AuditEntry.__table__.delete())

    assert count(AuditEntry) == 1
