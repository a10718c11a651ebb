"""API keys: how programs come in. Only a digest of a key is stored; the key itself is told once."""

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, insert, or_, select, update

from api.accounts.errors import ApiKeyNotFound, ApiKeyRotating, GrantExceedsOwn
from api.accounts.models import ApiKey
from api.accounts.roles import KEY_SCOPES, LIMITED, KeyKind, Role
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.permissions import Permission, read_stored, with_implied
from api.kernel.principal import Principal
from api.platform import audit, rate_limits
from api.platform.db import AnyRow, require_transaction, session, transaction
from api.platform.settings import current_settings

OVERLAP = timedelta(days=7)
"""How long a key is still good after the one that replaces it was made, unless told otherwise."""
_PREFIX = 12
_RANDOM = 32
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
"""Base 58: nothing that looks like something else. 32 of them are 187 random bits."""
_USE_NOTED_EVERY = timedelta(minutes=1)
_NO_SYNC = {"synchronize_session": False}

_IS_LIVE = (
    ApiKey.revoked_at.is_(None),
    or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > bindparam("now")),
)
# Built once, because every request with a key asks it.
_FOUND = select(
    ApiKey.id,
    ApiKey.name,
    ApiKey.kind,
    ApiKey.digest,
    ApiKey.scopes,
    ApiKey.requests_per_minute,
    ApiKey.last_used_at,
).where(ApiKey.prefix == bindparam("prefix"), *_IS_LIVE)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was just made: the only moment at which it is known."""

    id: UUID
    key: str = field(repr=False)


def create_key(
    *,
    name: str,
    kind: KeyKind,
    scopes: Collection[str],
    expires_at: datetime | None,
    requests_per_minute: int,
    by: Principal,
) -> MadeKey:
    """Make a key for a program. What it may do stays as it is: make another one instead.

    Refuses scopes that `by` does not hold.
    """
    held = with_implied(read_stored(scopes)) & KEY_SCOPES
    _check_within(held, by, name)
    return _make(
        series_id=new_id(),
        name=name,
        kind=kind,
        scopes=sorted(held),
        expires_at=expires_at,
        requests_per_minute=requests_per_minute,
        by=by,
    )


def rotate_key(key_id: UUID, *, old_expires_at: datetime | None, by: Principal) -> MadeKey:
    """Make the key that replaces another one, which stays good for a while.

    At most two keys of one series are good at once: of two who rotate at the same moment the
    second finds the first one's. Locks the key.
    """
    old = _live(key_id)
    until = old_expires_at or clock.now() + OVERLAP
    held = read_stored(old.scopes)
    _check_within(held, by, old.name)
    require_transaction().execute(
        update(ApiKey)
        .where(ApiKey.id == key_id)
        .values(expires_at=func.least(func.coalesce(ApiKey.expires_at, until), until)),
        execution_options=_NO_SYNC,
    )
    return _make(
        series_id=old.series_id,
        name=old.name,
        kind=KeyKind(old.kind),
        scopes=old.scopes,
        expires_at=None,
        requests_per_minute=old.requests_per_minute,
        by=by,
        replaces=key_id,
    )


def _check_within(held: frozenset[Permission], by: Principal, name: str) -> None:
    """Nobody makes a key that does more than they may: keys have no limits."""
    is_limited = by.limits and by.role != Role.OWNER and held & LIMITED
    if by.kind != "system" and (is_limited or not held <= by.permissions):
        raise GrantExceedsOwn(f"The key {name} would do more than you may.", name=name)


def revoke_key(key_id: UUID, *, by: Principal) -> None:
    """End a key at once. Refuses one that is not good any more."""
    row = require_transaction().scalar(
        update(ApiKey)
        .where(ApiKey.id == key_id, *_IS_LIVE)
        .values(revoked_at=clock.now())
        .returning(ApiKey.name),
        {"now": clock.now()},
        execution_options=_NO_SYNC,
    )
    if row is None:
        raise ApiKeyNotFound(key_id=key_id)
    audit.record("api_key.revoked", by=by, subject_id=key_id, name=row)


def load_key(key: str) -> Principal | None:
    """Return whom a secret key speaks for; None for one that is unknown, revoked or run out.

    One query, and at most once a minute a note that the key was used. Counts the request against
    the key's own limit (`TooMany`).
    """
    row = _used(key, KeyKind.SECRET)
    if row is None:
        return None
    return Principal(kind="key", id=row.id, label=row.name, permissions=read_stored(row.scopes))


def check_publishable(key: str) -> bool:
    """Tell whether a storefront's publishable key is good, and count the request against it."""
    return _used(key, KeyKind.PUBLISHABLE) is not None


def _used(key: str, kind: KeyKind) -> AnyRow | None:
    now = clock.now()
    row = session.execute(_FOUND, {"prefix": key[:_PREFIX], "now": now}).one_or_none()
    if row is None or row.kind != kind or not _is_digest_of(row.digest, key):
        return None
    rate_limits.count(f"key:{row.id}", row.requests_per_minute)
    if row.last_used_at is None or now - row.last_used_at >= _USE_NOTED_EVERY:
        with transaction() as current:
            current.execute(
                update(ApiKey)
                .where(
                    ApiKey.id == row.id,
                    or_(
                        ApiKey.last_used_at.is_(None),
                        ApiKey.last_used_at <= now - _USE_NOTED_EVERY,
                    ),
                )
                .values(last_used_at=now),
                execution_options=_NO_SYNC,
            )
    return row


def _make(
    *,
    series_id: UUID,
    name: str,
    kind: KeyKind,
    scopes: list[str],
    expires_at: datetime | None,
    requests_per_minute: int,
    by: Principal,
    **told: object,
) -> MadeKey:
    start = "sk_" if kind is KeyKind.SECRET else "pk_"
    key = start + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    key_id = new_id()
    require_transaction().execute(
        insert(ApiKey).values(
            id=key_id,
            series_id=series_id,
            name=name,
            kind=kind,
            prefix=key[:_PREFIX],
            digest=_digest(key, current_settings().secret_key),
            scopes=scopes,
            requests_per_minute=requests_per_minute,
            created_by=by.id,
            created_at=clock.now(),
            expires_at=expires_at,
        )
    )
    audit.record(
        "api_key.created",
        by=by,
        subject_id=key_id,
        name=name,
        kind=kind.value,
        scopes=scopes,
        expires_at=None if expires_at is None else expires_at.isoformat(),
        **told,
    )
    return MadeKey(key_id, key)


def _live(key_id: UUID) -> AnyRow:
    """Lock a live key and return it. Refuses when another one of its series is live as well."""
    now = {"now": clock.now()}
    found = (
        require_transaction()
        .execute(
            select(
                ApiKey.series_id,
                ApiKey.name,
                ApiKey.kind,
                ApiKey.scopes,
                ApiKey.requests_per_minute,
            )
            .where(ApiKey.id == key_id, *_IS_LIVE)
            .with_for_update(),
            now,
        )
        .one_or_none()
    )
    if found is None:
        raise ApiKeyNotFound(key_id=key_id)
    # Asked after the lock is held: what another one made meanwhile is seen by this statement.
    live = select(func.count()).where(ApiKey.series_id == found.series_id, *_IS_LIVE)
    if (session.scalar(live, now) or 0) > 1:
        raise ApiKeyRotating(name=found.name)
    return found


def _digest(key: str, secret: str) -> str:
    return hmac.digest(secret.encode(), f"api-key\n{key}".encode(), "sha256").hex()


def _is_digest_of(stored: str, key: str) -> bool:
    """Compare under each secret that is still good: rotating SECRET_KEY ends no key."""
    secrets_ = current_settings().secret_keys
    return any(hmac.compare_digest(stored, _digest(key, one)) for one in secrets_)
