"""The errors of each operation, derived from its decorators for the API document.

A guard implies 401 and 403, If-Match 412 and 428, an idempotency key 400, 409 and 422, so routes do
not repeat them. With `@may_answer` a route lists only errors of its own; the tests compare every
response that they receive with the document.
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
from api.kernel.permissions import Permission
from api.platform import problems
from api.platform.auth import (
    FRESH_CODE,
    IN_PERSON,
    ApiKeyInvalid,
    LocationNotYours,
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
"""Errors that every operation may answer; the document lists them once."""
MOVES_STOCK = (
    Permission.APPROVALS_WRITE,
    Permission.FULFILMENT_WRITE,
    Permission.INVENTORY_ADJUST,
    Permission.INVENTORY_RECEIVE,
    Permission.INVENTORY_TRANSFER,
    Permission.ORDERS_REFUND,
    Permission.PURCHASING_WRITE,
)
"""What may be refused to somebody who works at certain locations."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The properties of a view that its decorators declare."""

    name: str
    guard: str
    refused: tuple[type[DomainError], ...]
    rule: str


def may_answer(*errors: type[DomainError]) -> Callable[[View], View]:
    """Declare the errors of a view, for the API document.

    A base class does not include its subclasses: list each class that can be raised.
    """

    def decorate(view: View) -> View:
        view.__refused__ = (*errors, *getattr(view, "__refused__", ()))  # type: ignore[attr-defined]
        return view

    return decorate


def documented(view: View, *, rule: str) -> View:
    """Attach to a view what the API document needs of its decorators."""
    operation = Operation(
        view.__name__,
        getattr(view, "__guard__", "public"),
        getattr(view, "__refused__", ()),
        rule,
    )
    view._apidoc = {**getattr(view, "_apidoc", {}), "operation": operation}  # type: ignore[attr-defined]
    return view


def by_status(
    operation: Operation, method: str, doc: dict[str, object]
) -> dict[int, list[Refusal]]:
    """Return the errors of an operation, in the order of status and code.

    `doc` is its description so far: its parameters and its body.
    """
    errors: dict[int, dict[str, Refusal]] = defaultdict(dict)
    for error in (*_of_guard(operation.guard), *_of_request(operation, method, doc)):
        refusal = error if isinstance(error, Refusal) else problems.refusal_of(error)
        errors[refusal.status][refusal.code] = refusal
    for error in operation.refused:
        refusal = problems.refusal_of(error)
        errors[refusal.status][refusal.code] = refusal
    return {
        status: [errors[status][code] for code in sorted(errors[status])]
        for status in sorted(errors)
    }


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
    if any(permission.value in guard for permission in MOVES_STOCK):
        forbidden.append(LocationNotYours)
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
