"""Who changed what: one row per staff write, append-only, without secrets."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from sqlalchemy import String, Table, insert
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import bulk, observability
from api.platform.db import Base, Dated, Identified, append_only, require_transaction


class AuditEntry(Identified, Dated, Base):
    """One change by a person. The application inserts here and does nothing else."""

    __tablename__ = "audit_log"

    actor: Mapped[str] = mapped_column(String(120), index=True)
    action: Mapped[str] = mapped_column(String(80))
    subject_id: Mapped[UUID | None] = mapped_column(index=True)
    request_id: Mapped[str] = mapped_column(String(64))
    changes: Mapped[dict[str, Any]]


append_only(cast(Table, AuditEntry.__table__))
_INSERT = insert(cast(Table, AuditEntry.__table__))


def record(action: str, *, by: Principal, subject_id: UUID | None, **changes: Any) -> None:
    """Write down a change in the transaction of the change: `stock.adjusted`, `product.edited`."""
    require_transaction().execute(_INSERT, _entry(action, subject_id, changes, by=by))


def record_each(action: str, changes: Mapping[UUID, Mapping[str, Any]], *, by: Principal) -> None:
    """Write down the same kind of change of many subjects, by their ids, in one statement."""
    bulk.add(
        cast(Table, AuditEntry.__table__),
        [_entry(action, subject_id, own, by=by) for subject_id, own in changes.items()],
    )


def _entry(
    action: str, subject_id: UUID | None, changes: Mapping[str, Any], *, by: Principal
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "created_at": clock.now(),
        "actor": by.actor_key,
        "action": action,
        "subject_id": subject_id,
        "request_id": observability.request_id(),
        "changes": changes,
    }
