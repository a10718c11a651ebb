"""Request schemas of approvals."""

import marshmallow as ma

from api.platform.http import PageQuerySchema, Schema


class ApprovalQuerySchema(PageQuerySchema):
    """Filters of the list."""

    state = ma.fields.String(
        load_default="waiting",
        validate=ma.validate.OneOf(["waiting", "decided"]),
        metadata={"description": "`waiting`: oldest first. `decided` or expired: newest first."},
    )


class RejectionSchema(Schema):
    """Why a command is not carried out."""

    note = ma.fields.String(required=True, validate=ma.validate.Length(1, 500))
