"""The terms on which a cart is sold to a place and a buyer: market, taxes, VAT id."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders import service as orders_service
from api.platform import attention
from api.platform.attention import AttentionKind, Subjects
from api.platform.db import session, transaction
from api.platform.settings import current_settings
from api.tax import flows as tax_flows
from api.tax import queries as tax_queries
from api.tax.errors import VatIdInvalid
from api.tax.queries import Terms
from api.tax.rules import (
    Buyer,
    Destination,
    from_stored,
    is_distance_sale,
    is_within_threshold,
)
from api.tax.vat_ids import parse, refuse


def terms_for(
    destination: Destination,
    *,
    customer_id: UUID | None,
    vat_id: Mapping[str, object] | None,
    subtotal: int,
    currency: str,
    placed_at: datetime | None = None,
) -> Terms:
    """Return market and taxes of an order; `subtotal` is what its goods cost, in minor units.

    Its day is that of `placed_at`, by default now. Raises `CountryNotSold`.
    """
    settings = current_settings()
    day = tax_queries.tax_day(placed_at)
    has_home_rates = False
    if settings.oss_threshold and is_distance_sale(destination, settings.country):
        has_home_rates = _is_below_threshold(
            Money(subtotal, currency), day.year, before=placed_at or clock.now()
        )
    return tax_queries.terms_for(
        destination, Buyer(customer_id, vat_id), on=day, has_home_rates=has_home_rates
    )


def _is_below_threshold(sale: Money, year: int, *, before: datetime) -> bool:
    """Tell whether a sale and those before it stay within the threshold of this and the last year.

    The sale that passes it is itself taxed at its destination (article 59c (2) of Directive
    2006/112/EC).
    """
    settings = current_settings()
    sales = orders_queries.distance_sales(
        settings.country, (year - 1, year), settings.zone, before=before
    )
    if sales is None:
        return False
    by_year = (sales[year - 1], [*sales[year], sale])
    rates = dict(settings.oss_rates)
    return all(
        is_within_threshold(one, settings.oss_threshold, settings.currency, rates)
        for one in by_year
    )


def check_ahead(typed: str, country: str) -> None:
    """Have a VAT id checked and recorded before a transaction begins.

    An invalid one is refused inside of it, unless the same call has placed the order before.
    """
    with suppress(VatIdInvalid):
        tax_flows.check_vat_id(typed, country)


def checked_vat_id(typed: str | None, country: str) -> dict[str, object] | None:
    """Return what is recorded of a VAT id; inside a transaction too, because nobody is asked.

    `tax_flows.check_vat_id` asks before. Raises `VatIdInvalid`.
    """
    if typed is None:
        return None
    vat_id = parse(typed, country)
    known = tax_queries.latest_check(vat_id.text)
    if known is not None and known["is_valid"] is False:
        raise refuse(vat_id.text)
    return known or tax_queries.vat_id_fields(vat_id.text)


def flag_unchecked(order_id: UUID, number: str, vat_id: Mapping[str, object]) -> None:
    """List an order whose tax rests on a VAT id that VIES has not confirmed. In a transaction."""
    attention.raise_item(
        AttentionKind.VAT_ID_UNCHECKED,
        order_id,
        f"Order {number} is taxed as an intra-community supply, but VIES did not answer for"
        f" {vat_id['vat_id']}. Check the VAT id before it ships.",
        about=Subjects(order_id=order_id),
    )


def recheck_vat_id(order_id: UUID, *, by: Principal) -> dict[str, object]:
    """Ask VIES again about an order's VAT id, and record the answer on the order.

    A confirmed id resolves the item of the attention list. VIES is asked outside of the
    transaction that locks the order. Raises `OrderNotFound`, and `VatIdInvalid` when the order has
    none or VIES does not know it: the item then says so.
    """
    stored = from_stored(orders_queries.get_order(order_id).vat_id)
    session.rollback()
    if stored is None:
        raise VatIdInvalid("This order has no VAT id.")
    try:
        known = tax_flows.check_vat_id(stored["vat_id"], "", is_fresh=True)
    except VatIdInvalid as refusal:
        with transaction():
            order = orders_service.lock(order_id)
            orders_service.set_vat_id(order, {**stored, "is_valid": False}, by=by)
            attention.raise_item(
                AttentionKind.VAT_ID_UNCHECKED, order_id,
                f"Order {order.number}: {refusal.detail} The shop owes the tax of this sale.",
                about=Subjects(order_id=order_id),
            )  # fmt: skip
        raise
    if known["is_valid"]:
        with transaction():
            orders_service.set_vat_id(orders_service.lock(order_id), known, by=by)
            attention.clear(AttentionKind.VAT_ID_UNCHECKED, reference=order_id)
    return known
