"""Which refusals an operation may answer, read off its own decorators for the API document.

A guard means 401 and 403, If-Match means 412 and 428, a key for commands means 400, 409 and 422:
so the document is true without every route repeating it. Routes name with `@refuses` only what is
theirs alone; the tests hold every answer that they receive against what is named.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from api.kernel.errors import (
    BadRequest,
    DomainError,
    Forbidden,
    NotFound,
    Stale,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unprocessable,
)
from api.platform import problems
from api.platform.auth import (
    FRESH_CODE,
    IN_PERSON,
    ApiKeyInvalid,
    PermissionMissing,
    SecondFactorMissing,
    StepUpRequired,
    TokenExpired,
    TokenInvalid,
)
from api.platform.etags import VersionRequired
from api.platform.idempotency import (
    GUEST_HEADER_PARAMETER,
    IdempotencyInProgress,
    IdempotencyKeyGuessable,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
)
from api.platform.pagination import CursorInvalid
from api.platform.problems import Refusal
from api.platform.storefronts import (
    BuyerAddressInvalid,
    PublishableKeyInvalid,
    StorefrontKeyForbidden,
    StorefrontKeyInvalid,
)

View = TypeVar("View", bound=Callable[..., Any])

READS = frozenset({"GET", "HEAD", "OPTIONS"})
NO_TOKEN = (Unauthenticated, TokenExpired, TokenInvalid)
EVERYWHERE = (
    problems.of_status(500),
    *map(
        problems.refusal_of,
        (
            Unavailable,
            problems.DatabaseUnavailable,
            ApiKeyInvalid,
            BuyerAddressInvalid,
            PublishableKeyInvalid,
            StorefrontKeyForbidden,
            StorefrontKeyInvalid,
            TooMany,
        ),
    ),
)
"""What every operation may answer, and the document says once."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What the decorators of a view say about it."""

    name: str
    guard: str
    refused: tuple[type[DomainError], ...]
    rule: str


def may_answer(*errors: type[DomainError]) -> Callable[[View], View]:
    """Name the refusals that are a view's own, for the API document.

    A family stands for itself alone: name each leaf that can be raised.
    """

    def decorate(view: View) -> View:
        view.__refused__ = (*errors, *getattr(view, "__refused__", ()))  # type: ignore[attr-defined]
        return view

    return decorate


def documented(view: View, *, rule: str) -> View:
    """Keep with a view what the API document will say of it."""
    operation = Operation(
        view.__name__,
        getattr(view, "__guard__", "public"),
        getattr(view, "__refused__", ()),
        rule,
    )
    view._apidoc = {**getattr(view, "_apidoc", {}), "operation": operation}  # type: ignore[attr-defined]
    return view


def by_status(operation: Operation, method: str, doc: dict[str, Any]) -> dict[int, list[Refusal]]:
    """List what an operation may refuse, in the order of status and code.

    `doc` is what is known of the operation: its parameters and its body.
    """
    found: dict[int, dict[str, Refusal]] = defaultdict(dict)
    for error in (*_of_guard(operation.guard), *_of_request(operation, method, doc)):
        refusal = error if isinstance(error, Refusal) else problems.refusal_of(error)
        found[refusal.status][refusal.code] = refusal
    for error in operation.refused:
        refusal = problems.refusal_of(error)
        found[refusal.status][refusal.code] = refusal
    return {status: [found[status][c] for c in sorted(found[status])] for status in sorted(found)}


def _of_guard(guard: str) -> Sequence[type[DomainError]]:
    if guard == "public":
        return ()
    forbidden: list[type[DomainError]] = (
        [PermissionMissing] if guard.startswith("requires:") else [Forbidden]
    )
    if guard.startswith("requires:"):
        forbidden.append(SecondFactorMissing)
    if FRESH_CODE in guard:
        forbidden.append(StepUpRequired)
    return (*NO_TOKEN, *forbidden, *([Forbidden] if guard.endswith(IN_PERSON) else []))


def _of_request(
    operation: Operation, method: str, doc: dict[str, Any]
) -> Iterator[type[DomainError] | Refusal]:
    parameters = doc.get("parameters", ())
    names = {(p["in"], p.get("name")) for p in parameters}
    content = doc.get("requestBody", {}).get("content", {})
    if "<" in operation.rule:
        yield NotFound
    if ("header", "Idempotency-Key") in names:
        yield from (IdempotencyKeyRequired, IdempotencyInProgress, IdempotencyKeyReused)
    if any(p.get("schema") == GUEST_HEADER_PARAMETER["schema"] for p in parameters):
        yield IdempotencyKeyGuessable
    if ("header", "If-Match") in names:
        yield from (Stale, VersionRequired)
    if "application/json" in content:
        yield from (BadRequest, Unprocessable, problems.of_status(415))
    if content:
        yield problems.of_status(413)
    if method in READS or any(place == "query" for place, _ in names):
        yield Unprocessable  # an unknown query parameter is refused where none is known
    if ("query", "cursor") in names:
        yield CursorInvalid
    if method not in READS:
        yield TooMany
