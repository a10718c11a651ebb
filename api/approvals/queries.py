"""Reads of what waits for a second person."""

from uuid import UUID

from sqlalchemy import select

from api.kernel import clock
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.platform import approvals
from api.platform.approvals import ApprovalNotFound, WaitingCommand
from api.platform.pagination import Sort, page


def commands(
    by: Principal, *, state: str, limit: int, cursor: str | None, with_total: bool
) -> dict[str, object]:
    """Return a page of commands: what waits, oldest first, or what was decided, newest first.

    Whoever may not approve sees what they asked for themselves.
    """
    narrow = approvals.is_open(by)
    if state != "waiting":
        is_over = WaitingCommand.decision.is_not(None) | (WaitingCommand.expires_at <= clock.now())
        narrow = [is_over, *approvals.seen_by(by)]
    rows, described = page(
        select(*WaitingCommand.__table__.columns).where(*narrow),
        Sort((WaitingCommand.id,), descending=state != "waiting"),
        limit=limit,
        cursor=cursor,
        filters=(state, by.id),
        total=select(WaitingCommand.id).where(*narrow) if with_total else None,
    )
    staff = approvals.active_staff()
    return {"data": [approvals.card(row, staff) for row in rows], "page": described}


def command(command_id: UUID, by: Principal) -> dict[str, object]:
    """Return one command. Raises `ApprovalNotFound`, also where it is not for `by` to see."""
    row = approvals.get(command_id)
    if row.asked_by != by.id and not by.may(Permission.APPROVALS_WRITE):
        raise ApprovalNotFound(command_id=command_id)
    return approvals.card(row, approvals.active_staff())
