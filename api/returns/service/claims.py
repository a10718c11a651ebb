"""Claims: units that were broken, lost or wrong, decided and settled. Need the order locked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.kernel.text_folding import counted
from api.orders import service as orders_service
from api.orders.errors import UnknownOrderLine
from api.orders.service import Order
from api.platform import audit
from api.platform.db import require_transaction, session
from api.returns.errors import (
    ClaimNotFound,
    GoodsUnknown,
    PhotoUnknown,
    QuantityExceedsClaimable,
)
from api.returns.models import Claim, ClaimLine, RefundRequest, ReturnPhoto
from api.returns.service.cases import check_photos
from api.returns.states import CLAIM, ClaimKind, ClaimState
from api.tax.rules import GIFT_CARD


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimInput:
    """A claim to open, with photos as evidence."""

    kind: ClaimKind
    lines: Mapping[UUID, int]
    goods: Sequence[Mapping[str, object]] = ()
    """Units by SKU or barcode (`sku`, `quantity`), where no lines are named."""
    note: str | None = None
    photos: Sequence[UUID] = ()
    links: Sequence[str] = ()
    return_id: UUID | None = None


def open_claim(order: Order, values: ClaimInput, *, claim_id: UUID, by: Principal) -> Claim:
    """Open a claim about shipped units that are in no other one, and were not refunded.

    Raises `UnknownOrderLine`, `QuantityExceedsClaimable`, `GoodsUnknown`, `PhotoUnknown` and
    `PhotosFull`.
    """
    by_id = {line.id: line for line in order.lines}
    claimable = _claimable(order)
    lines = values.lines or _lines_of(order, values.goods, claimable)
    errors = []
    for position, (line_id, quantity) in enumerate(lines.items()):
        if line_id not in by_id:
            raise UnknownOrderLine
        left = claimable[line_id]
        if quantity > left:
            errors.append(
                {
                    "pointer": f"/lines/{position}/quantity",
                    "code": QuantityExceedsClaimable.code,
                    "detail": f"{quantity} claimed, {left} can be.",
                }
            )
    if errors:
        raise QuantityExceedsClaimable(errors=errors)
    claim = Claim(
        id=claim_id,
        order_id=order.id,
        kind=values.kind,
        status=ClaimState.OPEN,
        note=values.note,
        return_id=values.return_id,
        created_by=by.label,
        version=1,
        lines=[
            ClaimLine(id=new_id(), order_line_id=line_id, quantity=quantity)
            for line_id, quantity in lines.items()
        ],
    )
    require_transaction().add(claim)
    session.flush()
    _take_photos(claim, values)
    units = sum(lines.values())
    text = f"{counted(units, 'unit')} {values.kind}."
    orders_service.add_event(order.id, "claim_opened", text, by=by)
    orders_service.bump_version(order)
    audit.record("claim.opened", by=by, subject_id=claim.id, kind=values.kind.value, units=units)
    return claim


def lock(claim_id: UUID) -> Claim:
    """Lock a claim after its order. Raises `ClaimNotFound`."""
    claim = require_transaction().scalar(
        select(Claim)
        .where(Claim.id == claim_id)
        .with_for_update()
        .execution_options(populate_existing=True)
        .options(selectinload(Claim.lines))
    )
    if claim is None:
        raise ClaimNotFound(claim_id=claim_id)
    return claim


def decide(order: Order, claim: Claim, command: str, *, note: str | None, by: Principal) -> None:
    """Approve or deny a claim. Raises `InvalidState`."""
    _move(order, claim, command, note=note, by=by)


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

    The caller adds the replacement to the order. Raises `InvalidState`, and `ClaimNotFound` for a
    refund of another order.
    """
    if refund_id is not None:
        known = session.scalar(
            select(RefundRequest.id).where(
                RefundRequest.id == refund_id, RefundRequest.order_id == order.id
            )
        )
        if known is None:
            raise ClaimNotFound("The refund is not of this order.")
    _move(order, claim, "resolve", note=note, by=by)
    claim.resolved_at = clock.now()
    claim.refund_id = refund_id
    claim.replacement_order_id = order.id if is_replaced else None


def split(claim: Claim, line: ClaimLine) -> list[ClaimLine]:
    """Split a line of a claim into lines of one unit each; returns them."""
    more = [
        ClaimLine(id=new_id(), order_line_id=line.order_line_id, quantity=1)
        for _ in range(line.quantity - 1)
    ]
    line.quantity = 1
    claim.lines.extend(more)
    return [line, *more]


def _move(order: Order, claim: Claim, command: str, *, note: str | None, by: Principal) -> None:
    before = claim.status
    claim.status = ClaimState(CLAIM.next(before, command))
    claim.decision = note or claim.decision
    claim.version += 1
    orders_service.add_event(order.id, f"claim_{claim.status}", f"Claim {claim.status}.", by=by)
    orders_service.bump_version(order)
    audit.record(
        f"claim.{command}", by=by, subject_id=claim.id, status=[before.value, claim.status.value]
    )


def _lines_of(
    order: Order, goods: Sequence[Mapping[str, Any]], claimable: Mapping[UUID, int]
) -> dict[UUID, int]:
    """Find lines for units that are named by SKU or barcode, those that may be claimed first."""
    lines: dict[UUID, int] = {}
    for one in goods:
        left, code = one["quantity"], one["sku"].strip().lower()
        for line in order.lines:
            if code not in (line.sku.lower(), (line.barcode or "").lower()):
                continue
            part = min(left, claimable[line.id] - lines.get(line.id, 0))
            if part:
                lines[line.id] = lines.get(line.id, 0) + part
                left -= part
        if left:
            raise GoodsUnknown(sku=one["sku"])
    return lines


def _claimable(order: Order) -> dict[UUID, int]:
    """Return the units of each line that may be claimed; codes of gift cards are sent again."""
    rows = session.execute(
        select(ClaimLine.order_line_id, func.sum(ClaimLine.quantity))
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .where(Claim.order_id == order.id, Claim.status != ClaimState.DENIED)
        .group_by(ClaimLine.order_line_id)
    )
    claimed = {line_id: int(units) for line_id, units in rows}
    return {
        line.id: 0
        if line.tax_class == GIFT_CARD
        else max(
            0,
            min(
                line.shipped_quantity - claimed.get(line.id, 0),
                line.quantity - line.refunded_quantity,
            ),
        )
        for line in order.lines
    }


def _take_photos(claim: Claim, values: ClaimInput) -> None:
    if values.links:
        check_photos(claim.order_id, len(values.links))
    for url in values.links:
        require_transaction().add(
            ReturnPhoto(id=new_id(), order_id=claim.order_id, claim_id=claim.id, url=url)
        )
    if values.photos:
        taken = session.scalars(
            update(ReturnPhoto)
            .where(
                ReturnPhoto.id.in_(values.photos),
                ReturnPhoto.order_id == claim.order_id,
                ReturnPhoto.return_id.is_(None),
                ReturnPhoto.claim_id.is_(None),
            )
            .values(claim_id=claim.id)
            .returning(ReturnPhoto.id)
            .execution_options(synchronize_session=False)
        ).all()
        if len(taken) < len(set(values.photos)):
            raise PhotoUnknown
