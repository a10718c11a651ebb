"""Request and response schemas of parcels that two orders share."""

import marshmallow as ma

from api.fulfilment.schemas import FulfilmentSchema
from api.platform.http import MoneySchema, Schema
from api.shared_parcels.states import SavingDecision


class PackTogetherSchema(Schema):
    """The order that goes in the parcel of another one."""

    order_id = ma.fields.UUID(required=True)


class ShippingSavingSchema(Schema):
    """What an order paid for shipping in vain, as it went in the parcel of another one."""

    fulfilment_id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    order_number = ma.fields.String(required=True)
    amount = ma.fields.Nested(
        MoneySchema, required=True, metadata={"description": "Proposed as a refund."}
    )
    decision = ma.fields.Enum(SavingDecision, by_value=True, required=True, allow_none=True)
    decided_by = ma.fields.String(required=True, allow_none=True)
    can_refund = ma.fields.Boolean(
        required=True,
        metadata={"description": "The parcel is on its way and nobody has decided yet."},
    )


class SharedParcelSchema(FulfilmentSchema):
    """A parcel in one box with that of another order."""

    shipping_saving = ma.fields.Nested(ShippingSavingSchema, required=True, allow_none=True)
