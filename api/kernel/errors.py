"""Base classes of the errors that a caller may see.

A domain subclasses one with a stable `code`; the values that it raises them with are sent to the
caller beside the sentence. HTTP status codes are not known here: see `platform.problems`.
"""

from typing import ClassVar


class DomainError(Exception):
    """An expected error: a stable code, a sentence for people and values for programs (`facts`)."""

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "The shop refused this."

    def __init__(self, detail: str | None = None, **facts: object) -> None:
        self.detail = detail or self.sentence.format_map(_Facts(facts))
        self.facts = facts
        super().__init__(self.detail)


class _Facts(dict[str, object]):
    """Fills a placeholder whose value is missing, instead of failing while an error is raised."""

    def __missing__(self, key: str) -> str:
        return f"({key} unknown)"


class BadRequest(DomainError):
    """The request cannot be read at all."""

    code = "malformed"
    sentence = "The request could not be read."


class Unauthenticated(DomainError):
    """The caller is not signed in."""

    code = "unauthenticated"
    sentence = "Sign in to do this."


class Forbidden(DomainError):
    """The caller is signed in but lacks the permission."""

    code = "forbidden"
    sentence = "You may not do this."


class NotFound(DomainError):
    """Does not exist, or belongs to somebody else: the two look alike on purpose."""

    code = "not_found"
    sentence = "There is no such thing here."


class Conflict(DomainError):
    """The current state does not allow this."""

    code = "conflict"
    sentence = "This does not fit the present state."


class Stale(Conflict):
    """Somebody else changed it since the caller read it."""

    code = "stale_version"
    sentence = "This was changed since you read it. Read it again, then repeat your change."


class Unprocessable(DomainError):
    """A business rule does not allow this, whoever asks and however often."""

    code = "invalid"
    sentence = "A rule of the shop does not allow this."


class Declined(Unprocessable):
    """The customer's bank declined the payment."""

    code = "payment_declined"
    sentence = "The payment was declined."


class TooMany(DomainError):
    """A rate limit is exceeded. Carries `retry_after` in seconds."""

    code = "too_many_requests"
    sentence = "Too many requests. Wait a moment, then try again."


class Unavailable(DomainError):
    """Temporarily unavailable; the same request may work later. Carries `retry_after` (seconds)."""

    code = "unavailable"
    sentence = "A part of the shop does not answer right now. Try again in a moment."


class InvalidState(Conflict):
    """A command that the current state of an object does not allow."""

    code = "invalid_state"
    sentence = "{machine} is {current}: you cannot {command} it now."
