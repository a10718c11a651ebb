"""What is asked of prices over time stays quick in a shop with millions of records."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from api.catalog.models.products import Variant
from api.catalog.queries import prices as price_queries
from api.catalog.service import prices as price_service
from api.catalog.service import scheduled_prices
from api.catalog.service.inputs import PriceInput
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_product, money
from tests.support.plans import plans_of, refresh_statistics, tables_read_whole

_FILL = """
    INSERT INTO variants (id, version, created_at, product_id, sku, option_values, title,
        weight_grams, tax_class, position, in_stock)
    SELECT gen_random_uuid(), 1, now(), p.id, 'SKU-' || n, to_jsonb(ARRAY[n::text]), '', 0,
        'standard', 0, true
    FROM products p, generate_series(1, 3000) AS n;
    INSERT INTO variant_prices (variant_id, currency, amount)
    SELECT id, 'EUR', 1000 FROM variants ON CONFLICT DO NOTHING;
    INSERT INTO price_history (id, variant_id, currency, amount, since)
    SELECT gen_random_uuid(), v.id, 'EUR', day, now() - day * interval '1 day'
    FROM variants v, generate_series(1, 8) AS day;
    INSERT INTO scheduled_prices (id, version, created_at, variant_id, currency, amount,
        starts_at, ends_at, state)
    SELECT gen_random_uuid(), 1, now(), v.id, 'EUR', 900, now() + hour * interval '1 hour',
        now() + (hour + 1) * interval '1 hour',
        CASE WHEN hour < 0 THEN 'ended' ELSE 'waiting' END
    FROM variants v, generate_series(-9, 0) AS hour;
"""


@pytest.fixture
def variant(app: Flask) -> UUID:
    """One of thousands, with statistics as a running shop has them."""
    a_product("FIRST")
    with transaction():
        for statement in _FILL.split(";\n"):
            if statement.strip():
                session.execute(text(statement))
    refresh_statistics()
    return session.scalars(select(Variant.id).where(Variant.sku == "SKU-1711")).one()


def _reduces(variant_id: UUID) -> None:
    with transaction():
        price_service.write_prices(
            [{"variant_id": variant_id, "currency": "EUR", "amount": 5, "compare_at": 9}]
        )


def _plans(variant_id: UUID) -> None:
    with transaction():
        scheduled_prices.schedule_price(
            variant_id,
            PriceInput(money("8 EUR")),
            starts_at=clock.now() + timedelta(days=9),
            ends_at=None,
            by=SYSTEM,
        )


def _history(variant_id: UUID) -> Any:
    return price_queries.price_history(
        variant_id, currency=None, limit=25, cursor=None, with_total=False
    )


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (_reduces, "ix_price_history_in_order"),
        (_history, "ix_price_history_in_order"),
        (_plans, "ix_scheduled_prices_variant_id"),
    ],
)
def test_the_past_and_future_of_one_price_are_found_by_their_index(
    variant: UUID, ask: Callable[[UUID], Any], index: str
) -> None:
    """And no table is read from beginning to end, but that of the only product, and the few sales
    for everybody."""
    plan = plans_of(lambda: ask(variant))

    assert index in plan, plan
    assert tables_read_whole(plan) <= {"products", "general_reductions"}, plan


def test_what_is_due_is_found_among_all_that_is_over(app: Flask, variant: UUID) -> None:
    """Every ten seconds, also when nothing is."""
    with transaction():
        session.execute(text("UPDATE scheduled_prices SET state = 'ended'"))
    refresh_statistics()

    plan = plans_of(scheduled_prices.due_scheduled_prices)

    assert "ix_scheduled_prices_to_start" in plan, plan
    assert "ix_scheduled_prices_to_end" in plan, plan
    assert tables_read_whole(plan) <= {"sweep_attempts"}, plan  # which holds what failed
