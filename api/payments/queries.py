"""Reads of payments, refunds and disputes."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import String, and_, case, cast, func, or_, select

from api.kernel.money import Money
from api.payments.models import Dispute, FraudWarning, Payment, ProviderEvent, Refund
from api.payments.states import OPEN_PAYMENT, PaymentState, RefundOrigin, RefundState
from api.platform.db import AnyRow, session
from api.stored_value.states import TENDERS

NOT_CANCELLED_AT_PROVIDER = and_(
    Payment.status == PaymentState.VOIDED, Payment.withdrawn_at.is_(None)
)
"""Void here, while it can still be paid at the provider."""


def payment_of_intent(intent_id: str) -> AnyRow | None:
    """Return the payment of a PaymentIntent: `id`, `order_id`."""
    return session.execute(
        select(Payment.id, Payment.order_id).where(Payment.provider_ref == intent_id)
    ).one_or_none()


def payment(payment_id: UUID) -> AnyRow | None:
    """Return one payment, or None."""
    return session.execute(
        select(
            Payment.id,
            Payment.order_id,
            Payment.provider_ref,
            Payment.status,
            Payment.amount,
            Payment.currency,
        ).where(Payment.id == payment_id)
    ).one_or_none()


def newest_stripe_payment(order_id: UUID) -> AnyRow | None:
    """Return the newest Stripe payment of an order, or None."""
    return session.execute(
        select(Payment.id, Payment.provider_ref, Payment.status)
        .where(Payment.order_id == order_id, Payment.provider == "stripe")
        .order_by(Payment.id.desc())
        .limit(1)
    ).one_or_none()


def payable_intents(order_id: UUID) -> list[UUID]:
    """List an order's payments that can still be paid: open, or void and not cancelled yet."""
    return list(
        session.scalars(
            select(Payment.id)
            .where(
                Payment.order_id == order_id,
                Payment.provider == "stripe",
                or_(Payment.status.in_(OPEN_PAYMENT), NOT_CANCELLED_AT_PROVIDER),
            )
            .order_by(Payment.id)
        )
    )


def is_in_progress(order_id: UUID) -> bool:
    """Tell whether a bank is processing a payment of the order, so it cannot be cancelled."""
    processing = session.scalar(
        select(Payment.id)
        .where(Payment.order_id == order_id, Payment.status == PaymentState.PROCESSING)
        .limit(1)
    )
    return processing is not None


def has_voided_tender(order_id: UUID) -> bool:
    """Tell whether a gift card or store credit got back what it had paid for an unpaid order."""
    voided = session.scalar(
        select(Payment.id)
        .where(
            Payment.order_id == order_id,
            Payment.provider.in_(TENDERS),
            Payment.status == PaymentState.VOIDED,
        )
        .limit(1)
    )
    return voided is not None


def refund(refund_id: UUID) -> AnyRow | None:
    """Return one refund with its payment's provider and intent id, or None."""
    return session.execute(
        select(
            Refund.id,
            Refund.order_id,
            Refund.payment_id,
            Refund.status,
            Refund.amount,
            Refund.currency,
            Refund.provider_ref,
            Refund.created_at,
            Refund.to_store_credit,
            Payment.provider,
            case((Refund.to_store_credit, "store_credit"), else_=Payment.provider).label(
                "destination"
            ),
            Payment.provider_ref.label("intent_id"),
        )
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.id == refund_id)
    ).one_or_none()


def case_of_failed_refund(refund_id: UUID) -> UUID | None:
    """Return the request of a refund if all its refunds have failed; None otherwise."""
    case = select(Refund.case_id).where(Refund.id == refund_id).scalar_subquery()
    return session.scalar(
        select(Refund.case_id)
        .where(Refund.case_id == case)
        .group_by(Refund.case_id)
        .having(func.bool_and(Refund.status == RefundState.FAILED))
    )


def refund_of_provider(provider_ref: str) -> UUID | None:
    """Return the refund with this provider id, or None."""
    return session.scalar(select(Refund.id).where(Refund.provider_ref == provider_ref))


def refund_of_snapshot(payment_id: UUID, provider_ref: str, refund_id: str) -> UUID | None:
    """Return our refund for one at the provider, of the same payment.

    Matches the provider's id, or `refund_id` from its metadata if that refund has no provider id
    yet, because the answer to our request may still be on its way.
    """
    return session.scalar(
        select(Refund.id)
        .where(
            Refund.payment_id == payment_id,
            or_(
                Refund.provider_ref == provider_ref,
                and_(Refund.provider_ref.is_(None), cast(Refund.id, String) == refund_id),
            ),
        )
        .order_by(Refund.provider_ref.is_(None))
        .limit(1)
    )


def refunds_of_order(order_id: UUID) -> list[AnyRow]:
    """List the refunds of an order, oldest first."""
    return list(
        session.execute(
            select(
                Refund.id,
                Refund.status,
                Refund.amount,
                Refund.currency,
                Refund.failure,
                Refund.created_at,
                Refund.version,
            )
            .where(Refund.order_id == order_id)
            .order_by(Refund.id)
        )
    )


def payments_of_order(order_id: UUID) -> list[dict[str, object]]:
    """Return the payments of an order for staff, oldest first."""
    rows = session.execute(
        select(Payment.__table__).where(Payment.order_id == order_id).order_by(Payment.id)
    )
    return [
        {
            "id": row.id,
            "provider": row.provider,
            "status": row.status,
            "amount": Money(row.amount, row.currency),
            "captured": Money(row.captured, row.currency),
            "refunded": Money(row.refunded, row.currency),
            "charged_back": Money(row.charged_back, row.currency),
            "reference": row.reference or row.provider_ref,
            "decline_code": row.decline_code,
            "risk_level": row.risk_level,
            "failed_checks": row.failed_checks or [],
            "created_at": row.created_at,
        }
        for row in rows
    ]


def risk_of_order(order_id: UUID) -> tuple[str | None, set[str]]:
    """Return the highest risk and all failed checks of the captured payments of an order."""
    rows = session.execute(
        select(Payment.risk_level, Payment.failed_checks).where(
            Payment.order_id == order_id, Payment.captured > 0
        )
    ).all()
    levels = {row.risk_level for row in rows}
    highest = next((level for level in ("highest", "elevated") if level in levels), None)
    return highest, {check for row in rows for check in row.failed_checks or ()}


def disputes_of_order(order_id: UUID) -> list[dict[str, object]]:
    """Return the disputes of an order for staff, oldest first."""
    rows = session.execute(
        select(Dispute.__table__).where(Dispute.order_id == order_id).order_by(Dispute.id)
    )
    return [
        {
            "id": row.id,
            "payment_id": row.payment_id,
            "reference": row.provider_ref,
            "status": row.status,
            "reason": row.reason,
            "amount": Money(row.amount, row.currency),
            "fee": None if row.fee is None else Money(row.fee, row.fee_currency or row.currency),
            "evidence_due_by": row.evidence_due_by,
            "opened_at": row.opened_at,
            "closed_at": row.closed_at,
            "outcome": row.outcome,
        }
        for row in rows
    ]


def fraud_warnings_of_order(order_id: UUID) -> list[dict[str, object]]:
    """Return the early fraud warnings of an order, oldest first."""
    rows = session.execute(
        select(
            FraudWarning.id,
            FraudWarning.payment_id,
            FraudWarning.provider_ref.label("reference"),
            FraudWarning.fraud_type,
            FraudWarning.opened_at,
            FraudWarning.closed_at,
        )
        .where(FraudWarning.order_id == order_id)
        .order_by(FraudWarning.id)
    )
    return [dict(row._mapping) for row in rows]


def foreign_refunds_of_order(order_id: UUID) -> list[AnyRow]:
    """List the refunds of an order that were made at the provider directly, oldest first."""
    return list(
        session.execute(
            select(Refund.__table__)
            .where(Refund.order_id == order_id, Refund.origin == RefundOrigin.PROVIDER)
            .order_by(Refund.id)
        )
    )


def refunds_by_ref(refs: Collection[str]) -> dict[str, AnyRow]:
    """Return refunds by the provider's ids: `id`, `status`, `provider_status`."""
    rows = session.execute(
        select(Refund.provider_ref, Refund.id, Refund.status, Refund.provider_status).where(
            Refund.provider_ref.in_(refs)
        )
    )
    return {row.provider_ref: row for row in rows}


def payments_by_ref(refs: Collection[str]) -> dict[str, AnyRow]:
    """Return payments by the provider's ids: `id`, `captured`."""
    rows = session.execute(
        select(Payment.provider_ref, Payment.id, Payment.captured).where(
            Payment.provider_ref.in_(refs)
        )
    )
    return {row.provider_ref: row for row in rows}


def dispute_statuses(refs: Collection[str]) -> dict[str, str]:
    """Return the stored statuses of disputes, by the provider's ids."""
    rows = session.execute(
        select(Dispute.provider_ref, Dispute.status).where(Dispute.provider_ref.in_(refs))
    )
    return {row.provider_ref: row.status for row in rows}


def open_warnings(refs: Collection[str]) -> dict[str, bool]:
    """Return whether stored fraud warnings are open, by the provider's ids."""
    rows = session.execute(
        select(FraudWarning.provider_ref, FraudWarning.closed_at).where(
            FraudWarning.provider_ref.in_(refs)
        )
    )
    return {row.provider_ref: row.closed_at is None for row in rows}


def captured_stripe_payments(order_id: UUID) -> list[AnyRow]:
    """List an order's captured Stripe payments: `id`, `provider_ref`."""
    return list(
        session.execute(
            select(Payment.id, Payment.provider_ref)
            .where(Payment.order_id == order_id, Payment.provider == "stripe", Payment.captured > 0)
            .order_by(Payment.id)
        )
    )


def intent_of_event(event_id: UUID) -> str | None:
    """Return the PaymentIntent id in a stored webhook event, or None."""
    body = session.scalar(select(ProviderEvent.body).where(ProviderEvent.id == event_id)) or {}
    intent_id = body.get("object", {}).get("payment_intent")
    return str(intent_id) if intent_id else None
