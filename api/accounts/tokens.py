"""The secrets that prove who someone is: short access tokens, refresh tokens, one-time links."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from flask_jwt_extended import create_access_token

from api.platform.auth import key_id
from api.platform.settings import current_settings

RESET_LIFETIME = timedelta(hours=1)
VERIFICATION_LIFETIME = timedelta(days=2)


def access_lasts() -> timedelta:
    """Return how long an access token is believed."""
    return timedelta(minutes=current_settings().access_token_minutes)


def refresh_lasts() -> timedelta:
    """Return how long a sign-in lasts without a visit."""
    return timedelta(days=current_settings().refresh_token_days)


def new_secret() -> str:
    """Return 256 random bits as text; only its hash is ever stored."""
    return secrets.token_urlsafe(32)


def access_token(user_id: UUID, *, kind: str, sign_in_id: UUID, groups: Sequence[str] = ()) -> str:
    """Return a signed token that is believed for ACCESS_TOKEN_EXPIRE_MINUTES.

    It carries no permissions: those are looked up with each request. It does carry the groups of
    a customer, so that the catalogue can show their prices without looking anybody up; a cart
    looks.
    """
    claims: dict[str, object] = {"kind": kind, "sid": str(sign_in_id)}
    if groups:
        claims["groups"] = sorted(groups)
    token: str = create_access_token(
        identity=str(user_id),
        additional_claims=claims,
        additional_headers={"kid": key_id(current_settings().jwt_secret_key)},
        expires_delta=access_lasts(),
    )
    return token
