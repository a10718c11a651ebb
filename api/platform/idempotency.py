"""A command sent twice takes effect once, and the second sender reads the first one's answer.

The row that remembers the answer is written in the transaction of the effect: there is no moment
in which one exists without the other. Refusals are not kept, so a corrected world may be asked
again with the same key.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, request
from sqlalchemy import CursorResult, LargeBinary, String, delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.kernel.errors import Conflict, Malformed, Refused
from api.kernel.ids import operation_id
from api.platform.auth import principal
from api.platform.db import Base, session, transaction
from api.platform.turns import begins_again

View = TypeVar("View", bound=Callable[..., Any])

KEPT_FOR = timedelta(days=7)
LEASE = timedelta(seconds=60)
_KEY = re.compile(r"[\x21-\x7e]{8,255}")
_KEPT_HEADERS = ("ETag", "Location", "Content-Type")

HEADER_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "8 to 255 characters that name this one command, for example a UUID.",
    "schema": {"type": "string"},
}


class IdempotencyKeyRequired(Malformed):
    """A command that costs something came without a key."""

    code = "idempotency_key_required"
    sentence = "Send an Idempotency-Key header (8 to 255 characters): this command costs something."


class IdempotencyKeyReused(Refused):
    """The key belongs to another command."""

    code = "idempotency_key_reused"
    sentence = "This Idempotency-Key was used for another request. Make a new key."


class IdempotencyInProgress(Conflict):
    """The same command is being carried out right now."""

    code = "idempotency_in_progress"
    sentence = "The same command is still being carried out. Ask again in a moment."


class IdempotencyRow(Base):
    """One answered command, or the claim on one that is being carried out."""

    __tablename__ = "idempotency_keys"

    actor: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    headers: Mapped[dict[str, Any] | None]
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)


def idempotent(*, required: bool) -> Callable[[View], View]:
    """Run a view in one transaction, at most once per key.

    The transaction is opened here, around the view and the row that remembers its answer. A
    second request while the first is running is refused (409) and never waits for it. One that
    the database ends for the sake of another writer begins again.
    """

    def decorate(view: View) -> View:
        @begins_again
        @wraps(view)
        def once(*args: Any, **kwargs: Any) -> Response:
            key = _key(required)
            if key is None:
                with transaction():
                    return cast(Response, view(*args, **kwargs))
            actor, print_ = principal().actor_key, _fingerprint()
            try:
                with transaction():
                    if (answer := _locked_answer(actor, key, print_)) is not None:
                        return answer
                    response = cast(Response, view(*args, **kwargs))
                    session.execute(
                        insert(IdempotencyRow).values(
                            actor=actor, key=key, fingerprint=print_, **_kept(response)
                        )
                    )
                    return response
            except IntegrityError as clash:
                if "pk_idempotency_keys" in str(clash.orig):
                    raise IdempotencyInProgress from clash
                raise

        return _documented(once, view, required)

    return decorate


def idempotent_flow(view: View) -> View:
    """Run a view that opens several transactions, at most once at a time per key.

    The view receives `operation_id`, made from actor and key, and names the row of its effect by
    it; so a repetition after a crash meets that row and goes on from there. The claim is a lease:
    after a crash it runs out within a minute. Who outlives it may find that another one has taken
    over, and leaves that one's claim alone.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        key = _key(True)
        assert key is not None
        actor, print_ = principal().actor_key, _fingerprint()
        lease = clock.now() + LEASE
        if (answer := _claimed_answer(actor, key, print_, lease)) is not None:
            return answer
        try:
            response = cast(Response, view(*args, operation_id=operation_id(actor, key), **kwargs))
        except BaseException:
            session.rollback()
            with transaction():
                session.execute(
                    delete(IdempotencyRow).where(
                        *_row(actor, key), IdempotencyRow.claimed_until == lease
                    )
                )
            raise
        with transaction():
            session.execute(
                update(IdempotencyRow)
                .where(*_row(actor, key), IdempotencyRow.status.is_(None))
                .values(claimed_until=None, **_kept(response))
            )
        return response

    return _documented(once, view, True)


def forget_old() -> int:
    """Delete answers older than a week; returns how many. Needs a transaction."""
    result = cast(
        CursorResult[Any],
        session.execute(
            delete(IdempotencyRow).where(IdempotencyRow.created_at < clock.now() - KEPT_FOR)
        ),
    )
    return result.rowcount


def _locked_answer(actor: str, key: str, print_: bytes) -> Response | None:
    """Lock the key for this transaction without waiting; return the earlier answer, if any."""
    row = session.execute(
        text(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 7)) AS won,"
            " r.fingerprint, r.status, r.body, r.headers FROM (SELECT 1) AS one"
            " LEFT JOIN idempotency_keys r ON r.actor = :actor AND r.key = :key"
        ),
        {"name": f"{actor}\n{key}", "actor": actor, "key": key},
    ).one()
    if row.fingerprint is not None and bytes(row.fingerprint) != print_:
        raise IdempotencyKeyReused
    if not row.won or (row.fingerprint is not None and row.status is None):
        raise IdempotencyInProgress(retry_after=1)
    return None if row.fingerprint is None else _replay(row)


def _claimed_answer(actor: str, key: str, print_: bytes, lease: datetime) -> Response | None:
    """Claim the key until the lease ends; return the earlier answer, if any."""
    with transaction():
        claim = insert(IdempotencyRow).values(
            actor=actor, key=key, fingerprint=print_, claimed_until=lease
        )
        claimed = session.scalar(
            claim.on_conflict_do_update(
                index_elements=["actor", "key"],
                set_={"claimed_until": lease},
                where=(IdempotencyRow.status.is_(None))
                & (IdempotencyRow.fingerprint == print_)
                & or_(
                    IdempotencyRow.claimed_until.is_(None),
                    IdempotencyRow.claimed_until < lease - LEASE,
                ),
            ).returning(IdempotencyRow.key)
        )
        if claimed is not None:
            return None
        row = session.execute(select(IdempotencyRow.__table__).where(*_row(actor, key))).one()
    if bytes(row.fingerprint) != print_:
        raise IdempotencyKeyReused
    if row.status is None:
        raise IdempotencyInProgress(retry_after=1)
    return _replay(row)


def _row(actor: str, key: str) -> tuple[Any, Any]:
    return IdempotencyRow.actor == actor, IdempotencyRow.key == key


def _key(required: bool) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None and not required:
        return None
    if key is None or not _KEY.fullmatch(key):
        raise IdempotencyKeyRequired
    return key


def _fingerprint() -> bytes:
    """Hash what was asked: the method, the path and the body, byte for byte.

    Of a form with files the parts count: clients put another boundary between them each time.
    """
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    body = request.get_data(cache=True)
    if request.mimetype != "multipart/form-data":
        digest.update(body)
        return digest.digest()
    for name, value in request.form.items(multi=True):
        digest.update(f"{name}={len(value)}:{value}".encode())
    for name, file in request.files.items(multi=True):
        content = file.read()
        file.seek(0)
        digest.update(f"{name}={file.filename}:{len(content)}:".encode() + content)
    return digest.digest()


def _kept(response: Response) -> dict[str, Any]:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return {"status": response.status_code, "body": response.get_data(), "headers": headers}


def _replay(row: Any) -> Response:
    response = Response(bytes(row.body or b""), status=row.status)
    response.headers.update(row.headers or {})
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _documented(wrapper: Callable[..., Response], view: View, required: bool) -> View:
    doc = dict(getattr(view, "_apidoc", {}))
    manual = dict(doc.get("manual_doc", {}))
    parameter = {**HEADER_PARAMETER, "required": required}
    manual["parameters"] = [*manual.get("parameters", []), parameter]
    wrapper._apidoc = {**doc, "manual_doc": manual}  # type: ignore[attr-defined]
    return cast(View, wrapper)
