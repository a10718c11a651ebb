"""What the audit log says, in a test."""

from sqlalchemy import select

from api.platform.audit import AuditEntry
from api.platform.db import session


def audited(action: str) -> list[AuditEntry]:
    """Return the entries of an action, in order of time."""
    statement = select(AuditEntry).where(AuditEntry.action == action)
    return list(session.scalars(statement.order_by(AuditEntry.created_at, AuditEntry.id)))
