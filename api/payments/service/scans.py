"""How far the provider's lists have been read, so that a sweep continues where it stopped.

A pass reads one list by creation date, newest first, a few pages per run. The next pass reads what
was created since the last one began, with an overlap; once a day a pass reads all thirty days
again, because older objects may have changed. A shop restored from a backup reads from where its
data ends, however long ago that is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert

from api.kernel import clock
from api.payments.models import ProviderScan
from api.platform.db import require_transaction, session

LOOK_BACK = timedelta(days=30)
OVERLAP = timedelta(hours=1)
WHOLE_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ScanPosition:
    """Where a pass continues: objects created since `since`, after the object `after`."""

    since: datetime
    after: str | None


def continue_scan(name: str) -> ScanPosition:
    """Return where reading a list continues; begins a pass when none is running.

    Needs a transaction; locks the scan.
    """
    scan, now = _locked(name), clock.now()
    if scan.pass_began_at is None or scan.pass_since is None:
        is_whole = scan.whole_pass_at is None or scan.whole_pass_at <= now - WHOLE_EVERY
        oldest = now - LOOK_BACK
        if scan.complete_until is not None:
            unread = scan.complete_until - OVERLAP
            oldest = min(oldest, unread) if is_whole else unread
        scan.pass_began_at, scan.pass_since = now, oldest
        scan.pass_is_whole, scan.cursor = is_whole, None
    return ScanPosition(scan.pass_since, scan.cursor)


def note_scanned(name: str, next_after: str | None) -> None:
    """Record the position of a pass; None ends it. Needs a transaction; locks the scan."""
    scan = _locked(name)
    scan.cursor = next_after
    if next_after is None:
        scan.complete_until = scan.pass_began_at
        if scan.pass_is_whole:
            scan.whole_pass_at = scan.pass_began_at
        scan.pass_began_at = scan.pass_since = None


def restart_scan(name: str) -> None:
    """Restart a pass whose position the provider no longer knows. Needs a transaction."""
    scan = _locked(name)
    scan.pass_began_at = scan.pass_since = scan.cursor = None


def _locked(name: str) -> ProviderScan:
    require_transaction()
    session.execute(
        insert(ProviderScan).values(name=name, pass_is_whole=False).on_conflict_do_nothing()
    )
    return session.get_one(ProviderScan, name, with_for_update=True, populate_existing=True)
