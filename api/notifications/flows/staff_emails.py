"""E-mails to members of staff, each to their own address."""

from uuid import UUID

from api.kernel.ids import operation_id
from api.notifications.flows import emails
from api.notifications.states import EmailKind
from api.platform import approvals


def approval_requested(command_id: UUID) -> None:
    """Write to everybody who may approve what waits for a second person, unless it was decided."""
    command = approvals.get(command_id)
    people = approvals.approvers(command, approvals.active_staff())
    for one in people:
        if one.id is not None and one.id != command.asked_by:
            # A recipient gets an e-mail about a subject once: so each has a subject of their own.
            emails.to_account(
                EmailKind.APPROVAL,
                operation_id(str(command_id), str(one.id)),
                one.id,
                asked_by=command.asked_by_name,
                summary=command.summary,
                expires_at=command.expires_at,
            )
