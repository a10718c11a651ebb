"""Authentication and guards: each route has `@requires(...)`, `@customers_only`, `@anyone` ...

A test fails on a route without a guard. The accounts package provides the functions that load a
token's owner from the database, so a deactivated person, or one who signed out, is refused at the
next request and not only when the token expires.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import lru_cache, wraps
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

import jwt
import structlog
from flask import Flask, current_app, g, request
from flask_jwt_extended import JWTManager
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from api.kernel import clock
from api.kernel.errors import Forbidden, Unauthenticated
from api.kernel.permissions import Permission
from api.kernel.principal import GUEST, Principal
from api.platform import audit
from api.platform.settings import Settings

View = TypeVar("View", bound=Callable[..., Any])
PrincipalLoader = Callable[[UUID, str, UUID | None], Principal | None]
KeyLoader = Callable[[str], Principal | None]
SubjectCheck = Callable[[UUID, Principal], None]


class _Claims(NamedTuple):
    """What a verified access token says; `expires_at` in seconds since 1970."""

    subject: UUID
    kind: str
    sign_in: UUID | None
    expires_at: float
    groups: tuple[str, ...]


TokenReader = Callable[[str], _Claims]

CART_TOKEN_HEADER = "X-Cart-Token"  # noqa: S105
API_KEY_START = "sk_"
"""How secret API keys begin, so that people and leak scanners recognise them."""
IN_PERSON = " in person"
FRESH_CODE = " with a fresh code"
FRESH_FOR = timedelta(minutes=10)
_ALGORITHM = "HS256"


class TokenExpired(Unauthenticated):
    """The access token has expired: use the refresh token."""

    code = "token_expired"
    sentence = "The access token has expired. Use your refresh token to get a new one."


class SecondFactorMissing(Forbidden):
    """The role requires a second factor, and this person has set none up yet."""

    code = "second_factor_missing"
    sentence = "Your role requires a second factor. Set one up first: POST /admin/me/second-factor."


class StepUpRequired(Forbidden):
    """What cannot be undone asks for a fresh code."""

    code = "step_up_required"
    sentence = "Show a code of your app first: POST /admin/me/step-up. It is good for 10 minutes."


class LocationNotYours(Forbidden):
    """Somebody who works at certain locations changes the stock of another one."""

    code = "location_not_yours"
    sentence = "You work at other locations. Ask somebody there, or have your locations changed."


class ApiKeyInvalid(Unauthenticated):
    """The API key is unknown, revoked or expired."""

    code = "api_key_invalid"
    sentence = "The API key is not valid. Make a new one in the console, under API keys."


class TokenInvalid(Unauthenticated):
    """The access token is invalid, or its owner may no longer sign in."""

    code = "token_invalid"
    sentence = "The access token is not valid. Sign in again."


class PermissionMissing(Forbidden):
    """Signed in, but the role lacks the permission."""

    code = "permission_missing"
    sentence = "Your role does not allow this: it needs {permission}."


def init_app(
    app: Flask, settings: Settings, load_principal: PrincipalLoader, load_key: KeyLoader
) -> None:
    """Register the functions that load people by token and programs by key.

    `load_principal(id, kind, sign_in)` returns None for anyone deactivated or signed out,
    `load_key(key)` for a key that is no longer valid. Tokens name the secret that signed them
    (`kid`), so those of a previous secret stay valid until they expire.
    """
    app.config["JWT_SECRET_KEY"] = settings.jwt_secret_key
    app.extensions["stockroom_read_token"] = _token_reader(
        {key_id(secret): secret for secret in settings.jwt_secret_keys}, settings.jwt_secret_key
    )
    app.extensions["stockroom_load_key"] = load_key
    app.config["JWT_ALGORITHM"] = _ALGORITHM
    app.config["JWT_ACCESS_TOKEN_EXPIRES"] = settings.access_token_minutes * 60
    JWTManager(app)
    app.extensions["stockroom_load_principal"] = load_principal


def check_subjects(app: Flask, checks: Mapping[str, SubjectCheck]) -> None:
    """Register what refuses somebody limited to locations the subject of a request.

    By the name of its parameter in the path, such as `order_id`. Nobody else pays for it.
    """
    app.extensions["stockroom_subject_checks"] = checks


def key_id(secret: str) -> str:
    """Return the id of a secret, which does not reveal it: the `kid` of tokens that it signs."""
    return hash_secret(f"kid\n{secret}")[:16]


def requires(
    permission: Permission, *, in_person: bool = False, fresh_code: bool = False
) -> Callable[[View], View]:
    """Allow staff, and programs with a key, that have a permission: else 401 or 403.

    `in_person` refuses programs. `fresh_code` requires people with a second factor to have shown a
    code of it within ten minutes.
    """

    def check() -> Principal:
        principal = _signed_in()
        if principal.kind not in ("staff", "key") or not principal.may(permission):
            raise PermissionMissing(permission=permission.value)
        if principal.second_factor == "missing":
            raise SecondFactorMissing
        if fresh_code and principal.second_factor == "held" and not is_fresh(principal):
            raise StepUpRequired
        if in_person and principal.kind == "key":
            raise Forbidden("This is done by people, not by programs.")
        return principal

    name = f"requires:{permission.value}{FRESH_CODE if fresh_code else ''}"
    return _guard(check, f"{name}{IN_PERSON}" if in_person else name)


def is_fresh(principal: Principal) -> bool:
    """Return whether somebody has shown a code of their second factor lately."""
    return principal.proved_at is not None and clock.now() - principal.proved_at <= FRESH_FOR


def check_location(by: Principal, location_ids: Iterable[UUID]) -> None:
    """Refuse to change stock at locations where somebody does not work."""
    if by.locations is not None and not by.locations.issuperset(location_ids):
        raise LocationNotYours


def staff_only(view: View) -> View:
    """Allow any signed-in member of staff, for what belongs to themselves."""

    def check() -> Principal:
        principal = _signed_in()
        if principal.kind != "staff":
            raise Forbidden("This is for staff.")
        return principal

    return _guard(check, "staff")(view)


def customers_only(view: View) -> View:
    """Allow signed-in customers, for what belongs to themselves."""

    def check() -> Principal:
        principal = _signed_in()
        if principal.kind != "customer":
            raise Forbidden("This is for customers; staff use /api/v1/admin.")
        return principal

    return _guard(check, "customer")(view)


def anyone(view: View) -> View:
    """Allow customers and guests; a token that is sent must be valid."""

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
    """Allow everyone, and ignore tokens."""
    view.__guard__ = "public"  # type: ignore[attr-defined]
    return view


def principal() -> Principal:
    """Return who is acting in this request."""
    return cast(Principal, g.principal)


def sign_in_id() -> UUID | None:
    """Return the sign-in that the access token came from; None when it names none."""
    return cast("UUID | None", g.get("sign_in_id"))


def cart_token() -> str | None:
    """Return the guest's cart token, when one of the right form was sent."""
    token = request.headers.get(CART_TOKEN_HEADER, "")
    return token if 20 <= len(token) <= 100 else None


def offered_cart_token() -> str | None:
    """Return the token for a cart that a guest creates with an Idempotency-Key, if any."""
    return cast("str | None", g.get("offered_cart_token"))


def hash_secret(secret: str) -> str:
    """Hash a random secret for storage (SHA-256: enough for 256 random bits, not for passwords)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def claimed_groups() -> tuple[str, ...]:
    """Return the groups of the customer whose token a public request carries.

    They decide which prices are shown, no more. No statement; without a valid token there are none.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token.startswith(API_KEY_START):
        return ()
    try:
        return _claims(token).groups
    except (PyJWTError, ValueError):
        return ()


def _token_reader(secrets: Mapping[str, str], current: str) -> TokenReader:
    """Return a function that verifies access tokens, and remembers those that it has verified.

    A token is sent with every request and stays as true as it was, until it expires: the caller
    checks that each time. Refused tokens are not remembered.
    """

    @lru_cache(maxsize=1_024)
    def read(token: str) -> _Claims:
        named = jwt.get_unverified_header(token).get("kid")
        claims = jwt.decode(
            token,
            # An earlier release signed without a `kid`, with the current secret.
            secrets.get(str(named)) or current,
            algorithms=[_ALGORITHM],
            options={"require": ["exp", "sub", "type"]},
        )
        if claims["type"] != "access":
            raise ValueError("not an access token")
        return _Claims(
            subject=UUID(claims["sub"]),
            kind=str(claims.get("kind", "")),
            sign_in=UUID(str(claims["sid"])) if "sid" in claims else None,
            expires_at=claims["exp"],
            groups=tuple(claims.get("groups", ())),
        )

    return read


def _signed_in() -> Principal:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    if token.startswith(API_KEY_START):
        load_key: KeyLoader = current_app.extensions["stockroom_load_key"]
        program = load_key(token)
        if program is None:
            raise ApiKeyInvalid
        return program
    try:
        claims = _claims(token)
    except ExpiredSignatureError as expired:
        raise TokenExpired from expired
    except (PyJWTError, ValueError) as unreadable:
        raise TokenInvalid from unreadable
    g.sign_in_id = claims.sign_in
    load: PrincipalLoader = current_app.extensions["stockroom_load_principal"]
    owner = load(claims.subject, claims.kind, claims.sign_in)
    if owner is None:
        raise TokenInvalid
    return owner


def _claims(token: str) -> _Claims:
    """Verify an access token. Raises `PyJWTError` or ValueError."""
    read: TokenReader = current_app.extensions["stockroom_read_token"]
    claims = read(token)
    if claims.expires_at <= time.time():
        raise ExpiredSignatureError
    return claims


def _check_subjects(who: Principal, parameters: Mapping[str, Any]) -> None:
    checks: Mapping[str, SubjectCheck] = current_app.extensions["stockroom_subject_checks"]
    for name, refuse in checks.items():
        if name in parameters:
            refuse(parameters[name], who)


def _guard(check: Callable[[], Principal], name: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> object:
            g.principal = who = check()
            if who.locations is not None:
                _check_subjects(who, kwargs)
            if who.id is not None:
                structlog.contextvars.bind_contextvars(actor=who.actor_key)
            if who.kind in ("staff", "key") and request.method not in ("GET", "HEAD"):
                audit.expect(who)
            return view(*args, **kwargs)

        guarded.__guard__ = name  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate
