"""Lines of batches with their order, item and bin."""

from uuid import UUID

from sqlalchemy import func, select

from api.catalog.models.products import Product, Variant
from api.inventory.models import Bin, StockLevel
from api.orders.models import Order, OrderLine
from api.picking.models import PickLine, PickOrder
from api.picking.states import PickLineStatus
from api.platform.db import AnyRow, AnySelect, session


def line(line_id: UUID, *, is_locked: bool = False) -> AnyRow | None:
    """Return a line with its order, batch and bin; None when there is none."""
    statement = all_lines().where(PickLine.id == line_id)
    if is_locked:
        statement = statement.with_for_update(of=PickLine)
    return session.execute(statement).one_or_none()


def line_that_needs(batch_id: UUID, variant_id: UUID) -> str | None:
    """Return the number of an order in the batch that needs a variant."""
    number: str | None = session.scalar(
        select(Order.number)
        .join(PickOrder, PickOrder.order_id == Order.id)
        .join(PickLine, PickLine.pick_order_id == PickOrder.id)
        .join(StockLevel, StockLevel.id == PickLine.level_id)
        .where(
            PickOrder.batch_id == batch_id,
            PickLine.status == PickLineStatus.TODO,
            StockLevel.variant_id == variant_id,
        )
        .order_by(PickLine.walk)
        .limit(1)
    )
    return number


def all_lines() -> AnySelect:
    """Select lines with their order, batch, item and bin."""
    return (
        select(
            *(PickLine.id, PickLine.pick_order_id, PickLine.order_line_id, PickLine.level_id),
            *(PickLine.bin_id, PickLine.quantity, PickLine.picked, PickLine.put_back),
            *(PickLine.status, PickLine.walk, PickOrder.batch_id, PickOrder.order_id),
            PickOrder.status.label("order_status"),
            Order.number.label("order_number"),
            *(OrderLine.variant_id, OrderLine.sku, Variant.barcode, OrderLine.title),
            *(OrderLine.variant_title, OrderLine.image_url, StockLevel.location_id),
            Bin.code.label("bin_code"),
            Bin.barcode.label("bin_barcode"),
            func.coalesce(Bin.zone, "").label("zone"),
            Product.pick_warning,
        )
        .join(PickOrder, PickOrder.id == PickLine.pick_order_id)
        .join(Order, Order.id == PickOrder.order_id)
        .join(OrderLine, OrderLine.id == PickLine.order_line_id)
        .join(StockLevel, StockLevel.id == PickLine.level_id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Bin, Bin.id == PickLine.bin_id)
    )
