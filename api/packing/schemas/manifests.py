"""Manifests and the hand-over of parcels."""

import marshmallow as ma

from api.packing.states import HandOverResult, LabelResult, ManifestStatus
from api.platform.addresses import SingleLine
from api.platform.http import PageQuerySchema, Schema

_CODE = ma.validate.Length(1, 500)


class NewManifestSchema(Schema):
    """Whose parcels are handed over."""

    carrier = SingleLine(60, required=True, metadata={"example": "DHL"})


class ManifestQuerySchema(PageQuerySchema):
    """Filters of the list of manifests."""

    status = ma.fields.Enum(ManifestStatus, by_value=True, load_default=None)
    carrier = SingleLine(60, load_default=None)


class NotHandedOverQuerySchema(Schema):
    """Of which carrier; all of them when left out."""

    carrier = SingleLine(60, load_default=None)


class LabelScanSchema(Schema):
    """A scanned label: the tracking number, or the number of the parcel."""

    code = ma.fields.String(required=True, validate=_CODE)


class TakeOffSchema(Schema):
    """The parcel that the carrier did not take."""

    fulfilment_id = ma.fields.UUID(required=True)


class LabelAnswerSchema(Schema):
    """Whether the label belongs to the parcel."""

    result = ma.fields.Enum(LabelResult, by_value=True, required=True)
    message = ma.fields.String(required=True)


class ManifestParcelSchema(Schema):
    """A parcel that is handed over, or is to be."""

    fulfilment_id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "1001-F1"})
    order_id = ma.fields.UUID(required=True)
    order_number = ma.fields.String(required=True)
    carrier = ma.fields.String(required=True)
    tracking_number = ma.fields.String(required=True, allow_none=True)
    country = ma.fields.String(required=True)
    unit_count = ma.fields.Integer(required=True)
    weight_grams = ma.fields.Integer(required=True, allow_none=True)
    shipped_at = ma.fields.AwareDateTime(required=True)
    is_label_checked = ma.fields.Boolean(
        required=True, metadata={"description": "Its label was scanned back at the station."}
    )
    is_voided = ma.fields.Boolean(
        required=True, metadata={"description": "Closing the manifest takes it off."}
    )


class ManifestSchema(Schema):
    """The parcels that a carrier takes at once."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "M-12"})
    carrier = ma.fields.String(required=True)
    status = ma.fields.Enum(ManifestStatus, by_value=True, required=True)
    parcel_count = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    opened_by = ma.fields.String(required=True)
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    closed_by = ma.fields.String(required=True, allow_none=True)


class ManifestDetailSchema(ManifestSchema):
    """A manifest with its parcels, in the order of their scans."""

    parcels = ma.fields.List(ma.fields.Nested(ManifestParcelSchema), required=True)


class HandOverAnswerSchema(Schema):
    """What a scan was; only `ok` put a parcel on the manifest."""

    result = ma.fields.Enum(HandOverResult, by_value=True, required=True)
    message = ma.fields.String(required=True)
    manifest = ma.fields.Nested(ManifestDetailSchema, required=True)


class NotHandedOverSchema(Schema):
    """Parcels that were shipped in the last 14 days and are on no manifest; at most 500."""

    parcels = ma.fields.List(ma.fields.Nested(ManifestParcelSchema), required=True)
