"""What a draft costs, and the order that it becomes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from api.catalog.queries.order_goods import OrderGoods
from api.checkout.flows import shipping_choice
from api.checkout.flows.goods import find_goods
from api.checkout.flows.repricing import line_columns, totals_columns
from api.checkout.flows.terms import terms_for
from api.draft_orders.errors import DraftIncomplete
from api.draft_orders.models import DraftOrder
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.orders.service import LineInput, OrderInput
from api.pricing import totals
from api.promotions import queries as promotions_queries
from api.promotions import service as promotions_service
from api.promotions.calculation import Applied, Goods, Outcome
from api.promotions.queries import CartToDiscount
from api.shipping import queries as shipping_queries
from api.shipping.queries import ShippingOption
from api.shipping.rules import Consignment
from api.tax.rules import Destination


@dataclass(frozen=True, slots=True)
class PricedDraft:
    """A draft at its agreed prices, with shipping and tax of today."""

    goods: Sequence[OrderGoods]
    address: dict[str, object]
    option: ShippingOption
    language: str | None
    figures: totals.Totals
    steps: Sequence[str]
    discounts: Outcome
    off_shipping: Sequence[int]
    """What each applied discount takes off the shipping, in minor units."""

    @property
    def total(self) -> int:
        """Return the total in minor units."""
        return self.figures.total


def price_draft(draft: DraftOrder, *, payment_method: str) -> PricedDraft:
    """Price a draft that has goods, an address and a shipping method.

    Raises `DraftIncomplete`, `CartNotPurchasable`, `VariantNotFound`, `TaxRuleMissing`,
    `CountryNotSold`, `MarketMismatch` and what `chosen_option` raises.
    """
    _check_complete(draft)
    wanted = [(line.sku, line.quantity) for line in draft.lines]
    goods = find_goods(
        wanted,
        draft.currency,
        customer_id=draft.customer_id,
        member="lines",
        has_price=[True] * len(wanted),
    )
    typed = draft.shipping_address
    discounts = _discounts(draft, goods)
    subtotal = sum(line.quantity * line.unit_price for line in draft.lines)
    subtotal -= sum(one.amount for one in discounts.applied)
    options = shipping_queries.shipping_options(
        None if typed is None else shipping_choice.place_of(typed),
        draft.currency,
        Consignment(
            subtotal=subtotal,
            weight_grams=sum(
                one.weight_grams * line.quantity
                for one, line in zip(goods, draft.lines, strict=True)
            ),
            quantity=sum(line.quantity for line in draft.lines),
            profiles={one.shipping_profile: one.title for one in goods if one.shipping_profile},
            products={one.product_id: one.title for one in goods},
            customer_id=draft.customer_id,
            is_digital=shipping_choice.is_digital(one.tax_class for one in goods),
        ),
    )
    option = shipping_queries.chosen_option(options, draft.shipping_method or "")
    address = shipping_choice.handed_over_at(
        option, typed, collector=draft.billing_address, email=draft.email or ""
    )
    terms = terms_for(
        Destination.of(address),
        customer_id=draft.customer_id,
        vat_id=None,
        subtotal=subtotal,
        currency=draft.currency,
    )
    terms.check_market(address["country"], draft.currency, payment_method)
    off = discounts.off_shipping(option.amount, draft.currency)
    steps: list[str] = []
    figures = totals.calculate_totals(
        [
            totals.LineToPrice(
                line.id,
                line.quantity,
                line.unit_price,
                one.tax_class,
                discount=discounts.off_line(line.id),
                name=line.title,
            )
            for one, line in zip(goods, draft.lines, strict=True)
        ],
        replace(option.choice, discount=sum(off)),
        terms.rules,
        draft.currency,
        prices_include_tax=terms.prices_include_tax,
        explain=steps.append,
    )
    return PricedDraft(goods, address, option, terms.language, figures, steps, discounts, off)


def _discounts(draft: DraftOrder, goods: Sequence[OrderGoods]) -> Outcome:
    """Return what takes part of a draft off: as in a cart, but for lines that staff priced."""
    typed = draft.shipping_address
    return promotions_queries.outcome(
        CartToDiscount(
            goods=[
                Goods(line.id, line.quantity, line.unit_price, one.product_id, one.tax_class)
                for one, line in zip(goods, draft.lines, strict=True)
                if line.unit_price == line.usual_price
            ],
            currency=draft.currency,
            token=promotions_queries.current_token(),
            codes=draft.discount_codes,
            customer_id=draft.customer_id,
            email=draft.email,
            country=None if typed is None else typed["country"],
        )
    )


def claim(
    draft: DraftOrder, priced: PricedDraft
) -> tuple[list[tuple[Applied, int]], Sequence[str]]:
    """Claim the uses of a draft's discounts; returns them with what each takes off the shipping.

    Also returns the persons whose uses they are. Raises `DiscountUsedUp`.
    """
    pairs = zip(priced.discounts.applied, priced.off_shipping, strict=True)
    applied = [one for one in pairs if one[0].amount + one[1]]
    persons = promotions_queries.persons(draft.customer_id, draft.email) if applied else []
    promotions_service.claim([one for one, _ in applied], persons)
    return applied, persons


def order_of(
    draft: DraftOrder, priced: PricedDraft, *, payment_method: str, expires_at: datetime
) -> OrderInput:
    """Return the values of the order that a draft becomes."""
    figures = priced.figures
    assert draft.email is not None
    return OrderInput(
        id=new_id(),
        cart_id=None,
        customer_id=draft.customer_id,
        guest_key=None,
        email=draft.email,
        currency=draft.currency,
        **totals_columns(figures),
        total=figures.total,
        shipping_address=priced.address,
        billing_address=draft.billing_address or draft.shipping_address or priced.address,
        shipping_method=priced.option.agreed,
        language=priced.language,
        promised_ship_at=priced.option.promised["promised_ship_at"],
        promised_delivery_at=priced.option.promised["promised_delivery_at"],
        payment_method=payment_method,
        customer_note=draft.customer_note,
        checkout_fingerprint=hashlib.sha256(draft.id.bytes).digest(),
        postal_key=None,
        network_key=None,
        expires_at=expires_at,
        lines=tuple(
            LineInput(
                id=new_id(),
                variant_id=one.variant_id,
                product_id=one.product_id,
                sku=one.sku,
                barcode=one.barcode,
                title=one.title,
                variant_title=one.variant_title,
                image_url=one.image_url,
                weight_grams=one.weight_grams,
                hs_code=one.hs_code,
                origin_country=one.origin_country,
                quantity=figure.quantity,
                unit_price=figure.unit_price,
                tax_class=one.tax_class,
                **line_columns(figure),
            )
            for one, figure in zip(priced.goods, figures.lines, strict=True)
        ),
    )


def shown(priced: PricedDraft, currency: str) -> dict[str, object]:
    """Return what a draft costs as the API shows it, with each step in words."""
    figures = priced.figures
    return {
        "subtotal": Money(figures.subtotal, currency),
        "shipping_total": Money(figures.shipping, currency),
        "discount_total": Money(figures.discount_total, currency),
        "tax_total": Money(figures.tax, currency),
        "total": Money(figures.total, currency),
        **promotions_queries.explained(priced.discounts, priced.off_shipping, currency),
        "steps": list(priced.steps),
    }


def _check_complete(draft: DraftOrder) -> None:
    missing = [
        name
        for name, value in (
            ("goods", draft.lines),
            ("an e-mail address", draft.email),
            ("a shipping method", draft.shipping_method),
        )
        if not value
    ]
    if missing:
        raise DraftIncomplete(missing=" and ".join(missing))
