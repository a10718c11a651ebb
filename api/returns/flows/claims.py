"""Claims that are settled: by a replacement on the same order, a refund, or words alone."""

from uuid import UUID

from api.inventory import service as inventory_service
from api.inventory.service import AllocationRequest
from api.kernel.principal import Principal
from api.orders.service import Order
from api.payment_sync import service as payment_sync_service
from api.returns.errors import UnitsRefunded
from api.returns.flows import goods_instead
from api.returns.flows.amounts import LineToRefund, check_goods_came
from api.returns.models import Claim
from api.returns.service import claims as service


def resolve(
    order: Order,
    claim: Claim,
    *,
    is_replaced: bool,
    refund_id: UUID | None,
    note: str | None,
    by: Principal,
) -> None:
    """Settle an approved claim: by a replacement, by a refund, or by words alone.

    The units that are replaced pay for those that replace them, so the customer owes nothing, and
    gets the price back once: for the units that were claimed, or for those that came instead. The
    new ones are allocated at once. Needs the order locked, and locks their stock. Raises
    `InvalidState`, `UnitsRefunded`, `GoodsNotBack`, `InsufficientStock`, what pricing raises about
    taxes, and `ClaimNotFound` for a refund of another order.
    """
    service.resolve(
        order, claim, is_replaced=is_replaced, refund_id=refund_id, note=note, by=by
    )  # fmt: skip
    if is_replaced:
        _replace(order, claim, by=by)


def _replace(order: Order, claim: Claim, *, by: Principal) -> None:
    by_id = {line.id: line for line in order.lines}
    # Goods of an exchange are not paid for until the others have come.
    check_goods_came(order, [LineToRefund(one.order_line_id, one.quantity) for one in claim.lines])
    requests = []
    for claimed in list(claim.lines):
        old, quantity = by_id[claimed.order_line_id], claimed.quantity
        left = old.quantity - old.refunded_quantity
        if quantity > left:
            raise UnitsRefunded(sku=old.sku, quantity=quantity, left=left)
        share = goods_instead.worth(order, old, quantity)
        is_exact = goods_instead.same_article(order, old, quantity, share).total == share
        # Of three units for 10.00, one costs 3.34: then each is a line, so that no cent is lost.
        for one in [claimed] if is_exact else service.split(claim, claimed):
            share = goods_instead.worth(order, old, one.quantity)
            goods = goods_instead.same_article(order, old, one.quantity, share)
            goods_instead.add(
                order, old, goods, share=share, reason="replaced",
                why=f"{claim.kind} units replaced", return_id=None, by=by,
            )  # fmt: skip
            one.replacement_line_id = goods.id
            requests.append(AllocationRequest(goods.id, goods.variant_id, one.quantity))
    inventory_service.allocate(order.id, requests, cart_id=None, by=by)
    payment_sync_service.refresh(order)
