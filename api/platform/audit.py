"""The audit log: one row per change by staff and programs, append-only, without secrets.

A job seals the rows into a hash chain: each seal is the digest of the previous seal and of a row,
so that a row that was changed, deleted or inserted past the shop breaks it. Writers never wait for
one another, because only the job seals. The doctor recomputes the chain; the last seal is logged
as well, where somebody who can change the database cannot change it.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

import structlog
from flask import g, has_request_context, request
from sqlalchemy import BigInteger, ColumnElement, Index, String, Table, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from api.kernel import clock
from api.kernel.ids import first_id, new_id
from api.kernel.principal import Principal
from api.platform import bulk_sql, observability
from api.platform.db import (
    Base,
    Timestamped,
    WithId,
    append_only,
    before_commit,
    require_transaction,
)
from api.platform.pagination import Sort, page

WAYS_IN: Final = ("api", "console", "job", "command")
LATEST_COMMIT: Final = timedelta(hours=1)
"""Longer than any transaction lasts: what began earlier is committed, or never will be."""
_SEAL_LOCK = 7_264_015
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_log = structlog.get_logger("api.audit")


class AuditEntry(WithId, Timestamped, Base):
    """One change. The application inserts here and does nothing else."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_actor_id", "actor", "id"),
        Index("ix_audit_log_subject_id_id", "subject_id", "id"),
        Index("ix_audit_log_action_id", "action", "id"),
    )

    actor: Mapped[str] = mapped_column(String(120))
    actor_name: Mapped[str | None] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(80))
    subject_id: Mapped[UUID | None]
    request_id: Mapped[str] = mapped_column(String(64))
    via: Mapped[str | None] = mapped_column(String(20))
    """How it was requested: by the API, the console, a job or a command."""
    changes: Mapped[dict[str, object]]


class AuditSeal(Base):
    """The seal of one entry: the digest of it and of everything before it."""

    __tablename__ = "audit_seals"
    __table_args__ = (Index("uq_audit_seals_entry_id", "entry_id", unique=True),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID]
    digest: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]


for _table in (AuditEntry.__table__, AuditSeal.__table__):
    append_only(cast(Table, _table))
_INSERT = insert(cast(Table, AuditEntry.__table__))

SEALED_TEXT: Final = (
    "jsonb_build_array(e.id, (extract(epoch FROM e.created_at) * 1000000)::bigint, e.actor,"
    " e.actor_name, e.action, e.subject_id, e.request_id, e.via, e.changes)::text"
)
"""The sealed text of an entry, as SQL, for the job and the doctor alike."""
_UNSEALED = text(
    f"SELECT e.id, {SEALED_TEXT} AS sealed FROM audit_log e WHERE e.id >= :begin"  # noqa: S608
    " AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.entry_id = e.id) ORDER BY e.id LIMIT :most"
)


def record(action: str, *, by: Principal, subject_id: UUID | None, **changes: object) -> None:
    """Record a change, such as `stock.adjusted` or `product.edited`, in its transaction."""
    require_transaction().execute(_INSERT, _entry(action, subject_id, changes, by=by))
    leave_out()


def record_each(
    action: str, changes: Mapping[UUID, Mapping[str, object]], *, by: Principal
) -> None:
    """Record the same kind of change of many subjects, by their ids, in one statement."""
    bulk_sql.bulk_insert(
        cast(Table, AuditEntry.__table__),
        [_entry(action, subject_id, own, by=by) for subject_id, own in changes.items()],
    )
    leave_out()


def expect(by: Principal) -> None:
    """Record this request in its first transaction, unless it records an entry itself.

    So that a write by staff or a program without an entry of its own is logged all the same.
    """
    g.audit_expected = by


def leave_out() -> None:
    """Do not record this request: it has its own entry, or changes nothing."""
    if has_request_context():
        g.pop("audit_expected", None)


@before_commit
def _record_expected(current: Session) -> None:
    by = g.get("audit_expected") if has_request_context() else None
    if by is None:
        return
    ids = [one for one in (request.view_args or {}).values() if isinstance(one, UUID)]
    action = f"request.{(request.endpoint or '').rpartition('.')[2]}"[:80]
    changes = {"method": request.method, "path": request.path[:200]}
    current.execute(_INSERT, _entry(action, ids[0] if ids else None, changes, by=by))
    leave_out()


def entries(
    *,
    actor: str | None,
    subject_id: UUID | None,
    action: str | None,
    via: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    cursor: str | None,
    with_total: bool,
) -> dict[str, object]:
    """Return a page of entries, the newest first.

    `actor` is as stored, `staff:<id>`, `key:<id>` or `system:-`, or the id alone.
    """
    narrow: list[ColumnElement[bool]] = []
    if actor is not None:
        whole = [f"staff:{actor}", f"key:{actor}"] if _UUID.fullmatch(actor) else [actor]
        narrow.append(AuditEntry.actor.in_(whole))
    if subject_id is not None:
        narrow.append(AuditEntry.subject_id == subject_id)
    if action is not None:
        narrow.append(AuditEntry.action == action)
    if via is not None:
        narrow.append(AuditEntry.via == via)
    # Ids are ordered by time: one index serves the order and the time range.
    if since is not None:
        narrow.append(AuditEntry.id >= first_id(since))
    if until is not None:
        narrow.append(AuditEntry.id < first_id(until))
    rows, described = page(
        select(*_SHOWN).where(*narrow),
        Sort((AuditEntry.id,), descending=True),
        limit=limit,
        cursor=cursor,
        filters=(actor, subject_id, action, via, since, until),
        total=select(AuditEntry.id).where(*narrow) if with_total else None,
    )
    names = [column.key for column in _SHOWN]
    data = [{name: getattr(row, name) for name in names} for row in rows]
    return {"data": data, "page": described}


def seal_next(most: int) -> int:
    """Seal up to `most` entries that are not sealed yet, in order; returns how many.

    Needs a transaction. Only one runs at a time: another finds the advisory lock taken and seals
    nothing.
    """
    current = require_transaction()
    if not current.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _SEAL_LOCK}):
        return 0
    last = current.execute(
        select(AuditSeal.seq, AuditSeal.digest).order_by(AuditSeal.seq.desc()).limit(1)
    ).one_or_none()
    newest = current.scalar(select(AuditSeal.entry_id).order_by(AuditSeal.entry_id.desc()).limit(1))
    seq, digest = (0, "") if last is None else (last.seq, last.digest)
    rows = current.execute(_UNSEALED, {"begin": _begin(newest), "most": most}).all()
    seals, now = [], clock.now()
    for row in rows:
        seq += 1
        digest = hashlib.sha256(f"{digest}{row.sealed}".encode()).hexdigest()
        seals.append({"seq": seq, "entry_id": row.id, "digest": digest, "sealed_at": now})
    if seals:
        bulk_sql.bulk_insert(cast(Table, AuditSeal.__table__), seals)
        _log.info("audit_sealed", seq=seq, digest=digest)
    return len(seals)


def _begin(newest: UUID | None) -> UUID:
    """Return the id from which on entries may be unsealed; all earlier ones were processed."""
    if newest is None:
        return UUID(int=0)
    return UUID(int=newest.int - (int(LATEST_COMMIT.total_seconds() * 1000) << 80))


_SHOWN = (
    AuditEntry.id,
    AuditEntry.created_at,
    AuditEntry.actor,
    AuditEntry.actor_name,
    AuditEntry.action,
    AuditEntry.subject_id,
    AuditEntry.request_id,
    AuditEntry.via,
    AuditEntry.changes,
)


def _entry(
    action: str, subject_id: UUID | None, changes: Mapping[str, object], *, by: Principal
) -> dict[str, object]:
    return {
        "id": new_id(),
        "created_at": clock.now(),
        "actor": by.actor_key,
        "actor_name": by.label[:200],
        "action": action,
        "subject_id": subject_id,
        "request_id": observability.request_id(),
        "via": observability.way_in(),
        "changes": changes,
    }
