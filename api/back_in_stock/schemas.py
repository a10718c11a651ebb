"""The waiting list on the wire."""

from marshmallow import fields, validate

from api.platform.http import PageQuerySchema, Schema


class NewStockRequestSchema(Schema):
    """What to wait for, and where to write to. Customers are written to at their own address."""

    variant_id = fields.UUID(required=True)
    email = fields.Email(
        load_default=None,
        allow_none=True,
        validate=[
            validate.Length(max=254),
            validate.ContainsNoneOf('"\\', error="Not a valid email address."),
        ],
        metadata={"description": "Needed from guests."},
    )


class StockRequestAcceptedSchema(Schema):
    """The same answer for everyone, so that nobody learns who waits."""

    detail = fields.String(required=True)


class CancelStockRequestsSchema(Schema):
    """The secret of the link in a letter."""

    token = fields.String(required=True, validate=validate.Length(20, 100))


class StockRequestSchema(Schema):
    """Something that a customer waits for, or was told of."""

    id = fields.UUID(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["waiting", "told"]))
    variant_id = fields.UUID(required=True)
    sku = fields.String(required=True)
    title = fields.String(required=True)
    variant_title = fields.String(required=True)
    slug = fields.String(required=True)
    in_stock = fields.Boolean(required=True)
    created_at = fields.AwareDateTime(required=True)
    told_at = fields.AwareDateTime(required=True, allow_none=True)


class StockDemandSchema(Schema):
    """What people wait for. `since` is when the first of them came."""

    variant_id = fields.UUID(required=True)
    sku = fields.String(required=True)
    title = fields.String(required=True)
    variant_title = fields.String(required=True)
    in_stock = fields.Boolean(required=True)
    waiting = fields.Integer(required=True)
    since = fields.AwareDateTime(required=True)


class StockRequestsQuerySchema(PageQuerySchema):
    """Which page of the waiting list."""
