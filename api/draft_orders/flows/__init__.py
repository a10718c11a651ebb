"""Draft orders: filled, reserved, sent, paid; and links that customers open.

Lock order: the link, the draft, then as everywhere the order, its payments, stock by id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from api.accounts import queries as accounts_queries
from api.catalog.errors import VariantNotFound
from api.checkout import flows as checkout_flows
from api.checkout.flows.goods import find_goods
from api.draft_orders import queries, service
from api.draft_orders.errors import (
    CustomerUnknown,
    QuoteChanged,
    QuoteExpired,
)
from api.draft_orders.flows import prices, pricing
from api.draft_orders.flows.prices import WantedLine, approve_prices
from api.draft_orders.models import DraftOrder
from api.draft_orders.service import DraftLineInput
from api.draft_orders.states import DRAFT, DraftStatus
from api.inventory import service as inventory_service
from api.inventory.service import AllocationRequest
from api.kernel import clock
from api.kernel.errors import DomainError
from api.kernel.money import Money
from api.kernel.principal import GUEST, Principal
from api.orders import service as orders_service
from api.orders.errors import NothingIsDue
from api.orders.service import Order, links
from api.orders.states import LinkKind
from api.payment_sync import service as payment_sync_service
from api.platform import audit, etags
from api.promotions import service as promotions_service

PAY_LINK_LASTS = timedelta(days=3)
BY_CARD, BY_HAND = "stripe", "manual"


def create_draft(form: Mapping[str, object], *, by: Principal) -> UUID:
    """Create a draft; reserves nothing. Needs a transaction.

    Raises `CustomerUnknown`, `VariantNotFound`, `CartNotPurchasable`, `WrongCurrency`,
    and `PermissionMissing` for prices that staff may not set. Prices above a limit of `by` wait for
    a second person.
    """
    values, lines = _values(form, by=by)
    draft = service.create_draft(values, lines, by=by)
    prices.settle(draft, by=by)
    audit.record("draft_order.created", by=by, subject_id=draft.id, number=draft.number)
    return draft.id


def edit_draft(
    draft_id: UUID, form: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change what is on a draft; a pay link that was sent ends, and so does its reservation.

    Needs a transaction; locks the draft. Raises `DraftNotFound`, `Stale`, `InvalidState` and what
    `create_draft` raises.
    """
    draft = service.lock(draft_id)
    etags.check(draft.version, expected_version)
    now = {"customer_id": draft.customer_id, "email": None, **form, "currency": draft.currency}
    values, lines = _values(now, by=by)
    if "email" not in form:
        values["email"] = draft.email or values["email"]
    before = _audited(draft)
    service.edit_draft(draft, values, lines if "lines" in form else None)
    if "lines" in form:
        prices.settle(draft, by=by)
    _end_offer(draft)
    audit.record(
        "draft_order.edited", by=by, subject_id=draft.id, before=before, now=_audited(draft)
    )


def set_price(draft_id: UUID, *, sku: str, unit_price: Money, reason: str, by: Principal) -> None:
    """Set the price of one line of a draft, with a reason; a pay link that was sent ends.

    Prices above a limit of `by` wait for a second person. Needs a transaction; locks the draft.
    Raises `DraftNotFound`, `InvalidState`, `VariantNotFound` for a SKU that is not on it and
    `WrongCurrency`.
    """
    draft = service.lock(draft_id)
    prices.check_may_price(by)
    wanted = WantedLine(sku, 1, unit_price)
    prices.check_currency([wanted], draft.currency, pointer="/unit_price/currency")
    before = _audited(draft)
    service.edit_draft(draft, {"reason": reason}, None)
    if not service.set_price(draft, sku, unit_price.amount):
        raise VariantNotFound(f"{sku} is not on this draft.")
    prices.settle(draft, by=by)
    _end_offer(draft)
    audit.record(
        "draft_order.priced", by=by, subject_id=draft.id, before=before, now=_audited(draft),
        reason=reason,
    )  # fmt: skip


def discard_draft(draft_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Discard a draft: its links and its reservation end. Needs a transaction; locks it."""
    draft = service.lock(draft_id)
    etags.check(draft.version, expected_version)
    service.move(draft, "discard")
    _end_offer(draft)
    audit.record("draft_order.discarded", by=by, subject_id=draft.id, number=draft.number)


def reserve(draft_id: UUID, *, hours: int, by: Principal) -> None:
    """Reserve the units of a draft for some hours from now; 0 ends a reservation.

    Asked again, it extends the time. Needs a transaction; locks the draft, then the stock levels.
    Raises `DraftNotFound`, `InvalidState` and `InsufficientStock`.
    """
    draft = service.lock(draft_id)
    service.move(draft, "reserve")
    if hours == 0:
        _release(draft)
    else:
        demand: dict[UUID, int] = {}
        for line in draft.lines:
            demand[line.variant_id] = demand.get(line.variant_id, 0) + line.quantity
        draft.reserved_until = clock.now() + timedelta(hours=hours)
        inventory_service.reserve(draft.id, demand, until=draft.reserved_until)
    audit.record("draft_order.reserved", by=by, subject_id=draft.id, hours=hours)


def send_pay_link(draft_id: UUID, *, by: Principal) -> None:
    """Mail the customer of a draft a link to pay it; an earlier link ends.

    The link is good until the quote's day, or for three days. Needs a transaction; locks the draft.
    Raises `DraftNotFound`, `InvalidState`, `QuoteExpired`, `PricesNotApproved`, and what
    `price_draft` raises.
    """
    draft = service.lock(draft_id)
    service.move(draft, "send")
    _check_valid(draft)
    prices.check_approved(draft)
    priced = pricing.price_draft(draft, payment_method=BY_CARD)
    checkout_flows.check_chargeable(priced.total, draft.currency, BY_CARD)
    draft.quoted_total = priced.total
    assert draft.email is not None
    links.create_link(
        LinkKind.PAY,
        draft.email,
        draft_id=draft.id,
        expires_at=draft.valid_until or clock.now() + PAY_LINK_LASTS,
        by=by,
    )
    audit.record(
        "draft_order.sent", by=by, subject_id=draft.id, number=draft.number, total=priced.total
    )


def send_pay_link_of_order(order_id: UUID, *, by: Principal) -> None:
    """Mail the customer of an order a link to pay what is due; an earlier link ends.

    Needs a transaction; locks the order. Raises `OrderNotFound`, `InvalidState` for an order that
    has ended, and `NothingIsDue`.
    """
    order = orders_service.lock(order_id)
    orders_service.check_payable(order)
    due = Money(orders_service.amount_due(order), order.currency)
    if due.amount == 0:
        raise NothingIsDue
    checkout_flows.check_chargeable(due.amount, order.currency, BY_CARD)
    links.create_link(
        LinkKind.PAY,
        order.email,
        order_id=order.id,
        expires_at=order.expires_at or clock.now() + PAY_LINK_LASTS,
        by=by,
    )
    orders_service.add_event(order.id, "pay_link", f"Pay link over {due} to be mailed.", by=by)
    audit.record("order.pay_link", by=by, subject_id=order.id, due=str(due))


def open_pay_link(token: str) -> tuple[UUID, str]:
    """Open a pay link, once: a draft becomes an order; returns the order and its access token.

    Needs a transaction; locks the link, then the draft or the order. Raises `LinkNotFound`,
    `LinkVoid`, `LinkOpened`, `LinkExpired`, `QuoteChanged`, `InsufficientStock`, `NothingIsDue`,
    `InvalidState`, and what `price_draft` raises.
    """
    link = links.lock_link(token, LinkKind.PAY)
    if link.order_id is not None:
        order = orders_service.lock(link.order_id)
        orders_service.check_payable(order)
        if orders_service.amount_due(order) == 0:
            raise NothingIsDue
    else:
        assert link.draft_id is not None
        draft = service.lock(link.draft_id)
        order = _place(draft, payment_method=BY_CARD, by=GUEST)
    return order.id, links.open_link(link, order.id)


def open_view_link(token: str, *, by: Principal) -> tuple[UUID, str]:
    """Open the link of a look-up, once; returns the order and its access token.

    A signed-in customer with the e-mail that it was mailed to has proved that it is theirs: all
    that a guest ordered with it is joined to the account. Needs a transaction; locks the link.
    Raises what `open_pay_link` raises about links.
    """
    link = links.lock_link(token, LinkKind.VIEW)
    assert link.order_id is not None
    if by.kind == "customer" and by.id is not None:
        own = accounts_queries.customer_email(by.id)
        if own is not None and own.lower() == link.email.lower():
            links.join_guest_orders(by.id, own, by=by)
    return link.order_id, links.open_link(link, link.order_id)


def mark_paid(draft_id: UUID, *, reference: str, payment_id: UUID, by: Principal) -> UUID:
    """Place a draft as an order that was paid outside the provider; returns the order.

    One transaction, which the caller opens. `payment_id` is the id of the command: repeated, it
    finds the order. Locks the draft. Raises `DraftNotFound`, `InvalidState`, `QuoteExpired`,
    `PricesNotApproved`, `InsufficientStock`, `DiscountUsedUp` and what `price_draft` raises.
    """
    draft = service.lock(draft_id)
    order = _place(draft, payment_method=BY_HAND, by=by)
    if order.total:
        payment_sync_service.mark_paid(
            order.id,
            amount=None,
            reference=reference,
            allow_overpayment=False,
            payment_id=payment_id,
            by=by,
        )
    return order.id


def details(draft_id: UUID) -> dict[str, Any]:
    """Return a draft with what it costs, or in words why that cannot be said yet.

    Raises `DraftNotFound`.
    """
    draft = queries.load(draft_id)
    view = {**queries.draft(draft_id), "costs": None, "incomplete": None}
    if draft.status in (DraftStatus.OPEN, DraftStatus.SENT):
        try:
            prices.check_approved(draft)
            priced = pricing.price_draft(draft, payment_method=BY_CARD)
        except DomainError as error:
            view["incomplete"] = error.detail
        else:
            view["costs"] = pricing.shown(priced, draft.currency)
    return view


def _place(draft: DraftOrder, *, payment_method: str, by: Principal) -> Order:
    DRAFT.next(draft.status, "place")
    _check_valid(draft)
    prices.check_approved(draft)
    priced = pricing.price_draft(draft, payment_method=payment_method)
    if payment_method == BY_CARD and priced.total != draft.quoted_total:
        raise QuoteChanged(total=Money(priced.total, draft.currency))
    checkout_flows.check_chargeable(priced.total, draft.currency, payment_method)
    values = pricing.order_of(
        draft,
        priced,
        payment_method=payment_method,
        expires_at=clock.now() + links.ACCESS_LASTS,
    )
    applied, persons = pricing.claim(draft, priced)
    inventory_service.allocate(
        values.id,
        [AllocationRequest(line.id, line.variant_id, line.quantity) for line in values.lines],
        cart_id=draft.id,
        by=by,
    )
    order = orders_service.create_order(values, by=by)
    ordered = {line.id: new.id for line, new in zip(draft.lines, values.lines, strict=True)}
    promotions_service.record(order.id, applied, persons, ordered)
    orders_service.add_event(order.id, "drafted", f"Was draft {draft.number}.", by=by)
    draft.order_id, draft.reserved_until = order.id, None
    service.move(draft, "place")
    if order.total == 0:
        payment_sync_service.refresh(order)
    audit.record("draft_order.placed", by=by, subject_id=draft.id, order_id=str(order.id))
    return order


def _check_valid(draft: DraftOrder) -> None:
    if draft.valid_until is not None and draft.valid_until <= clock.now():
        raise QuoteExpired(valid_until=f"{draft.valid_until:%Y-%m-%d %H:%M} UTC")


def _end_offer(draft: DraftOrder) -> None:
    """End what was sent and reserved for a draft as it was."""
    links.void_links_of_draft(draft.id)
    _release(draft)


def _release(draft: DraftOrder) -> None:
    if draft.reserved_until is not None:
        inventory_service.release_reservation(draft.id)
        draft.reserved_until = None


def _values(
    form: Mapping[str, Any], *, by: Principal
) -> tuple[dict[str, object], list[DraftLineInput]]:
    values = {name: value for name, value in form.items() if name != "lines"}
    customer_id = values["customer_id"]
    if customer_id is not None:
        email = accounts_queries.customer_email(customer_id)
        if email is None:
            error = {"pointer": "/customer_id", "code": CustomerUnknown.code}
            raise CustomerUnknown(errors=[{**error, "detail": CustomerUnknown.sentence}])
        values["email"] = values["email"] or email
    wanted: Sequence[WantedLine] = form.get("lines", ())
    if not wanted:
        return values, []
    currency = values["currency"]
    prices.check_currency(wanted, currency)
    found = find_goods(
        [(one.sku, one.quantity) for one in wanted],
        currency,
        customer_id=customer_id,
        member="lines",
        has_price=[one.unit_price is not None for one in wanted],
    )
    lines = [
        DraftLineInput(
            goods.variant_id, goods.sku, goods.title, one.quantity,
            goods.unit_price or 0 if one.unit_price is None else one.unit_price.amount,
            goods.unit_price or 0,
        )
        for one, goods in zip(wanted, found, strict=True)
    ]  # fmt: skip
    if any(one.unit_price is not None for one in wanted):
        prices.check_may_price(by)
    return values, lines


def _audited(draft: DraftOrder) -> dict[str, object]:
    lines = [
        {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price}
        for line in draft.lines
    ]
    until: datetime | None = draft.valid_until
    return {
        "email": draft.email,
        "shipping_method": draft.shipping_method,
        "valid_until": None if until is None else until.isoformat(),
        "lines": lines,
    }


__all__ = [
    "WantedLine",
    "approve_prices",
    "create_draft",
    "details",
    "discard_draft",
    "edit_draft",
    "mark_paid",
    "open_pay_link",
    "open_view_link",
    "reserve",
    "send_pay_link",
    "send_pay_link_of_order",
    "set_price",
]
