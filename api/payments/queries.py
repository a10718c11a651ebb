"""Questions to the till."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.kernel.money import Money
from api.payments.models import OrphanMoney, Payment, Refund
from api.payments.states import OPEN_PAYMENT
from api.platform.db import AnyRow, session


def payment_of_intent(intent_id: str) -> AnyRow | None:
    """Find which payment a PaymentIntent belongs to: `id`, `order_id`."""
    return session.execute(
        select(Payment.id, Payment.order_id).where(Payment.provider_ref == intent_id)
    ).one_or_none()


def payment(payment_id: UUID) -> AnyRow | None:
    """Read what a flow needs of one payment."""
    return session.execute(
        select(
            Payment.id, Payment.order_id, Payment.provider_ref, Payment.amount, Payment.currency
        ).where(Payment.id == payment_id)
    ).one_or_none()


def newest_stripe_payment(order_id: UUID) -> AnyRow | None:
    """Find the payment at Stripe that an order is paid by, or was last tried with."""
    return session.execute(
        select(Payment.id, Payment.provider_ref, Payment.status)
        .where(Payment.order_id == order_id, Payment.provider == "stripe")
        .order_by(Payment.id.desc())
        .limit(1)
    ).one_or_none()


def open_intents(order_id: UUID) -> list[tuple[UUID, str | None]]:
    """List an order's payments that may still be paid, with their PaymentIntent's id."""
    rows = session.execute(
        select(Payment.id, Payment.provider_ref).where(
            Payment.order_id == order_id,
            Payment.provider == "stripe",
            Payment.status.in_(OPEN_PAYMENT),
        )
    )
    return [(row.id, row.provider_ref) for row in rows]


def refund(refund_id: UUID) -> AnyRow | None:
    """Read what a flow needs of one refund and of the payment that it comes from."""
    return session.execute(
        select(
            Refund.id,
            Refund.order_id,
            Refund.status,
            Refund.amount,
            Refund.currency,
            Refund.provider_ref,
            Payment.provider,
            Payment.provider_ref.label("intent_id"),
        )
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.id == refund_id)
    ).one_or_none()


def refund_of_provider(provider_ref: str) -> UUID | None:
    """Find which refund a provider's refund id belongs to."""
    return session.scalar(select(Refund.id).where(Refund.provider_ref == provider_ref))


def refunds_of_order(order_id: UUID) -> list[AnyRow]:
    """List the money refunds of an order, oldest first."""
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


def payments_of_order(order_id: UUID) -> list[dict[str, Any]]:
    """Return the payments of an order for its case file, oldest first."""
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
            "reference": row.reference or row.provider_ref,
            "decline_code": row.decline_code,
            "needs_attention": row.needs_attention,
            "created_at": row.created_at,
        }
        for row in rows
    ]


def attention_count() -> int:
    """Count payments and orphans that a person must look at, up to a hundred."""
    flagged = session.scalars(
        select(Payment.id).where(Payment.needs_attention.is_not(None)).limit(100)
    ).all()
    orphans = session.scalars(
        select(OrphanMoney.id).where(OrphanMoney.settled_at.is_(None)).limit(100)
    ).all()
    return len(flagged) + len(orphans)
