"""A payment provider for tests: strict where the real one is, and able to fail on command.

It keeps Stripe's promises that the shop leans on: the same idempotency key gives the same object,
with other parameters it is refused; nobody refunds more than was taken. And it can be told to
decline, to vanish, or to do its work and lose the answer.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from api.kernel.errors import Refused
from api.payments.errors import GatewayRefused, GatewayUnavailable, SignatureInvalid
from api.payments.gateways import IntentSnapshot, RefundSnapshot, SignedEvent, stripe_amounts


@dataclass
class ScriptedGateway:
    """Holds intents and refunds in memory; `calls` is what it was asked, in order."""

    intents: dict[str, IntentSnapshot] = field(default_factory=dict)
    refunds: dict[str, RefundSnapshot] = field(default_factory=dict)
    refund_intents: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    is_down: bool = False
    loses_answers: int = 0
    refund_status: str = "succeeded"
    before_answer: Callable[[str], None] | None = None
    _keys: dict[str, tuple[Any, str]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def forget_everything(self) -> None:
        """Become new, between tests."""
        self.__init__()  # type: ignore[misc]

    # What customers and banks do.

    def pay(self, intent_id: str) -> None:
        """Let the customer pay an intent in full."""
        intent = self.intents[intent_id]
        assert intent.status == "requires_payment_method", intent.status
        self.intents[intent_id] = replace(intent, status="succeeded", received=intent.amount)

    def decline(self, intent_id: str, code: str = "insufficient_funds") -> None:
        """Let the bank say no; the customer may try again."""
        self.intents[intent_id] = replace(self.intents[intent_id], decline_code=code)

    def settle_refund(self, refund_id: str, status: str, reason: str | None = None) -> None:
        """Let a refund end, as banks do days later."""
        self.refunds[refund_id] = replace(
            self.refunds[refund_id], status=status, failure_reason=reason
        )

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be out of reach for the length of a block."""
        self.is_down = True
        try:
            yield
        finally:
            self.is_down = False

    # What the shop asks.

    def check_charge(self, amount: int, currency: str) -> None:
        """Refuse what Stripe would."""
        stripe_amounts.check_charge(amount, currency)

    def create_intent(
        self, *, amount: int, currency: str, idempotency_key: str, metadata: dict[str, str]
    ) -> IntentSnapshot:
        """Create an intent, or return the one that the key made."""

        def make() -> str:
            self._refuse_amount(stripe_amounts.check_charge, amount, currency)
            intent_id = f"pi_{next(self._numbers)}"
            self.intents[intent_id] = IntentSnapshot(
                id=intent_id,
                status="requires_payment_method",
                amount=amount,
                currency=currency,
                client_secret=f"{intent_id}_secret",
                metadata=metadata,
            )
            return intent_id

        with self._answering("create_intent"):
            made = self._once(idempotency_key, ("intent", amount, currency, metadata), make)
            return self.intents[made]

    def fetch_intent(self, intent_id: str) -> IntentSnapshot:
        """Return an intent as it stands."""
        with self._answering("fetch_intent"):
            return self._known(self.intents, intent_id)

    def cancel_intent(self, intent_id: str) -> IntentSnapshot:
        """Cancel an intent unless it was paid."""
        with self._answering("cancel_intent"):
            intent = self._known(self.intents, intent_id)
            if intent.status != "succeeded":
                self.intents[intent_id] = replace(intent, status="canceled")
            return self.intents[intent_id]

    def recent_intents(self, since: datetime) -> Iterator[IntentSnapshot]:
        """List all intents."""
        with self._answering("recent_intents"):
            return iter(list(self.intents.values()))

    def refund(
        self,
        *,
        intent_id: str,
        amount: int,
        currency: str,
        idempotency_key: str,
        metadata: dict[str, str],
    ) -> RefundSnapshot:
        """Refund a part of a paid intent, once per key, and never more than was taken."""

        def make() -> str:
            intent = self._known(self.intents, intent_id)
            if currency != intent.currency:
                raise GatewayRefused(reason=f"the payment is in {intent.currency}")
            self._refuse_amount(stripe_amounts.to_stripe, amount, currency)
            given = sum(
                refund.amount
                for refund_id, refund in self.refunds.items()
                if self.refund_intents[refund_id] == intent_id and refund.status != "failed"
            )
            if given + amount > intent.received:
                raise GatewayRefused(reason="greater than the amount that is left")
            refund_id = f"re_{next(self._numbers)}"
            self.refunds[refund_id] = RefundSnapshot(
                refund_id, self.refund_status, amount, metadata=metadata
            )
            self.refund_intents[refund_id] = intent_id
            return refund_id

        with self._answering("refund"):
            made = self._once(idempotency_key, ("refund", intent_id, amount, metadata), make)
            return self.refunds[made]

    def fetch_refund(self, refund_id: str) -> RefundSnapshot:
        """Return a refund as it stands."""
        with self._answering("fetch_refund"):
            return self._known(self.refunds, refund_id)

    def verify_event(self, body: bytes, signature: str) -> SignedEvent:
        """Accept the signature `good` over a body of `event_id kind object_id`."""
        if signature != "good":
            raise SignatureInvalid
        event_id, kind, object_id = body.decode().split()
        return SignedEvent(event_id, kind, object_id, {"id": object_id})

    @contextmanager
    def _answering(self, call: str) -> Iterator[None]:
        """Refuse when down before anything happens; lose the answer after it did, when told to."""
        if self.is_down:
            raise GatewayUnavailable(retry_after=5)
        with self._lock:
            self.calls.append(call)
            yield
        if self.before_answer is not None:
            self.before_answer(call)
        if self.loses_answers:
            self.loses_answers -= 1
            raise GatewayUnavailable(retry_after=5)

    def _once(self, key: str, parameters: Any, make: Callable[[], str]) -> str:
        if key in self._keys:
            before, made = self._keys[key]
            if before != parameters:
                raise GatewayRefused(reason="the idempotency key was used with other parameters")
            return made
        made = make()
        self._keys[key] = (parameters, made)
        return made

    @staticmethod
    def _refuse_amount(check: Callable[[int, str], Any], amount: int, currency: str) -> None:
        try:
            check(amount, currency)
        except Refused as impossible:
            raise GatewayRefused(reason=impossible.detail) from impossible

    @staticmethod
    def _known(objects: dict[str, Any], object_id: str) -> Any:
        if object_id not in objects:
            raise GatewayRefused(reason=f"no such object: {object_id}")
        return objects[object_id]
