"""Request and response schemas of the attention list."""

import marshmallow as ma

from api.attention.policy import Command
from api.platform.attention import AttentionKind, Resolution
from api.platform.http import MoneySchema, PageQuerySchema, Schema, one_of
from api.returns.schemas import REASONS

_KIND = one_of(AttentionKind)


class AttentionQuerySchema(PageQuerySchema):
    """Filters of the list."""

    state = ma.fields.String(
        load_default="open",
        validate=ma.validate.OneOf(["open", "resolved"]),
        metadata={"description": "`open`: oldest first. `resolved`: newest first."},
    )
    kind = ma.fields.String(load_default=None, validate=_KIND)
    order_id = ma.fields.UUID(load_default=None)


class AttentionItemSchema(Schema):
    """One item of the attention list."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=_KIND)
    reason = ma.fields.String(required=True)
    amount = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    due_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    reference = ma.fields.String(
        required=True, metadata={"description": "Its cause, for example a PaymentIntent's id."}
    )
    order_id = ma.fields.UUID(required=True, allow_none=True)
    order_number = ma.fields.String(required=True, allow_none=True)
    payment_id = ma.fields.UUID(required=True, allow_none=True)
    refund_id = ma.fields.UUID(required=True, allow_none=True)
    dispute_id = ma.fields.UUID(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    age_seconds = ma.fields.Integer(
        required=True,
        metadata={"description": "How long it has been open, or was open until resolved."},
    )
    commands = ma.fields.List(
        ma.fields.String(validate=one_of(Command)),
        required=True,
        metadata={"description": "What resolves it: `POST /admin/attention/{item_id}/{command}`."},
    )
    resolved_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    resolved_by = ma.fields.String(required=True, allow_none=True)
    resolution = ma.fields.String(
        required=True,
        allow_none=True,
        validate=one_of(Resolution),
        metadata={"description": "`gone`: its cause ended by itself."},
    )
    note = ma.fields.String(required=True, allow_none=True)


class AttentionRefundSchema(Schema):
    """The reason of the refund."""

    reason = ma.fields.String(required=True, validate=ma.validate.OneOf(REASONS))
    note = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 500))


class AttentionLinkSchema(Schema):
    """The order that an unmatched payment belongs to."""

    order_number = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 20), metadata={"example": "1001"}
    )
    note = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 500))


class AttentionNoteSchema(Schema):
    """Why the item is resolved like this."""

    note = ma.fields.String(required=True, validate=ma.validate.Length(1, 500))
