"""Reads of payments joined with their orders."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, or_, select

from api.orders.models import Order
from api.orders.states import OrderStatus
from api.payments.models import Payment
from api.payments.queries import NOT_CANCELLED_AT_PROVIDER
from api.payments.states import OPEN_PAYMENT
from api.platform import sweeps
from api.platform.db import session


def payments_to_cancel(limit: int) -> Sequence[UUID]:
    """List Stripe payments to cancel at the provider, those not fetched for longest first.

    These are void here and not known to be cancelled at Stripe, or still open for an order that has
    ended or is fully paid.
    """
    settled = or_(
        Order.status != OrderStatus.PLACED,
        Order.captured - Order.charged_back >= Order.total - Order.exchanged,
    )
    return session.scalars(
        select(Payment.id)
        .join(Order, Order.id == Payment.order_id)
        .where(
            Payment.provider == "stripe",
            or_(NOT_CANCELLED_AT_PROVIDER, and_(Payment.status.in_(OPEN_PAYMENT), settled)),
            ~sweeps.waits("withdraw-payments", Payment.id),
        )
        .order_by(Payment.checked_at)
        .limit(limit)
    ).all()
