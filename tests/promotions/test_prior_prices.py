"""What automatic discounts took off for everybody counts as a price that was asked."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.catalog.models.prices import VariantPrice
from api.catalog.service.prices import write_prices
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.promotions import service
from tests.support.shop import Shop

SALE = {"name": "Sale", "kind": "percent", "basis_points": 2000, "is_automatic": True}


def prior_price(shop: Shop, discount: dict[str, Any], *, ran: int, ended: int) -> int | None:
    """Run a discount for some days, end it, and later reduce the usual price of 9.99 EUR."""
    now = clock.now()
    with clock.frozen(now - timedelta(days=ended + ran + 60)):
        mug = shop.sells("MUG", 10)
    with clock.frozen(now - timedelta(days=ended + ran)), transaction():
        made = service.create_discount(discount, by=SYSTEM)
    with clock.frozen(now - timedelta(days=ended)), transaction():
        service.edit_discount(made, {"is_active": False}, expected_version=1, by=SYSTEM)
    with clock.frozen(now), transaction():
        reduced = {"variant_id": mug, "currency": "EUR", "amount": 899, "compare_at": 999}
        write_prices([reduced])
    return session.scalar(select(VariantPrice.prior_price).where(VariantPrice.variant_id == mug))


def test_a_sale_for_everybody_within_30_days_is_the_prior_price(shop: Shop) -> None:
    assert prior_price(shop, SALE, ran=5, ended=10) == 799


@pytest.mark.parametrize(
    "more",
    [
        {"is_automatic": False},
        {"min_amount": Money(5000, "EUR")},
        {"target": "shipping"},
        {"first_order": True},
        {"kind": "fixed", "basis_points": None, "amount": Money(100, "USD")},
    ],
)
def test_what_not_everybody_got_is_none(shop: Shop, more: dict[str, Any]) -> None:
    assert prior_price(shop, {**SALE, **more}, ran=5, ended=10) == 999


def test_a_sale_that_ended_more_than_30_days_before_is_none(shop: Shop) -> None:
    assert prior_price(shop, SALE, ran=5, ended=31) == 999


def test_a_sale_of_other_goods_is_none(shop: Shop) -> None:
    with clock.frozen(clock.now() - timedelta(days=90)):
        shop.sells("JUG", 1)
    assert prior_price(shop, {**SALE, "products": ["jug"]}, ran=5, ended=10) == 999


def test_an_amount_off_each_unit_counts(shop: Shop) -> None:
    off = {**SALE, "kind": "fixed", "basis_points": None, "amount": Money(150, "EUR")}
    assert prior_price(shop, off, ran=5, ended=10) == 849
