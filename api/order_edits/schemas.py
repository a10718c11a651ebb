"""Request and response schemas of edits."""

from typing import Any

import marshmallow as ma

from api.cart.schemas import CartSchema
from api.order_edits.flows import Addition, EditForm, LineChange
from api.order_edits.flows.form import PLACING, RULES
from api.platform.addresses import AddressSchema, SingleLine
from api.platform.http import MoneySchema, Schema, UnitPriceSchema
from api.platform.rules import AtLeastOne, NeededByItems


class LineChangeSchema(Schema):
    """A line that changes: `quantity` counts shipped and cancelled units too, 0 removes it."""

    makes = LineChange

    order_line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=ma.validate.Range(0, 100_000)
    )
    unit_price = ma.fields.Nested(
        UnitPriceSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "A price that staff set: needs `orders:discount` and a reason."},
    )

    member_rules = (
        AtLeastOne("quantity", "unit_price", error="Give the new quantity or the new price."),
    )


class AdditionSchema(Schema):
    """Units of a variant that are added as a new line."""

    makes = Addition

    sku = ma.fields.String(required=True, validate=ma.validate.Length(1, 100))
    quantity = ma.fields.Integer(
        load_default=1, strict=True, validate=ma.validate.Range(1, 100_000)
    )
    unit_price = ma.fields.Nested(
        UnitPriceSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "By default the price of `rules`. Needs `orders:discount`."},
    )


class EditFormSchema(Schema):
    """What to change about an order; what is left out stays as it is."""

    makes = EditForm

    email = ma.fields.Email(
        load_default=None, allow_none=True, validate=ma.validate.Length(max=254)
    )
    shipping_address = ma.fields.Nested(AddressSchema, load_default=None, allow_none=True)
    billing_address = ma.fields.Nested(
        AddressSchema,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Left out, it follows the shipping address if it was the same before."
        },
    )
    shipping_method = ma.fields.String(
        load_default=None, allow_none=True, validate=ma.validate.Length(1, 60)
    )
    lines = ma.fields.List(
        ma.fields.Nested(LineChangeSchema), load_default=list, validate=ma.validate.Length(0, 200)
    )
    add = ma.fields.List(
        ma.fields.Nested(AdditionSchema), load_default=list, validate=ma.validate.Length(0, 50)
    )
    rules = ma.fields.String(
        load_default=PLACING,
        validate=ma.validate.OneOf(RULES),
        metadata={
            "description": "Whose prices and taxes count: of the day when it was `placing` its "
            "order, or `now`, which prices every line and the shipping anew."
        },
    )
    reason = SingleLine(
        200,
        load_default=None,
        metadata={"description": "Needed where a price is set.", "example": "Agreed by phone"},
    )
    expected_total = ma.fields.Nested(
        MoneySchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "What the preview showed; another total is refused (409)."},
    )

    member_rules = (
        NeededByItems(
            "reason", "unit_price", "lines", "add", error="Give the reason of the price."
        ),
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def _fits(self, form: dict[str, Any], **_: object) -> None:
        lines: list[LineChange] = form["lines"]
        if len({line.order_line_id for line in lines}) != len(lines):
            raise ma.ValidationError("Name each line once.", "lines")


class PreviewLineSchema(Schema):
    """A line as it would stand."""

    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    quantity_before = ma.fields.Integer(required=True, metadata={"description": "0 if it is new."})
    quantity = ma.fields.Integer(required=True)
    unit_price = ma.fields.Nested(MoneySchema, required=True)
    amount = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "Units at their price less discounts."}
    )


class EditPreviewSchema(Schema):
    """What an edit would change and cost."""

    steps = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "Each step in words."}
    )
    lines = ma.fields.List(ma.fields.Nested(PreviewLineSchema), required=True)
    total_before = ma.fields.Nested(MoneySchema, required=True)
    total = ma.fields.Nested(MoneySchema, required=True)
    due = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "What the customer would owe."}
    )
    refund = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "What would go back."}
    )
    must_be_approved = ma.fields.Boolean(
        required=True, metadata={"description": "Whether it would wait for a second person."}
    )
    version = ma.fields.Integer(
        required=True, metadata={"description": "Of the order, for If-Match of the edit."}
    )


class EditSchema(Schema):
    """An edit that was made."""

    id = ma.fields.UUID(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    actor = ma.fields.String(required=True)
    reason = ma.fields.String(required=True, allow_none=True)
    rules = ma.fields.String(required=True, validate=ma.validate.OneOf(RULES))
    steps = ma.fields.List(ma.fields.String(), required=True)
    total_before = ma.fields.Nested(MoneySchema, required=True)
    total_after = ma.fields.Nested(MoneySchema, required=True)
    due = ma.fields.Nested(MoneySchema, required=True)
    refund = ma.fields.Nested(MoneySchema, required=True)


class GoneSchema(Schema):
    """A line of an order that is no longer for sale."""

    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    detail = ma.fields.String(required=True)


class ReorderedSchema(Schema):
    """The cart with an order's goods in it, and what of them is gone."""

    cart = ma.fields.Nested(CartSchema, required=True)
    gone = ma.fields.List(ma.fields.Nested(GoneSchema), required=True)
    token = ma.fields.String(
        metadata={"description": "A guest's new X-Cart-Token, where the one sent is no cart's."}
    )
