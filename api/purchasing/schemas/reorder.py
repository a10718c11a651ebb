"""Request and response schemas of reordering."""

import marshmallow as ma

from api.platform.http import MoneySchema, PageQuerySchema, Schema
from api.platform.rules import AtMostOne
from api.purchasing.schemas.orders import MAX_UNITS, OrderLocationSchema, OrderSupplierSchema

MOST_LEVELS = 500
_UNITS = ma.validate.Range(0, MAX_UNITS)


class ReorderQuerySchema(PageQuerySchema):
    """Filters of what should be ordered."""

    location_id = ma.fields.UUID(load_default=None)
    supplier_id = ma.fields.UUID(load_default=None)


class ReorderRuleSchema(Schema):
    """When a level is ordered again, and up to how many units."""

    level_id = ma.fields.UUID(required=True)
    minimum = ma.fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=_UNITS,
        metadata={"description": "The threshold at which the level counts as low."},
    )
    reorder_point = ma.fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=_UNITS,
        metadata={"description": "At so many units more are ordered; null: no rule."},
    )
    maximum = ma.fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=_UNITS,
        metadata={"description": "Up to so many; null: as many as sell until the next order."},
    )


class NewReorderSchema(Schema):
    """Which location to order for, by default the preferred one; and which levels, if not all."""

    location_id = ma.fields.UUID()
    location = ma.fields.String(
        validate=ma.validate.Length(1, 40), metadata={"description": "Code, instead of the id."}
    )
    level_ids = ma.fields.List(
        ma.fields.UUID(),
        validate=ma.validate.Length(1, MOST_LEVELS),
        metadata={
            "description": "Only these stock levels. One that this supplier is not asked for"
            " first, that is at another location or that needs nothing is left out."
        },
    )

    member_rules = (
        AtMostOne(
            "location_id", "location", error="Name the location by location_id or by location."
        ),
    )


class ElsewhereSchema(OrderLocationSchema):
    """The location with the most free units of a variant."""

    available = ma.fields.Integer(required=True)


class ReorderSuggestionSchema(Schema):
    """A level that should be ordered again."""

    id = ma.fields.UUID(required=True, metadata={"description": "Of the stock level."})
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    product_title = ma.fields.String(required=True)
    location = ma.fields.Nested(OrderLocationSchema, required=True)
    available = ma.fields.Integer(required=True)
    minimum = ma.fields.Integer(required=True, allow_none=True)
    reorder_point = ma.fields.Integer(required=True, allow_none=True)
    maximum = ma.fields.Integer(required=True, allow_none=True)
    incoming = ma.fields.Integer(
        required=True, metadata={"description": "From placed orders and transfers on their way."}
    )
    expected_on = ma.fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The first day on which a placed purchase order brings some."},
    )
    sold = ma.fields.Integer(
        required=True, metadata={"description": "Units shipped in the last 28 days."}
    )
    sales = ma.fields.List(
        ma.fields.Integer(),
        required=True,
        metadata={"description": "Units shipped on each of these days, today last."},
    )
    back_ordered = ma.fields.Integer(
        required=True, metadata={"description": "Units that orders wait for; less of available."}
    )
    days_left = ma.fields.Integer(required=True, allow_none=True)
    elsewhere = ma.fields.Nested(
        ElsewhereSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Another location with free units, the one with the most."},
    )
    has_supplier = ma.fields.Boolean(required=True)
    supplier = ma.fields.Nested(OrderSupplierSchema, required=True, allow_none=True)
    unit_cost = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    order_quantity = ma.fields.Integer(
        required=True, metadata={"description": "In whole packs of the supplier."}
    )
