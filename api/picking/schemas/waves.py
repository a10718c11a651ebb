"""Schemas of waves."""

import marshmallow as ma

from api.inventory.service import MAX_QUANTITY
from api.picking.queries import MOST_IN_WAVE, MOST_ORDERS
from api.picking.schemas import BatchSchema
from api.picking.states import BatchKind
from api.platform.http import DateTimeField, Schema

_BINS_PASSED = "In bins passed, from the start of the location and back."


class NewWaveSchema(Schema):
    """Which orders to release together, and in batches of how many."""

    kind = ma.fields.Enum(BatchKind, by_value=True, load_default=BatchKind.TOTES)
    location_id = ma.fields.UUID(
        load_default=None, metadata={"description": "Your first by priority when left out."}
    )
    limit = ma.fields.Integer(
        strict=True,
        load_default=300,
        validate=ma.validate.Range(1, MOST_IN_WAVE),
        metadata={"description": "The most orders; those promised first are taken first."},
    )
    orders_per_batch = ma.fields.Integer(
        strict=True, load_default=12, validate=ma.validate.Range(1, MOST_ORDERS)
    )
    carrier = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 60))
    zone = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 40))
    promised_before = DateTimeField(
        load_default=None, metadata={"description": "Orders promised to leave before this cut-off."}
    )
    max_units = ma.fields.Integer(
        strict=True,
        load_default=None,
        validate=ma.validate.Range(1, MAX_QUANTITY),
        metadata={"description": "Orders of at most so many units."},
    )


class WavePreviewQuerySchema(NewWaveSchema):
    """The same in the query."""

    limit = ma.fields.Integer(load_default=300, validate=ma.validate.Range(1, MOST_IN_WAVE))
    orders_per_batch = ma.fields.Integer(
        load_default=12, validate=ma.validate.Range(1, MOST_ORDERS)
    )
    max_units = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1, MAX_QUANTITY))


class WorkSchema(Schema):
    """How much work a walk is."""

    order_count = ma.fields.Integer(required=True)
    line_count = ma.fields.Integer(required=True)
    unit_count = ma.fields.Integer(required=True)
    stops = ma.fields.Integer(required=True, metadata={"description": "Bins to stop at."})
    walk_length = ma.fields.Integer(required=True, metadata={"description": _BINS_PASSED})
    walk_length_alone = ma.fields.Integer(
        required=True, metadata={"description": "The same, were each order walked alone."}
    )
    seconds = ma.fields.Integer(required=True, metadata={"description": "How long it will take."})


class WavePreviewSchema(WorkSchema):
    """What the release of a wave would come to; nothing is claimed."""

    late_count = ma.fields.Integer(
        required=True, metadata={"description": "Promised to leave before now."}
    )
    next_cut_off = ma.fields.AwareDateTime(required=True, allow_none=True)
    is_measured = ma.fields.Boolean(
        required=True,
        metadata={"description": "From the batches of 30 days; else 30 seconds a line."},
    )
    batches = ma.fields.List(ma.fields.Nested(WorkSchema), required=True)


class WaveSchema(WorkSchema):
    """A wave, as it was released, and how far it is."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "W-12"})
    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("released", "in_progress", "done"))
    )
    kind = ma.fields.Enum(BatchKind, by_value=True, required=True)
    location_id = ma.fields.UUID(required=True)
    location_code = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    carrier = ma.fields.String(required=True, allow_none=True)
    zone = ma.fields.String(required=True, allow_none=True)
    promised_before = DateTimeField(required=True, allow_none=True)
    max_units = ma.fields.Integer(required=True, allow_none=True)
    batch_count = ma.fields.Integer(required=True)
    open_count = ma.fields.Integer(
        required=True, metadata={"description": "Batches that are not finished."}
    )
    picked_count = ma.fields.Integer(required=True, metadata={"description": "Units."})


class WaveDetailSchema(WaveSchema):
    """A wave with its batches."""

    batches = ma.fields.List(ma.fields.Nested(BatchSchema), required=True)
