"""Asking the provider again about what nobody told us: lost messages, crashes, late failures.

Each payment, refund and dispute is looked at on its own, see `platform.sweeps`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import structlog

from api.payment_sync import queries
from api.payment_sync.flows import external_changes
from api.payment_sync.flows.payments import (
    ABOUT_PAYMENTS,
    WITHDRAW,
    about_payment,
    cancel_intent,
    submit_refund,
    sync_payment,
)
from api.payments import queries as payments_queries
from api.payments import service as payments_service
from api.payments.errors import GatewayObjectUnknown, GatewayRefused, GatewayUnavailable
from api.payments.gateways import (
    DisputeSnapshot,
    FraudWarningSnapshot,
    IntentSnapshot,
    Page,
    PaymentGateway,
    RefundSnapshot,
)
from api.payments.states import OPEN_REFUND
from api.platform import sweeps
from api.platform.attention import Subjects
from api.platform.db import end_read_transaction, transaction
from api.platform.service_registry import get_service
from api.platform.sweeps import Outcome, Sweep

Listed = TypeVar("Listed")
News = TypeVar("News")

ASK_AGAIN_AFTER = timedelta(minutes=5)
REFUND_AGAIN_AFTER = timedelta(minutes=1)
DISPUTE_AGAIN_AFTER = timedelta(hours=1)
PAGES_PER_RUN = 5

_log = structlog.get_logger("api.payment_sync")


def sweep_payments() -> None:
    """Ask again about payments that nobody told us the end of, and look for what nobody told us.

    Finds orders without an answer (a lost webhook), money without an order (a crash between the
    provider's answer and our record), and refunds, disputes and warnings of the last thirty days
    that we know nothing of. Withdraws what nobody may pay any more. One that fails does not stop
    the others.
    """
    gateway: PaymentGateway = get_service(PaymentGateway)
    sweeps.run(STALE_PAYMENTS)
    sweeps.run(WITHDRAWALS)
    _scan("intents", gateway.recent_intents, _new_intents, external_changes.sync_or_list_unmatched)
    _scan("refunds", gateway.recent_refunds, _new_refunds, external_changes.sync_refunds)
    _scan("disputes", gateway.recent_disputes, _new_disputes, external_changes.sync_dispute)
    _scan(
        *("fraud_warnings", gateway.recent_fraud_warnings),
        *(_new_warnings, external_changes.sync_fraud_warning),
    )


def sweep_refunds() -> None:
    """Go on with refunds that were promised and not finished."""
    sweeps.run(REFUNDS)


def sweep_disputes() -> None:
    """Ask again about open disputes and early warnings: banks take weeks, messages get lost."""
    sweeps.run(DISPUTES)
    sweeps.run(FRAUD_WARNINGS)


def _finish_refund(refund_id: UUID) -> Outcome | None:
    """Go on with a refund; one that its bank is still at is looked at later each time."""
    submit_refund(refund_id)
    found = payments_queries.refund(refund_id)
    end_read_transaction()
    return Outcome.LATER if found is not None and found.status in OPEN_REFUND else None


def _about_refund(refund_id: UUID) -> Subjects | None:
    found = payments_queries.refund(refund_id)
    if found is None:
        return None
    return Subjects(found.order_id, found.payment_id, refund_id=found.id)


def _ask_about_intent(intent_id: str) -> None:
    gateway: PaymentGateway = get_service(PaymentGateway)
    external_changes.sync_or_list_unmatched(gateway.fetch_intent(intent_id))


def _ask_about_dispute(ref: str) -> None:
    gateway: PaymentGateway = get_service(PaymentGateway)
    external_changes.sync_dispute(gateway.fetch_dispute(ref))


def _ask_about_warning(ref: str) -> None:
    gateway: PaymentGateway = get_service(PaymentGateway)
    external_changes.sync_fraud_warning(gateway.fetch_fraud_warning(ref))


STALE_PAYMENTS = Sweep(
    ABOUT_PAYMENTS,
    lambda limit: [row[0] for row in payments_service.stale_payments(ASK_AGAIN_AFTER, limit)],
    sync_payment,
    about_payment,
)
WITHDRAWALS = Sweep(WITHDRAW, queries.payments_to_cancel, cancel_intent, about_payment)
REFUNDS = Sweep(
    "sweep-refunds",
    lambda limit: payments_service.stale_refunds(REFUND_AGAIN_AFTER, limit),
    _finish_refund,
    _about_refund,
)
DISPUTES = Sweep(
    "sweep-disputes",
    lambda limit: payments_service.stale_disputes(DISPUTE_AGAIN_AFTER, limit),
    _ask_about_dispute,
)
FRAUD_WARNINGS = Sweep(
    "sweep-fraud-warnings",
    lambda limit: payments_service.stale_fraud_warnings(DISPUTE_AGAIN_AFTER, limit),
    _ask_about_warning,
)
ASK_AGAIN: dict[str, Callable[[str], object]] = {
    "intents": _ask_about_intent,
    "refunds": external_changes.sync_refunds,
    "disputes": _ask_about_dispute,
    "fraud_warnings": _ask_about_warning,
}
"""By list: how one of its things is taken over, by its id (of a refund: that of its intent)."""


def _scan(
    name: str,
    listed: Callable[[datetime, str | None], Page[Listed]],
    new: Callable[[Sequence[Listed]], Mapping[str, News]],
    take_over: Callable[[News], object],
) -> None:
    """Read a few pages of a list from where the last run ended; see `payments.service.scans`.

    What cannot be taken over is noted, and asked about again by its id: the place in the list moves
    on. A list that cannot be read does not keep the others from being read.
    """
    sweep = f"scan-{name}"
    sweeps.run(Sweep(sweep, lambda limit: sweeps.failed(sweep, limit), ASK_AGAIN[name]))
    for _ in range(PAGES_PER_RUN):
        with transaction():
            position = payments_service.continue_scan(name)
        try:
            page = listed(position.since, position.after)
        except GatewayObjectUnknown:
            with transaction():
                payments_service.restart_scan(name)
            return
        except (GatewayUnavailable, GatewayRefused) as lost:
            _log.warning("scan_not_finished", scan=name, code=lost.code)
            return
        news = new(page.items)
        end_read_transaction()
        if not sweeps.try_each(sweep, news, take_over):
            return  # nobody answers: the page is read again
        with transaction():
            payments_service.note_scanned(name, page.next_after)
        if page.next_after is None:
            return


def _new_intents(found: Sequence[IntentSnapshot]) -> dict[str, IntentSnapshot]:
    paid = {snapshot.id: snapshot for snapshot in found if snapshot.received > 0}
    known = payments_queries.payments_by_ref(paid)
    return {
        ref: snapshot
        for ref, snapshot in paid.items()
        if ref not in known or known[ref].captured != snapshot.received
    }


def _new_refunds(found: Sequence[RefundSnapshot]) -> dict[str, str]:
    """Return the payments with refunds of which we do not know how they stand."""
    known = payments_queries.refunds_by_ref([snapshot.id for snapshot in found])
    ours = payments_queries.payments_by_ref([s.intent_id for s in found if s.intent_id])
    changed = [
        snapshot.intent_id
        for snapshot in found
        if snapshot.intent_id in ours
        and (snapshot.id not in known or known[snapshot.id].provider_status != snapshot.status)
    ]
    return {intent_id: intent_id for intent_id in changed if intent_id is not None}


def _new_disputes(found: Sequence[DisputeSnapshot]) -> dict[str, DisputeSnapshot]:
    known = payments_queries.dispute_statuses([snapshot.id for snapshot in found])
    return {one.id: one for one in found if known.get(one.id) != one.status}


def _new_warnings(found: Sequence[FraudWarningSnapshot]) -> dict[str, FraudWarningSnapshot]:
    known = payments_queries.open_warnings([snapshot.id for snapshot in found])
    return {one.id: one for one in found if known.get(one.id) != one.is_actionable}
