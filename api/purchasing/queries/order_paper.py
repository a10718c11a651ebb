"""A purchase order as it is printed for the supplier."""

from uuid import UUID

from sqlalchemy import select

from api.documents.purchase_order import OrderedLine, OrderPaper
from api.platform.db import session
from api.platform.settings import current_settings
from api.purchasing.models import PurchaseOrder, Supplier
from api.purchasing.queries.purchase_orders import purchase_order
from api.purchasing.states import PurchaseOrderStatus


def order_paper(order_id: UUID) -> OrderPaper:
    """Return what stands on the paper of an order. Raises `PurchaseOrderNotFound`."""
    settings = current_settings()
    order = purchase_order(order_id)
    supplier = session.execute(
        select(Supplier.address, Supplier.customer_number, Supplier.language).where(
            Supplier.id == order["supplier"]["id"]
        )
    ).one()
    ordered_at = order["ordered_at"]
    return OrderPaper(
        number=order["number"],
        shop=settings.shop_name,
        supplier=order["supplier"]["name"],
        supplier_address=supplier.address or "",
        customer_number=supplier.customer_number or "",
        deliver_to=order["location"]["name"],
        ordered_on=ordered_at.astimezone(settings.zone).date() if ordered_at else None,
        expected_on=order["expected_on"],
        note=order["note"] or "",
        lines=[
            OrderedLine(
                line["supplier_sku"] or "",
                line["sku"],
                line["title"],
                line["quantity"],
                line["unit_cost"],
                line["unit_cost"] * line["quantity"],
            )
            for line in order["lines"]
        ],
        freight=order["freight"],
        total=order["total"],
        is_draft=order["status"] == PurchaseOrderStatus.DRAFT,
        language=supplier.language or "en",
    )


def supplier_address(order_id: UUID) -> str | None:
    """Return the e-mail address of the supplier of an order, if it has one."""
    return session.scalar(
        select(Supplier.email)
        .join(PurchaseOrder, PurchaseOrder.supplier_id == Supplier.id)
        .where(PurchaseOrder.id == order_id)
    )
