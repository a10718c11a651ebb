"""Request and response schemas of back-in-stock subscriptions."""

from marshmallow import fields, validate

from api.platform.http import PageQuerySchema, Schema


class NewStockRequestSchema(Schema):
    """A variant to subscribe to, and an address. Customers are notified at their own address."""

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
    """The same answer for everyone, so that it does not reveal who is subscribed."""

    detail = fields.String(required=True)


class CancelStockRequestsSchema(Schema):
    """The secret from the link in an e-mail."""

    token = fields.String(required=True, validate=validate.Length(20, 100))


class StockRequestSchema(Schema):
    """A subscription of a customer."""

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
    """A subscribed variant. `since` is when the first open subscription was made."""

    variant_id = fields.UUID(required=True)
    sku = fields.String(required=True)
    title = fields.String(required=True)
    variant_title = fields.String(required=True)
    in_stock = fields.Boolean(required=True)
    waiting = fields.Integer(required=True)
    since = fields.AwareDateTime(required=True)


class StockRequestsQuerySchema(PageQuerySchema):
    """Paging of the list."""
