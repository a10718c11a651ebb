"""Commands that wait for a second person, because they exceed a limit of who asked for them.

A command calls `hold` once it knows its size, under the locks of its subject and before its first
effect. If that stores it, the command ends there and its route answers 202 (`waiting`). Which
kinds there are, and how one is carried out, stands in `api.approvals`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, cast
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Flask, Response, current_app
from sqlalchemy import CheckConstraint, ColumnElement, Index, String, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.kernel.errors import NotFound
from api.kernel.events import Event
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.kernel.principal import SYSTEM, Principal
from api.platform import audit
from api.platform.db import AnyRow, Base, Timestamped, WithId, named_enum, require_transaction
from api.platform.db import session as db_session
from api.platform.http import LOCATED, Schema, json_response
from api.platform.outbox import emit
from api.platform.settings import current_settings

URL = "/api/v1/admin/approvals"
OWNER: Final = "owner"
LASTS: Final = timedelta(days=3)
"""How long a command waits; what it is about may be another matter after that."""
ABOVE_EVERY_LIMIT: Final = 10**15
"""The size of money in another currency than the shop's: no limit says how much of it is much."""

StaffLoader = Callable[[], Sequence[Principal]]


class CommandKind(StrEnum):
    """The commands that can wait."""

    REFUND = "refund"
    CANCELLATION = "cancellation"
    ADJUSTMENT = "adjustment"
    DISCOUNT = "discount"
    EDIT = "edit"
    RECEIPT = "receipt"
    GIFT_CARD = "gift_card"
    GIFT_CARD_CODE = "gift_card_code"
    STORE_CREDIT = "store_credit"
    DRAFT_PRICE = "draft_price"


class Decision(StrEnum):
    """What a person decided about a waiting command."""

    APPROVED = "approved"
    REJECTED = "rejected"


class ApprovalNotFound(NotFound):
    """No waiting command has this id, or it is none of one's business."""

    code = "approval_not_found"
    sentence = "There is no such command that waits for a second person."


class WaitingCommand(WithId, Timestamped, Base):
    """A command that waits for a second person, or did. It keeps the id of the command."""

    __tablename__ = "waiting_commands"
    __table_args__ = (
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_at_a_time"),
        Index("ix_waiting_commands_open", "id", postgresql_where="decision IS NULL"),
        Index(
            "ix_waiting_commands_expires_at",
            "expires_at",
            postgresql_where="decision IS NULL AND expired_at IS NULL",
        ),
        Index("ix_waiting_commands_asked_by", "asked_by", "id"),
    )

    kind: Mapped[CommandKind] = mapped_column(named_enum(CommandKind, "kind"))
    subject_id: Mapped[UUID]
    """What it changes: an order, a stock level, a gift card or a customer."""
    summary: Mapped[str] = mapped_column(String(300))
    measures: Mapped[dict[str, object]]
    """How large it is, by `Limit`."""
    permission: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, object]]
    asked_by: Mapped[UUID]
    asked_by_name: Mapped[str] = mapped_column(String(120))
    expires_at: Mapped[datetime]
    expired_at: Mapped[datetime | None]
    """When its expiry was written to the audit log; `status_of` goes by `expires_at`."""
    decision: Mapped[Decision | None] = mapped_column(named_enum(Decision, "decision"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str | None] = mapped_column(String(120))
    note: Mapped[str | None] = mapped_column(String(500))
    was_alone: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether who asked approved it, as the only active person of the shop."""


class ApproverSchema(Schema):
    """A person who may approve a command."""

    id = ma.fields.UUID(required=True)
    full_name = ma.fields.String(required=True)


class WaitingCommandSchema(Schema):
    """A command that waits for a second person, or what became of it."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.Enum(CommandKind, by_value=True, required=True)
    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["waiting", "expired", *Decision])
    )
    summary = ma.fields.String(required=True, metadata={"example": "Refund 120.00 EUR of 1001"})
    subject_id = ma.fields.UUID(
        required=True,
        metadata={"description": "What it changes: an order, a level, a card."},
    )
    asked_by = ma.fields.UUID(required=True)
    asked_by_name = ma.fields.String(required=True)
    may_approve = ma.fields.List(
        ma.fields.Nested(ApproverSchema),
        required=True,
        metadata={"description": "Who may approve or reject it now; nobody once it was decided."},
    )
    created_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True)
    decided_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    decided_by_name = ma.fields.String(required=True, allow_none=True)
    note = ma.fields.String(required=True, allow_none=True)
    was_alone = ma.fields.Boolean(
        required=True,
        metadata={"description": "Approved by who asked, as the only active person of the shop."},
    )


WAITS = {
    "schema": WaitingCommandSchema,
    "headers": LOCATED,
    "description": "It exceeds a limit of your role, and waits for a second person.",
}
"""How routes document the answer 202."""


@dataclass(frozen=True, kw_only=True)
class ApprovalRequested(Event):
    """A command waits for a second person."""

    command_id: UUID


@dataclass(frozen=True, kw_only=True)
class CommandDecided(Event):
    """A command that waited was approved, rejected, or waited too long."""

    command_id: UUID


def init_app(app: Flask, load_staff: StaffLoader) -> None:
    """Register the function that loads the active staff: one of them has to approve."""
    app.extensions["stockroom_load_staff"] = load_staff


def size_of(money: Money) -> int:
    """Return the size of money for limits: minor units, if it is in the shop's currency."""
    return money.amount if money.currency == current_settings().currency else ABOVE_EVERY_LIMIT


def hold(
    kind: CommandKind,
    command_id: UUID,
    *,
    subject_id: UUID,
    summary: str,
    measures: Mapping[str, int],
    permission: Permission,
    arguments: Mapping[str, object],
    by: Principal,
) -> bool:
    """Store a command that exceeds a limit of `by`; returns whether it waits now.

    `arguments` are what carries it out later, as a dataclass or anything that JSON knows. Asked a
    second time with the same id it is stored once. Emits `ApprovalRequested`.
    """
    exceeded = by.exceeded(measures)
    if not exceeded:
        return False
    assert by.id is not None
    stored = require_transaction().scalar(
        insert(WaitingCommand)
        .values(
            id=command_id,
            created_at=clock.now(),
            kind=kind,
            subject_id=subject_id,
            summary=summary[:300],
            measures={str(name): size for name, size in measures.items()},
            permission=permission.value,
            arguments=orjson.loads(orjson.dumps(arguments)),
            asked_by=by.id,
            asked_by_name=by.label[:120],
            expires_at=clock.now() + LASTS,
        )
        .on_conflict_do_nothing()
        .returning(WaitingCommand.id)
    )
    if stored is not None:
        audit.record(
            "approval.requested",
            by=by,
            subject_id=subject_id,
            command_id=str(command_id),
            summary=summary[:300],
            limits={str(name): by.limits[name] for name in exceeded},
        )
        emit(ApprovalRequested(command_id=command_id))
    return True


def get(command_id: UUID) -> AnyRow:
    """Read a command that waits, or did. Raises `ApprovalNotFound`."""
    row = db_session.execute(_COMMAND.where(WaitingCommand.id == command_id)).one_or_none()
    if row is None:
        raise ApprovalNotFound(command_id=command_id)
    return row


def find_status(command_id: UUID) -> str:
    """Return what became of a command as `status_of` does; `expired` for one that is gone."""
    row = db_session.execute(_COMMAND.where(WaitingCommand.id == command_id)).one_or_none()
    return "expired" if row is None else status_of(row)


def is_open(by: Principal) -> list[ColumnElement[bool]]:
    """Return the conditions of what waits, as far as `by` may see it."""
    return [
        WaitingCommand.decision.is_(None),
        WaitingCommand.expires_at > clock.now(),
        *seen_by(by),
    ]


def seen_by(by: Principal) -> list[ColumnElement[bool]]:
    """Return the conditions of what `by` may see: without `approvals:write` their own."""
    return [] if by.may(Permission.APPROVALS_WRITE) else [WaitingCommand.asked_by == by.id]


def note_expired(limit: int) -> int:
    """Write to the audit log that commands expired, each once; returns how many.

    Needs a transaction; passes over what somebody decides at the moment.
    """
    due = (
        select(WaitingCommand.id)
        .where(
            WaitingCommand.decision.is_(None),
            WaitingCommand.expired_at.is_(None),
            WaitingCommand.expires_at <= clock.now(),
        )
        .order_by(WaitingCommand.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    expired = (
        require_transaction()
        .execute(
            update(WaitingCommand)
            .where(WaitingCommand.id.in_(due))
            .values(expired_at=clock.now())
            .returning(*WaitingCommand.__table__.columns),
            execution_options={"synchronize_session": False},
        )
        .all()
    )
    for command in expired:
        emit(CommandDecided(command_id=command.id))
        audit.record(
            "approval.expired",
            by=SYSTEM,
            subject_id=command.subject_id,
            command_id=str(command.id),
            summary=command.summary,
            asked_by=f"staff:{command.asked_by}",
            asked_by_name=command.asked_by_name,
        )
    return len(expired)


def active_staff() -> Sequence[Principal]:
    """Load everybody who works here now, with what they may do and their limits."""
    return cast(StaffLoader, current_app.extensions["stockroom_load_staff"])()


def approvers(command: AnyRow, staff: Sequence[Principal]) -> list[Principal]:
    """Return who of the active staff may approve a command; nobody once it was decided or expired.

    Nobody approves their own, but for the only person of a shop. Everybody else needs
    `approvals:write`, what the command itself needs, and limits that it keeps within; owners
    approve whatever somebody else asked for.
    """
    if status_of(command) != "waiting":
        return []
    if [one.id for one in staff] == [command.asked_by]:
        return list(staff)
    needed = {Permission.APPROVALS_WRITE, Permission(command.permission)}
    return [
        one
        for one in staff
        if one.id != command.asked_by
        and needed <= one.permissions
        and (one.role == OWNER or not one.exceeded(command.measures))
    ]


def status_of(command: AnyRow) -> str:
    """Return what became of a command: `waiting`, `approved`, `rejected` or `expired`."""
    if command.decision is not None:
        return Decision(command.decision).value
    return "waiting" if command.expires_at > clock.now() else "expired"


def card(command: AnyRow, staff: Sequence[Principal]) -> dict[str, object]:
    """Describe a command as `WaitingCommandSchema` does."""
    may = [{"id": one.id, "full_name": one.label} for one in approvers(command, staff)]
    described = {name: getattr(command, name) for name in _SHOWN}
    return described | {"status": status_of(command), "may_approve": may}


def waiting(command_id: UUID) -> Response:
    """Answer 202 for a command that `hold` stored."""
    row = db_session.execute(_COMMAND.where(WaitingCommand.id == command_id)).one()
    return json_response(card(row, active_staff()), 202, {"Location": f"{URL}/{command_id}"})


_COMMAND = select(*WaitingCommand.__table__.columns)
_SHOWN = (
    "id", "kind", "summary", "subject_id", "asked_by", "asked_by_name", "created_at", "expires_at",
    "decided_at", "decided_by_name", "note", "was_alone",
)  # fmt: skip
