"""Requests for returns, their photos, and refunds worked out from them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from api.kernel import clock, packages
from api.kernel.ids import new_id
from api.kernel.money import Money, added_tax, charge_unit
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.errors import UnknownOrderLine
from api.orders.service import Order
from api.payment_sync import flows as payment_sync_flows
from api.payment_sync import service as payment_sync_service
from api.payments import service as payments_service
from api.platform.db import session, transaction
from api.platform.service_registry import get_service
from api.platform.settings import current_settings
from api.platform.storage import Storage
from api.pricing import totals
from api.returns import flows, queries, rules, service
from api.returns.calculation import Circumstances, LineShare, ReturnSums, refund_sums
from api.returns.errors import NothingReturned, QuantityExceedsReturnable, ReturnRefusedByPolicy
from api.returns.flows import amounts
from api.returns.flows.amounts import LineToRefund, RefundForm, shipping_left
from api.returns.models import Return
from api.returns.queries import cases as case_queries
from api.returns.queries import settings as settings_queries
from api.returns.rules import Policy
from api.returns.service import cases
from api.returns.service.cases import ReturnInput
from api.returns.states import GoodsCondition, ReturnKind
from api.shipping import queries as shipping_queries
from api.shipping.rules import Consignment, MethodKind, Place
from api.stored_value.states import TENDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRefundForm:
    """How a return is refunded; what is left out follows the rules.

    `units` are by order line. `fee` replaces the restocking fees.
    """

    units: Mapping[UUID, int] | None = None
    shipping: bool | None = None
    fee: Money | None = None
    to_store_credit: bool | None = None
    expected_amount: Money | None = None
    note: str | None = None


def request_return(
    order_id: UUID, values: ReturnInput, *, return_id: UUID, is_binding: bool, by: Principal
) -> None:
    """Open a return. The policy binds customers (`is_binding`), and advises staff.

    What staff open is approved at once, with the policy's objections noted on it. Locks the order.
    Raises `OrderNotFound`, `ReasonUnknown`, `ReturnRefusedByPolicy`, and what `open_return` raises.
    """
    settings_queries.check_reasons({line.reason for line in values.lines})
    order = orders_service.lock(order_id)
    against = objections(order, {line.order_line_id: line.condition for line in values.lines})
    if against and is_binding:
        raise ReturnRefusedByPolicy(
            errors=[
                {
                    "pointer": f"/lines/{position}",
                    "code": ReturnRefusedByPolicy.code,
                    "detail": " ".join(against[line.order_line_id]),
                }
                for position, line in enumerate(values.lines)
                if line.order_line_id in against
            ]
        )
    advice = [f"{sku}: {text}" for sku, text in _named(order, against)]
    opened = replace(values, advice=advice, is_approved=not is_binding)
    cases.open_return(order, opened, return_id=return_id, by=by)


def objections(
    order: Order, conditions: Mapping[UUID, GoodsCondition | None]
) -> dict[UUID, list[str]]:
    """Return what the policy says against returning lines of an order; none without objections.

    `conditions` are those in which the goods of each line are said to be.
    """
    policies = policies_of(order)
    arrival = case_queries.arrival_of(order.id, order.lines)
    settings = current_settings()
    now = clock.now()
    found = {}
    for line in order.lines:
        policy = policies[line.product_id]
        ends = rules.window_ends(arrival, policy.window_days, settings.zone)
        against = rules.objections(policy, ends, now, conditions.get(line.id))
        if against and line.id in conditions:
            found[line.id] = against
    return found


def policies_of(order: Order) -> dict[UUID, Policy]:
    """Return the policies of an order's products."""
    country = order.shipping_address["country"]
    return settings_queries.policies_of(country, {line.product_id for line in order.lines})


def locked(return_id: UUID) -> tuple[Order, Return]:
    """Lock a return after its order. Raises `ReturnNotFound`."""
    order = orders_service.lock(case_queries.order_of(return_id))
    return order, cases.lock(return_id)


def quote_refund(return_id: UUID, form: ReturnRefundForm) -> dict[str, object]:
    """Work out what a return gives back, by which payments, and why; changes nothing.

    Needs a transaction; locks the order. Raises what `refund_return` raises about units.
    """
    order, parent = locked(return_id)
    units, sums = _sums(order, parent, form)
    as_credit = _as_credit(order, parent, form)
    currency = order.currency
    whole = amounts.round_up(order, sums.amount)
    rounded = []
    if whole != sums.amount:
        more = Money(whole - sums.amount, currency)
        rounded.append(f"Rounded up by {more} to what a card can be refunded.")
    return {
        "return_id": parent.id,
        "lines": [
            {
                "order_line_id": line_id,
                "quantity": quantity,
                "amount": Money(sums.lines[line_id], currency),
            }
            for line_id, quantity in units.items()
        ],
        "shipping": Money(sums.shipping, currency),
        "fee": Money(sums.fee, currency),
        "bonus": Money(sums.bonus, currency),
        "amount": Money(whole, currency),
        "refundable": Money(orders_service.refundable(order), currency),
        "to_store_credit": as_credit,
        "transactions": [
            {
                "payment_id": part.payment_id,
                "provider": part.provider,
                "amount": Money(part.amount, currency),
                "to_store_credit": as_credit and part.provider not in TENDERS,
            }
            for part in payments_service.plan_refunds(order.id, whole)
        ],
        "explanation": [*sums.reasons, *rounded],
    }


def refund_return(return_id: UUID, form: ReturnRefundForm, *, case_id: UUID, by: Principal) -> bool:
    """Refund what came back with a return, or what it expects; see `flows.refund_order`.

    The sums are worked out under the order's lock, so that two people cannot refund a unit twice.
    Returns False when it waits for a second person. Raises `ReturnNotFound`, `InvalidState`,
    `NothingReturned`, `QuantityExceedsReturnable`, `RefundChanged` and what `refund_order` raises.
    """
    order_id = case_queries.order_of(return_id)
    payment_sync_flows.scan_external_changes(order_id)
    with transaction():
        if service.exists(case_id):
            is_done = True
        else:
            order, parent = locked(return_id)
            refund = _refund_form(order, parent, form)
            is_done = flows.reserve_refund(order_id, refund, case_id=case_id, by=by)
    if is_done:
        flows.complete_refunds(order_id)
    return is_done


def add_photo(order_id: UUID, content: bytes, *, by: Principal) -> UUID:
    """Store a photo of goods of an order, without the notes of the camera; returns its id.

    Raises `PackageMissing`, `PictureUnreadable`, `PictureTooManyPixels`, `StorageUnavailable`,
    `PhotosFull`.
    """
    packages.require("pictures")
    from api.catalog.service import thumbnails  # noqa: PLC0415 - Pillow, for the few who upload

    cases.check_photos(order_id, 1)
    session.rollback()
    picture = thumbnails.inspect_image(content)
    photo_id = new_id()
    key = f"returns/{photo_id.hex[-2:]}/{photo_id.hex}{picture.suffix}"
    storage: Storage = get_service(Storage)
    storage.put(key, picture.content)
    with transaction():
        orders_service.lock(order_id)
        cases.add_photo(order_id, photo_id, key=key, size_bytes=len(picture.content), by=by)
    return photo_id


def refundable_units(order: Order, parent: Return) -> dict[UUID, int]:
    """Return the units of a return that are to be refunded by themselves: those that came.

    Units that were never shipped belong to a withdrawal, and need not come.
    """
    return _capped(
        order,
        {
            line.id: line.received_quantity + line.cancelled_quantity - line.refunded_quantity
            for line in parent.lines
        },
        parent,
    )


def _most_units(order: Order, parent: Return) -> dict[UUID, int]:
    return _capped(
        order,
        {
            line.id: max(line.quantity, line.received_quantity)
            + line.cancelled_quantity
            - line.refunded_quantity
            for line in parent.lines
        },
        parent,
    )


def _capped(order: Order, units: Mapping[UUID, int], parent: Return) -> dict[UUID, int]:
    """Sum units of return lines by order line, up to what was not refunded otherwise."""
    found: dict[UUID, int] = {}
    for line in parent.lines:
        if line.order_line_id is not None:
            found[line.order_line_id] = found.get(line.order_line_id, 0) + units[line.id]
    left = {line.id: line.quantity - line.refunded_quantity for line in order.lines}
    return {
        line_id: min(quantity, left[line_id])
        for line_id, quantity in found.items()
        if min(quantity, left[line_id]) > 0
    }


def _refund_form(order: Order, parent: Return, form: ReturnRefundForm) -> RefundForm:
    units, sums = _sums(order, parent, form)
    rests = exchange_rests(parent)
    if not units and not sums.amount:
        raise orders_service.with_last_change(NothingReturned(), order.id, "refund_requested")
    return RefundForm(
        lines=[
            LineToRefund(
                line_id,
                quantity,
                amount=sums.lines[line_id],
                exchange_rest=rests.get(line_id, 0),
            )
            for line_id, quantity in units.items()
        ],
        shipping=sums.shipping > 0,
        shipping_amount=sums.shipping,
        reason=parent.kind.value,
        note=form.note,
        expected_amount=form.expected_amount,
        to_store_credit=_as_credit(order, parent, form),
        return_id=parent.id,
        fee=sums.fee,
        bonus=sums.bonus,
    )


def exchange_rests(parent: Return) -> dict[UUID, int]:
    """Return what of exchanged units that came is still to go back, by order line."""
    found: dict[UUID, int] = {}
    for line in parent.lines:
        if line.order_line_id is not None and line.exchange_rest:
            found[line.order_line_id] = found.get(line.order_line_id, 0) + line.exchange_rest
    given = queries.exchange_rests_given(parent.id) if found else {}
    rests = {line_id: rest - given.get(line_id, 0) for line_id, rest in found.items()}
    return {line_id: rest for line_id, rest in rests.items() if rest > 0}


def _as_credit(order: Order, parent: Return, form: ReturnRefundForm) -> bool:
    wanted = parent.to_store_credit if form.to_store_credit is None else form.to_store_credit
    return wanted if form.to_store_credit is not None else wanted and order.customer_id is not None


def _sums(
    order: Order, parent: Return, form: ReturnRefundForm
) -> tuple[dict[UUID, int], ReturnSums]:
    wanted = _wanted(order, parent, form)
    rests = exchange_rests(parent)
    units = {line_id: wanted.get(line_id, 0) for line_id in (*wanted, *rests)}
    policies = policies_of(order)
    known = settings_queries.reasons_by_code()
    reasons: dict[UUID, set[str]] = {}
    for returned in parent.lines:
        if returned.order_line_id is not None:
            reasons.setdefault(returned.order_line_id, set()).add(returned.reason)
    by_id = {line.id: line for line in order.lines}
    shares = []
    for line_id, quantity in units.items():
        line, policy = by_id[line_id], policies[by_id[line_id].product_id]
        shares.append(
            LineShare(
                order_line_id=line_id,
                sku=line.sku,
                units=quantity,
                of_units=line.quantity,
                total=line.total,
                share=totals.refund_share(
                    *(line.total, line.quantity, line.refunded_quantity, quantity),
                    charge_unit(order.currency),
                ),
                restocking_fee=policy.restocking_fee,
                credit_bonus=policy.credit_bonus,
                is_defect=all(
                    code in known and known[code].counts_as_defect for code in reasons[line_id]
                ),
                shipping_rule=policy.shipping_rule,
                exchange_rest=rests.get(line_id, 0),
            )
        )
    if form.fee is not None:
        payment_sync_service.check_currency(order, form.fee)
    left = {line.id: line.quantity - line.refunded_quantity for line in order.lines}
    refundable = orders_service.refundable(order)
    about = Circumstances(
        kind=parent.kind,
        currency=order.currency,
        is_whole_order=all(left[line_id] <= units.get(line_id, 0) for line_id in left),
        shipping_left=shipping_left(order),
        standard_postage=_standard_postage(order) if parent.kind is ReturnKind.WITHDRAWAL else 0,
        with_shipping=form.shipping,
        own_fee=None if form.fee is None else form.fee.amount,
        as_credit=_as_credit(order, parent, form),
        refundable=refundable,
        refundable_money=sum(
            part.amount
            for part in payments_service.plan_refunds(order.id, refundable)
            if part.provider not in TENDERS
        ),
    )
    return units, refund_sums(shares, about)


def _wanted(order: Order, parent: Return, form: ReturnRefundForm) -> dict[UUID, int]:
    if form.units is None:
        return refundable_units(order, parent)
    known = {line.order_line_id for line in parent.lines}
    most = _most_units(order, parent)
    errors = [
        {
            "pointer": f"/lines/{position}/quantity",
            "code": QuantityExceedsReturnable.code,
            "detail": f"{quantity} requested, {most.get(line_id, 0)} are left to refund.",
        }
        for position, (line_id, quantity) in enumerate(form.units.items())
        if line_id in known and quantity > most.get(line_id, 0)
    ]
    if any(line_id not in known for line_id in form.units):
        raise UnknownOrderLine
    if errors:
        error = QuantityExceedsReturnable(errors=errors)
        raise orders_service.with_last_change(error, order.id, "refund_requested")
    return dict(form.units)


def _standard_postage(order: Order) -> int:
    """Return what the least expensive delivery to the order's address costs, in minor units.

    Article 13(2): whoever chose a more expensive one gets no more than that back. As methods are
    now; where none goes there any more, what was paid counts.
    """
    address = order.shipping_address
    options = shipping_queries.shipping_options(
        Place.of(address["country"], address.get("region"), address.get("postal_code")),
        order.currency,
        Consignment(
            subtotal=order.subtotal,
            weight_grams=sum(line.weight_grams * line.quantity for line in order.lines),
            quantity=order.unit_count,
            customer_id=order.customer_id,
        ),
    )
    amounts = [one.amount for one in options.available if one.kind is not MethodKind.PICKUP]
    if not amounts:
        return order.shipping_total
    least = min(amounts)
    if order.prices_include_tax:
        return least
    return least + added_tax(least, order.shipping_rate_basis_points * 100, order.currency)


def _named(order: Order, against: Mapping[UUID, list[str]]) -> list[tuple[str, str]]:
    return [(line.sku, text) for line in order.lines for text in against.get(line.id, ())]
