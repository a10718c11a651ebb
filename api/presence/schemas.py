"""Schemas of changes and claims."""

import marshmallow as ma

from api.platform.http import Schema
from api.presence.policy import KINDS


class ChangesQuerySchema(Schema):
    """Where to continue the change feed."""

    after = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(max=8000),
        metadata={
            "description": "`cursor` of the answer before. Without it: where to begin.",
            "pattern": "^[0-9]+-[0-9]+:[0-9]+:[0-9,]*$",
        },
    )


class ChangeSchema(Schema):
    """One thing that was created, changed or deleted."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(KINDS)))
    id = ma.fields.UUID(
        required=True, allow_none=True, metadata={"description": "null: many of the kind."}
    )


class OrderClaimSchema(Schema):
    """A claim: who has an order open."""

    order_id = ma.fields.UUID(required=True)
    claimed_by = ma.fields.String(required=True, metadata={"example": "Anna Berg"})
    claimed_at = ma.fields.AwareDateTime(required=True)
    claimed_until = ma.fields.AwareDateTime(required=True)
    is_mine = ma.fields.Boolean(required=True)


class ChangesSchema(Schema):
    """What changed since the cursor, each thing once, and all active claims."""

    cursor = ma.fields.String(required=True, metadata={"description": "Send it as `after`."})
    must_reload = ma.fields.Boolean(
        required=True,
        metadata={"description": "The cursor is too old or too much changed: read all again."},
    )
    changes = ma.fields.List(ma.fields.Nested(ChangeSchema), required=True)
    claims = ma.fields.List(ma.fields.Nested(OrderClaimSchema), required=True)


class OrderClaimRequestSchema(Schema):
    """The request for a claim."""

    take_over = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Also when somebody else has it open; they are told."},
    )
