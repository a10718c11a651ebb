"""Exchanges: other goods on the same order for those of a return. Need the order locked.

The other goods have their price, and the units that come back pay for them: what those are worth of
their line counts as refunded, though no money moves. What the others cost more is due, and they do
not leave before it is paid; what they cost less goes back with the refund of the return.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from api.catalog.queries import variant_lookup
from api.checkout import flows as checkout_flows
from api.checkout.flows import tenders
from api.checkout.flows.goods import find_goods
from api.fulfilment import queries as fulfilment_queries
from api.inventory import service as inventory_service
from api.inventory.errors import VariantUnknown
from api.inventory.service import AllocationRequest
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.service import LineInput, Order, OrderLine
from api.orders.states import HoldReason
from api.payment_sync import service as payment_sync_service
from api.platform import audit
from api.platform.outbox import emit
from api.returns import service
from api.returns.errors import ExchangeImpossible, GoodsUnknown, ReturnLineNotFound
from api.returns.events import ExchangeCancelled
from api.returns.flows import goods_instead, reserve_refund
from api.returns.flows.amounts import RefundForm, round_up
from api.returns.models import Return, ReturnLine
from api.returns.service import cases, receiving
from api.returns.states import RETURN, ReturnKind


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A line of a return, and what its customer gets instead. `share` is what it is worth."""

    line: ReturnLine
    old: OrderLine
    goods: LineInput
    share: int

    @property
    def paid(self) -> int:
        """Return what the units that come back pay of the others."""
        return min(self.share, self.goods.total)


def wanted_of(parent: Return, lines: Sequence[Mapping[str, Any]]) -> dict[UUID, UUID]:
    """Find what is exchanged for what: by ids, or by SKUs and barcodes as they are scanned.

    Raises `GoodsUnknown` for what is not in the return, or not in the shop.
    """
    wanted = {}
    for one in lines:
        line_id, variant_id = one["line_id"], one["variant_id"]
        if variant_id is None:
            found = variant_lookup.find_variant(one["for_sku"].strip())
            if found is None:
                raise GoodsUnknown(sku=one["for_sku"])
            variant_id = found.variant_id
        if line_id is None:
            line_id = _line_named(parent, one["sku"].strip())
        wanted[line_id] = variant_id
    return wanted


def _line_named(parent: Return, code: str) -> UUID:
    scanned = variant_lookup.find_variant(code)
    for line in parent.lines:
        is_it = line.sku.lower() == code.lower() or (
            scanned is not None and line.variant_id == scanned.variant_id
        )
        if is_it and line.quantity and line.exchange_line_id is None:
            return line.id
    raise GoodsUnknown(sku=code)


def quote(order: Order, parent: Return, wanted: Mapping[UUID, UUID]) -> dict[str, object]:
    """Work out what an exchange would cost, by line; changes nothing.

    Raises what `exchange` raises about lines and goods.
    """
    planned = _planned(order, parent, wanted)
    change = sum(one.goods.total - one.share for one in planned)
    currency = order.currency
    due = Money(sum(one.goods.total - one.paid for one in planned), currency)
    back = Money(sum(one.share - one.paid for one in planned), currency)
    explanation = [
        f"{one.line.quantity} x {one.line.sku} is worth {Money(one.share, currency)}; "
        f"{one.line.quantity} x {one.goods.sku} costs {Money(one.goods.total, currency)}."
        for one in planned
    ]
    if due.amount:
        explanation.append(f"The customer owes {due} before it leaves.")
    if back.amount:
        explanation.append(f"{back} goes back once the goods have come.")
    if not due.amount and not back.amount:
        explanation.append("Nothing is to be paid or refunded.")
    return {
        "lines": [
            {
                "line_id": one.line.id,
                "sku": one.line.sku,
                "quantity": one.line.quantity,
                "worth": Money(one.share, currency),
                "variant_id": one.goods.variant_id,
                "for_sku": one.goods.sku,
                "for_title": ", ".join(filter(None, (one.goods.title, one.goods.variant_title))),
                "price": Money(one.goods.total, currency),
            }
            for one in planned
        ],
        "due": due,
        "goes_back": back,
        "explanation": explanation,
        "change": Money(change, currency),
    }


def exchange(
    order: Order,
    parent: Return,
    wanted: Mapping[UUID, UUID],
    *,
    pay_with_credit: bool = False,
    by: Principal,
) -> None:
    """Add what the customer gets instead, unit for unit; the units that come back pay for it.

    The new goods are allocated at once. The order waits on hold until all units have come, and is
    not shipped before what the goods cost more is paid: by a pay link, or, `pay_with_credit`, by
    the customer's store credit as far as it goes. `wanted` maps a line of the return to a variant.
    The same article costs what it cost then, another one its price today. Locks the store credit,
    then the stock of the new goods. Raises `ReturnLineNotFound`, `InvalidState`,
    `ExchangeImpossible`, `VariantUnknown`, `CartNotPurchasable`, `InsufficientStock`,
    `StoreCreditNeedsAccount`, what pricing raises about taxes, and `AmountBelowMinimum` for a
    difference that no card could pay.
    """
    planned = _planned(order, parent, wanted)
    due = 0
    for one in planned:
        due = _add(order, parent, one, by=by)
    if pay_with_credit:
        due = _pay_with_credit(order, due, by=by)
    checkout_flows.check_chargeable(due, order.currency, order.payment_method)
    requests = [
        AllocationRequest(one.goods.id, one.goods.variant_id, one.goods.quantity) for one in planned
    ]
    inventory_service.allocate(order.id, requests, cart_id=None, by=by)
    if parent.kind is ReturnKind.RETURN:
        parent.kind = ReturnKind.EXCHANGE
    parent.version += 1
    if receiving.awaits_exchanged(parent):
        orders_service.hold_for(
            order,
            HoldReason.CUSTOMER_REQUEST,
            note=f"Exchange: waits for {parent.number}",
            reference=parent.id,
        )


def cancel_exchange(order: Order, parent: Return, *, by: Principal) -> None:
    """Take the goods of an exchange off the order; its units are refunded as usual then.

    What was paid for them with money goes back the way it came, once this is committed. Locks the
    stock of the goods. Raises `ExchangeImpossible` when nothing is exchanged, when units have come,
    or when the goods have left or lie in a parcel.
    """
    undone = [line for line in parent.lines if line.exchange_line_id is not None]
    if not undone:
        raise ExchangeImpossible(sku=parent.number, why="nothing of it is exchanged")
    by_id = {line.id: line for line in order.lines}
    pairs = []
    for line in undone:
        added = by_id[_known(line.exchange_line_id)]
        _check_undoable(order, line, added)
        pairs.append((added, min(line.exchange_share or 0, line.exchange_amount or 0)))
    orders_service.release_holds_of(order, parent.id)
    refund = orders_service.remove_exchanged_lines(
        order, pairs, why=f"exchange of {parent.number} cancelled", by=by
    )
    for line in undone:
        _revert(order, line)
    parent.kind = ReturnKind.RETURN if parent.kind is ReturnKind.EXCHANGE else parent.kind
    parent.version += 1
    inventory_service.release(
        order.id, {line.id: line.quantity for line, _ in pairs}, by=by, reason="exchange cancelled"
    )
    audit.record("return.exchange_cancelled", by=by, subject_id=parent.id, refunded=refund)
    payment_sync_service.refresh(order)
    if refund:
        form = RefundForm(
            lines=(), shipping=False, reason="exchange_cancelled",
            amount=Money(round_up(order, refund), order.currency),
        )  # fmt: skip
        alone = replace(by, limits={})  # it was paid for goods that nobody gets
        reserve_refund(order.id, form, case_id=new_id(), by=alone)
        emit(ExchangeCancelled(return_id=parent.id, order_id=order.id))


def cancel_return(order: Order, parent: Return, *, reason: str | None, by: Principal) -> None:
    """Cancel a return of which nothing came, and its exchange with it.

    Raises `InvalidState` and what `cancel_exchange` raises.
    """
    RETURN.next(parent.status, "cancel")
    if receiving.is_exchanged(parent):
        cancel_exchange(order, parent, by=by)
    cases.cancel(order, parent, reason=reason, by=by)


def close_return(order: Order, parent: Return, *, note: str | None, by: Principal) -> None:
    """Close a return. An exchange for units that never came is cancelled with it.

    Raises `InvalidState`, and what `cancel_exchange` raises: units that are given up although the
    other goods have left are recorded as missing first.
    """
    RETURN.next(parent.status, "close")
    if receiving.awaits_exchanged(parent):
        cancel_exchange(order, parent, by=by)
    cases.close(order, parent, note=note, by=by)


def _planned(order: Order, parent: Return, wanted: Mapping[UUID, UUID]) -> list[Exchanged]:
    RETURN.next(parent.status, "refund")
    by_id = {line.id: line for line in order.lines}
    returned = {line.id: line for line in parent.lines}
    shares: dict[UUID, int] = {}
    taken: dict[UUID, int] = {}
    chosen: list[tuple[ReturnLine, OrderLine, UUID]] = []
    for line_id, variant_id in wanted.items():
        line = returned.get(line_id)
        if line is None or line.order_line_id is None or not line.quantity:
            raise ReturnLineNotFound(return_line_id=line_id)
        old = by_id[line.order_line_id]
        before = old.refunded_quantity + taken.get(old.id, 0)
        if line.exchange_line_id is not None or line.refunded_quantity:
            raise ExchangeImpossible(sku=line.sku, why="it was exchanged or refunded already")
        if before + line.quantity > old.quantity:
            raise ExchangeImpossible(sku=line.sku, why="its units were refunded already")
        shares[line.id] = goods_instead.worth(
            order, old, line.quantity, before=taken.get(old.id, 0)
        )
        taken[old.id] = taken.get(old.id, 0) + line.quantity
        chosen.append((line, old, variant_id))
    goods = _priced(order, [(line, old, variant_id, shares[line.id])
                            for line, old, variant_id in chosen])  # fmt: skip
    return [
        Exchanged(line, old, one, shares[line.id])
        for (line, old, _), one in zip(chosen, goods, strict=True)
    ]


def _priced(order: Order, chosen: list[tuple[ReturnLine, OrderLine, UUID, int]]) -> list[LineInput]:
    """Price what the customer gets: the same article as then, others by today."""
    others = {variant_id for _, old, variant_id, _ in chosen if variant_id != old.variant_id}
    labels = variant_lookup.variant_labels(list(others)) if others else {}
    for variant_id in others:
        if variant_id not in labels:
            raise VariantUnknown(variant_id=variant_id)
    wanted = [
        (labels[variant_id].sku, line.quantity)
        for line, _, variant_id, _ in chosen
        if variant_id in others
    ]
    found = iter(
        find_goods(wanted, order.currency, customer_id=order.customer_id, member="lines")
        if wanted
        else ()
    )
    inputs = []
    for line, old, variant_id, share in chosen:
        if variant_id == old.variant_id:
            inputs.append(goods_instead.same_article(order, old, line.quantity, share))
        else:
            one = next(found)
            copied = {name: getattr(one, name) for name in goods_instead.GOODS}
            inputs.append(goods_instead.priced(order, copied, line.quantity, one.unit_price or 0))
    return inputs


def _add(order: Order, parent: Return, one: Exchanged, *, by: Principal) -> int:
    """Write one exchanged line and how it is paid; returns what is due on the order."""
    line = one.line
    case_id, due = goods_instead.add(
        order, one.old, one.goods, share=one.share, reason="exchange",
        why=f"exchanged by {parent.number}", return_id=parent.id, by=by,
    )  # fmt: skip
    line.refunded_quantity = line.quantity
    line.exchange_amount, line.exchange_share = one.goods.total, one.share
    line.exchange_line_id, line.exchange_case_id = one.goods.id, case_id
    audit.record(
        "return.exchanged", by=by, subject_id=parent.id, sku=[line.sku, one.goods.sku],
        worth=one.share, price=one.goods.total,
    )  # fmt: skip
    return due


def _pay_with_credit(order: Order, due: int, *, by: Principal) -> int:
    """Pay what is due from the customer's store credit; returns what is left."""
    parts = tenders.of_credit(
        Money(due, order.currency), order.customer_id, by_card=order.payment_method == "stripe"
    )
    payment_sync_service.pay_with(order, parts, by=by)
    return due - tenders.paid_by(parts)


def _check_undoable(order: Order, line: ReturnLine, added: OrderLine) -> None:
    if line.received_quantity:
        raise ExchangeImpossible(
            sku=line.sku, why="some of it has come back, so the exchange stands; what never came "
            "is recorded as missing",
        )  # fmt: skip
    in_parcels = fulfilment_queries.claimed_units(order.id).get(added.id, 0)
    if added.open_quantity < added.quantity or in_parcels:
        raise ExchangeImpossible(
            sku=line.sku, why=f"{added.sku} has left, lies in a parcel or was cancelled; what never"
            " came is recorded as missing",
        )  # fmt: skip


def _revert(order: Order, line: ReturnLine) -> None:
    """Undo that units of a return paid for others: they are refundable again."""
    reverted = service.revert_refund_request(_known(line.exchange_case_id))
    for one in () if reverted is None else reverted[1]:
        orders_service.record_refunded_lines(
            order, {one.order_line_id: (-one.quantity, -one.amount)}, shipping=0
        )
    line.refunded_quantity = 0
    line.exchange_amount = line.exchange_share = None
    line.exchange_line_id = line.exchange_case_id = None


def _known(value: UUID | None) -> UUID:
    assert value is not None
    return value
