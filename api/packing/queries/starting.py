"""Which order a scanned code begins to pack: by its number, by a tote, or by one of its items."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, select

from api.catalog import codes
from api.catalog.queries import variant_lookup
from api.inventory import queries as inventory_queries
from api.inventory.service import BinKind
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders.models import Order, OrderLine
from api.packing.errors import NothingToPack
from api.packing.models import PackingSession
from api.packing.states import OPEN_SESSION
from api.picking import queries as picking_queries
from api.picking.models import PickOrder
from api.picking.states import PickOrderStatus
from api.platform.db import session


class Start(NamedTuple):
    """What is to be packed. Without an order, an item of the tote is to be scanned next."""

    order_id: UUID | None
    tote_id: UUID | None
    item: str | None
    """The item that found its order, and is its first verified unit."""


def find_start(code: str, tote: str | None, by: Principal) -> Start:
    """Return the order that a scanned code stands for: an order, a tote, or an item of a tote.

    A tote of a batch of single items has many orders: its next item finds the one that was promised
    first and that nobody packs. Raises `NothingToPack`.
    """
    if tote is not None:
        return _by_item(code, tote, by)
    text = codes.read(code).text.upper()
    found = inventory_queries.bin_by_barcode(text)
    if found is not None:
        if found["kind"] is not BinKind.TOTE or not by.works_at(found["location_id"]):
            raise NothingToPack(scanned=text[:60], what="a bin and no tote")
        used = picking_queries.tote_in_use(found["id"])
        if used is None:
            raise NothingToPack(scanned=text[:60], what="an empty tote")
        return Start(used.order_id, found["id"], None)
    card = orders_queries.card_by_number(text.removeprefix("O-"), by)
    if card is None:
        raise NothingToPack(scanned=text[:60], what="no order and no tote")
    return Start(card["id"], None, None)


def _by_item(code: str, tote: str, by: Principal) -> Start:
    found = inventory_queries.bin_by_barcode(tote.strip().upper())
    used = None if found is None else picking_queries.tote_in_use(found["id"])
    if found is None or used is None or not by.works_at(found["location_id"]):
        raise NothingToPack(scanned=tote[:60], what="no tote in use")
    variant = variant_lookup.find_variant(code)
    if variant is None:
        raise NothingToPack(scanned=code.strip()[:60], what="no item")
    taken = exists().where(
        PackingSession.order_id == PickOrder.order_id, PackingSession.status.in_(OPEN_SESSION)
    )
    order_id = session.scalar(
        select(Order.id)
        .join(PickOrder, PickOrder.order_id == Order.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            PickOrder.batch_id == used.batch_id,
            PickOrder.status.in_((PickOrderStatus.PICKING, PickOrderStatus.PICKED)),
            OrderLine.variant_id == variant.variant_id,
            OrderLine.quantity > OrderLine.shipped_quantity + OrderLine.cancelled_quantity,
            Order.to_ship,
            ~taken,
        )
        .order_by(Order.promised_ship_at, Order.placed_at, Order.id)
        .limit(1)
    )
    if order_id is None:
        raise NothingToPack(scanned=variant.sku, what="wanted by no order of this tote")
    return Start(order_id, found["id"], code)
