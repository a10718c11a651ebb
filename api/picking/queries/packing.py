"""What the packing station and the paper of a batch need to know of it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, select, true

from api.catalog.queries import variant_lookup
from api.documents import words
from api.documents.slips import Slip
from api.fulfilment.models import Fulfilment
from api.fulfilment.states import CLAIMING
from api.inventory.models import Bin, StockLevel
from api.orders.models import Order
from api.picking.errors import NoOrderForItem, NotATote
from api.picking.models import PickLine, PickOrder, PickTote
from api.picking.queries.batches import batch
from api.picking.states import PickOrderStatus
from api.platform.db import session
from api.platform.settings import current_settings


@dataclass(frozen=True, slots=True)
class OrderForItem:
    """An order in a tote that waits for the item that was scanned."""

    order_id: UUID
    number: str
    batch_id: UUID
    quantity: int
    """Units of the item that were picked for it."""


@dataclass(frozen=True, slots=True)
class ListedLot:
    """A lot in the bin, the one that is sold first at the front."""

    code: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class ListedLine:
    """One stop on the paper: where, what, how many, for which slot of the cart."""

    bin_code: str | None
    zone: str
    sku: str
    barcode: str | None
    title: str
    variant_title: str
    quantity: int
    """Units that are still to be taken."""
    order_number: str
    position: int
    lots: tuple[ListedLot, ...]
    pick_warning: str


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """An order on the paper, with its slot and totes and what is to be known of it."""

    number: str
    position: int
    customer_name: str
    promised_ship_at: datetime | None
    totes: tuple[str, ...]
    notes: tuple[str, ...]
    """Pinned notes, the customer's note and the gift message."""


@dataclass(frozen=True, slots=True)
class PickList:
    """A batch as a paper: what is to be picked, in the order of the walk."""

    number: str
    kind: str
    location_code: str
    picker: str | None
    created_at: datetime
    stops: int
    orders: tuple[ListedOrder, ...]
    lines: tuple[ListedLine, ...]


def order_for_item(tote: str, item: str, *, at: frozenset[UUID] | None = None) -> OrderForItem:
    """Return the first order in a tote that waits for an item that was scanned.

    Both are codes as the scanner sent them. A tote of one order has that one; in a tote of single
    items any order of its batch that got such an item, is to be shipped and has no open parcel.
    Raises `NotATote` for a code of no tote in use, also where it is at none of the locations `at`,
    and `NoOrderForItem`.
    """
    used = session.execute(
        select(Bin.code, Bin.location_id, PickTote.batch_id, PickTote.pick_order_id)
        .join(PickTote, PickTote.bin_id == Bin.id)
        .where(Bin.barcode == tote.strip().upper(), PickTote.released_at.is_(None))
    ).one_or_none()
    if used is None or (at is not None and used.location_id not in at):
        raise NotATote(f"{tote.strip()} is no tote in use.", scanned=tote.strip())
    found = variant_lookup.find_variant(item)
    if found is None:
        raise NoOrderForItem(tote=used.code, sku=item.strip()[:60])
    has_parcel = exists().where(
        Fulfilment.order_id == PickOrder.order_id, Fulfilment.status.in_(CLAIMING)
    )
    row = session.execute(
        select(PickOrder.order_id, Order.number, PickLine.picked - PickLine.put_back)
        .join(PickLine, PickLine.pick_order_id == PickOrder.id)
        .join(StockLevel, StockLevel.id == PickLine.level_id)
        .join(Order, Order.id == PickOrder.order_id)
        .where(
            PickOrder.batch_id == used.batch_id,
            true() if used.pick_order_id is None else PickOrder.id == used.pick_order_id,
            PickOrder.status.in_((PickOrderStatus.PICKING, PickOrderStatus.PICKED)),
            StockLevel.variant_id == found.variant_id,
            PickLine.picked > PickLine.put_back,
            Order.to_ship,
            ~has_parcel,
        )
        .order_by(PickOrder.position)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NoOrderForItem(tote=used.code, sku=found.sku)
    return OrderForItem(row[0], row[1], used.batch_id, row[2])


def pick_slip(batch_id: UUID, *, at: frozenset[UUID] | None = None) -> Slip:
    """Return the paper of a batch, in the shop's first language. Raises `BatchNotFound`."""
    of, settings = pick_list(batch_id, at=at), current_settings()
    language = words.spoken(settings.languages[0])
    said = words.words(language)
    facts = [
        (said["made"], words.moment(of.created_at.astimezone(settings.zone), language)),
        (said["stops"], str(of.stops)),
        *([(said["picker"], of.picker)] if of.picker else []),
    ]
    for order in of.orders:
        parts = (order.number, order.customer_name, *order.totes, *order.notes)
        facts.append((f"{said['slot']} {order.position}", " · ".join(parts)))
    return Slip(
        title=f"{said['pick_list']} {of.number}",
        code=of.number,
        facts=facts,
        heads=(said["bin"], said["item"], said["sku"], said["units"], said["slot"]),
        rows=[
            (
                line.bin_code or "-",
                _item(line, said["lot"]),
                line.sku,
                str(line.quantity),
                str(line.position),
            )
            for line in of.lines
        ],
        widths=(28, 72, 38, 16, 16),
        shop=f"{settings.shop_name}, {of.location_code}",
        language=language,
    )


def _item(line: ListedLine, lot: str) -> str:
    parts = [line.title, line.variant_title, line.pick_warning]
    if line.lots:
        parts.append(f"{lot} {line.lots[0].code} {line.lots[0].expires_on or ''}".rstrip())
    return " · ".join(filter(None, parts))


def pick_list(batch_id: UUID, *, at: frozenset[UUID] | None = None) -> PickList:
    """Return a batch as a paper, with what is still to be picked. Raises `BatchNotFound`."""
    found = batch(batch_id, at=at)
    orders = tuple(
        ListedOrder(
            number=one["number"],
            position=one["position"],
            customer_name=one["customer_name"],
            promised_ship_at=one["promised_ship_at"],
            totes=tuple(tote["code"] for tote in one["totes"]),
            notes=tuple(
                filter(None, (*one["pinned_notes"], one["customer_note"], one["gift_message"]))
            ),
        )
        for one in found["orders"]
        if one["status"] == PickOrderStatus.PICKING
    )
    lines = tuple(
        ListedLine(
            bin_code=one["bin_code"],
            zone=one["zone"],
            sku=one["sku"],
            barcode=one["barcode"],
            title=one["title"],
            variant_title=one["variant_title"],
            quantity=one["quantity"] - one["picked"],
            order_number=one["order_number"],
            position=one["order_position"],
            lots=tuple(ListedLot(lot["code"], lot["expires_on"]) for lot in one["lots"]),
            pick_warning=one["pick_warning"],
        )
        for one in found["lines"]
        if one["status"] == "todo"
    )
    return PickList(
        number=found["number"],
        kind=found["kind"],
        location_code=found["location_code"],
        picker=found["picker"],
        created_at=found["created_at"],
        stops=found["stops"],
        orders=orders,
        lines=lines,
    )
