"""Writes of draft orders. Each needs a transaction; callers lock the draft first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from api.draft_orders.errors import DraftNotFound
from api.draft_orders.models import DraftLine, DraftOrder
from api.draft_orders.states import DRAFT, DraftStatus
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.platform.db import require_transaction


@dataclass(frozen=True, slots=True)
class DraftLineInput:
    """Units of a variant at the price that was agreed; prices are minor units."""

    variant_id: UUID
    sku: str
    title: str
    quantity: int
    unit_price: int
    usual_price: int


def create_draft(
    values: Mapping[str, object], lines: Sequence[DraftLineInput], *, by: Principal
) -> DraftOrder:
    """Create a draft with a number of its own, as in `D12`."""
    draft = DraftOrder(id=new_id(), created_by=by.label[:200], number="", **values, lines=[])
    _set_lines(draft, lines)
    draft.number = orders_service.next_draft_number()
    require_transaction().add(draft)
    require_transaction().flush()
    return draft


def lock(draft_id: UUID) -> DraftOrder:
    """Lock a draft and return it with its lines. Raises `DraftNotFound`."""
    draft = require_transaction().scalar(
        select(DraftOrder)
        .where(DraftOrder.id == draft_id)
        .with_for_update()
        .execution_options(populate_existing=True)
        .options(selectinload(DraftOrder.lines))
    )
    if draft is None:
        raise DraftNotFound(draft_id=draft_id)
    return draft


def edit_draft(
    draft: DraftOrder, values: Mapping[str, object], lines: Sequence[DraftLineInput] | None
) -> None:
    """Set values of a draft, and its lines unless they are None; what was sent is out of date then.

    Raises `InvalidState` for a draft that was placed or discarded.
    """
    move(draft, "edit")
    for name, value in values.items():
        setattr(draft, name, value)
    draft.quoted_total = None
    if lines is None:
        return
    draft.lines.clear()
    require_transaction().flush()
    _set_lines(draft, lines)


def set_price(draft: DraftOrder, sku: str, unit_price: int) -> bool:
    """Set the price of a line, in minor units; False when the draft has no such line."""
    lines = [line for line in draft.lines if line.sku.casefold() == sku.casefold()]
    for line in lines:
        line.unit_price = unit_price
    draft.goods_total = sum(line.quantity * line.unit_price for line in draft.lines)
    return bool(lines)


def move(draft: DraftOrder, command: str) -> None:
    """Change the status of a draft by a command and raise its version. Raises `InvalidState`."""
    draft.status = DraftStatus(DRAFT.next(draft.status, command))
    draft.version += 1


def _set_lines(draft: DraftOrder, lines: Sequence[DraftLineInput]) -> None:
    draft.lines += [
        DraftLine(
            id=new_id(), position=position, variant_id=line.variant_id, sku=line.sku,
            title=line.title, quantity=line.quantity, unit_price=line.unit_price,
            usual_price=line.usual_price,
        )
        for position, line in enumerate(lines, start=1)
    ]  # fmt: skip
    draft.goods_total = sum(line.quantity * line.unit_price for line in lines)
