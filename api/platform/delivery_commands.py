"""The `flask deliveries` commands: list failed deliveries, retry or discard them."""

from uuid import UUID

import click
from flask.cli import with_appcontext

from api.kernel.principal import SYSTEM
from api.kernel.text_folding import counted
from api.platform import audit, delivery_claims, jobs
from api.platform.db import transaction

_ALL = "all"


@click.group("deliveries")
def deliveries() -> None:
    """List jobs that failed, retry them, or discard them."""


@deliveries.command("list")
@click.option("--given-up", is_flag=True, help="Only those that are not tried again by themselves.")
@click.option("--job", default=None, help="Only those of one job.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@with_appcontext
def list_deliveries(given_up: bool, job: str | None, limit: int) -> None:
    """List deliveries that failed and are not done, the oldest first."""
    failed = delivery_claims.failed(job, is_given_up=given_up, limit=limit)
    for one in failed:
        when = "given up" if one.is_given_up else f"again at {one.due_at:%Y-%m-%d %H:%M:%S} UTC"
        click.echo(f"{one.fact_id}/{one.subscriber}  {one.attempts} attempts, {when}")
        click.echo(f"    {(one.last_error or '').partition(chr(10))[0]}")
    click.echo(counted(len(failed), "delivery", "deliveries") + ".")


@deliveries.command("retry")
@click.argument("which")
@with_appcontext
def retry(which: str) -> None:
    """Run a delivery again, now and with all its attempts: WHICH is one of the list.

    The name of a job means all of its deliveries that failed, and `all` those of every job.
    """
    with transaction():
        changed = delivery_claims.retry(*_which(which))
        jobs.clear_items(changed)
        audit.record(
            "delivery.retried", by=SYSTEM, subject_id=None, which=which, count=len(changed)
        )
    _refuse_none(changed)
    click.echo(f"{counted(len(changed), 'delivery is', 'deliveries are')} tried again now.")


@deliveries.command("discard")
@click.argument("which")
@click.option("--note", required=True, help="Why: it is kept in the audit log.")
@with_appcontext
def discard(which: str, note: str) -> None:
    """Give a delivery up for good, so that what it would have done is not done.

    WHICH as for `retry`; `all` is not taken here.
    """
    if which == _ALL:
        raise click.ClickException("say whose: a delivery of the list, or the name of a job")
    with transaction():
        changed = delivery_claims.discard(*_which(which))
        jobs.clear_items(changed)
        count = len(changed)
        audit.record(
            "delivery.discarded", by=SYSTEM, subject_id=None, which=which, count=count, note=note
        )
    _refuse_none(changed)
    click.echo(f"{counted(len(changed), 'delivery is', 'deliveries are')} given up.")


def _which(which: str) -> tuple[UUID | None, str | None]:
    """Parse an entry of the list, the name of a job, or `all`."""
    fact_id, is_one, job = which.partition("/")
    if not is_one:
        return None, None if which == _ALL else which
    try:
        return UUID(fact_id), job
    except ValueError as unreadable:
        raise click.ClickException(f"{which} is none of `deliveries list`") from unreadable


def _refuse_none(changed: list[delivery_claims.DeliveryKey]) -> None:
    if not changed:
        raise click.ClickException("no delivery that failed and waits is called that")
