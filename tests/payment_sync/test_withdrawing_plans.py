"""What the sweep looks for lies in an index of its own, however many payments there were."""

from sqlalchemy import select

from api.payment_sync import queries as payment_sync_queries
from api.payments.models import Payment
from api.platform.db import session
from tests.support.plans import copied, plans_of, tables_read_whole
from tests.support.shop import Shop


def test_payments_to_withdraw_are_found_in_their_index(shop: Shop) -> None:
    shop.sells("MUG", 5)
    shop.an_order(MUG=1)
    payment_id = session.scalars(select(Payment.id)).one()
    copied("payments", payment_id, 30_000, provider_ref="'copy_' || n")

    plan = plans_of(lambda: payment_sync_queries.payments_to_cancel(50))

    assert "ix_payments_to_withdraw" in plan, plan
    # One order stands here, and nothing has failed: both are quicker read whole.
    assert tables_read_whole(plan) <= {"orders", "sweep_attempts"}, plan
