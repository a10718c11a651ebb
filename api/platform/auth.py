"""Who may come in. Every route says so: `@requires(...)`, `@customers_only`, `@anyone`, `@public`.

A test walks the routes and fails on one without a guard. Accounts plug in how a token's owner is
loaded; so a deactivated person, or one who signed out, is out with the next request and not when
the token runs out.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

import jwt
import structlog
from flask import Flask, current_app, g, request
from flask_jwt_extended import JWTManager
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from api.kernel.errors import Forbidden, Unauthenticated
from api.kernel.permissions import Permission
from api.kernel.principal import GUEST, Principal
from api.platform.settings import Settings

View = TypeVar("View", bound=Callable[..., Any])
PrincipalLoader = Callable[[UUID, str, UUID | None], Principal | None]

CART_TOKEN_HEADER = "X-Cart-Token"  # noqa: S105
_ALGORITHM = "HS256"


class TokenExpired(Unauthenticated):
    """The access token has run out: use the refresh token."""

    code = "token_expired"
    sentence = "The access token has expired. Use your refresh token to get a new one."


class TokenInvalid(Unauthenticated):
    """Not a token of ours, or its owner may no longer come in."""

    code = "token_invalid"
    sentence = "The access token is not valid. Sign in again."


class PermissionMissing(Forbidden):
    """Signed in, but this needs a permission that the role does not hold."""

    code = "permission_missing"
    sentence = "Your role does not allow this: it needs {permission}."


def init_app(app: Flask, settings: Settings, load_principal: PrincipalLoader) -> None:
    """Connect tokens to people.

    `load_principal(id, kind, sign_in)` answers None for anyone who is out, or has signed out.
    """
    app.config["JWT_SECRET_KEY"] = settings.jwt_secret_key
    app.config["JWT_ALGORITHM"] = _ALGORITHM
    app.config["JWT_ACCESS_TOKEN_EXPIRES"] = settings.access_token_minutes * 60
    JWTManager(app)
    app.extensions["stockroom_load_principal"] = load_principal


def requires(permission: Permission) -> Callable[[View], View]:
    """Let in staff who hold a permission; 401 without a token, 403 without the permission."""

    def check() -> Principal:
        principal = _signed_in()
        if principal.kind != "staff" or not principal.may(permission):
            raise PermissionMissing(permission=permission.value)
        return principal

    return _guard(check, f"requires:{permission.value}")


def staff_only(view: View) -> View:
    """Let in any signed-in member of staff, for what belongs to themselves."""

    def check() -> Principal:
        principal = _signed_in()
        if principal.kind != "staff":
            raise Forbidden("This is for staff.")
        return principal

    return _guard(check, "staff")(view)


def customers_only(view: View) -> View:
    """Let in signed-in customers, for what belongs to themselves."""

    def check() -> Principal:
        principal = _signed_in()
        if principal.kind != "customer":
            raise Forbidden("This is for customers; staff use /api/v1/admin.")
        return principal

    return _guard(check, "customer")(view)


def anyone(view: View) -> View:
    """Let in customers and guests; a token that is sent must be good."""

    def check() -> Principal:
        if "Authorization" in request.headers:
            principal = _signed_in()
            if principal.kind != "customer":
                raise Forbidden("This is for customers and guests.")
            return principal
        token = cart_token()
        if token is None:
            return GUEST
        return Principal(kind="guest", label="Guest", guest_key=hash_secret(token))

    return _guard(check, "anyone")(view)


def public(view: View) -> View:
    """Let in everyone, without looking at tokens at all."""
    view.__guard__ = "public"  # type: ignore[attr-defined]
    return view


def principal() -> Principal:
    """Return who is acting in this request."""
    return cast(Principal, g.principal)


def sign_in_id() -> UUID | None:
    """Return the sign-in that the access token came from; None when it names none."""
    return cast("UUID | None", g.get("sign_in_id"))


def cart_token() -> str | None:
    """Return the guest's secret, when one was sent that could be ours."""
    token = request.headers.get(CART_TOKEN_HEADER, "")
    return token if 20 <= len(token) <= 100 else None


def offered_cart_token() -> str | None:
    """Return the token for a cart that a guest begins with an Idempotency-Key; None without one."""
    return cast("str | None", g.get("offered_cart_token"))


def hash_secret(secret: str) -> str:
    """Hash a random secret for storage (SHA-256: enough for 256 random bits, not for passwords)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _signed_in() -> Principal:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    try:
        claims = jwt.decode(
            token,
            current_app.config["JWT_SECRET_KEY"],
            algorithms=[_ALGORITHM],
            options={"require": ["exp", "sub", "type"]},
        )
        subject = UUID(claims["sub"])
        g.sign_in_id = UUID(str(claims["sid"])) if "sid" in claims else None
    except ExpiredSignatureError as expired:
        raise TokenExpired from expired
    except (PyJWTError, ValueError) as unreadable:
        raise TokenInvalid from unreadable
    if claims["type"] != "access":
        raise TokenInvalid
    load: PrincipalLoader = current_app.extensions["stockroom_load_principal"]
    found = load(subject, str(claims.get("kind", "")), g.sign_in_id)
    if found is None:
        raise TokenInvalid
    return found


def _guard(check: Callable[[], Principal], name: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.principal = who = check()
            if who.id is not None:
                structlog.contextvars.bind_contextvars(actor=who.actor_key)
            return view(*args, **kwargs)

        guarded.__guard__ = name  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate
