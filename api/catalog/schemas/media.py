"""Pictures on the wire."""

from marshmallow import fields, validate

from api.catalog.models.media import MediaState
from api.platform.http import PageQuerySchema, Schema, one_of

_STATES = one_of(MediaState)


class PictureSizeSchema(Schema):
    """A smaller picture that was made of one."""

    name = fields.String(
        required=True, validate=validate.OneOf(["thumb", "small", "medium", "large"])
    )
    url = fields.String(required=True)
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)


class MediaQuerySchema(PageQuerySchema):
    """Which pictures staff want to list."""

    state = fields.String(load_default=None, validate=_STATES)


class MediaSchema(Schema):
    """A picture that the shop keeps. `sizes` come a moment after it was handed in."""

    id = fields.UUID(required=True)
    url = fields.String(required=True)
    content_type = fields.String(required=True)
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    size_bytes = fields.Integer(required=True)
    state = fields.String(required=True, validate=_STATES)
    error = fields.String(required=True, allow_none=True)
    sizes = fields.List(fields.Nested(PictureSizeSchema), required=True)
    used_by = fields.Integer(required=True, metadata={"description": "How many products show it."})
    created_at = fields.AwareDateTime(required=True)
