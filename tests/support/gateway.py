"""A payment provider for tests: strict where the real one is, and able to fail on command.

It keeps Stripe's promises that the shop leans on: the same idempotency key gives the same object,
with other parameters it is refused; nobody refunds more than was taken. And it can be told to
decline, to vanish, or to do its work and lose the answer.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from api.kernel import clock
from api.kernel.errors import Unprocessable
from api.payments.errors import (
    GatewayObjectUnknown,
    GatewayRefused,
    GatewayUnavailable,
    SignatureInvalid,
)
from api.payments.gateways import (
    DisputeSnapshot,
    FraudWarningSnapshot,
    IntentSnapshot,
    Page,
    RefundSnapshot,
    SignedEvent,
    stripe_amounts,
)
from api.payments.states import DISPUTE_CLOSED

_DOES_SOMETHING = {"create_intent", "cancel_intent", "refund"}


@dataclass
class ScriptedGateway:
    """Holds intents and refunds in memory; `calls` is what it was asked, in order."""

    intents: dict[str, IntentSnapshot] = field(default_factory=dict)
    refunds: dict[str, RefundSnapshot] = field(default_factory=dict)
    disputes: dict[str, DisputeSnapshot] = field(default_factory=dict)
    warnings: dict[str, FraudWarningSnapshot] = field(default_factory=dict)
    created: dict[str, datetime] = field(default_factory=dict)
    charged_back: set[str] = field(default_factory=set)
    """Our ids of refunds that were refused because the charge is disputed."""
    page_size: int = 100
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

    def pay(self, intent_id: str, **risk: Any) -> None:
        """Let the customer pay an intent in full; `risk` is what Radar and the bank say of it."""
        intent = self.intents[intent_id]
        assert intent.status == "requires_payment_method", intent.status
        self.intents[intent_id] = replace(
            intent, status="succeeded", received=intent.amount, **risk
        )

    def pay_though_withdrawn(self, intent_id: str) -> None:
        """Let money come that was on its way when the intent was cancelled, as with bank debits."""
        intent = self.intents[intent_id]
        self.intents[intent_id] = replace(intent, status="succeeded", received=intent.amount)

    def process(self, intent_id: str) -> None:
        """Let a bank begin a payment that takes days and can no longer be withdrawn."""
        self.intents[intent_id] = replace(self.intents[intent_id], status="processing")

    def revive(self, intent_id: str) -> None:
        """Let an intent be payable as if it had never been cancelled: an answer that came late."""
        self.intents[intent_id] = replace(self.intents[intent_id], status="requires_payment_method")

    def decline(self, intent_id: str, code: str = "insufficient_funds") -> None:
        """Let the bank say no; the customer may try again."""
        self.intents[intent_id] = replace(self.intents[intent_id], decline_code=code)

    def settle_refund(self, refund_id: str, status: str, reason: str | None = None) -> None:
        """Let a refund end, as banks do days later."""
        self.refunds[refund_id] = replace(
            self.refunds[refund_id], status=status, failure_reason=reason
        )

    def refund_in_dashboard(self, intent_id: str, amount: int, status: str = "succeeded") -> str:
        """Let somebody refund a payment at the provider, without the shop."""
        return self._refund(intent_id, amount, status, {})

    def dispute(self, intent_id: str, status: str = "needs_response", **more: Any) -> str:
        """Let the customer's bank dispute a payment; returns the dispute's id."""
        intent = self._known(self.intents, intent_id)
        dispute_id = self._new("dp")
        self.disputes[dispute_id] = replace(
            DisputeSnapshot(
                id=dispute_id,
                status=status,
                reason="fraudulent",
                amount=intent.received,
                currency=intent.currency,
                opened_at=clock.now(),
                intent_id=intent_id,
                evidence_due_by=clock.now() + timedelta(days=9),
                is_refundable=status.startswith("warning_"),
                fee=2000,
                fee_currency=intent.currency,
            ),
            **more,
        )
        self._stop_warnings(intent_id)
        return dispute_id

    def move_dispute(self, dispute_id: str, status: str, **more: Any) -> None:
        """Let a dispute go on: `under_review`, `won`, `lost`, or a word that nobody knows."""
        self.disputes[dispute_id] = replace(self.disputes[dispute_id], status=status, **more)

    def warn_of_fraud(self, intent_id: str) -> str:
        """Let the bank warn of fraud before anyone disputes; returns the warning's id."""
        warning_id = self._new("issfr")
        self.warnings[warning_id] = FraudWarningSnapshot(
            warning_id, "unauthorized_use_of_card", True, clock.now(), intent_id
        )
        return warning_id

    def forget_keys(self) -> None:
        """Forget idempotency keys, as Stripe does after a day."""
        self._keys.clear()

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

    def least_charge(self, amount: int, currency: str) -> int:
        """Return what Stripe would charge at least."""
        return stripe_amounts.least_charge(amount, currency)

    def create_intent(
        self, *, amount: int, currency: str, idempotency_key: str, metadata: dict[str, str]
    ) -> IntentSnapshot:
        """Create an intent, or return the one that the key made."""

        def make() -> str:
            self._refuse_amount(stripe_amounts.check_charge, amount, currency)
            intent_id = self._new("pi")
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
        """Cancel an intent unless it was paid or is being paid."""
        with self._answering("cancel_intent"):
            intent = self._known(self.intents, intent_id)
            if intent.status not in ("succeeded", "processing"):
                self.intents[intent_id] = replace(intent, status="canceled")
            return self.intents[intent_id]

    def recent_intents(self, since: datetime, after: str | None) -> Page[IntentSnapshot]:
        """List a page of the intents made since a moment, newest first."""
        return self._page("recent_intents", self.intents, since, after)

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
            return self._refund(intent_id, amount, self.refund_status, metadata)

        with self._answering("refund"):
            made = self._once(idempotency_key, ("refund", intent_id, amount, metadata), make)
            return self.refunds[made]

    def fetch_refund(self, refund_id: str) -> RefundSnapshot:
        """Return a refund as it stands."""
        with self._answering("fetch_refund"):
            return self._known(self.refunds, refund_id)

    def refunds_of(self, intent_id: str) -> list[RefundSnapshot]:
        """List the refunds of an intent."""
        with self._answering("refunds_of"):
            return [one for one in self.refunds.values() if one.intent_id == intent_id]

    def recent_refunds(self, since: datetime, after: str | None) -> Page[RefundSnapshot]:
        """List a page of the refunds made since a moment, newest first."""
        return self._page("recent_refunds", self.refunds, since, after)

    def fetch_dispute(self, dispute_id: str) -> DisputeSnapshot:
        """Return a dispute as it stands."""
        with self._answering("fetch_dispute"):
            return self._known(self.disputes, dispute_id)

    def disputes_of(self, intent_id: str) -> list[DisputeSnapshot]:
        """List the disputes of an intent."""
        with self._answering("disputes_of"):
            return [one for one in self.disputes.values() if one.intent_id == intent_id]

    def recent_disputes(self, since: datetime, after: str | None) -> Page[DisputeSnapshot]:
        """List a page of the disputes opened since a moment, newest first."""
        return self._page("recent_disputes", self.disputes, since, after)

    def fetch_fraud_warning(self, warning_id: str) -> FraudWarningSnapshot:
        """Return an early fraud warning as it stands."""
        with self._answering("fetch_fraud_warning"):
            return self._known(self.warnings, warning_id)

    def recent_fraud_warnings(
        self, since: datetime, after: str | None
    ) -> Page[FraudWarningSnapshot]:
        """List a page of the early fraud warnings since a moment, newest first."""
        return self._page("recent_fraud_warnings", self.warnings, since, after)

    def verify_event(self, body: bytes, signature: str) -> SignedEvent:
        """Accept the signature `good` over a body of `event_id kind object_id [intent_id]`."""
        if signature != "good":
            raise SignatureInvalid
        event_id, kind, object_id, *intent = body.decode().split()
        held = {"id": object_id, **({"payment_intent": intent[0]} if intent else {})}
        return SignedEvent(event_id, kind, object_id, {"type": kind, "object": held})

    def _refund(self, intent_id: str, amount: int, status: str, metadata: dict[str, str]) -> str:
        intent = self._known(self.intents, intent_id)
        disputed = [
            one.id
            for one in self.disputes.values()
            if one.intent_id == intent_id
            and not one.is_refundable
            and one.status not in (DISPUTE_CLOSED - {"lost"})
        ]
        if disputed:
            self.charged_back.add(metadata.get("refund_id", ""))
            raise GatewayRefused(reason=f"the charge has been charged back ({disputed[0]})")
        given = sum(
            one.amount
            for one in self.refunds.values()
            if one.intent_id == intent_id and one.status not in ("failed", "canceled")
        )
        if given + amount > intent.received:
            raise GatewayRefused(reason="greater than the amount that is left")
        refund_id = self._new("re")
        self.refunds[refund_id] = RefundSnapshot(
            refund_id, status, amount, metadata=metadata, intent_id=intent_id
        )
        if given + amount == intent.received:
            self._stop_warnings(intent_id)
        return refund_id

    def _stop_warnings(self, intent_id: str) -> None:
        """Nothing is left to be done about a warning once its payment is refunded or disputed."""
        for warning_id, warning in self.warnings.items():
            if warning.intent_id == intent_id:
                self.warnings[warning_id] = replace(warning, is_actionable=False)

    def _new(self, prefix: str) -> str:
        object_id = f"{prefix}_{next(self._numbers)}"
        self.created[object_id] = clock.now()
        return object_id

    def _page(
        self, call: str, objects: dict[str, Any], since: datetime, after: str | None
    ) -> Page[Any]:
        with self._answering(call):
            if after is not None:
                self._known(objects, after)
            # Stripe counts creation dates in whole seconds.
            listed = [
                found
                for object_id, found in reversed(objects.items())
                if int(self.created[object_id].timestamp()) >= int(since.timestamp())
            ]
            names = [found.id for found in listed]
            start = names.index(after) + 1 if after in names else 0
            page = listed[start : start + self.page_size]
            has_more = len(listed) > start + self.page_size
            return Page(page, page[-1].id if has_more else None)

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
        if self.loses_answers and call in _DOES_SOMETHING:
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
        except Unprocessable as impossible:
            raise GatewayRefused(reason=impossible.detail) from impossible

    @staticmethod
    def _known(objects: dict[str, Any], object_id: str) -> Any:
        if object_id not in objects:
            raise GatewayObjectUnknown(object_id=object_id)
        return objects[object_id]
