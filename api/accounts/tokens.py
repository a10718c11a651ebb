"""The secrets that prove who someone is: short access tokens, refresh tokens, one-time links."""

import secrets
from datetime import timedelta
from uuid import UUID

from flask_jwt_extended import create_access_token

from api.platform.auth import ACCESS_TOKEN_MINUTES

ACCESS_LASTS = timedelta(minutes=ACCESS_TOKEN_MINUTES)
REFRESH_LASTS = timedelta(days=30)
RESET_LASTS = timedelta(hours=1)


def new_secret() -> str:
    """Return 256 random bits as text; only its hash is ever stored."""
    return secrets.token_urlsafe(32)


def access_token(user_id: UUID, *, kind: str, sign_in_id: UUID) -> str:
    """Return a signed token that is believed for a quarter of an hour.

    It carries no permissions: those are looked up with each request.
    """
    claims = {"kind": kind, "sid": str(sign_in_id)}
    token: str = create_access_token(
        identity=str(user_id), additional_claims=claims, expires_delta=ACCESS_LASTS
    )
    return token
