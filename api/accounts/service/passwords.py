"""Passwords as rows: set, changed, forgotten. Hashes come in ready made, never in a transaction."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, update

from api.accounts import passwords
from api.accounts.errors import CurrentPasswordWrong, PasswordRefused, ResetTokenInvalid
from api.accounts.events import PasswordChanged, PasswordResetRequested
from api.accounts.models import PasswordReset, User
from api.accounts.queries import is_address
from api.accounts.roles import AccountKind
from api.accounts.service.sessions import end_sessions
from api.accounts.service.verification import mark_verified
from api.accounts.tokens import RESET_LIFETIME, new_secret
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.auth import hash_secret
from api.platform.db import AnyRow, end_read_transaction, require_transaction, session
from api.platform.outbox import emit

ANSWERED_WITHIN = timedelta(days=1)
"""A password reset e-mail that is later than this is not sent any more."""

_NO_SYNC = {"synchronize_session": False}
_REASONS = {
    "too_short": f"Use at least {passwords.MIN_LENGTH} characters.",
    "too_long": f"Use at most {passwords.MAX_LENGTH} characters.",
    "is_the_email": "Do not use the e-mail address itself.",
    "too_common": "It is easy to guess. Take a few words that do not belong together.",
}


@dataclass(frozen=True, slots=True)
class ResetEmail:
    """The contents and recipient of a password reset e-mail."""

    email: str
    full_name: str
    expires_at: datetime
    token: str = field(repr=False)


def hash_password(password: str, *, email: str) -> str:
    """Return the hash of a new password, to be given to whatever stores it.

    Refuses a weak one. Takes tens of milliseconds, so it must not be called inside a transaction
    (RuntimeError).
    """
    end_read_transaction()
    if reason := passwords.weakness(password, email=email):
        raise PasswordRefused(
            f"This password will not do. {_REASONS[reason]}",
            errors=[
                {
                    "pointer": "/password",
                    "in": "body",
                    "code": reason,
                    "detail": _REASONS[reason],
                }
            ],
        )
    return passwords.hashed(password)


def change_password(
    user_id: UUID, *, verified_hash: str, fresh_hash: str, keep: UUID | None
) -> None:
    """Replace a password that its owner has just shown, and end their other sign-ins.

    Locks the account. Refuses when the password was changed since it was compared.
    """
    if _lock(user_id).password_hash != verified_hash:
        raise CurrentPasswordWrong
    _set_password(user_id, fresh_hash, keep=keep)


def set_password(user_id: UUID, *, fresh_hash: str, by: Principal) -> None:
    """Give a member of staff a new password from the shop's own shell; ends all their sign-ins."""
    _lock(user_id)
    _set_password(user_id, fresh_hash, keep=None, by=by)


def request_reset(email: str) -> UUID:
    """Note that someone forgot the password of a customer account, and return the request's id.

    Does not check whether the account exists: the e-mail's job does, so that the request takes
    the same time for every address.
    """
    request_id = new_id()
    require_transaction().execute(
        insert(PasswordReset).values(id=request_id, email=email, created_at=clock.now())
    )
    emit(PasswordResetRequested(request_id=request_id))
    return request_id


def make_reset_token(request_id: UUID) -> ResetEmail | None:
    """Create the one-time token for the e-mail that answers a request; None when none is due.

    None is due to an address without an active customer account, to a request that was answered
    by a new password, and after a day. A second call replaces the token of the first, so an e-mail
    that is written again holds the token that counts. The token is good for an hour from now.
    """
    request = (
        require_transaction()
        .execute(
            select(PasswordReset.email, PasswordReset.used_at, PasswordReset.created_at)
            .where(PasswordReset.id == request_id)
            .with_for_update()
        )
        .one_or_none()
    )
    now = clock.now()
    if request is None or request.used_at or request.created_at < now - ANSWERED_WITHIN:
        return None
    owner = session.execute(
        select(User.id, User.email, User.full_name).where(
            User.kind == AccountKind.CUSTOMER, is_address(request.email), User.is_active
        )
    ).one_or_none()
    if owner is None:
        return None
    token, expires_at = new_secret(), now + RESET_LIFETIME
    session.execute(
        update(PasswordReset)
        .where(PasswordReset.id == request_id)
        .values(user_id=owner.id, token_hash=hash_secret(token), expires_at=expires_at),
        execution_options=_NO_SYNC,
    )
    # To the address on file and not to the one that was typed: the two may merely look alike.
    return ResetEmail(owner.email, owner.full_name, expires_at, token)


def redeem_reset(user_id: UUID, *, token: str, fresh_hash: str) -> None:
    """Set a new password with the token of a reset e-mail, once; ends all sign-ins.

    Locks the account first, as every change of a password does, then takes the token by a guarded
    update, so that of two uses one wins. Raises `ResetTokenInvalid`.
    """
    if not _lock(user_id).is_active:
        raise ResetTokenInvalid
    now = clock.now()
    taken = session.execute(
        update(PasswordReset)
        .where(
            PasswordReset.token_hash == hash_secret(token),
            PasswordReset.user_id == user_id,
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > now,
        )
        .values(used_at=now)
        .returning(PasswordReset.email),
        execution_options=_NO_SYNC,
    ).one_or_none()
    if taken is None:
        raise ResetTokenInvalid
    mark_verified(user_id, taken.email)  # whoever has the e-mail has proved the address
    _set_password(user_id, fresh_hash, keep=None)


def _lock(user_id: UUID) -> AnyRow:
    return (
        require_transaction()
        .execute(
            select(User.password_hash, User.is_active)
            .where(User.id == user_id)
            .with_for_update(key_share=True)
        )
        .one()
    )


def _set_password(
    user_id: UUID, fresh_hash: str, *, keep: UUID | None, by: Principal | None = None
) -> None:
    """Store a hash, end all sign-ins and invalidate every reset e-mail that was sent before."""
    person = session.execute(
        update(User)
        .where(User.id == user_id)
        .values(password_hash=fresh_hash)
        .returning(User.full_name, User.role),
        execution_options=_NO_SYNC,
    ).one()
    end_sessions(user_id, but=keep)
    session.execute(
        update(PasswordReset)
        .where(PasswordReset.user_id == user_id, PasswordReset.used_at.is_(None))
        .values(used_at=clock.now()),
        execution_options=_NO_SYNC,
    )
    if person.role is not None:
        audit.record(
            "staff.password_changed",
            by=by or Principal(kind="staff", id=user_id, label=person.full_name),
            subject_id=user_id,
        )
    emit(PasswordChanged(user_id=user_id))
