"""How a call to the shop can fail, built from `application/problem+json`.

Each failure knows what an operator wants to know: why (`detail`), what to do (`remedy`), and the
`request_id` that finds it again in the shop's log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

STANDARD_MEMBERS = frozenset(
    {"type", "title", "status", "detail", "code", "request_id", "errors", "instance"}
)


class FieldProblem(NamedTuple):
    """One thing wrong with what was sent: where, and why."""

    pointer: str
    code: str
    detail: str


@dataclass(eq=False)
class CallFailed(Exception):
    """The shop did not do what was asked, or did not say that it did."""

    detail: str
    code: str = "unknown"
    status: int = 0
    request_id: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    errors: tuple[FieldProblem, ...] = ()
    retry_after: float | None = None
    """Seconds the shop asked to wait, if it did."""

    remedy: ClassVar[str] = "Try again; if it stays, pass on the request id."
    may_have_happened: ClassVar[bool] = False
    """Whether the shop may have acted although no good answer came back."""

    is_passing: ClassVar[bool] = False
    """Whether the same request may succeed later without anyone changing anything."""

    def __str__(self) -> str:
        return self.detail

    def as_record(self) -> dict[str, object]:
        """The failure as plain values, to be kept beside an unsent command."""
        return {
            "kind": type(self).__name__,
            "detail": self.detail,
            "code": self.code,
            "status": self.status,
            "request_id": self.request_id,
            "facts": dict(self.facts),
        }


class SignedOut(CallFailed):
    """401: the shop does not know who is asking."""

    remedy = "Sign in again; unsent work is kept and goes on afterwards."


class Forbidden(CallFailed):
    """403: known, but not this person's job."""

    remedy = "Ask someone whose role allows it, or sign in as them."


class NotFound(CallFailed):
    """404: no such thing, or not yours."""

    remedy = "Check the number, or go back to the list."


class Conflict(CallFailed):
    """409: the world moved before the command arrived."""

    remedy = "Look at what changed, then decide again."


class Stale(Conflict):
    """412: somebody else changed the row first."""

    remedy = "The row was read again; compare, then apply your change or leave theirs."


class Refused(CallFailed):
    """400, 402, 422, 428: a rule says no."""

    remedy = "Change what is named above and send it again."


class TooMany(CallFailed):
    """429: slow down."""

    remedy = "Wait a moment; it is sent again by itself."
    is_passing = True


class Unavailable(CallFailed):
    """5xx: the shop is there but cannot answer now."""

    remedy = "Nothing to do: it is asked again by itself."
    may_have_happened = True
    is_passing = True


class Unreachable(CallFailed):
    """No answer at all, and surely nothing was done: the request never arrived."""

    remedy = "Check the network; the console keeps asking."
    is_passing = True


class AnswerLost(Unreachable):
    """The request left, no answer came: nobody here knows whether it was done."""

    remedy = "It is asked again under the same key, so it cannot happen twice."
    may_have_happened = True


class OutOfContract(CallFailed):
    """The answer is not what was agreed; `code` names the field."""

    remedy = "Console and shop do not fit together: update the older one."
    may_have_happened = True


BY_STATUS: Mapping[int, type[CallFailed]] = {
    400: Refused,
    401: SignedOut,
    402: Refused,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Stale,
    422: Refused,
    428: Refused,
    429: TooMany,
}


def from_answer(status: int, headers: Mapping[str, str], body: bytes) -> CallFailed:
    """Turn a refusing answer into its error; a body that is no problem document still counts."""
    problem = _problem(body)
    family = BY_STATUS.get(status, Unavailable if status >= 500 else Refused)
    return family(
        detail=_text(problem.get("detail")) or _text(problem.get("title")) or f"Answer {status}.",
        code=_text(problem.get("code")) or f"http_{status}",
        status=status,
        request_id=_text(problem.get("request_id")) or headers.get("x-request-id"),
        facts={name: value for name, value in problem.items() if name not in STANDARD_MEMBERS},
        errors=tuple(_field_problems(problem.get("errors"))),
        retry_after=_seconds(headers.get("retry-after")),
    )


def _problem(body: bytes) -> Mapping[str, object]:
    try:
        parsed = json.loads(body)
    except ValueError:
        # A proxy in front of the shop answers in HTML; the status says enough.
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _field_problems(listed: object) -> list[FieldProblem]:
    if not isinstance(listed, list):
        return []
    return [
        FieldProblem(_text(one.get("pointer")), _text(one.get("code")), _text(one.get("detail")))
        for one in listed
        if isinstance(one, dict)
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _seconds(header: str | None) -> float | None:
    # The HTTP-date form is for caches; this shop sends seconds.
    return float(header) if header and header.isdecimal() else None
