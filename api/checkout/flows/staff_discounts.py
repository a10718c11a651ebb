"""Discounts that staff give on an unpaid order, with a reason."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from api.checkout import flows
from api.checkout.errors import DiscountTooLarge, TotalBelowTendered
from api.checkout.flows.amendments import ROUNDS, check_not_in_progress
from api.checkout.flows.repricing import as_ordered, reprice
from api.checkout.flows.terms import terms_for
from api.kernel.money import BASIS_POINTS, Money, allocate, charge_unit, divide_half_up
from api.kernel.permissions import Permission
from api.kernel.principal import Limit, Principal
from api.orders import service as orders_service
from api.orders.service import Order, Pricing
from api.payment_sync import flows as payment_sync_flows
from api.payment_sync import service as payment_sync_service
from api.payments import queries as payments_queries
from api.payments.errors import GatewayUnavailable, WrongCurrency
from api.platform import approvals
from api.platform.approvals import CommandKind
from api.platform.db import transaction
from api.promotions import service as promotions_service
from api.promotions.queries import admin as promotions_admin
from api.promotions.shares import share_of
from api.tax.rules import GIFT_CARD, Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffDiscount:
    """Either an amount in minor units of a currency, or basis points of the goods; and why."""

    amount: int | None
    currency: str | None
    basis_points: int | None
    reason: str


def discount_order(order_id: UUID, form: StaffDiscount, *, command_id: UUID, by: Principal) -> bool:
    """Take a discount off the lines of an unpaid order, once for each `command_id`.

    Open PaymentIntents are cancelled first, so that the old total is never paid. Returns False when
    it exceeds the limit of `by` and waits for a second person. Locks the order. Raises
    `OrderNotFound`, `InvalidState`, `PaymentInProgress`, `WrongCurrency`, `DiscountTooLarge`,
    `TotalBelowTendered`, what makes a total unchargeable, and `GatewayUnavailable`: then nothing
    has changed.
    """
    for _ in range(ROUNDS):
        with transaction():
            order = orders_service.lock(order_id)
            if promotions_admin.has_staff_discount(command_id):
                return True
            shares = _shares(order, form)
            if _must_wait(order, form, sum(shares.values()), command_id=command_id, by=by):
                return False
            if not payments_queries.payable_intents(order_id):
                _apply(order, form, shares, command_id=command_id, by=by)
                return True
        payment_sync_flows.cancel_open_intents(order_id)
    raise GatewayUnavailable(retry_after=5)


def discount_approved(
    order_id: UUID, form: StaffDiscount, *, command_id: UUID, by: Principal
) -> None:
    """Take a discount off that a second person approved, in the caller's transaction."""
    order = orders_service.lock(order_id)
    if payments_queries.payable_intents(order_id):
        raise GatewayUnavailable(retry_after=5)
    _apply(order, form, _shares(order, form), command_id=command_id, by=by)


def _shares(order: Order, form: StaffDiscount) -> dict[UUID, int]:
    """Return the share of each line by largest remainder, in the basis of the unit prices.

    Gift cards are sold at face value and take no share.
    """
    orders_service.check_amendable(order, "amend")
    check_not_in_progress(order.id)
    if form.currency not in (None, order.currency):
        raise WrongCurrency(expected=order.currency)
    left = [
        line.unit_price * line.quantity - line.discount if line.tax_class != GIFT_CARD else 0
        for line in order.lines
    ]
    amount = form.amount or 0
    if form.basis_points is not None:
        share = divide_half_up(sum(left) * form.basis_points, BASIS_POINTS)
        amount = share_of(share, sum(left), order.currency)
    if not 0 < amount <= sum(left):
        most = Money(sum(left), order.currency)
        error = DiscountTooLarge(most=str(most))
        raise DiscountTooLarge(
            errors=[{"pointer": "/amount", "code": error.code, "detail": error.detail}],
            most=str(most),
        )
    shares = allocate(amount, left, charge_unit(order.currency))
    return {line.id: share for line, share in zip(order.lines, shares, strict=True) if share}


def _must_wait(
    order: Order, form: StaffDiscount, amount: int, *, command_id: UUID, by: Principal
) -> bool:
    money = Money(amount, order.currency)
    must_wait = approvals.hold(
        CommandKind.DISCOUNT,
        command_id,
        subject_id=order.id,
        summary=f"Discount of {money} on order {order.number}: {form.reason}",
        measures={Limit.DISCOUNT_MAX: approvals.size_of(money)},
        permission=Permission.ORDERS_DISCOUNT,
        arguments={"order_id": str(order.id), "form": asdict(form)},
        by=by,
    )
    if must_wait:
        text = f"Discount of {money}: waits for a second person."
        orders_service.add_event(order.id, "approval_requested", text, by=by)
    return must_wait


def _apply(
    order: Order,
    form: StaffDiscount,
    shares: Mapping[UUID, int],
    *,
    command_id: UUID,
    by: Principal,
) -> None:
    pricing = _priced(order, shares)
    total = pricing.subtotal + pricing.shipping_total
    if total < order.tendered:
        raise TotalBelowTendered(
            total=Money(total, order.currency), tendered=Money(order.tendered, order.currency)
        )
    flows.check_chargeable(total - order.tendered, order.currency, order.payment_method)
    orders_service.discount(order, pricing, reason=form.reason, by=by)
    promotions_service.record_staff_discount(
        order.id, shares, row_id=command_id, reason=form.reason, by=by
    )
    payment_sync_service.refresh(order)


def _priced(order: Order, shares: Mapping[UUID, int]) -> Pricing:
    """Price the lines anew; the shipping stays as ordered, with its tax."""
    terms = terms_for(
        Destination.of(order.shipping_address),
        customer_id=order.customer_id,
        vat_id=order.vat_id,
        subtotal=order.subtotal,
        currency=order.currency,
        placed_at=order.placed_at,
    )
    priced = reprice(order, as_ordered(order, shares), None, terms)
    goods = priced.figures
    kept: Any = {
        name: getattr(order, name)
        for name in Pricing.__dataclass_fields__
        if name.startswith("shipping_") and name != "shipping_discounts"
    }
    return Pricing(
        **kept,
        shipping_discounts=(),
        subtotal=goods.subtotal,
        discount_total=goods.discount_total + order.shipping_discount,
        tax_total=goods.tax + order.shipping_tax,
        prices_include_tax=goods.prices_include_tax,
        lines=priced.lines,
    )
