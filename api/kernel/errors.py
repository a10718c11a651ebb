"""The seven ways in which the shop says no.

A domain adds leaves with a stable `code`; the facts it raises them with travel to the caller
beside the sentence. Status codes are not known here: `platform.problems` holds that table.
"""

from typing import ClassVar


class DomainError(Exception):
    """A refusal with a stable code, a sentence for people and facts for programs."""

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "The shop refused this."

    def __init__(self, detail: str | None = None, **facts: object) -> None:
        self.detail = detail or self.sentence.format_map(_Facts(facts))
        self.facts = facts
        super().__init__(self.detail)


class _Facts(dict[str, object]):
    """Lets a sentence name a fact that was not given, instead of failing while refusing."""

    def __missing__(self, key: str) -> str:
        return f"({key} unknown)"


class BadRequest(DomainError):
    """The request cannot be read at all."""

    code = "malformed"
    sentence = "The request could not be read."


class Unauthenticated(DomainError):
    """Who are you?"""

    code = "unauthenticated"
    sentence = "Sign in to do this."


class Forbidden(DomainError):
    """Known, but not your job."""

    code = "forbidden"
    sentence = "You may not do this."


class NotFound(DomainError):
    """No such thing, or not yours: the two look alike on purpose."""

    code = "not_found"
    sentence = "There is no such thing here."


class Conflict(DomainError):
    """The world moved, or is not in the state that this needs."""

    code = "conflict"
    sentence = "This does not fit the present state."


class Stale(Conflict):
    """Someone else changed it since you looked."""

    code = "stale_version"
    sentence = "This was changed since you read it. Read it again, then repeat your change."


class Unprocessable(DomainError):
    """A rule of the shop says no, whoever asks and however often."""

    code = "invalid"
    sentence = "A rule of the shop does not allow this."


class Declined(Unprocessable):
    """The customer's bank said no."""

    code = "payment_declined"
    sentence = "The payment was declined."


class TooMany(DomainError):
    """Slow down. Carries `retry_after` in seconds."""

    code = "too_many_requests"
    sentence = "Too many requests. Wait a moment, then try again."


class Unavailable(DomainError):
    """Not now; the same request may work later. Carries `retry_after` in seconds."""

    code = "unavailable"
    sentence = "A part of the shop does not answer right now. Try again in a moment."


class InvalidState(Conflict):
    """A command that the thing's present state does not allow."""

    code = "invalid_state"
    sentence = "{machine} is {current}: it cannot {command} now."
