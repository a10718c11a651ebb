"""Shared terminals, and the badges and PINs with which people come in there.

A terminal is enrolled by a code that is good once. Whoever shows a badge and its PIN at it may do
no more than warehouse work, and only as long as the terminal is not revoked.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from api.accounts.errors import (
    BadgeTaken,
    EnrolmentCodeInvalid,
    PinTooSimple,
    StaffNotFound,
    TerminalNotFound,
)
from api.accounts.models import Badge, Session, Terminal, User
from api.accounts.roles import AccountKind
from api.accounts.service.roles import check_grant
from api.accounts.service.users import location_ids_of
from api.accounts.tokens import new_secret
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM, Principal
from api.platform import audit
from api.platform.auth import hash_secret
from api.platform.db import AnyRow, require_transaction, session

CODE_LASTS = timedelta(hours=1)
MOST_TRIES = 10
"""After so many wrong PINs in a row a badge opens nothing, until its PIN is set anew."""
KEY_START = "tk_"
BADGE_START = "U-"
CODE_START = "E-"
"""How the code begins that enrols a terminal."""
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""No vowels and nothing that looks alike, in capitals: every barcode and scanner knows them."""
_NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class NewTerminal:
    """A terminal that was made, and the code that enrols it, told once."""

    id: UUID
    code: str = field(repr=False)


def create_terminal(name: str, location: str | None, *, by: Principal) -> NewTerminal:
    """Make a terminal, whose code enrols one console within the hour.

    Refuses an unknown location, and one where `by` does not work.
    """
    location_ids = location_ids_of([location] if location else [], by)
    code = f"{CODE_START}{_random(4)}-{_random(4)}-{_random(4)}"
    terminal_id, now = new_id(), clock.now()
    require_transaction().execute(
        insert(Terminal).values(
            id=terminal_id,
            created_at=now,
            name=name,
            location_id=location_ids[0] if location_ids else None,
            code_hash=hash_secret(code),
            code_expires_at=now + CODE_LASTS,
        )
    )
    audit.record("terminal.created", by=by, subject_id=terminal_id, name=name, location=location)
    return NewTerminal(terminal_id, code)


def enrol_terminal(code: str) -> tuple[AnyRow, str]:
    """Trade the code of a terminal, once, for its key; only the hash of the key is kept."""
    key, now = f"{KEY_START}{new_secret()}", clock.now()
    row = (
        require_transaction()
        .execute(
            update(Terminal)
            .where(
                Terminal.code_hash == hash_secret(code.strip().upper()),
                Terminal.code_expires_at > now,
                Terminal.revoked_at.is_(None),
            )
            .values(code_hash=None, key_hash=hash_secret(key), enrolled_at=now)
            .returning(Terminal.id, Terminal.name),
            execution_options=_NO_SYNC,
        )
        .one_or_none()
    )
    if row is None:
        raise EnrolmentCodeInvalid
    audit.record("terminal.enrolled", by=SYSTEM, subject_id=row.id, name=row.name)
    return row, key


def revoke_terminal(terminal_id: UUID, *, by: Principal) -> None:
    """Shut a terminal out at once, with everybody who is signed in there."""
    name = require_transaction().scalar(
        update(Terminal)
        .where(Terminal.id == terminal_id, Terminal.revoked_at.is_(None))
        .values(revoked_at=clock.now(), code_hash=None)
        .returning(Terminal.name),
        execution_options=_NO_SYNC,
    )
    if name is None:
        raise TerminalNotFound(terminal_id=terminal_id)
    session.execute(
        update(Session)
        .where(Session.terminal_id == terminal_id, Session.revoked_at.is_(None))
        .values(revoked_at=clock.now()),
        execution_options=_NO_SYNC,
    )
    audit.record("terminal.revoked", by=by, subject_id=terminal_id, name=name)


def take_try(badge: str) -> tuple[UUID, str] | None:
    """Count a try at a badge, and return whose it is and the hash of its PIN.

    None for a badge that is unknown, or had too many tries. Counted before the PIN is compared, so
    that many at once get no more tries.
    """
    row = (
        require_transaction()
        .execute(
            update(Badge)
            .where(Badge.code == badge.strip().upper(), Badge.tries < MOST_TRIES)
            .values(tries=Badge.tries + 1)
            .returning(Badge.user_id, Badge.pin_hash),
            execution_options=_NO_SYNC,
        )
        .one_or_none()
    )
    return None if row is None else (row.user_id, row.pin_hash)


def use_terminal(key: str) -> AnyRow | None:
    """Return the terminal of a key, noting that it was used; None for one that is revoked."""
    return (
        require_transaction()
        .execute(
            update(Terminal)
            .where(Terminal.key_hash == hash_secret(key), Terminal.revoked_at.is_(None))
            .values(last_used_at=clock.now())
            .returning(Terminal.id, Terminal.name, Terminal.location_id),
            execution_options=_NO_SYNC,
        )
        .one_or_none()
    )


def forget_tries(user_id: UUID) -> None:
    """Begin to count anew: the PIN was right."""
    require_transaction().execute(
        update(Badge).where(Badge.user_id == user_id).values(tries=0), execution_options=_NO_SYNC
    )


def set_badge(user_id: UUID, code: str | None, *, pin_hash: str, by: Principal) -> str:
    """Give somebody a badge and a PIN in place of the ones before; returns the badge's code.

    `code` is that of a card at hand; without one a code is made. Refuses a badge of somebody else,
    and whoever may do less than they may.
    """
    role = session.scalar(
        select(User.role)
        .where(User.id == user_id, User.kind == AccountKind.STAFF)
        .with_for_update(key_share=True)
    )
    if role is None:
        raise StaffNotFound
    check_grant(role, by)
    badge = code.upper() if code else f"{BADGE_START}{_random(10)}"
    taken = select(Badge.user_id).where(Badge.code == badge, Badge.user_id != user_id)
    if session.scalar(taken) is not None:
        raise BadgeTaken
    fresh = {"code": badge, "pin_hash": pin_hash, "tries": 0}
    require_transaction().execute(
        upsert(Badge)
        .values(user_id=user_id, **fresh)
        .on_conflict_do_update(index_elements=["user_id"], set_=fresh)
    )
    audit.record("staff.badge_set", by=by, subject_id=user_id, badge=badge)
    return badge


def set_pin(user_id: UUID, *, pin_hash: str, by: Principal) -> None:
    """Change the PIN of one's own badge. Raises `StaffNotFound` for whoever has none."""
    changed = require_transaction().scalar(
        update(Badge)
        .where(Badge.user_id == user_id)
        .values(pin_hash=pin_hash, tries=0)
        .returning(Badge.user_id),
        execution_options=_NO_SYNC,
    )
    if changed is None:
        raise StaffNotFound("You have no badge yet: whoever looks after the staff makes one.")
    audit.record("staff.pin_set", by=by, subject_id=user_id)


def check_pin(pin: str) -> None:
    """Refuse PINs that people try first: 0000, 1234, 4321."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise PinTooSimple


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
