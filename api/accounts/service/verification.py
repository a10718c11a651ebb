"""Proof that the e-mail address of a customer account is its owner's: a link, opened once."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update

from api.accounts.errors import AccountNotFound, EmailAlreadyVerified, VerificationInvalid
from api.accounts.events import EmailVerificationRequested, EmailVerified
from api.accounts.models import EmailVerification, User
from api.accounts.roles import AccountKind
from api.accounts.tokens import VERIFICATION_LIFETIME, new_secret
from api.kernel import clock
from api.kernel.ids import new_id
from api.platform.auth import hash_secret
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

_NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class VerificationEmail:
    """The contents and recipient of an e-mail with a link to verify its address."""

    email: str
    full_name: str
    expires_at: datetime
    token: str = field(repr=False)


def request_verification(customer_id: UUID) -> UUID:
    """Have a link mailed by which a customer proves their address; returns the request's id.

    Needs a transaction. Raises `AccountNotFound` and `EmailAlreadyVerified`.
    """
    person = session.execute(
        select(User.email, User.email_verified_at).where(
            User.id == customer_id, User.kind == AccountKind.CUSTOMER
        )
    ).one_or_none()
    if person is None:
        raise AccountNotFound
    if person.email_verified_at is not None:
        raise EmailAlreadyVerified
    request_id = new_id()
    require_transaction().execute(
        insert(EmailVerification).values(
            id=request_id, user_id=customer_id, email=person.email, created_at=clock.now(),
            expires_at=clock.now() + VERIFICATION_LIFETIME,
        )
    )  # fmt: skip
    emit(EmailVerificationRequested(request_id=request_id))
    return request_id


def make_verification_token(request_id: UUID) -> VerificationEmail | None:
    """Make the token of the e-mail; None when the link ran out, was used, or is no longer needed.

    Made again, it replaces the one before, so that an e-mail that is written twice holds the one
    that counts.
    """
    request = (
        require_transaction()
        .execute(
            select(
                EmailVerification.used_at, EmailVerification.expires_at, EmailVerification.email,
                User.full_name, User.email.label("on_file"), User.email_verified_at,
            )
            .join(User, User.id == EmailVerification.user_id)
            .where(EmailVerification.id == request_id, User.is_active)
            .with_for_update(of=EmailVerification)
        )
        .one_or_none()
    )  # fmt: skip
    if (
        request is None
        or request.used_at is not None
        or request.email_verified_at is not None
        or request.expires_at <= clock.now()
        or request.email != request.on_file
    ):
        return None
    token = new_secret()
    session.execute(
        update(EmailVerification)
        .where(EmailVerification.id == request_id)
        .values(token_hash=hash_secret(token)),
        execution_options=_NO_SYNC,
    )
    return VerificationEmail(request.email, request.full_name, request.expires_at, token)


def verify_email(token: str) -> UUID:
    """Take the token of a link, once: the address of its account is verified; returns the account.

    Needs a transaction; locks the request, then the account. Emits `EmailVerified`. Raises
    `VerificationInvalid`.
    """
    now = clock.now()
    taken = (
        require_transaction()
        .execute(
            update(EmailVerification)
            .where(
                EmailVerification.token_hash == hash_secret(token),
                EmailVerification.used_at.is_(None),
                EmailVerification.expires_at > now,
            )
            .values(used_at=now)
            .returning(EmailVerification.user_id, EmailVerification.email),
            execution_options=_NO_SYNC,
        )
        .one_or_none()
    )
    if taken is None or not mark_verified(taken.user_id, taken.email):
        raise VerificationInvalid
    return UUID(str(taken.user_id))


def mark_verified(customer_id: UUID, email: str) -> bool:
    """Note that somebody proved an address; False when the account has another one.

    Emits `EmailVerified` the first time. Needs a transaction; locks the account.
    """
    person = (
        require_transaction()
        .execute(
            select(User.email, User.email_verified_at)
            .where(User.id == customer_id, User.kind == AccountKind.CUSTOMER)
            .with_for_update(key_share=True)
        )
        .one_or_none()
    )
    if person is None or person.email.lower() != email.lower():
        return False
    if person.email_verified_at is None:
        session.execute(
            update(User).where(User.id == customer_id).values(email_verified_at=clock.now()),
            execution_options=_NO_SYNC,
        )
        emit(EmailVerified(customer_id=customer_id))
    return True
