"""Sign-ins and their refresh tokens.

A sign-in is a family of refresh tokens on one device; each token is good once and is answered
with the next one. A token that comes a second time has two holders, and nobody can tell which of
them is the thief, so the whole family ends and both must show the password.

Two tabs of one browser also hold one token, and may refresh at the same moment; so may a client
whose answer got lost. For ten seconds after its first use, and only to the device and network that
used it first, a token is therefore answered with one more pair of the same family. That opens
little to a thief: he would have to be in the same network with the same browser within these
seconds. Both pairs end with the sign-in, and everybody else's second use ends it as before.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, case, delete, insert, select, update

from api.accounts import queries
from api.accounts.errors import (
    BadCredentials,
    RefreshTokenExpired,
    RefreshTokenInvalid,
    RefreshTokenReused,
    SessionNotFound,
)
from api.accounts.models import EmailVerification, PasswordReset, RefreshToken, Session, User
from api.accounts.roles import AccountKind
from api.accounts.tokens import new_secret, refresh_lasts
from api.accounts.user_agents import Device
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM, Principal
from api.platform import audit
from api.platform.auth import hash_secret
from api.platform.db import AnyRow, Base, require_transaction, session

KEPT_AFTER_END = timedelta(days=7)
"""How long an expired token can still be told from one that never was."""
RESETS_KEPT = timedelta(days=1)
TERMINAL_IDLE = timedelta(hours=1)
"""How long a sign-in at a terminal lasts without a visit."""
TERMINAL_LONGEST = timedelta(hours=12)
"""How long it lasts at most: a shift."""
USED_AGAIN_WITHIN = timedelta(seconds=10)
"""How long after its first use a token is taken again from the same device."""

_NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that may go on: who it is, and the one copy of the next refresh token."""

    sign_in_id: UUID
    kind: AccountKind
    user: dict[str, Any]
    refresh_token: str = field(repr=False)


def open_session(
    user_id: UUID, *, verified_hash: str, fresh_hash: str | None, device: Device
) -> SignedIn:
    """Sign someone in whose password was just compared with `verified_hash`.

    Locks the account. Refuses, like a wrong password, an account that was switched off or got
    another password since the comparison. Stores `fresh_hash` where the old one was outdated.
    """
    person = session.execute(
        select(
            User.kind,
            User.is_active,
            User.password_hash,
            *queries.PERSON,
        )
        .where(User.id == user_id)
        .with_for_update(key_share=True)
    ).one()
    if not person.is_active or person.password_hash != verified_hash:
        raise BadCredentials
    if fresh_hash is not None:
        require_transaction().execute(
            update(User).where(User.id == user_id).values(password_hash=fresh_hash),
            execution_options=_NO_SYNC,
        )
    return _open(person, device)


def open_terminal_session(user_id: UUID, terminal: AnyRow, *, device: Device) -> SignedIn:
    """Sign someone in at a terminal, whose badge and PIN were right. Locks the account."""
    person = session.execute(
        select(User.kind, User.is_active, *queries.PERSON)
        .where(User.id == user_id)
        .with_for_update(key_share=True)
    ).one()
    if not person.is_active:
        raise BadCredentials
    return _open(person, device, terminal)


def _open(person: AnyRow, device: Device, terminal: AnyRow | None = None) -> SignedIn:
    now, sign_in_id = clock.now(), new_id()
    lasts = refresh_lasts() if terminal is None else TERMINAL_IDLE
    require_transaction().execute(
        insert(Session).values(
            id=sign_in_id,
            user_id=person.id,
            device=device.label,
            network=device.network,
            created_at=now,
            last_used_at=now,
            expires_at=now + lasts,
            terminal_id=None if terminal is None else terminal.id,
            location_id=None if terminal is None else terminal.location_id,
        )
    )
    if person.kind == AccountKind.STAFF:
        audit.record(
            "staff.signed_in",
            by=Principal(kind="staff", id=person.id, label=person.full_name),
            subject_id=person.id,
            device=device.label if terminal is None else f"terminal {terminal.name}",
            network=device.network,
        )
    return SignedIn(
        sign_in_id=sign_in_id,
        kind=person.kind,
        user=queries.person(person, at_terminal=terminal is not None),
        refresh_token=_issue(sign_in_id, now, lasts),
    )


def note_refused_sign_in(user_id: UUID | None, *, name: str, device: Device) -> None:
    """Write down for the owner that somebody was not let in; an unknown address is a hash alone."""
    audit.record(
        "staff.sign_in_refused",
        by=SYSTEM,
        subject_id=user_id,
        account=name,
        device=device.label,
        network=device.network,
    )


def rotate(kind: AccountKind, token: str, *, device: Device) -> SignedIn:
    """Take a refresh token and answer with the next one of its family.

    The guarded update decides between two who come with the same token: one wins, the other finds
    it used, and gets a pair of its own if it comes from the same device within seconds. Raises
    `RefreshTokenReused` otherwise, upon which the caller must end the family with
    `end_stolen_family` in a transaction of its own, because this one is rolled back.
    """
    now, token_hash = clock.now(), hash_secret(token)
    taken = (
        require_transaction()
        .execute(
            update(RefreshToken)
            .where(RefreshToken.token_hash == token_hash, RefreshToken.used_at.is_(None))
            .values(used_at=now)
            .returning(RefreshToken.sign_in_id, RefreshToken.expires_at),
            execution_options=_NO_SYNC,
        )
        .one_or_none()
    )
    if taken is None:
        sign_in_id = _used_a_moment_ago(kind, token_hash, device)
    elif taken.expires_at <= now:
        raise RefreshTokenExpired
    else:
        sign_in_id = taken.sign_in_id
    at_terminal = Session.terminal_id.is_not(None)
    owner = session.execute(
        update(Session)
        .where(
            Session.id == sign_in_id,
            Session.revoked_at.is_(None),
            User.id == Session.user_id,
            User.kind == kind,
            User.is_active,
            at_terminal.is_(False) | (Session.created_at > now - TERMINAL_LONGEST),
        )
        .values(
            last_used_at=now,
            expires_at=case(
                (at_terminal, now + TERMINAL_IDLE),
                else_=now + refresh_lasts(),
            ),
            device=device.label,
            network=device.network,
        )
        .returning(at_terminal.label("at_terminal"), *queries.PERSON),
        execution_options=_NO_SYNC,
    ).one_or_none()
    if owner is None:
        raise RefreshTokenInvalid
    return SignedIn(
        sign_in_id=sign_in_id,
        kind=kind,
        user=queries.person(owner, at_terminal=owner.at_terminal),
        refresh_token=_issue(
            sign_in_id, now, TERMINAL_IDLE if owner.at_terminal else refresh_lasts()
        ),
    )


def revoke_token_family(kind: AccountKind, token: str) -> UUID | None:
    """End the sign-in that a refresh token, used or not, belongs to.

    Returns whose it was; None when there was nothing to end.
    """
    family = (
        select(RefreshToken.sign_in_id)
        .join(Session, Session.id == RefreshToken.sign_in_id)
        .join(User, User.id == Session.user_id)
        .where(RefreshToken.token_hash == hash_secret(token), User.kind == kind)
    )
    return require_transaction().scalar(
        update(Session)
        .where(Session.id.in_(family), Session.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(Session.user_id),
        execution_options=_NO_SYNC,
    )


def revoke_stolen_family(kind: AccountKind, token: str) -> None:
    """End the sign-in whose refresh token came twice; for staff the owner can read of it."""
    owner = revoke_token_family(kind, token)
    if owner is not None and kind == AccountKind.STAFF:
        audit.record("staff.refresh_token_reused", by=SYSTEM, subject_id=owner)


def end_session(user_id: UUID, sign_in_id: UUID) -> None:
    """End one of someone's own sign-ins. Raises `SignInNotFound` for any other."""
    if _end(Session.user_id == user_id, Session.id == sign_in_id) == 0:
        raise SessionNotFound


def end_sessions(user_id: UUID, *, but: UUID | None = None) -> int:
    """End all of someone's sign-ins, or all but one; returns how many.

    The caller holds the lock on the account, so no new one can slip in between.
    """
    return _end(Session.user_id == user_id, *([Session.id != but] if but else []))


def purge_expired_tokens() -> int:
    """Delete what ran out: tokens and sign-ins a week ago, reset requests a day ago.

    Returns how many rows went. Used tokens stay until they expire, because only a token that is
    known can be found out as stolen.
    """
    now = clock.now()
    # Tokens first, then their sign-ins, in the order in which a refresh locks them.
    return (
        _delete(RefreshToken, RefreshToken.expires_at < now - KEPT_AFTER_END)
        + _delete(Session, Session.expires_at < now - KEPT_AFTER_END)
        + _delete(PasswordReset, PasswordReset.created_at < now - RESETS_KEPT)
        + _delete(EmailVerification, EmailVerification.created_at < now - KEPT_AFTER_END)
    )


def _issue(sign_in_id: UUID, now: datetime, lasts: timedelta) -> str:
    token = new_secret()
    require_transaction().execute(
        insert(RefreshToken).values(
            token_hash=hash_secret(token),
            sign_in_id=sign_in_id,
            issued_at=now,
            expires_at=now + lasts,
        )
    )
    return token


def _used_a_moment_ago(kind: AccountKind, token_hash: str, device: Device) -> UUID:
    """Return the sign-in of a used token that may be used once more."""
    used = session.execute(
        select(RefreshToken.sign_in_id, RefreshToken.used_at, Session.device, Session.network)
        .join(Session, Session.id == RefreshToken.sign_in_id)
        .join(User, User.id == Session.user_id)
        .where(RefreshToken.token_hash == token_hash, User.kind == kind)
    ).one_or_none()
    if used is None:
        raise RefreshTokenInvalid
    # The sign-in names the device that refreshed it last.
    is_the_same = (used.device, used.network) == (device.label, device.network)
    if not is_the_same or clock.now() - used.used_at > USED_AGAIN_WITHIN:
        raise RefreshTokenReused
    return cast(UUID, used.sign_in_id)


def _end(*which: ColumnElement[bool]) -> int:
    result = cast(
        CursorResult[Any],
        require_transaction().execute(
            update(Session)
            .where(*which, Session.revoked_at.is_(None))
            .values(revoked_at=clock.now()),
            execution_options=_NO_SYNC,
        ),
    )
    return result.rowcount


def _delete(model: type[Base], which: ColumnElement[bool]) -> int:
    result = cast(
        CursorResult[Any],
        require_transaction().execute(delete(model).where(which), execution_options=_NO_SYNC),
    )
    return result.rowcount
