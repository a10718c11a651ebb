"""Schemas of lots, and of the report of who got one."""

import marshmallow as ma

from api.inventory.allocation_strategy import MAX_QUANTITY
from api.inventory.schemas.levels import LotCode
from api.platform.http import PageQuerySchema, Schema
from api.platform.rules import AtLeastOne


class LotSchema(Schema):
    """Units of a variant that were made together."""

    id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    product_title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True, allow_none=True)
    code = ma.fields.String(required=True)
    expires_on = ma.fields.Date(
        required=True, allow_none=True, metadata={"description": "Last day on which it is sold."}
    )
    is_sellable = ma.fields.Boolean(
        required=True, metadata={"description": "Neither expired nor recalled."}
    )
    is_recalled = ma.fields.Boolean(required=True)
    recalled_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    recalled_by = ma.fields.String(required=True, allow_none=True)
    units = ma.fields.Integer(required=True, metadata={"description": "On hand of it."})
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)


class LotQuerySchema(PageQuerySchema):
    """Filters of the list of lots."""

    q = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "The code of a lot, or a SKU."},
    )
    variant_id = ma.fields.UUID(load_default=None)
    expires_before = ma.fields.Date(
        load_default=None,
        metadata={"description": "Lots that are still sold and expire before it, by date."},
    )


class EditLotSchema(Schema):
    """What to change about a lot; its code stays, because it is printed."""

    expires_on = ma.fields.Date(allow_none=True)
    is_recalled = ma.fields.Boolean(
        metadata={"description": "What is left of a recalled lot is not for sale."}
    )

    member_rules = (AtLeastOne("expires_on", "is_recalled", error="Say what to change."),)


class LotPlaceSchema(Schema):
    """Units of a lot at one place."""

    id = ma.fields.UUID(required=True)
    lot_id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    expires_on = ma.fields.Date(required=True, allow_none=True)
    is_sellable = ma.fields.Boolean(required=True)
    bin_id = ma.fields.UUID(required=True, allow_none=True)
    bin_code = ma.fields.String(required=True, allow_none=True)
    quantity = ma.fields.Integer(required=True)


class LevelLotsSchema(Schema):
    """The lots of a level by place, the one that expires first first."""

    lots = ma.fields.List(ma.fields.Nested(LotPlaceSchema), required=True)
    in_no_lot = ma.fields.Integer(required=True)


class AssignLotSchema(Schema):
    """Units on hand that are in no lot yet, and their lot."""

    quantity = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(1, MAX_QUANTITY)
    )
    lot = LotCode(required=True)
    expires_on = ma.fields.Date(load_default=None)
    bin_id = ma.fields.UUID(load_default=None, metadata={"description": "None: in no bin."})


class RecipientSchema(Schema):
    """An order that got units of a lot."""

    order_id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True)
    customer_name = ma.fields.String(required=True)
    email = ma.fields.String(required=True)
    phone = ma.fields.String(required=True, allow_none=True)
    country = ma.fields.String(required=True, allow_none=True)
    units = ma.fields.Integer(required=True, metadata={"description": "Units that were shipped."})
    returned = ma.fields.Integer(
        required=True, metadata={"description": "Units of them that came back."}
    )
    shipped_at = ma.fields.AwareDateTime(required=True)
