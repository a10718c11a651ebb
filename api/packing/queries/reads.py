"""What is read of a packing session."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from api.packing.states import PackingStatus


class BarcodeRead(TypedDict):
    """A barcode of an item, and how many units it means."""

    code: str
    pack_quantity: int


class LineRead(TypedDict):
    """Units of one order line in a parcel."""

    id: UUID
    order_line_id: UUID
    variant_id: UUID
    sku: str
    barcode: str | None
    barcodes: list[BarcodeRead]
    title: str
    variant_title: str
    image_url: str | None
    note: str | None
    properties: dict[str, str]
    is_fragile: bool
    must_verify: bool
    quantity: int
    verified: int


class NoteRead(TypedDict):
    """A pinned note, and whether whoever packs has read it."""

    id: UUID
    text: str
    created_by: str
    is_read: bool


class Missing(TypedDict):
    """What is missing before a parcel may leave."""

    pointer: str
    code: str
    detail: str


class BoxRead(TypedDict):
    """The box of a parcel."""

    id: UUID
    name: str
    weight_grams: int


class SessionRead(TypedDict):
    """A packing session with everything that a station shows."""

    id: UUID
    order_id: UUID
    order_number: str
    status: PackingStatus
    station: str
    packer: str
    claimed_until: datetime
    tote: str | None
    is_picked_up: bool
    carrier: str | None
    buys_label: bool
    shipping_method: str
    country: str
    promised_ship_at: datetime | None
    customer_name: str
    customer_note: str | None
    gift_message: str | None
    pinned_notes: list[NoteRead]
    is_fragile: bool
    lines: list[LineRead]
    box: BoxRead | None
    needs_box: bool
    weight_grams: int | None
    expected_grams: int | None
    blocked_by: str | None
    missing: list[Missing]
    fulfilment_id: UUID | None
    created_at: datetime
    finished_at: datetime | None
