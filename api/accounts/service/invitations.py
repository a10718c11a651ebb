"""Invitations onto the staff: by e-mail, in a fixed role, for two weeks, once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, select, update

from api.accounts.errors import EmailTaken, InvitationInvalid, InvitationNotFound
from api.accounts.events import StaffInvited
from api.accounts.models import StaffInvitation, User
from api.accounts.queries import is_address
from api.accounts.roles import AccountKind
from api.accounts.service.roles import check_grant
from api.accounts.service.users import create_staff, load_principal
from api.accounts.tokens import new_secret
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM, Principal
from api.platform import audit
from api.platform.auth import hash_secret
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

LASTS = timedelta(weeks=2)
KEPT_AFTER_END = timedelta(days=90)

_NO_SYNC = {"synchronize_session": False}
_IS_OPEN = (StaffInvitation.accepted_at.is_(None), StaffInvitation.revoked_at.is_(None))


@dataclass(frozen=True, slots=True)
class InvitationEmail:
    """The contents and recipient of an invitation e-mail."""

    email: str
    full_name: str
    role: str
    expires_at: datetime
    token: str = field(repr=False)


def invite(*, email: str, full_name: str, role: str, by: Principal) -> UUID:
    """Invite someone to join the staff, and return the invitation's id; a job sends the e-mail.

    Takes the place of an invitation of the same address that is still open. Refuses an address
    that is on the staff already, and a role that holds more than `by` does.
    """
    check_grant(role, by)
    if session.scalar(select(exists().where(User.kind == AccountKind.STAFF, is_address(email)))):
        raise EmailTaken
    now, invitation_id = clock.now(), new_id()
    require_transaction().execute(
        update(StaffInvitation)
        .where(func.lower(StaffInvitation.email) == func.lower(email), *_IS_OPEN)
        .values(revoked_at=now),
        execution_options=_NO_SYNC,
    )
    session.execute(
        insert(StaffInvitation).values(
            id=invitation_id,
            email=email,
            full_name=full_name,
            role=role,
            invited_by=by.id,
            expires_at=now + LASTS,
            created_at=now,
        )
    )
    audit.record("staff.invited", by=by, subject_id=invitation_id, role=role)
    emit(StaffInvited(invitation_id=invitation_id))
    return invitation_id


def make_invitation_token(invitation_id: UUID) -> InvitationEmail | None:
    """Create the one-time code for the e-mail of an invitation; None when none is due any more.

    A second call replaces the code of the first, so an e-mail that is sent again has the one
    that counts.
    """
    token = new_secret()
    row = (
        require_transaction()
        .execute(
            update(StaffInvitation)
            .where(
                StaffInvitation.id == invitation_id,
                StaffInvitation.expires_at > clock.now(),
                *_IS_OPEN,
            )
            .values(token_hash=hash_secret(token))
            .returning(
                StaffInvitation.email,
                StaffInvitation.full_name,
                StaffInvitation.role,
                StaffInvitation.expires_at,
            ),
            execution_options=_NO_SYNC,
        )
        .one_or_none()
    )
    return None if row is None else InvitationEmail(*row, token)


def accept(token: str, *, password_hash: str) -> UUID:
    """Take the invited person on, and return their id. Of two who come with one code, one wins.

    Refuses when whoever invited them is gone, or may not give that role any more: an invitation
    is worth what its author is.
    """
    now = clock.now()
    row = (
        require_transaction()
        .execute(
            update(StaffInvitation)
            .where(
                StaffInvitation.token_hash == hash_secret(token),
                StaffInvitation.expires_at > now,
                *_IS_OPEN,
            )
            .values(accepted_at=now)
            .returning(
                StaffInvitation.email,
                StaffInvitation.full_name,
                StaffInvitation.role,
                StaffInvitation.invited_by,
            ),
            execution_options=_NO_SYNC,
        )
        .one_or_none()
    )
    if row is None:
        raise InvitationInvalid
    by = SYSTEM if row.invited_by is None else load_principal(row.invited_by, AccountKind.STAFF)
    if by is None:
        raise InvitationInvalid
    return create_staff(
        email=row.email,
        full_name=row.full_name,
        role=row.role,
        password_hash=password_hash,
        by=by,
    )


def revoke(invitation_id: UUID, *, by: Principal) -> None:
    """Revoke an invitation. Refuses one that was accepted or revoked before."""
    revoked = require_transaction().scalar(
        update(StaffInvitation)
        .where(StaffInvitation.id == invitation_id, *_IS_OPEN)
        .values(revoked_at=clock.now())
        .returning(StaffInvitation.role),
        execution_options=_NO_SYNC,
    )
    if revoked is None:
        raise InvitationNotFound(invitation_id=invitation_id)
    audit.record("staff.invitation_revoked", by=by, subject_id=invitation_id, role=revoked)


def purge_old() -> None:
    """Delete invitations that ran out three months ago."""
    require_transaction().execute(
        delete(StaffInvitation).where(StaffInvitation.expires_at < clock.now() - KEPT_AFTER_END),
        execution_options=_NO_SYNC,
    )
