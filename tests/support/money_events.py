"""Everything that can happen to one order's money, each as one event that may come at any time.

An event never fails a test by itself: people press the wrong key, and messages come late. What must
hold is asked at the end, by `unexplained`.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from api.checkout import flows as checkout_flows
from api.kernel import clock
from api.orders.models import Order
from api.orders.states import OrderStatus
from api.payment_sync import flows as payment_sync_flows
from api.payments.errors import GatewayRefused
from api.payments.models import Payment, Refund
from api.payments.states import OPEN_PAYMENT
from api.platform.attention import IS_OPEN, AttentionItem, AttentionKind
from api.platform.db import session
from tests.support.shop import Buyer, Shop, Staff
from tests.support.work import drain, let_waits_run_out

PAYABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}
ANSWERS = {200, 201, 402, 404, 409, 422}
"""What people may be told; anything else is a fault."""

_messages = count(1)


@dataclass
class MoneyStory:
    """One order of two mugs (24.88 EUR), its customer, the shop's staff and the provider."""

    shop: Shop
    owner: Staff
    guest: Buyer = field(init=False)
    order: dict[str, Any] = field(init=False)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.guest = self.shop.guest()
        self.order = self.shop.an_order(MUG=2, paid=False, buyer=self.guest)

    # What can happen.

    def create_intent(self) -> None:
        """The customer asks for a PaymentIntent."""
        self._heard(
            self.guest.client.post(
                "/api/v1/payments/create-payment-intent",
                json={"order_id": self.order["id"]},
                headers=self.guest.headers,
            )
        )

    def pay(self) -> None:
        """The customer pays whatever can be paid at the provider, and closes the tab."""
        for intent_id in self.intents():
            if self.shop.gateway.intents[intent_id].status in PAYABLE:
                self.shop.gateway.pay(intent_id)

    def webhook(self) -> None:
        """The provider tells of every PaymentIntent and refund; the worker applies it."""
        refunds = [
            refund_id
            for refund_id, refund in self.shop.gateway.refunds.items()
            if refund.intent_id in self.intents()
        ]
        for kind, object_id in [
            *(("payment_intent.succeeded", intent_id) for intent_id in self.intents()),
            *(("refund.updated", refund_id) for refund_id in refunds),
        ]:
            self._heard(
                self.shop.app.test_client().post(
                    "/api/v1/webhooks/stripe",
                    data=f"evt_{next(_messages)} {kind} {object_id}",
                    headers={"Stripe-Signature": "good"},
                )
            )
        drain(may_fail=True)  # another worker may be at the same jobs; `ends` lets none fail

    def confirm(self) -> None:
        """The customer's browser asks the shop to look at the payment."""
        self._heard(self.guest.confirms(self.order))

    def mark_paid(self) -> None:
        """Staff record a bank transfer of what is due."""
        self._heard(self.owner.marks_paid(self.order))

    def mark_paid_in_part(self) -> None:
        """Staff record a bank transfer of 10.00."""
        self._heard(self.owner.marks_paid(self.order, 1000))

    def cancel(self) -> None:
        """Staff cancel the order."""
        self._heard(self.owner.cancels(self.order))

    def cancel_unanswered(self) -> None:
        """Staff cancel the order while the provider does not answer: a 503 would be a fault."""
        with self.shop.gateway.down():
            self.cancel()

    def refund_line(self) -> None:
        """Staff give the price of one mug back."""
        self._heard(self.owner.refunds(self.order, lines={0: 1}))

    def refund_amount(self) -> None:
        """Staff give 5.00 back as goodwill."""
        self._heard(self.owner.refunds(self.order, amount=500, reason="goodwill"))

    def refund_elsewhere(self) -> None:
        """Somebody gives 3.00 back in the provider's dashboard."""
        for intent_id in self.paid_intents():
            with suppress(GatewayRefused):  # of a disputed charge nothing can be refunded
                self.shop.gateway.refund_in_dashboard(intent_id, 300)

    def dispute(self) -> None:
        """The customer's bank disputes the payment; the second time it is lost."""
        gateway = self.shop.gateway
        for intent_id in self.paid_intents():
            known = [one.id for one in gateway.disputes.values() if one.intent_id == intent_id]
            if known:
                gateway.move_dispute(known[0], "lost")
            else:
                gateway.dispute(intent_id)

    def expire(self) -> None:
        """The time to pay is over."""
        with clock.frozen(clock.now() + timedelta(hours=2)):
            checkout_flows.expire_unpaid_orders()

    def sweep(self) -> None:
        """The timetable looks after what nobody told the end of."""
        let_waits_run_out()
        with clock.frozen(clock.now() + timedelta(minutes=10)):
            payment_sync_flows.sweep_payments()
            payment_sync_flows.sweep_refunds()
        with clock.frozen(clock.now() + timedelta(hours=2)):
            payment_sync_flows.sweep_disputes()

    def happens(self, event: str, *, inside: str | None = None, at_call: int = 1) -> bool:
        """Let an event happen, another one while the provider answers its n-th question.

        Returns whether there was such a moment.
        """
        if inside is None:
            getattr(self, event)()
            return True
        met = False
        calls = count(1)

        def meanwhile(_: str) -> None:
            nonlocal met
            if next(calls) == at_call:
                met = True
                self.shop.gateway.before_answer = None
                self._beside(getattr(self, inside))

        self.shop.gateway.before_answer = meanwhile
        try:
            getattr(self, event)()
        finally:
            self.shop.gateway.before_answer = None
        return met

    # What must hold.

    def intents(self) -> list[str]:
        """Return the PaymentIntents at the provider that name this order."""
        return [
            intent_id
            for intent_id, intent in self.shop.gateway.intents.items()
            if intent.metadata.get("order_id") == self.order["id"]
        ]

    def paid_intents(self) -> list[str]:
        """Return those of which money is left that nobody has given back or disputed."""
        gateway = self.shop.gateway
        left = {intent_id: gateway.intents[intent_id].received for intent_id in self.intents()}
        for refund in gateway.refunds.values():
            if refund.intent_id in left and refund.status != "failed":
                left[refund.intent_id] -= refund.amount
        return [intent_id for intent_id, amount in left.items() if amount >= 300]

    def ends(self) -> list[str]:
        """Let everything come to its end, cancel what can be, and list what should not be."""
        self._settles()
        found = self._unexplained()
        if self._order().status is OrderStatus.PLACED:
            self.cancel()
            self._settles()
            order = self._order()
            found += self._unexplained()
            back = order.refunded + order.charged_back
            is_short = order.status is OrderStatus.CANCELLED and back < order.captured
            if is_short and not (self._was_disputed() and self._is_listed()):
                found.append(f"{back} of {order.captured} went back by the cancellation")
            if order.status is OrderStatus.PLACED:
                found.append("it could not be cancelled")
        return [*self.faults, *found]

    def _settles(self) -> None:
        drain()
        self.sweep()
        drain()

    def _was_disputed(self) -> bool:
        mine = self.intents()
        return any(one.intent_id in mine for one in self.shop.gateway.disputes.values())

    def _is_listed(self) -> bool:
        """Whether a person is asked about money of the order that could not go back."""
        kinds = (AttentionKind.LATE_TRANSFER, AttentionKind.OVERPAID, AttentionKind.FAILED_REFUND)
        listed = select(AttentionItem.id).where(
            AttentionItem.order_id == self._order().id, AttentionItem.kind.in_(kinds), IS_OPEN
        )
        return session.scalar(listed.limit(1)) is not None

    def _order(self) -> Order:
        session.rollback()
        return session.scalars(select(Order).where(Order.number == self.order["number"])).one()

    def _unexplained(self) -> list[str]:
        order, gateway = self._order(), self.shop.gateway
        payments = session.scalars(select(Payment).where(Payment.order_id == order.id)).all()
        found = []
        settled = (
            order.status is not OrderStatus.PLACED
            or order.captured - order.charged_back >= order.total
        )
        for intent_id in self.intents():
            intent = gateway.intents[intent_id]
            given = sum(
                refund.amount
                for refund in gateway.refunds.values()
                if refund.intent_id == intent_id and refund.status == "succeeded"
            )
            ours = [p for p in payments if p.provider_ref == intent_id]
            if settled and intent.status in PAYABLE:
                found.append(f"{intent_id} can be paid for an order that is settled")
            if not ours and (intent.received or intent.status in PAYABLE):
                found.append(f"{intent_id} is not known here")
            if ours and (ours[0].captured, ours[0].refunded) != (intent.received, given):
                found.append(f"{intent_id}: {intent.received} - {given} there, not here")
        payable = [i for i in self.intents() if gateway.intents[i].status in PAYABLE]
        if len(payable) > 1:
            found.append("two PaymentIntents can be paid for one order")
        if order.refunded + order.refund_pending > order.captured:
            found.append("more goes back than came in")
        if settled and any(p.status in OPEN_PAYMENT for p in payments):
            found.append("a payment is open for an order that is settled")
        never_paid = order.status is OrderStatus.CANCELLED and order.captured == 0
        if never_paid and order.payment_status != "voided":
            found.append(f"cancelled, never paid, and {order.payment_status}")
        for refund in session.scalars(select(Refund).where(Refund.order_id == order.id)):
            # Of a disputed charge Stripe refunds nothing: one disputed while we asked has failed.
            refused = refund.status == "failed" and str(refund.id) in gateway.charged_back
            if refund.status != "succeeded" and not refused:
                found.append(f"a refund ended as {refund.status}: {refund.failure}")
        return found

    def _heard(self, answer: Any) -> None:
        if answer.status_code not in ANSWERS:
            self.faults.append(f"{answer.request.path}: {answer.status_code} {answer.text}")

    def _beside(self, event: Callable[[], None]) -> None:
        """Do something as somebody else does it: in a thread with a session of its own."""
        errors: list[BaseException] = []

        def run() -> None:
            with self.shop.app.app_context():
                try:
                    event()
                except BaseException as error:  # noqa: BLE001 - told to the test below
                    errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(60)
        if thread.is_alive() or errors:
            self.faults.append(f"beside another: {errors or 'it hangs'}")


EVENTS = (
    "create_intent", "pay", "webhook", "mark_paid", "mark_paid_in_part", "cancel",
    "cancel_unanswered", "refund_line", "refund_amount", "refund_elsewhere", "dispute", "expire",
    "sweep",
)  # fmt: skip
