"""Request and response schemas of picking."""

import marshmallow as ma

from api.inventory.service import MAX_QUANTITY, BinColour
from api.picking.queries import MOST_ORDERS
from api.picking.states import BatchKind, BatchStatus, PickLineStatus, PickOrderStatus, ScanResult
from api.platform.http import DateTimeField, PageQuerySchema, Schema

_CODE = ma.validate.Length(1, 500)


class QueueQuerySchema(Schema):
    """Which location's queue."""

    location_id = ma.fields.UUID(
        load_default=None, metadata={"description": "Your first by priority when left out."}
    )


class QueuedOrderSchema(Schema):
    """An order that waits to be picked."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True)
    customer_name = ma.fields.String(required=True)
    placed_at = ma.fields.AwareDateTime(required=True)
    promised_ship_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    is_late = ma.fields.Boolean(required=True)
    carrier = ma.fields.String(required=True, allow_none=True)
    unit_count = ma.fields.Integer(required=True)
    line_count = ma.fields.Integer(required=True)


class QueueSchema(Schema):
    """The work that waits, and the first 200 orders of it, by promise."""

    order_count = ma.fields.Integer(required=True, metadata={"description": "At most 10,000."})
    line_count = ma.fields.Integer(required=True)
    unit_count = ma.fields.Integer(required=True)
    late_count = ma.fields.Integer(
        required=True, metadata={"description": "Promised to leave before now."}
    )
    next_cut_off = ma.fields.AwareDateTime(required=True, allow_none=True)
    seconds = ma.fields.Integer(required=True, metadata={"description": "How long it will take."})
    is_measured = ma.fields.Boolean(
        required=True,
        metadata={"description": "From the batches of 30 days; else 30 seconds a line."},
    )
    open_batches = ma.fields.Integer(required=True)
    orders = ma.fields.List(ma.fields.Nested(QueuedOrderSchema), required=True)


class NewBatchSchema(Schema):
    """Which orders to pick together."""

    kind = ma.fields.Enum(BatchKind, by_value=True, load_default=BatchKind.TOTES)
    location_id = ma.fields.UUID(
        load_default=None, metadata={"description": "Your first by priority when left out."}
    )
    limit = ma.fields.Integer(
        strict=True, load_default=12, validate=ma.validate.Range(1, MOST_ORDERS)
    )
    order_ids = ma.fields.List(
        ma.fields.UUID(), load_default=list, validate=ma.validate.Length(0, MOST_ORDERS)
    )
    carrier = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 60))
    zone = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 40))
    promised_before = DateTimeField(load_default=None)
    max_units = ma.fields.Integer(
        strict=True, load_default=None, validate=ma.validate.Range(1, MAX_QUANTITY)
    )


class BatchQuerySchema(PageQuerySchema):
    """Which batches."""

    is_open = ma.fields.Boolean(load_default=None)
    location_id = ma.fields.UUID(load_default=None)


class BatchSchema(Schema):
    """A batch."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "B-77"})
    kind = ma.fields.Enum(BatchKind, by_value=True, required=True)
    status = ma.fields.Enum(BatchStatus, by_value=True, required=True)
    location_id = ma.fields.UUID(required=True)
    location_code = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    picker = ma.fields.String(required=True, allow_none=True)
    claimed_until = ma.fields.AwareDateTime(required=True, allow_none=True)
    started_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    finished_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    order_count = ma.fields.Integer(required=True)
    line_count = ma.fields.Integer(required=True)
    unit_count = ma.fields.Integer(required=True)
    picked_count = ma.fields.Integer(required=True)
    wave = ma.fields.String(required=True, allow_none=True, metadata={"example": "W-12"})
    walk_length = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Planned, in bins passed from the start of the location."},
    )


class ToteSchema(Schema):
    """A tote on the cart."""

    code = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True)
    name = ma.fields.String(required=True, allow_none=True)
    colour = ma.fields.Enum(BinColour, by_value=True, required=True, allow_none=True)


class PickOrderSchema(Schema):
    """An order in a batch; `position` is its slot on the cart."""

    order_id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True)
    position = ma.fields.Integer(required=True)
    status = ma.fields.Enum(PickOrderStatus, by_value=True, required=True)
    customer_name = ma.fields.String(required=True)
    customer_note = ma.fields.String(required=True, allow_none=True)
    gift_message = ma.fields.String(required=True, allow_none=True)
    pinned_notes = ma.fields.List(ma.fields.String(), required=True)
    promised_ship_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    to_ship = ma.fields.Boolean(required=True)
    on_hold = ma.fields.Boolean(required=True)
    totes = ma.fields.List(ma.fields.Nested(ToteSchema), required=True)


class LotToPickSchema(Schema):
    """A lot of the item in the bin of the line."""

    code = ma.fields.String(required=True)
    expires_on = ma.fields.Date(required=True, allow_none=True)


class PickLineSchema(Schema):
    """Units to be taken from one bin for one order."""

    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    order_number = ma.fields.String(required=True)
    order_position = ma.fields.Integer(required=True)
    level_id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True, allow_none=True)
    title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True)
    image_url = ma.fields.String(required=True, allow_none=True)
    bin_id = ma.fields.UUID(required=True, allow_none=True)
    bin_code = ma.fields.String(required=True, allow_none=True)
    bin_barcode = ma.fields.String(required=True, allow_none=True)
    zone = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    picked = ma.fields.Integer(required=True)
    status = ma.fields.Enum(PickLineStatus, by_value=True, required=True)
    pick_warning = ma.fields.String(
        required=True, metadata={"description": "What is to be read before it is taken, or empty."}
    )
    lots = ma.fields.List(
        ma.fields.Nested(LotToPickSchema),
        required=True,
        metadata={
            "description": "Lots in the bin that may be sold: take the first, which expires first."
        },
    )
    confused_with = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "SKUs that were scanned by mistake at this item before."},
    )


class BatchDetailSchema(BatchSchema):
    """A batch with its lines, in the order of the walk."""

    stops = ma.fields.Integer(required=True, metadata={"description": "Bins still to visit."})
    orders = ma.fields.List(ma.fields.Nested(PickOrderSchema), required=True)
    totes = ma.fields.List(
        ma.fields.Nested(ToteSchema),
        required=True,
        metadata={"description": "Those of a batch of single items."},
    )
    lines = ma.fields.List(ma.fields.Nested(PickLineSchema), required=True)


class ClaimNextSchema(Schema):
    """Where to pick."""

    location_id = ma.fields.UUID(
        load_default=None, metadata={"description": "Your first by priority when left out."}
    )


class ClaimBatchSchema(Schema):
    """Whether to take the batch from somebody else, and why."""

    take_over = ma.fields.Boolean(load_default=False)
    reason = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "Needed where somebody else picks it; it is on record."},
    )


class ParkBatchSchema(Schema):
    """Why the batch of somebody else is parked."""

    reason = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "Needed where somebody else picks it; it is on record."},
    )


class AssignToteSchema(Schema):
    """A scanned tote, and the order that it is for."""

    tote = ma.fields.String(required=True, validate=_CODE)
    order_id = ma.fields.UUID(
        load_default=None,
        metadata={"description": "The next order without a tote when left out."},
    )


class GiveBackSchema(Schema):
    """The order to take out of the batch."""

    order_id = ma.fields.UUID(required=True)


class PickSchema(Schema):
    """What was scanned at a bin, exactly as the scanner sent it."""

    quantity = ma.fields.Integer(
        strict=True, load_default=1, validate=ma.validate.Range(1, MAX_QUANTITY)
    )
    bin = ma.fields.String(load_default=None, validate=_CODE)
    item = ma.fields.String(
        load_default=None,
        validate=_CODE,
        metadata={"description": "A case counts as the units in it."},
    )
    tote = ma.fields.String(load_default=None, validate=_CODE)
    lot = ma.fields.String(
        load_default=None,
        validate=_CODE,
        metadata={"description": "Of what is kept in lots, unless the item's code says it."},
    )


class PickAnswerSchema(Schema):
    """What a scan was; only `ok` changed something."""

    result = ma.fields.Enum(ScanResult, by_value=True, required=True)
    message = ma.fields.String(required=True)
    is_bin_empty = ma.fields.Boolean(
        required=True,
        metadata={"description": "Nothing of the item should be left: ask whether that is so."},
    )
    batch = ma.fields.Nested(BatchDetailSchema, required=True)


class ShortSchema(Schema):
    """What becomes of the units that are not in the bin."""

    other_bin = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Pick them from another bin; else they stay open."},
    )


class PutBackSchema(Schema):
    """Units put back, and the bin that was scanned."""

    quantity = ma.fields.Integer(
        strict=True, required=True, validate=ma.validate.Range(1, MAX_QUANTITY)
    )
    bin = ma.fields.String(
        load_default=None,
        validate=_CODE,
        metadata={"description": "The bin they came from when left out."},
    )


class PutBackTaskSchema(Schema):
    """Units in a tote that no order needs any more."""

    line_id = ma.fields.UUID(required=True)
    order_number = ma.fields.String(required=True)
    sku = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True, allow_none=True)
    title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True)
    bin_code = ma.fields.String(required=True, allow_none=True)
    bin_barcode = ma.fields.String(required=True, allow_none=True)
    totes = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "Where the units are now."}
    )
    quantity = ma.fields.Integer(required=True)


class PutBackTasksSchema(Schema):
    """What is to be put back."""

    tasks = ma.fields.List(ma.fields.Nested(PutBackTaskSchema), required=True)


class FigureSchema(Schema):
    """A day's picking of all people together."""

    day = ma.fields.Date(required=True)
    batches = ma.fields.Integer(required=True)
    lines = ma.fields.Integer(required=True)
    units = ma.fields.Integer(required=True)
    short = ma.fields.Integer(required=True)
    wrong_scans = ma.fields.Integer(required=True)
    hours = ma.fields.Float(required=True)
    lines_an_hour = ma.fields.Float(required=True, allow_none=True)
    walked = ma.fields.Integer(
        required=True, metadata={"description": "Bins passed, as the scans tell."}
    )
    walk_length_alone = ma.fields.Integer(
        required=True, metadata={"description": "The same, had each order been walked alone."}
    )


class FiguresSchema(Schema):
    """Picking by day."""

    rows = ma.fields.List(ma.fields.Nested(FigureSchema), required=True)
