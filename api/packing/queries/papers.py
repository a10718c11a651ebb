"""What is printed of a parcel: its slip and its label."""

from uuid import UUID

from sqlalchemy import select

from api.documents.parcel_label import ParcelLabel
from api.documents.slips import Slip
from api.fulfilment import queries as fulfilment_queries
from api.fulfilment.models import Fulfilment
from api.fulfilment.states import FulfilmentState
from api.kernel.text_folding import counted
from api.orders.models import Order, OrderLine
from api.packing.models import PackingSession
from api.packing.queries.boxes import box_of
from api.platform.addresses import label_lines
from api.platform.bulk_sql import any_of
from api.platform.db import session
from api.platform.service_registry import get_service
from api.platform.settings import Settings


def is_parcel_open(fulfilment_id: UUID) -> bool:
    """Whether a parcel is neither shipped nor cancelled."""
    status = session.scalar(select(Fulfilment.status).where(Fulfilment.id == fulfilment_id))
    return status is FulfilmentState.OPEN


def slip_of(fulfilment_id: UUID) -> Slip:
    """Return the packing slip of a parcel, without prices. Raises `FulfilmentNotFound`."""
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    order = session.execute(
        select(Order.number, Order.placed_at, Order.shipping_address, Order.gift_message).where(
            Order.id == parcel["order_id"]
        )
    ).one()
    units = {line["order_line_id"]: line["quantity"] for line in parcel["lines"]}
    lines = session.execute(
        select(OrderLine.id, OrderLine.sku, OrderLine.title, OrderLine.variant_title)
        .where(any_of(OrderLine.id, set(units)))
        .order_by(OrderLine.position)
    )
    return Slip(
        title="Packing slip",
        code=parcel["number"],
        facts=(("Order", order.number), ("Placed", f"{order.placed_at:%Y-%m-%d}")),
        heads=("Units", "Item", "SKU"),
        rows=[
            (
                str(units[line.id]),
                " · ".join(part for part in (line.title, line.variant_title) if part),
                line.sku,
            )
            for line in lines
        ],
        address_head="For",
        address=label_lines(order.shipping_address),
        text=order.gift_message or "",
        shop=get_service(Settings).shop_name,
    )


def label_of(fulfilment_id: UUID) -> ParcelLabel:
    """Return the label of a packed parcel. Raises `FulfilmentNotFound`."""
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    row = session.execute(
        select(
            *(Order.shipping_address, Order.shipping_method, Order.ship_country),
            *(PackingSession.weight_grams, PackingSession.box_type_id),
        )
        .join(PackingSession, PackingSession.order_id == Order.id)
        .where(PackingSession.fulfilment_id == fulfilment_id)
    ).one()
    box = box_of(row.box_type_id)
    facts = [counted(sum(line["quantity"] for line in parcel["lines"]), "unit")]
    facts += [f"{row.weight_grams / 1000:.2f} kg"] if row.weight_grams else []
    facts += [f"box {box.name}"] if box else []
    carrier = parcel["carrier"] or fulfilment_queries.carrier_of(row.shipping_method)
    return ParcelLabel(
        shop=get_service(Settings).shop_name,
        code=parcel["number"],
        carrier=carrier or row.shipping_method["name"],
        address=label_lines(row.shipping_address),
        country=row.ship_country,
        facts=", ".join(facts),
    )
