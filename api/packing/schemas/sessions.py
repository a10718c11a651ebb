"""Packing sessions."""

import marshmallow as ma

from api.fulfilment.schemas import MOST_NOTES, TrackingNumber
from api.inventory.service import MAX_QUANTITY
from api.packing.schemas.boxes import MAX_GRAMS
from api.packing.states import PackingStatus, PackScanResult, Paper
from api.platform.addresses import SingleLine
from api.platform.http import Schema

_CODE = ma.validate.Length(1, 500)
_UNITS = ma.validate.Range(1, MAX_QUANTITY)


class StartPackingSchema(Schema):
    """What was scanned to begin with."""

    code = ma.fields.String(
        required=True,
        validate=_CODE,
        metadata={"description": "An order, a tote, or with `tote` one of its items."},
    )
    tote = ma.fields.String(
        load_default=None,
        validate=_CODE,
        metadata={"description": "The tote of single items that the code lay in."},
    )
    station = SingleLine(60, required=True, metadata={"example": "PACK-2"})
    take_over = ma.fields.Boolean(load_default=False)


class PackScanSchema(Schema):
    """What was scanned, exactly as the scanner sent it."""

    code = ma.fields.String(
        required=True,
        validate=_CODE,
        metadata={"description": "An item or a box. A case counts as the units in it."},
    )
    quantity = ma.fields.Integer(strict=True, load_default=1, validate=_UNITS)


class ParcelUnitsSchema(Schema):
    """Units of a line of the parcel."""

    line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(strict=True, load_default=1, validate=_UNITS)


class ChooseBoxSchema(Schema):
    """The box of the parcel; none when null."""

    box_type_id = ma.fields.UUID(required=True, allow_none=True)


class WeighParcelSchema(Schema):
    """What the parcel weighs with its box."""

    weight_grams = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(1, MAX_GRAMS)
    )
    is_rechecked = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Somebody looked: the content is right with this weight."},
    )


class PackParcelSchema(Schema):
    """Whether all units go into this parcel."""

    is_partial = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Only the verified units; the rest goes into another parcel."},
    )
    override_reason = SingleLine(
        300,
        load_default=None,
        metadata={
            "description": "Why units leave that were not verified. Needs `fulfilment:override`.",
            "example": "label unreadable, compared by eye",
        },
    )


class FinishParcelSchema(PackParcelSchema):
    """How the parcel leaves."""

    carrier = SingleLine(
        60,
        load_default=None,
        metadata={"description": "That of the shipping method when left out.", "example": "DHL"},
    )
    tracking_number = TrackingNumber(
        load_default=None, metadata={"example": "00340434161094042557"}
    )
    buys_label = ma.fields.Boolean(
        load_default=True,
        metadata={"description": "False: it leaves although no label was bought for it."},
    )
    acknowledged_notes = ma.fields.List(
        ma.fields.UUID(),
        load_default=(),
        validate=ma.validate.Length(0, MOST_NOTES),
        metadata={"description": "Pinned notes of the order that you have read, by their ids."},
    )


class SlipQuerySchema(Schema):
    """Which slip of the parcel."""

    paper = ma.fields.String(
        load_default=Paper.PACKING_SLIP.value,
        validate=ma.validate.OneOf([one.value for one in Paper if one is not Paper.SHIPPING_LABEL]),
        metadata={"description": "Without prices, with prices, or to be filled in for a return."},
    )


class PrintPapersSchema(Schema):
    """Which papers of the parcel to print, and where."""

    papers = ma.fields.List(
        ma.fields.Enum(Paper, by_value=True),
        load_default=(Paper.PACKING_SLIP, Paper.SHIPPING_LABEL),
        validate=ma.validate.Length(1, len(Paper)),
    )
    station = SingleLine(
        60, load_default=None, metadata={"description": "That of the session when left out."}
    )


class PackingBarcodeSchema(Schema):
    """A barcode of an item, and how many units it means."""

    code = ma.fields.String(required=True)
    pack_quantity = ma.fields.Integer(required=True)


class PackingLineSchema(Schema):
    """Units of one order line in the parcel."""

    id = ma.fields.UUID(required=True)
    order_line_id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True, allow_none=True)
    barcodes = ma.fields.List(ma.fields.Nested(PackingBarcodeSchema), required=True)
    title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True)
    image_url = ma.fields.String(required=True, allow_none=True)
    note = ma.fields.String(required=True, allow_none=True)
    properties = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    is_fragile = ma.fields.Boolean(
        required=True, metadata={"description": "Its product has the tag `fragile`."}
    )
    must_verify = ma.fields.Boolean(required=True)
    quantity = ma.fields.Integer(required=True)
    verified = ma.fields.Integer(required=True)


class PackingNoteSchema(Schema):
    """A pinned note, and whether you have read it."""

    id = ma.fields.UUID(required=True)
    text = ma.fields.String(required=True)
    created_by = ma.fields.String(required=True)
    is_read = ma.fields.Boolean(required=True)


class ParcelMissingSchema(Schema):
    """What is missing before the parcel gets its label, its slip, or leaves."""

    pointer = ma.fields.String(required=True)
    code = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(
            ("units_not_verified", "wrong_item_scanned", "box_missing", "weight_off")
        ),
    )
    detail = ma.fields.String(required=True)


class ChosenBoxSchema(Schema):
    """The box of the parcel."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    weight_grams = ma.fields.Integer(required=True)


class PackingSessionSchema(Schema):
    """A parcel in the making, with everything that a station shows."""

    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    order_number = ma.fields.String(required=True)
    status = ma.fields.Enum(PackingStatus, by_value=True, required=True)
    station = ma.fields.String(required=True)
    packer = ma.fields.String(required=True)
    claimed_until = ma.fields.AwareDateTime(required=True)
    tote = ma.fields.String(required=True, allow_none=True)
    is_picked_up = ma.fields.Boolean(required=True)
    carrier = ma.fields.String(required=True, allow_none=True)
    buys_label = ma.fields.Boolean(
        required=True,
        metadata={"description": "Its label is bought when it leaves, unless one is scanned."},
    )
    shipping_method = ma.fields.String(required=True)
    country = ma.fields.String(required=True)
    promised_ship_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    customer_name = ma.fields.String(required=True)
    customer_note = ma.fields.String(required=True, allow_none=True)
    gift_message = ma.fields.String(required=True, allow_none=True)
    pinned_notes = ma.fields.List(ma.fields.Nested(PackingNoteSchema), required=True)
    is_fragile = ma.fields.Boolean(required=True)
    lines = ma.fields.List(ma.fields.Nested(PackingLineSchema), required=True)
    box = ma.fields.Nested(ChosenBoxSchema, required=True, allow_none=True)
    needs_box = ma.fields.Boolean(
        required=True, metadata={"description": "The shop has types of boxes."}
    )
    weight_grams = ma.fields.Integer(required=True, allow_none=True)
    expected_grams = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "With its box, by past parcels; null while too few are known."},
    )
    blocked_by = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The last wrong scan, until it is put right."},
    )
    missing = ma.fields.List(ma.fields.Nested(ParcelMissingSchema), required=True)
    fulfilment_id = ma.fields.UUID(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    finished_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class PackingStartedSchema(Schema):
    """The session that was begun; null where an item of the tote is to be scanned next."""

    session = ma.fields.Nested(PackingSessionSchema, required=True, allow_none=True)
    message = ma.fields.String(required=True)


class PackAnswerSchema(Schema):
    """What a scan was; only `ok` and `box` changed the parcel."""

    result = ma.fields.Enum(PackScanResult, by_value=True, required=True)
    message = ma.fields.String(required=True)
    session = ma.fields.Nested(PackingSessionSchema, required=True)


class WeighParcelAnswerSchema(Schema):
    """Whether the parcel must be looked into."""

    is_off = ma.fields.Boolean(required=True)
    message = ma.fields.String(required=True)
    session = ma.fields.Nested(PackingSessionSchema, required=True)


class WaitingOrderSchema(Schema):
    """A picked order that waits to be packed."""

    order_id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True)
    customer_name = ma.fields.String(required=True)
    promised_ship_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    unit_count = ma.fields.Integer(required=True)
    totes = ma.fields.List(ma.fields.String(), required=True)
    packer = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Who packs it now."}
    )


class WaitingToPackSchema(Schema):
    """What waits to be packed, by promise; at most 100."""

    orders = ma.fields.List(ma.fields.Nested(WaitingOrderSchema), required=True)
