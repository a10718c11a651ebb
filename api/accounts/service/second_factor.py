"""The second factor of staff: codes of an app (TOTP, RFC 6238), and recovery codes for its loss.

A code is good once: each use moves the last step forward by a guarded update, so of two who come
with one code at the same moment one is let in.
"""

import base64
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from api.accounts.errors import (
    SecondFactorExists,
    SecondFactorNeeded,
    SecondFactorWrong,
    StaffNotFound,
)
from api.accounts.events import SecondFactorReset
from api.accounts.models import RecoveryCode, SecondFactor, Session, StaffRole, User
from api.accounts.roles import AccountKind
from api.accounts.service.roles import check_grant
from api.accounts.service.sessions import end_sessions
from api.kernel import clock
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.auth import hash_secret
from api.platform.db import require_transaction, session
from api.platform.outbox import emit
from api.platform.secrets_at_rest import Unreadable, reseal, seal, unseal
from api.platform.settings import current_settings

SECRET_BYTES = 20
"""160 bits, as RFC 4226 asks for."""
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_UNFIT = re.compile(r"[^A-Za-z0-9]+")
_PURPOSE = "second-factor"
_PERIOD = 30
_NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret that an app takes over, told once."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def begin_second_factor(by: Principal) -> Enrolment:
    """Make a secret for somebody's app. It counts for nothing until one code of it was shown.

    Locks the account. Refuses whoever has one already: it must be given up first.
    """
    if _lock(_owner(by)) is not None:
        raise SecondFactorExists
    raw = secrets.token_bytes(SECRET_BYTES)
    fresh = {"secret": seal(raw, _PURPOSE), "last_step": None}
    session.execute(
        upsert(SecondFactor)
        .values(user_id=by.id, **fresh)
        .on_conflict_do_update(index_elements=["user_id"], set_=fresh)
    )
    audit.record("staff.second_factor_begun", by=by, subject_id=by.id)
    secret = base64.b32encode(raw).decode()
    # Short, so that its picture fits into a terminal of 80 by 24.
    name = _UNFIT.sub("-", f"{current_settings().shop_name} {by.label}")[:23].strip("-")
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=name))


def confirm_second_factor(code: str, *, sign_in: UUID | None, by: Principal) -> list[str]:
    """Have the factor count from now on, and return the recovery codes, told this once.

    Locks the account. Refuses a wrong code, and whoever began none or has one already.
    """
    if _lock(_owner(by)) is not None:
        raise SecondFactorExists
    _prove_by_app(_owner(by), code)
    _set_since(_owner(by), clock.now())
    _note_proof(sign_in)
    audit.record("staff.second_factor_set", by=by, subject_id=by.id)
    return _fresh_codes(_owner(by))


def renew_recovery_codes(code: str, *, by: Principal) -> list[str]:
    """Replace the recovery codes, against a code of the app or one of the old ones."""
    prove(_owner(by), code)
    audit.record("staff.recovery_codes_renewed", by=by, subject_id=by.id)
    return _fresh_codes(_owner(by))


def remove_second_factor(code: str, *, by: Principal) -> None:
    """Give the factor up, against a code. Refuses where the role requires one."""
    prove(_owner(by), code)
    if session.scalar(select(StaffRole.requires_second_factor).where(StaffRole.name == by.role)):
        raise SecondFactorNeeded
    _forget(_owner(by))
    audit.record("staff.second_factor_removed", by=by, subject_id=by.id)


def reset_second_factor(user_id: UUID, *, by: Principal) -> None:
    """Take somebody's factor away who lost it; they are signed out and told by e-mail.

    Refuses whoever may do less than they may.
    """
    person = session.execute(
        select(User.role)
        .where(User.id == user_id, User.kind == AccountKind.STAFF)
        .with_for_update(key_share=True)
    ).one_or_none()
    if person is None:
        raise StaffNotFound
    check_grant(person.role, by)
    _forget(user_id)
    end_sessions(user_id)
    audit.record("staff.second_factor_reset", by=by, subject_id=user_id)
    emit(SecondFactorReset(user_id=user_id))


def reseal_second_factors() -> tuple[int, int]:
    """Seal all secrets under today's SECRET_KEY; returns how many were, and could not be read.

    Needs a transaction; locks the secrets. Those that cannot be read are left as they are.
    """
    rows = require_transaction().execute(
        select(SecondFactor.user_id, SecondFactor.secret).with_for_update()
    )
    done = unreadable = 0
    for user_id, stored in rows.all():
        try:
            fresh = reseal(stored, _PURPOSE)
        except Unreadable:
            unreadable += 1
            continue
        if fresh is not None:
            done += 1
            session.execute(
                update(SecondFactor).where(SecondFactor.user_id == user_id).values(secret=fresh),
                execution_options=_NO_SYNC,
            )
    return done, unreadable


def has_second_factor(user_id: UUID) -> bool:
    """Tell whether somebody must show a code to come in."""
    return session.scalar(select(User.second_factor_at).where(User.id == user_id)) is not None


def step_up(user_id: UUID, code: str, *, sign_in: UUID | None) -> None:
    """Note that whoever is signed in has shown a code just now."""
    prove(user_id, code)
    _note_proof(sign_in)


def prove(user_id: UUID, code: str) -> None:
    """Take a code of the app or a recovery code, once. Raises `SecondFactorWrong`."""
    typed = "".join(code.split()).replace("-", "").lower()
    if typed.isascii() and typed.isdigit():
        if not has_second_factor(user_id):
            raise SecondFactorWrong
        _prove_by_app(user_id, typed)
        return
    taken = require_transaction().scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.code_hash == _hashed(user_id, typed),
            RecoveryCode.user_id == user_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.user_id),
        execution_options=_NO_SYNC,
    )
    if taken is None:
        raise SecondFactorWrong


def _prove_by_app(user_id: UUID, code: str) -> None:
    typed = "".join(code.split())
    stored = session.scalar(select(SecondFactor.secret).where(SecondFactor.user_id == user_id))
    if stored is None:
        raise SecondFactorWrong
    step = _step_of(stored, typed, clock.now())
    moved = (
        None
        if step is None
        else require_transaction().scalar(
            update(SecondFactor)
            .where(
                SecondFactor.user_id == user_id,
                SecondFactor.secret == stored,
                or_(SecondFactor.last_step.is_(None), SecondFactor.last_step < step),
            )
            .values(last_step=step, secret=reseal(stored, _PURPOSE) or stored)
            .returning(SecondFactor.user_id),
            execution_options=_NO_SYNC,
        )
    )
    if moved is None:
        raise SecondFactorWrong


def _step_of(stored: str, code: str, now: datetime) -> int | None:
    """Return the step of time whose code this is: this one or its neighbours; clocks differ."""
    try:
        totp = pyotp.TOTP(base64.b32encode(unseal(stored, _PURPOSE)).decode())
    except Unreadable:
        return None
    present = int(now.timestamp()) // _PERIOD
    found = None
    for step in (present - 1, present, present + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def _lock(user_id: UUID) -> datetime | None:
    """Lock an account; returns since when its factor counts."""
    return require_transaction().scalar(
        select(User.second_factor_at).where(User.id == user_id).with_for_update(key_share=True)
    )


def _set_since(user_id: UUID, since: datetime | None) -> None:
    session.execute(
        update(User).where(User.id == user_id).values(second_factor_at=since),
        execution_options=_NO_SYNC,
    )


def _note_proof(sign_in: UUID | None) -> None:
    session.execute(
        update(Session).where(Session.id == sign_in).values(proved_at=clock.now()),
        execution_options=_NO_SYNC,
    )


def _fresh_codes(user_id: UUID) -> list[str]:
    session.execute(
        delete(RecoveryCode).where(RecoveryCode.user_id == user_id), execution_options=_NO_SYNC
    )
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    session.execute(
        insert(RecoveryCode),
        [{"code_hash": _hashed(user_id, code), "user_id": user_id} for code in codes],
    )
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


def _forget(user_id: UUID) -> None:
    _set_since(user_id, None)
    for model in (SecondFactor, RecoveryCode):
        session.execute(delete(model).where(model.user_id == user_id), execution_options=_NO_SYNC)


def _hashed(user_id: UUID, code: str) -> str:
    """Hash a recovery code: its 79 random bits cannot be tried out."""
    return hash_secret(f"{user_id}\n{code}")


def _owner(by: Principal) -> UUID:
    assert by.id is not None
    return by.id
