"""Asking the provider again about what nobody told us: lost messages, crashes, late failures."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from api.payments import queries as payment_queries
from api.payments import service as payments
from api.payments.errors import GatewayObjectUnknown, GatewayRefused, GatewayUnavailable
from api.payments.gateways import (
    DisputeSnapshot,
    FraudWarningSnapshot,
    IntentSnapshot,
    Page,
    PaymentGateway,
    RefundSnapshot,
)
from api.platform.db import forget_reads, transaction
from api.platform.ports import port
from api.settlement import queries
from api.settlement.flows import provider
from api.settlement.flows.payments import (
    ask_about_payment,
    carry_out_refund,
    withdraw_payment,
)

Item = TypeVar("Item")

ASK_AGAIN_AFTER = timedelta(minutes=5)
REFUND_AGAIN_AFTER = timedelta(minutes=1)
DISPUTE_AGAIN_AFTER = timedelta(hours=1)
BATCH = 50
PAGES_PER_RUN = 5

_log = structlog.get_logger("api.settlement")


def sweep_payments() -> None:
    """Ask again about payments that nobody told us the end of, and look for what nobody told us.

    Finds orders without an answer (a lost webhook), money without an order (a crash between the
    provider's answer and our record), and refunds, disputes and warnings of the last thirty days
    that we know nothing of. Withdraws what nobody may pay any more. One that fails does not stop
    the others.
    """
    stale = payments.stale_payments(ASK_AGAIN_AFTER, BATCH)
    forget_reads()
    for payment_id, _ in stale:
        try:
            ask_about_payment(payment_id)
        except (GatewayUnavailable, GatewayRefused) as refused:
            _log.warning("payment_not_settled", payment=str(payment_id), code=refused.code)
    _withdraw_settled()
    gateway: PaymentGateway = port(PaymentGateway)
    _scan("intents", gateway.recent_intents, _take_over_intents)
    _scan("refunds", gateway.recent_refunds, _take_over_refunds)
    _scan("disputes", gateway.recent_disputes, _take_over_disputes)
    _scan("fraud_warnings", gateway.recent_fraud_warnings, _take_over_warnings)


def sweep_refunds() -> None:
    """Go on with refunds that were promised and not finished."""
    stale = payments.stale_refunds(REFUND_AGAIN_AFTER, BATCH)
    forget_reads()
    for refund_id in stale:
        try:
            carry_out_refund(refund_id)
        except (GatewayUnavailable, GatewayRefused) as lost:
            _log.warning("refund_not_finished", refund=str(refund_id), code=lost.code)


def sweep_disputes() -> None:
    """Ask again about open disputes and early warnings: banks take weeks, messages get lost."""
    gateway: PaymentGateway = port(PaymentGateway)
    disputes = payments.stale_disputes(DISPUTE_AGAIN_AFTER, BATCH)
    warnings = payments.stale_fraud_warnings(DISPUTE_AGAIN_AFTER, BATCH)
    forget_reads()
    for ref in disputes:
        _ask_again(ref, lambda ref: provider.take_over_dispute(gateway.fetch_dispute(ref)))
    for ref in warnings:
        _ask_again(
            ref, lambda ref: provider.take_over_fraud_warning(gateway.fetch_fraud_warning(ref))
        )


def _withdraw_settled() -> None:
    """Withdraw what could still be paid for orders that are cancelled or fully paid."""
    waiting = queries.payments_to_withdraw(BATCH)
    forget_reads()
    for payment_id in waiting:
        try:
            withdraw_payment(payment_id)
        except GatewayUnavailable as lost:
            _log.warning("payment_not_withdrawn", payment=str(payment_id), code=lost.code)


def _ask_again(ref: str, take_over: Callable[[str], object]) -> None:
    try:
        take_over(ref)
    except (GatewayUnavailable, GatewayRefused) as lost:
        _log.warning("not_asked_again", object=ref, code=lost.code)


def _scan(
    name: str,
    listed: Callable[[datetime, str | None], Page[Item]],
    take_over: Callable[[Sequence[Item]], None],
) -> None:
    """Read a few pages of a list from where the last run ended; see `payments.service.scans`.

    A place is noted only after everything before it was taken over.
    """
    for _ in range(PAGES_PER_RUN):
        with transaction():
            position = payments.continue_scan(name)
        try:
            page = listed(position.since, position.after)
            take_over(page.items)
        except GatewayObjectUnknown:
            with transaction():
                payments.restart_scan(name)
            return
        except (GatewayUnavailable, GatewayRefused) as lost:
            _log.warning("scan_not_finished", scan=name, code=lost.code)
            return
        with transaction():
            payments.note_scanned(name, page.next_after)
        if page.next_after is None:
            return


def _take_over_intents(found: Sequence[IntentSnapshot]) -> None:
    paid = [snapshot for snapshot in found if snapshot.received > 0]
    known = payment_queries.payments_by_ref([snapshot.id for snapshot in paid])
    forget_reads()
    for snapshot in paid:
        ours = known.get(snapshot.id)
        if ours is None or ours.captured != snapshot.received:
            provider.settle_known_or_list(snapshot)


def _take_over_refunds(found: Sequence[RefundSnapshot]) -> None:
    known = payment_queries.refunds_by_ref([snapshot.id for snapshot in found])
    ours = payment_queries.payments_by_ref([s.intent_id for s in found if s.intent_id])
    forget_reads()
    changed = [
        snapshot.intent_id
        for snapshot in found
        if snapshot.intent_id in ours
        and (snapshot.id not in known or known[snapshot.id].provider_status != snapshot.status)
    ]
    for intent_id in dict.fromkeys(changed):
        if intent_id is not None:
            provider.take_over_refunds(intent_id)


def _take_over_disputes(found: Sequence[DisputeSnapshot]) -> None:
    known = payment_queries.dispute_statuses([snapshot.id for snapshot in found])
    forget_reads()
    for snapshot in found:
        if known.get(snapshot.id) != snapshot.status:
            provider.take_over_dispute(snapshot)


def _take_over_warnings(found: Sequence[FraudWarningSnapshot]) -> None:
    known = payment_queries.open_warnings([snapshot.id for snapshot in found])
    forget_reads()
    for snapshot in found:
        if known.get(snapshot.id) != snapshot.is_actionable:
            provider.take_over_fraud_warning(snapshot)
