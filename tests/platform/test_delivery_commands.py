"""Jobs that failed, from the owner's shell: listed with the reason, tried again, given up."""

from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from api.kernel import clock
from api.platform import attention, health, outbox
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from api.platform.outbox import ATTEMPTS, Delivery
from tests.platform.test_outbox import BoxArrived, tells

JOB = "notifications.jobs.on_order_paid"


@pytest.fixture
def waiting(app: Flask) -> list[str]:
    """Three deliveries: one that failed, one that was given up, one that never ran."""
    tells("failed", "given-up", "new")
    with transaction():
        outbox.relay({BoxArrived: [JOB]})
        first, second, _ = session.scalars(select(Delivery.fact_id).order_by(Delivery.fact_id))
        for fact_id, attempts in ((first, 3), (second, ATTEMPTS)):
            session.execute(
                update(Delivery)
                .where(Delivery.fact_id == fact_id)
                .values(
                    attempts=attempts,
                    last_error="MailUnavailable: wrong password",
                    due_at=clock.now() + timedelta(hours=1),
                )
            )
    return [f"{first}/{JOB}", f"{second}/{JOB}"]


def says(app: Flask, *arguments: str) -> Result:
    """Run `flask deliveries` with arguments."""
    return app.test_cli_runner().invoke(args=["deliveries", *arguments])


def attempts() -> list[int]:
    """Return the attempts of what is not done."""
    with transaction():
        return list(
            session.scalars(
                select(Delivery.attempts)
                .where(Delivery.done_at.is_(None))
                .order_by(Delivery.fact_id)
            )
        )


def test_what_failed_is_listed_with_its_reason(app: Flask, waiting: list[str]) -> None:
    told = says(app, "list").output

    assert all(one in told for one in waiting)
    assert told.count("MailUnavailable: wrong password") == 2
    assert "2 deliveries." in told
    given_up = says(app, "list", "--given-up").output
    assert (waiting[0] in given_up, waiting[1] in given_up) == (False, True)
    assert says(app, "list", "--job", "no.such.job").output == "0 deliveries.\n"


@pytest.mark.parametrize("which", ["all", JOB])
def test_all_that_failed_are_tried_again(app: Flask, waiting: list[str], which: str) -> None:
    assert says(app, "retry", which).output == "2 deliveries are tried again now.\n"
    assert attempts() == [0, 0, 0]


def test_one_is_tried_again_and_one_given_up(app: Flask, waiting: list[str]) -> None:
    assert says(app, "retry", waiting[1]).exit_code == 0
    given_up = says(app, "discard", waiting[0], "--note", "sent by hand")

    assert given_up.output == "1 delivery is given up.\n"
    assert attempts() == [0, 0]
    with transaction():
        notes = session.scalars(
            select(AuditEntry.changes).where(AuditEntry.action == "delivery.discarded")
        ).all()
    assert notes == [{"which": waiting[0], "count": 1, "note": "sent by hand"}]


def test_what_was_given_up_does_not_keep_readiness_degraded(app: Flask, waiting: list[str]) -> None:
    with transaction():
        session.execute(
            update(Delivery).where(Delivery.attempts < ATTEMPTS).values(done_at=clock.now())
        )
    with clock.frozen(clock.now() + timedelta(days=8)):
        assert health.backlog() == "ok"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("retry", "nonsense/x"), "none of `deliveries list`"),
        (("retry", "no.such.job"), "no delivery that failed"),
        (("discard", "all", "--note", "x"), "say whose"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    app: Flask, waiting: list[str], arguments: tuple[str, ...], said: str
) -> None:
    refused = says(app, *arguments)

    assert (refused.exit_code, said in refused.output) == (1, True)
    assert attempts() == [3, ATTEMPTS, 0]
    assert attention.open_count() == 0
