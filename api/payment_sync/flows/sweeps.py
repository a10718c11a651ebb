"""Sweeps: fetch the provider's state again after lost webhooks, crashes and late failures.

Each payment, refund and dispute is processed on its own, see `platform.sweeps`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import structlog

from api.payment_sync import queries
from api.payment_sync.flows import external_changes
from api.payment_sync.flows.payments import (
    CANCEL_SWEEP,
    PAYMENT_SWEEP,
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

Item = TypeVar("Item")
Change = TypeVar("Change")

PAYMENT_STALE_AFTER = timedelta(minutes=5)
REFUND_STALE_AFTER = timedelta(minutes=1)
DISPUTE_STALE_AFTER = timedelta(hours=1)
PAGES_PER_RUN = 5

_log = structlog.get_logger("api.payment_sync")


def sweep_payments() -> None:
    """Fetch open payments again, and look for changes without a webhook.

    Finds payments without a result (a lost webhook), money without a payment (a crash between the
    provider's answer and our record), and unknown refunds, disputes and fraud warnings of the last
    thirty days. Cancels PaymentIntents that must not be paid any more. A failure does not stop the
    others.
    """
    gateway: PaymentGateway = get_service(PaymentGateway)
    sweeps.run(STALE_PAYMENTS)
    sweeps.run(CANCELLATIONS)
    _scan("intents", gateway.recent_intents, _new_intents, external_changes.sync_or_list_unmatched)
    _scan("refunds", gateway.recent_refunds, _new_refunds, external_changes.sync_refunds)
    _scan("disputes", gateway.recent_disputes, _new_disputes, external_changes.sync_dispute)
    _scan(
        *("fraud_warnings", gateway.recent_fraud_warnings),
        *(_new_warnings, external_changes.sync_fraud_warning),
    )


def sweep_refunds() -> None:
    """Continue refunds that were requested and not finished."""
    sweeps.run(REFUNDS)


def sweep_disputes() -> None:
    """Fetch open disputes and fraud warnings again, because webhooks can get lost."""
    sweeps.run(DISPUTES)
    sweeps.run(FRAUD_WARNINGS)


def _finish_refund(refund_id: UUID) -> Outcome | None:
    """Continue a refund; one that is still processing is checked less and less often."""
    submit_refund(refund_id)
    refund = payments_queries.refund(refund_id)
    end_read_transaction()
    return Outcome.LATER if refund is not None and refund.status in OPEN_REFUND else None


def _about_refund(refund_id: UUID) -> Subjects | None:
    refund = payments_queries.refund(refund_id)
    if refund is None:
        return None
    return Subjects(refund.order_id, refund.payment_id, refund_id=refund.id)


def _sync_intent(intent_id: str) -> None:
    gateway: PaymentGateway = get_service(PaymentGateway)
    external_changes.sync_or_list_unmatched(gateway.fetch_intent(intent_id))


def _sync_dispute(ref: str) -> None:
    gateway: PaymentGateway = get_service(PaymentGateway)
    external_changes.sync_dispute(gateway.fetch_dispute(ref))


def _sync_fraud_warning(ref: str) -> None:
    gateway: PaymentGateway = get_service(PaymentGateway)
    external_changes.sync_fraud_warning(gateway.fetch_fraud_warning(ref))


STALE_PAYMENTS = Sweep(
    PAYMENT_SWEEP,
    lambda limit: [row[0] for row in payments_service.stale_payments(PAYMENT_STALE_AFTER, limit)],
    sync_payment,
    about_payment,
)
CANCELLATIONS = Sweep(CANCEL_SWEEP, queries.payments_to_cancel, cancel_intent, about_payment)
REFUNDS = Sweep(
    "sweep-refunds",
    lambda limit: payments_service.stale_refunds(REFUND_STALE_AFTER, limit),
    _finish_refund,
    _about_refund,
)
DISPUTES = Sweep(
    "sweep-disputes",
    lambda limit: payments_service.stale_disputes(DISPUTE_STALE_AFTER, limit),
    _sync_dispute,
)
FRAUD_WARNINGS = Sweep(
    "sweep-fraud-warnings",
    lambda limit: payments_service.stale_fraud_warnings(DISPUTE_STALE_AFTER, limit),
    _sync_fraud_warning,
)
RETRY_BY_ID: dict[str, Callable[[str], object]] = {
    "intents": _sync_intent,
    "refunds": external_changes.sync_refunds,
    "disputes": _sync_dispute,
    "fraud_warnings": _sync_fraud_warning,
}
"""By list: how one of its objects is synced, by its id (for a refund: that of its intent)."""


def _scan(
    name: str,
    list_page: Callable[[datetime, str | None], Page[Item]],
    changes_in: Callable[[Sequence[Item]], Mapping[str, Change]],
    apply: Callable[[Change], object],
) -> None:
    """Read a few pages of a list from where the last run ended; see `payments.service.scans`.

    An object that cannot be applied is recorded as failed and retried by its id, and the scan
    continues. A list that cannot be read does not keep the others from being read.
    """
    sweep = f"scan-{name}"
    sweeps.run(Sweep(sweep, lambda limit: sweeps.failed(sweep, limit), RETRY_BY_ID[name]))
    for _ in range(PAGES_PER_RUN):
        with transaction():
            position = payments_service.continue_scan(name)
        try:
            page = list_page(position.since, position.after)
        except GatewayObjectUnknown:
            with transaction():
                payments_service.restart_scan(name)
            return
        except (GatewayUnavailable, GatewayRefused) as error:
            _log.warning("scan_not_finished", scan=name, code=error.code)
            return
        changes = changes_in(page.items)
        end_read_transaction()
        if not sweeps.try_each(sweep, changes, apply):
            return  # the provider does not answer: the page is read again
        with transaction():
            payments_service.note_scanned(name, page.next_after)
        if page.next_after is None:
            return


def _new_intents(snapshots: Sequence[IntentSnapshot]) -> dict[str, IntentSnapshot]:
    paid = {snapshot.id: snapshot for snapshot in snapshots if snapshot.received > 0}
    stored = payments_queries.payments_by_ref(paid)
    return {
        ref: snapshot
        for ref, snapshot in paid.items()
        if ref not in stored or stored[ref].captured != snapshot.received
    }


def _new_refunds(snapshots: Sequence[RefundSnapshot]) -> dict[str, str]:
    """Return the PaymentIntents with new or changed refunds."""
    stored = payments_queries.refunds_by_ref([snapshot.id for snapshot in snapshots])
    ours = payments_queries.payments_by_ref([s.intent_id for s in snapshots if s.intent_id])
    changed = [
        snapshot.intent_id
        for snapshot in snapshots
        if snapshot.intent_id in ours
        and (snapshot.id not in stored or stored[snapshot.id].provider_status != snapshot.status)
    ]
    return {intent_id: intent_id for intent_id in changed if intent_id is not None}


def _new_disputes(snapshots: Sequence[DisputeSnapshot]) -> dict[str, DisputeSnapshot]:
    stored = payments_queries.dispute_statuses([snapshot.id for snapshot in snapshots])
    return {
        dispute.id: dispute for dispute in snapshots if stored.get(dispute.id) != dispute.status
    }


def _new_warnings(snapshots: Sequence[FraudWarningSnapshot]) -> dict[str, FraudWarningSnapshot]:
    stored = payments_queries.open_warnings([snapshot.id for snapshot in snapshots])
    return {
        warning.id: warning
        for warning in snapshots
        if stored.get(warning.id) != warning.is_actionable
    }
