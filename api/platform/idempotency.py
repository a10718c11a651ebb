"""Idempotency keys: a command sent twice takes effect once, and both get the same answer.

The row with the answer is written in the transaction of the effect, so neither exists without the
other. Errors are not stored: after the cause is removed, the same key may be sent again.

A key belongs to its sender: an account, or the holder of a cart token. A caller may have neither
yet; then the key itself is the only proof of identity, so it must be a random UUID. Only its hash
is stored, and a cart token in the answer to such a call is derived from the key and the shop's
secret, so that a repetition gets the same token although no row holds it.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final, TypeVar, cast

from flask import Response, current_app, g, request
from sqlalchemy import (
    CursorResult,
    LargeBinary,
    String,
    delete,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.kernel.errors import BadRequest, Conflict, Unprocessable
from api.kernel.ids import operation_id
from api.kernel.principal import GUEST
from api.platform.auth import hash_secret
from api.platform.db import AnyRow, Base, retry_on_deadlock, session, table_of, transaction
from api.platform.prepared import prepared

View = TypeVar("View", bound=Callable[..., Any])

KEPT_FOR = timedelta(days=7)
LEASE = timedelta(seconds=60)
_KEY = re.compile("^[!-~]{8,255}$")
_HEX = "[0-9a-fA-F]"
_RANDOM_UUID = re.compile(
    f"^{_HEX}{{8}}-{_HEX}{{4}}-[47]{_HEX}{{3}}-[89abAB]{_HEX}{{3}}-{_HEX}{{12}}$"
)
_KEPT_HEADERS = ("ETag", "Location", "Content-Type")

HEADER_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "8 to 255 characters that name this one command, for example a UUID.",
    "schema": {"type": "string", "pattern": _KEY.pattern},
}
GUEST_HEADER_PARAMETER = {
    **HEADER_PARAMETER,
    "description": "A random UUID (version 4 or 7) that names this one command. It must be random: "
    "of a caller without an account or cart it is the only proof.",
    # No `format`: openapi-python-client 0.29 would hand a UUID to httpx, which sends only text.
    "schema": {"type": "string", "pattern": _RANDOM_UUID.pattern},
}

_LOCK_KEY = prepared(
    text(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 7)) AS won,"
        " r.fingerprint, r.status, r.body, r.headers FROM (SELECT 1) AS one"
        " LEFT JOIN idempotency_keys r ON r.actor = :actor AND r.key = :key"
    )
)
_TOKEN_PLACEHOLDER = b"\0token\0"
"""Replaces the token in a stored answer; JSON never contains this byte."""


class IdempotencyKeyRequired(BadRequest):
    """The request lacks an Idempotency-Key, which this command requires."""

    code = "idempotency_key_required"
    sentence = "Send an Idempotency-Key header (8 to 255 characters): this command costs something."


class IdempotencyKeyGuessable(BadRequest):
    """The key of a caller without identity is no random UUID: two callers might choose the same."""

    code = "idempotency_key_guessable"
    sentence = "Send a random UUID (version 4 or 7) as the Idempotency-Key here."


class IdempotencyKeyReused(Unprocessable):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    sentence = "This Idempotency-Key was used for another request. Make a new key."


class IdempotencyInProgress(Conflict):
    """A command with this key is still running."""

    code = "idempotency_in_progress"
    sentence = "The same command is still being carried out. Ask again in a moment."


class IdempotencyRow(Base):
    """One answered command, or the claim on one that is still running."""

    __tablename__ = "idempotency_keys"

    actor: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    headers: Mapped[dict[str, Any] | None]
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)


_ANSWERED: Final = prepared(insert(table_of(IdempotencyRow)))


@dataclass(frozen=True, slots=True)
class _Command:
    """One command: its sender, its key, and the fingerprint of its request."""

    actor: str
    key: str
    print_: bytes
    token: str | None = field(default=None, repr=False)
    """The cart token that a caller without identity may receive."""


def idempotent(*, required: bool, strangers: bool = False) -> Callable[[View], View]:
    """Run a view in one transaction, at most once per key.

    The transaction is opened here, around the view and the row with its answer. A second request
    while the first is running is refused (409) and never waits for it. A deadlock is retried.
    `strangers`: callers without an account or a cart may call the view, and must send a random
    UUID.
    """

    def decorate(view: View) -> View:
        @retry_on_deadlock
        @wraps(view)
        def once(*args: object, **kwargs: object) -> Response:
            key = _key(required, strangers)
            if key is None:
                with transaction():
                    return cast(Response, view(*args, **kwargs))
            command = _command(key, strangers=strangers, secret=strangers)
            try:
                with transaction():
                    if (answer := _locked_answer(command)) is not None:
                        return answer
                    response = cast(Response, view(*args, **kwargs))
                    session.execute(
                        _ANSWERED,
                        {
                            "actor": command.actor,
                            "key": command.key,
                            "fingerprint": command.print_,
                            "created_at": clock.now(),
                            **_kept(response, command.token),
                        },
                    )
                    return response
            except IntegrityError as clash:
                if "pk_idempotency_keys" in str(clash.orig):
                    raise IdempotencyInProgress from clash
                raise

        return _documented(once, view, required, strangers)

    return decorate


def idempotent_flow(view: View) -> View:
    """Run a view that opens several transactions, at most once at a time per key.

    The view receives `operation_id`, derived from actor and key, as the id of the row that it
    creates; a repetition after a crash finds that row and continues from there. The claim is a
    lease that expires within a minute after a crash. A request that outlives its lease leaves the
    claim of its successor alone.
    """

    @wraps(view)
    def once(*args: object, **kwargs: object) -> Response:
        key = _key(True, False)
        assert key is not None
        command = _command(key, strangers=False, secret=False)
        named = operation_id(command.actor, command.key)
        return _leased(command, lambda: view(*args, operation_id=named, **kwargs))

    return _documented(once, view, True, False)


def idempotent_steps(*, strangers: bool = False) -> Callable[[View], View]:
    """Run a view that opens its own transactions, at most once per key where one is sent.

    For views that hash a password or store a file before they write, and that can start again
    after a crash: nothing refers to partial work. Their bodies may contain secrets, so only a
    keyed hash of the body is stored.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def once(*args: object, **kwargs: object) -> Response:
            key = _key(False, strangers)
            if key is None:
                return cast(Response, view(*args, **kwargs))
            command = _command(key, strangers=strangers, secret=True)
            return _leased(command, lambda: view(*args, **kwargs))

        return _documented(once, view, False, strangers)

    return decorate


def _leased(command: _Command, view: Callable[[], object]) -> Response:
    """Claim a command, run it and store its answer; an error releases the claim."""
    lease = clock.now() + LEASE
    if (answer := _claimed_answer(command, lease)) is not None:
        return answer
    try:
        response = cast(Response, view())
    except BaseException:
        session.rollback()
        with transaction():
            session.execute(
                delete(IdempotencyRow).where(*_row(command), IdempotencyRow.claimed_until == lease)
            )
        raise
    with transaction():
        session.execute(
            update(IdempotencyRow)
            .where(*_row(command), IdempotencyRow.status.is_(None))
            .values(claimed_until=None, **_kept(response, command.token))
        )
    return response


def purge_old(limit: int) -> int:
    """Delete answers older than a week, at most `limit`; returns how many. Needs a transaction."""
    old = (
        select(IdempotencyRow.actor, IdempotencyRow.key)
        .where(IdempotencyRow.created_at < clock.now() - KEPT_FOR)
        .order_by(IdempotencyRow.created_at)
        .limit(limit)
    )
    result = cast(
        CursorResult[Any],
        session.execute(
            delete(IdempotencyRow).where(tuple_(IdempotencyRow.actor, IdempotencyRow.key).in_(old))
        ),
    )
    return result.rowcount


def _locked_answer(command: _Command) -> Response | None:
    """Lock the key for this transaction without waiting; return the stored answer, if any."""
    row = session.execute(
        _LOCK_KEY,
        {
            "name": f"{command.actor}\n{command.key}",
            "actor": command.actor,
            "key": command.key,
        },
    ).one()
    if row.fingerprint is not None and bytes(row.fingerprint) != command.print_:
        raise IdempotencyKeyReused
    if not row.won or (row.fingerprint is not None and row.status is None):
        raise IdempotencyInProgress(retry_after=1)
    return None if row.fingerprint is None else _replay(row, command.token)


def _claimed_answer(command: _Command, lease: datetime) -> Response | None:
    """Claim the key until the lease ends; return the stored answer, if any."""
    with transaction():
        claim = insert(IdempotencyRow).values(
            actor=command.actor,
            key=command.key,
            fingerprint=command.print_,
            claimed_until=lease,
        )
        claimed = session.scalar(
            claim.on_conflict_do_update(
                index_elements=["actor", "key"],
                set_={"claimed_until": lease},
                where=(IdempotencyRow.status.is_(None))
                & (IdempotencyRow.fingerprint == command.print_)
                & or_(
                    IdempotencyRow.claimed_until.is_(None),
                    IdempotencyRow.claimed_until < lease - LEASE,
                ),
            ).returning(IdempotencyRow.key)
        )
        if claimed is not None:
            return None
        row = session.execute(select(IdempotencyRow.__table__).where(*_row(command))).one()
    if bytes(row.fingerprint) != command.print_:
        raise IdempotencyKeyReused
    if row.status is None:
        raise IdempotencyInProgress(retry_after=1)
    return _replay(row, command.token)


def _row(command: _Command) -> tuple[Any, Any]:
    return IdempotencyRow.actor == command.actor, IdempotencyRow.key == command.key


def _key(required: bool, strangers: bool) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None and not required:
        return None
    if key is None or not _KEY.fullmatch(key):
        raise IdempotencyKeyRequired
    if strangers and not _RANDOM_UUID.fullmatch(key):
        raise IdempotencyKeyGuessable
    return key


def _command(key: str, *, strangers: bool, secret: bool) -> _Command:
    """Return the command of this request; without an identity, the key identifies the sender."""
    who, print_ = g.get("principal", GUEST), _fingerprint(secret)
    if not strangers or who.id is not None:
        return _Command(who.actor_key, key, print_)
    named = key.lower()
    derived = _keyed(f"cart-token\n{who.guest_key or ''}\n{named}".encode())
    g.offered_cart_token = token = urlsafe_b64encode(derived).rstrip(b"=").decode()
    return _Command(who.actor_key, hash_secret(named), print_, token)


def _keyed(text_: bytes) -> bytes:
    """Hash with the shop's secret, so that nobody can guess the content from the hash."""
    return hmac.digest(current_app.config["SECRET_KEY"].encode(), text_, "sha256")


def _fingerprint(secret: bool = False) -> bytes:
    digest = _digest()
    return _keyed(b"fingerprint\n" + digest) if secret else digest


def _digest() -> bytes:
    """Hash the request: method, path, query and body, byte for byte.

    Of a multipart form the parts are hashed: clients choose another boundary each time.
    """
    query = request.query_string
    target = f"{request.method} {request.path}".encode() + (b"?" + query if query else b"")
    digest = hashlib.sha256(target + b"\n")
    body = request.get_data(cache=True)
    if request.mimetype != "multipart/form-data":
        digest.update(body)
        return digest.digest()
    for name, value in request.form.items(multi=True):
        digest.update(f"{name}={len(value)}:{value}".encode())
    for name, file in request.files.items(multi=True):
        content = file.read()
        file.seek(0)
        digest.update(f"{name}={file.filename}:{len(content)}:".encode())
        digest.update(content)
    return digest.digest()


def _kept(response: Response, token: str | None) -> dict[str, object]:
    body = response.get_data()
    if token is not None:
        body = body.replace(token.encode(), _TOKEN_PLACEHOLDER)
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return {"status": response.status_code, "body": body, "headers": headers}


def _replay(row: AnyRow, token: str | None) -> Response:
    body = bytes(row.body or b"")
    if token is not None:
        body = body.replace(_TOKEN_PLACEHOLDER, token.encode())
    response = Response(body, status=row.status)
    response.headers.update(row.headers or {})
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _documented(
    wrapper: Callable[..., Response], view: View, required: bool, strangers: bool
) -> View:
    doc = dict(getattr(view, "_apidoc", {}))
    manual = dict(doc.get("manual_doc", {}))
    described = GUEST_HEADER_PARAMETER if strangers else HEADER_PARAMETER
    parameter = {**described, "required": required}
    manual["parameters"] = [*manual.get("parameters", []), parameter]
    wrapper._apidoc = {**doc, "manual_doc": manual}  # type: ignore[attr-defined]
    return cast(View, wrapper)
