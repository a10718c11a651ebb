"""Rename the periodic jobs and sweeps that are stored by name: the timetable, waiting attempts, and
open items of the attention list.

A worker of the release before adds its own names again while it still runs: those rows do nothing
once it has ended. Deliveries keep the names that they were stored under; `renamed` in
`api/event_handlers.py` says which jobs carry them out.

Revision: 0027
After: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

phase = "expand"

RENAMED = {
    "carry-out-scheduled-prices": "apply-scheduled-prices",
    "expire-holds": "expire-reservations",
    "forget-gone-attempts": "purge-sweep-attempts",
    "list-given-up-jobs": "list-failed-deliveries",
    "give-orders-words": "index-old-orders",
    "give-up-moot-letters": "cancel-outdated-emails",
    "tell-waiting": "notify-back-in-stock",
    "forget-stock-requests": "purge-back-in-stock",
    "count-search-words": "recount-search-terms",
    "forget-idle-carts": "delete-abandoned-carts",
    "forget-old-files": "purge-import-files",
    "forget-old-changes": "purge-changes",
    "forget-old-facts": "purge-events",
    "forget-old-provider-events": "purge-provider-events",
    "forget-old-answers": "purge-idempotency-keys",
    "back-up": "backup",
    "forget-expired-tokens": "purge-expired-tokens",
}


def upgrade() -> None:
    _rename(RENAMED)


def downgrade() -> None:
    _rename({new: old for old, new in RENAMED.items()})


def _rename(names: dict[str, str]) -> None:
    connection = op.get_bind()
    for old, new in names.items():
        values = {"old": old, "new": new}
        for statement in (
            "DELETE FROM timetable WHERE name = :new"
            " AND EXISTS (SELECT FROM timetable WHERE name = :old)",
            "UPDATE timetable SET name = :new WHERE name = :old",
            "UPDATE sweep_attempts SET sweep = :new WHERE sweep = :old",
            # A job is named as `name@since`, one thing of a sweep as `sweep:name:id`.
            "UPDATE attention_items SET reference = replace(reference, :old, :new)"
            " WHERE kind = 'failing_job' AND resolved_at IS NULL"
            " AND (starts_with(reference, :old || '@')"
            " OR starts_with(reference, 'sweep:' || :old || ':'))",
        ):
            connection.execute(sa.text(statement), values)
