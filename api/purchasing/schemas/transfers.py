"""Request and response schemas of transfers."""

import marshmallow as ma

from api.platform.http import NOT_BLANK, MoneySchema, PageQuerySchema, Schema, one_of
from api.platform.rules import ExactlyOne
from api.purchasing.schemas.orders import (
    MAX_LINES,
    MAX_UNITS,
    OrderedBarcodeSchema,
    OrderLocationSchema,
)
from api.purchasing.states import RestOfTransfer, TransferReason, TransferStatus

_STATUS = one_of(TransferStatus)
_CODE = ma.validate.Length(1, 500)
_PLACE = ma.validate.Length(1, 40)


class TransferQuerySchema(PageQuerySchema):
    """Filters of the list of transfers."""

    status = ma.fields.String(load_default=None, validate=_STATUS)
    location_id = ma.fields.UUID(
        load_default=None, metadata={"description": "Where they come from, or go to."}
    )


class TransferLineInputSchema(Schema):
    """Units of a variant to move."""

    code = ma.fields.String(
        required=True, validate=_CODE, metadata={"description": "SKU or barcode, as scanned."}
    )
    quantity = ma.fields.Integer(
        required=True,
        strict=True,
        validate=ma.validate.Range(1, MAX_UNITS),
        metadata={"description": "Of what the code means: 2 of a case of 12 are 24 units."},
    )


class SetTransferLineSchema(TransferLineInputSchema):
    """Units of a variant to move; 0 takes the variant out."""

    quantity = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(0, MAX_UNITS)
    )


class ReceivedTransferLineSchema(TransferLineInputSchema):
    """Units of a variant that came."""

    damaged = ma.fields.Integer(
        load_default=0, strict=True, validate=ma.validate.Range(0, MAX_UNITS)
    )
    bin = ma.fields.String(
        validate=ma.validate.Length(1, 60), metadata={"description": "Barcode of a bin."}
    )


class ReceiveTransferSchema(Schema):
    """What came of a transfer."""

    lines = ma.fields.List(
        ma.fields.Nested(ReceivedTransferLineSchema),
        required=True,
        validate=ma.validate.Length(1, MAX_LINES),
    )


class NewTransferSchema(Schema):
    """A transfer to draft."""

    from_location_id = ma.fields.UUID()
    from_location = ma.fields.String(validate=_PLACE, metadata={"description": "Code."})
    to_location_id = ma.fields.UUID()
    to_location = ma.fields.String(validate=_PLACE, metadata={"description": "Code."})
    note = ma.fields.String(validate=[ma.validate.Length(1, 500), NOT_BLANK])
    lines = ma.fields.List(
        ma.fields.Nested(TransferLineInputSchema),
        load_default=[],
        validate=ma.validate.Length(max=MAX_LINES),
    )

    member_rules = (
        ExactlyOne("from_location_id", "from_location", error="Say where it comes from."),
        ExactlyOne("to_location_id", "to_location", error="Say where it goes."),
    )


class CloseTransferSchema(Schema):
    """Why other units came than were shipped."""

    reasons = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Enum(TransferReason, by_value=True),
        load_default={},
        metadata={"description": "By SKU, for each that differs.", "example": {"MUG": "missing"}},
    )


class CancelTransferSchema(Schema):
    """Why a transfer ends, and what becomes of units on their way."""

    reason = ma.fields.String(required=True, validate=[ma.validate.Length(1, 500), NOT_BLANK])
    rest = ma.fields.Enum(RestOfTransfer, by_value=True, load_default=None, allow_none=True)


class TransferLineSchema(Schema):
    """Units of a variant in a transfer."""

    id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    barcodes = ma.fields.List(ma.fields.Nested(OrderedBarcodeSchema), required=True)
    quantity = ma.fields.Integer(required=True)
    shipped = ma.fields.Integer(required=True)
    received = ma.fields.Integer(required=True)
    restocked = ma.fields.Integer(required=True)
    written_off = ma.fields.Integer(
        required=True, metadata={"description": "Below 0: more came than was shipped."}
    )
    reason = ma.fields.Enum(TransferReason, by_value=True, required=True, allow_none=True)
    unit_cost = ma.fields.Nested(MoneySchema, required=True, allow_none=True)


class TransferSchema(Schema):
    """Units that go from one location to another."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "TR-1001"})
    status = ma.fields.String(required=True, validate=_STATUS)
    from_location = ma.fields.Nested(OrderLocationSchema, required=True)
    to_location = ma.fields.Nested(OrderLocationSchema, required=True)
    note = ma.fields.String(required=True, allow_none=True)
    units = ma.fields.Integer(required=True)
    received_units = ma.fields.Integer(required=True)
    written_off_units = ma.fields.Integer(required=True)
    written_off_value = ma.fields.Nested(MoneySchema, required=True)
    lines = ma.fields.List(ma.fields.Nested(TransferLineSchema), required=True)
    shipped_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    ended_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
