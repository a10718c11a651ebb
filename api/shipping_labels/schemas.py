"""Request and response schemas of labels, customs forms and tracking."""

from typing import Any

import marshmallow as ma

from api.fulfilment.schemas import TrackingNumber
from api.fulfilment.states import TrackingStatus
from api.platform.addresses import AddressSchema, LabelSchema, SingleLine
from api.platform.http import MoneySchema, Schema, one_of
from api.shipping_labels.states import LabelState

MOST_GRAMS = 1_000_000
MOST_MILLIMETRES = 5_000


class SizeSchema(Schema):
    """The size of a box, in millimetres."""

    length = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(1, MOST_MILLIMETRES)
    )
    width = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(1, MOST_MILLIMETRES)
    )
    height = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(1, MOST_MILLIMETRES)
    )


class BuyLabelSchema(Schema):
    """What the label is for. What is left out follows from the order and the parcel."""

    account = SingleLine(
        60,
        load_default=None,
        metadata={"description": "The code of another carrier account than the method's."},
    )
    service = SingleLine(
        40,
        load_default=None,
        metadata={"description": "The carrier's own code of a product.", "example": "V01PAK"},
    )
    weight_grams = ma.fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=ma.validate.Range(1, MOST_GRAMS),
        metadata={"description": "As weighed. By default the goods without a box."},
    )
    size_mm = ma.fields.Nested(SizeSchema, load_default=None, allow_none=True)
    location_id = ma.fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Where it is sent from, if not where its units are allocated."},
    )

    @ma.post_load
    def _size(self, data: dict[str, Any], **_: object) -> dict[str, object]:
        size = data["size_mm"]
        sides = size and tuple(sorted(size.values(), reverse=True))
        return {**data, "size_mm": sides}


class VoidLabelSchema(Schema):
    """How a label is voided."""

    is_voided_elsewhere = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Somebody did so on the carrier's pages: it is not asked."},
    )


class PrintLabelSchema(Schema):
    """Where a label is printed."""

    station = SingleLine(60, required=True, metadata={"example": "PACK-2"})


class PrintedLabelSchema(Schema):
    """The print job of a label."""

    job_id = ma.fields.UUID(required=True)


class SettleLabelSchema(Schema):
    """What became of a request without an answer. Without a number it was not bought."""

    tracking_number = TrackingNumber(load_default=None)


class CustomsSnapshotLineSchema(Schema):
    """One article as customs was told."""

    sku = ma.fields.String(required=True)
    description = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    unit_value = ma.fields.Integer(required=True)
    weight_grams = ma.fields.Integer(required=True)
    hs_code = ma.fields.String(required=True)
    origin_country = ma.fields.String(required=True)


class CustomsSnapshotSchema(Schema):
    """What customs was told with a label; amounts in minor units of the currency."""

    currency = ma.fields.String(required=True)
    value = ma.fields.Integer(required=True)
    lines = ma.fields.List(ma.fields.Nested(CustomsSnapshotLineSchema), required=True)


class ShippingLabelSchema(Schema):
    """A label of a parcel."""

    id = ma.fields.UUID(required=True)
    fulfilment_id = ma.fields.UUID(required=True)
    account_id = ma.fields.UUID(required=True)
    account = ma.fields.String(required=True, metadata={"example": "gls-de"})
    carrier = ma.fields.String(required=True, metadata={"example": "GLS"})
    is_test = ma.fields.Boolean(
        required=True, metadata={"description": "From the carrier's sandbox: it carries nothing."}
    )
    state = ma.fields.String(
        required=True,
        validate=one_of(LabelState),
        metadata={
            "description": "`requested` with an `error`: nobody knows whether it was bought; "
            "look for the `reference` on the carrier's pages and settle it."
        },
    )
    reference = ma.fields.String(required=True, metadata={"example": "1001-F1-L1"})
    service = ma.fields.String(required=True)
    label_format = ma.fields.String(required=True, validate=ma.validate.OneOf(("PDF", "ZPL")))
    weight_grams = ma.fields.Integer(required=True)
    customs = ma.fields.Nested(CustomsSnapshotSchema, required=True, allow_none=True)
    tracking_number = ma.fields.String(required=True, allow_none=True)
    has_file = ma.fields.Boolean(required=True)
    error = ma.fields.String(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    bought_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    voided_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class _LabelledAddressSchema(AddressSchema, LabelSchema):
    """An address with the lines of its label."""


class CustomsLineSchema(Schema):
    """One article of a customs form; weight and value are of the whole line."""

    sku = ma.fields.String(required=True)
    description = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    net_weight_grams = ma.fields.Integer(required=True)
    value = ma.fields.Nested(MoneySchema, required=True)
    hs_code = ma.fields.String(required=True)
    origin_country = ma.fields.String(required=True)


class CustomsFormSchema(Schema):
    """What a CN23 says of a parcel."""

    number = ma.fields.String(required=True)
    is_needed = ma.fields.Boolean(
        required=True, metadata={"description": "Whether it leaves the customs union."}
    )
    category = ma.fields.String(required=True, metadata={"example": "sale_of_goods"})
    sender = ma.fields.Nested(_LabelledAddressSchema, required=True)
    recipient = ma.fields.Nested(_LabelledAddressSchema, required=True)
    lines = ma.fields.List(ma.fields.Nested(CustomsLineSchema), required=True)
    net_weight_grams = ma.fields.Integer(required=True)
    value = ma.fields.Nested(MoneySchema, required=True)
    postage = ma.fields.Nested(MoneySchema, required=True)
    missing = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "What customs asks for and the goods do not have."},
    )


class CustomsQuerySchema(Schema):
    """From where a parcel is sent."""

    location_id = ma.fields.UUID(load_default=None)


class TrackingEventSchema(Schema):
    """What a carrier said of a parcel."""

    id = ma.fields.UUID(required=True)
    status = ma.fields.String(required=True, validate=one_of(TrackingStatus))
    occurred_at = ma.fields.AwareDateTime(required=True)
    description = ma.fields.String(required=True)
    source = ma.fields.String(required=True, validate=ma.validate.OneOf(("file", "webhook")))


class TrackingFileSchema(Schema):
    """A carrier's file of tracking events, as comma-separated values."""

    csv = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 900_000),
        metadata={
            "description": "With a header: tracking_number, status, occurred_at, description. "
            "Commas or semicolons; times have their zone or are UTC.",
            "example": "tracking_number,status,occurred_at\r\n"
            "00340434161094042557,delivered,2026-11-30T14:05:00+01:00\r\n",
        },
    )


class TrackingResultSchema(Schema):
    """What tracking events changed."""

    parcels = ma.fields.Integer(required=True)
    new_events = ma.fields.Integer(required=True)
    delivered = ma.fields.Integer(required=True)
