"""Up to a threshold of sales to other member states, consumers there pay the shop's own rates."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.orders.models import Order
from api.orders.queries import sales_abroad as module
from api.platform.db import transaction
from api.platform.environment_reader import EnvironmentReader
from api.platform.settings import Settings
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from api.tax import service as tax_service
from api.tax.rules import is_within_threshold
from tests.support.plans import copied, plans_of, refresh_statistics
from tests.support.shop import ADDRESS, Shop

PARIS = {**ADDRESS, "city": "Paris", "postal_code": "75001", "country": "FR"}
BERLIN = ZoneInfo("Europe/Berlin")
HOME, ABROAD = "0.1900", "0.2000"


@pytest.fixture
def shop(shop: Shop) -> Iterator[Shop]:
    """A German shop with a threshold of 60 euros that sells a mug to France for 36 euros."""
    with transaction():
        tax_service.set_tax_rate("FR", "standard", 2000, name="TVA", by=SYSTEM)
        shipping_service.create_shipping_method(
            ShippingMethodInput(
                code="abroad", name="Abroad", countries=["DE", "FR"], price=Money(1200, "EUR")
            ),
            by=SYSTEM,
        )
    shop.sells("MUG", 50, price="12.00 EUR")
    ports = shop.app.extensions["stockroom_ports"]
    before = ports[Settings]
    ports[Settings] = dataclasses.replace(
        before, country="DE", oss_threshold=60, time_zone="Europe/Berlin"
    )
    yield shop
    ports[Settings] = before


def buys(shop: Shop, **form: Any) -> dict[str, Any]:
    guest = shop.guest()
    guest.adds("MUG", 2)
    answer = guest.tries_to_check_out(shipping_address=PARIS, shipping_method="abroad", **form)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def rate(order: dict[str, Any]) -> str:
    return str(order["lines"][0]["tax_rate"])


def settle(order: dict[str, Any], **values: Any) -> None:
    """Change what is recorded of an order."""
    with transaction() as current:
        current.execute(update(Order).where(Order.id == UUID(order["id"])).values(**values))


def test_the_sale_that_passes_the_threshold_is_the_first_taxed_abroad(shop: Shop) -> None:
    # 36.00 each: net 30.25 at home, so the third would pass 60 euros of the year.
    assert [rate(buys(shop)) for _ in range(3)] == [HOME, HOME, ABROAD]


def test_the_year_begins_where_the_shop_is(shop: Shop) -> None:
    order = buys(shop)
    settle(order, total=7_200, subtotal=6_000, tax_total=0)
    this_year = clock.now().astimezone(BERLIN).year
    new_year = datetime(this_year - 1, 1, 1, tzinfo=BERLIN)
    assert new_year.astimezone(UTC).year == this_year - 2

    settle(order, placed_at=new_year)
    assert rate(buys(shop)) == ABROAD, "72 euros in the last year, which had begun in Berlin"
    with transaction() as current:
        current.execute(update(Order).where(Order.id != UUID(order["id"])).values(vat_id={"a": 1}))
    settle(order, placed_at=new_year - timedelta(seconds=1))

    assert rate(buys(shop)) == HOME, "the year before the last one does not count"


def test_cancelled_orders_and_those_with_a_vat_id_do_not_count(shop: Shop) -> None:
    first, second = buys(shop), buys(shop)

    settle(first, status="cancelled", cancelled_at=clock.now())
    settle(second, vat_id={"vat_id": "FR40303265045", "is_valid": True, "checked_at": None,
                           "name": None, "consultation": None})  # fmt: skip

    assert rate(buys(shop)) == HOME


def test_another_currency_counts_at_its_rate_and_without_one_ends_the_exception(shop: Shop) -> None:
    first = buys(shop)
    settle(first, currency="SEK", total=20_000, subtotal=18_800, tax_total=0)
    assert rate(buys(shop)) == ABROAD, "nobody said what 200 SEK are worth"

    ports = shop.app.extensions["stockroom_ports"]
    ports[Settings] = dataclasses.replace(ports[Settings], oss_rates=(("SEK", Decimal("11.25")),))

    # 17.78 euros, then 30.00 that were taxed abroad: 36.00 more would pass 60 euros.
    with transaction() as current:
        current.execute(update(Order).where(Order.currency == "EUR").values(vat_id={"vat_id": "-"}))
    assert rate(buys(shop)) == HOME


def test_an_order_that_is_changed_does_not_count_itself(shop: Shop) -> None:
    buys(shop)
    guest = shop.guest()
    guest.adds("MUG", 2)
    order = guest.checks_out(shipping_address=PARIS, shipping_method="abroad")
    assert rate(order) == HOME

    lyon = {**PARIS, "city": "Lyon", "postal_code": "69001"}
    changed = guest.changes(order, shipping_address=lyon)

    assert rate(changed) == HOME


def test_a_shop_with_too_many_sales_to_add_up_is_above_any_threshold(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SALES", 0)
    assert rate(buys(shop)) == HOME
    assert rate(buys(shop)) == ABROAD


@pytest.mark.parametrize(
    ("sales", "threshold", "currency", "is_within"),
    [
        ([], 0, "EUR", True),
        ([Money(1_000_000, "EUR")], 10_000, "EUR", True),
        ([Money(1_000_001, "EUR")], 10_000, "EUR", False),
        ([Money(500_000, "EUR"), Money(5_624_999, "SEK")], 10_000, "EUR", True),
        ([Money(500_000, "EUR"), Money(5_625_001, "SEK")], 10_000, "EUR", False),
        ([Money(1, "PLN")], 10_000, "EUR", False),
        ([Money(0, "PLN")], 10_000, "EUR", True),
        ([Money(3_100_000, "HUF")], 31_000, "HUF", True),
        ([Money(9_968_000, "SEK")], 99_680, "SEK", True),
        ([Money(1_000, "JPY")], 10, "EUR", True),
    ],
)
def test_sales_are_added_up_in_the_currency_of_the_shop(
    sales: list[Money], threshold: int, currency: str, is_within: bool
) -> None:
    rates = {"SEK": Decimal("11.25"), "JPY": Decimal(160)}
    assert is_within_threshold(sales, threshold, currency, rates) is is_within


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ()),
        ("sek:11.25, PLN:4", (("SEK", Decimal("11.25")), ("PLN", Decimal(4)))),
        ("SEK", None),
        ("SEK:0", None),
        ("SEK:1e5", None),
        ("XYZ:1", None),
        ("SEK:-1", None),
    ],
)
def test_rates_of_other_currencies_are_read_or_refused(typed: str, read: Any) -> None:
    problems: list[str] = []
    rates = EnvironmentReader({"OSS_RATES": typed}, problems).exchange_rates("OSS_RATES")

    assert (rates if not problems else None) == read


def test_the_sales_of_two_years_are_read_by_country_and_day(shop: Shop) -> None:
    order = buys(shop)
    copied("orders", UUID(order["id"]), 4_000, number="'X' || n", cart_id="NULL",
           ship_country="CASE WHEN n % 50 = 0 THEN 'FR' ELSE 'DE' END")  # fmt: skip
    refresh_statistics()

    plan = plans_of(lambda: module.distance_sales("DE", (2025, 2026), BERLIN, before=clock.now()))

    assert "ix_orders_ship_country" in plan, plan
