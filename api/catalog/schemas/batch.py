"""Rows of changes to many products or variants at once."""

from marshmallow import fields, validate

from api.catalog.schemas.admin import EditProductSchema, EditVariantSchema, PriceSchema
from api.catalog.service.bulk_edit import COMMANDS
from api.platform.bulk_request import BatchRowSchema, batch_of
from api.platform.rules import AtLeastOne, AtMostOne


class ProductRowSchema(BatchRowSchema):
    """What to do to one product: `changes` as in its own form, then a command, or one of them."""

    id = fields.UUID(required=True)
    changes = fields.Nested(EditProductSchema)
    command = fields.String(validate=validate.OneOf(COMMANDS))

    member_rules = (AtLeastOne("changes", "command", error="Say changes, a command, or both."),)


class VariantRowSchema(BatchRowSchema):
    """What to do to one variant: `changes` as in its own form, and its prices, or one of them.

    `prices` are all of its prices, as when they are set alone; `price_updates` are those in some
    currencies, and the others stay.
    """

    id = fields.UUID(required=True)
    changes = fields.Nested(EditVariantSchema)
    prices = fields.List(fields.Nested(PriceSchema), validate=validate.Length(max=50))
    price_updates = fields.List(fields.Nested(PriceSchema), validate=validate.Length(1, 50))

    member_rules = (
        AtLeastOne("changes", "prices", "price_updates", error="Say changes, prices, or both."),
        AtMostOne(
            "prices",
            "price_updates",
            error="Send either prices or price_updates.",
            at="price_updates",
        ),
    )


ProductBatchSchema = batch_of(ProductRowSchema)
VariantBatchSchema = batch_of(VariantRowSchema)
