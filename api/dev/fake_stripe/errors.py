"""How Stripe refuses: https://docs.stripe.com/api/errors."""

from collections.abc import Mapping


class StripeProblem(Exception):
    """A request that is answered with an error object.

    `is_kept` says that the request began to be executed: its effects stay (a declined card leaves
    a failed charge) and its idempotency key answers the same from now on. A request that was never
    understood leaves nothing.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        is_kept: bool = False,
        **facts: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_kept = is_kept
        self.facts = {k: v for k, v in facts.items() if v is not None}
        self.error: dict[str, object] = {"type": kind, "message": message, **self.facts}


def missing(object_id: str, kind: str, *, param: str = "id") -> StripeProblem:
    """Refuse an id that nothing has."""
    name = kind.rpartition(".")[2]
    return StripeProblem(
        404, f"No such {name}: '{object_id}'", code="resource_missing", param=param
    )


def unexpected_state(intent: Mapping[str, object], verb: str) -> StripeProblem:
    """Refuse what the status of a PaymentIntent does not allow."""
    return StripeProblem(
        400,
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent,
        is_kept=True,
    )
