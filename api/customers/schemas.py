"""Schemas of customers, for staff."""

import marshmallow as ma

from api.accounts.schemas import SavedAddressSchema
from api.platform.http import NOT_BLANK, MoneySchema, PageQuerySchema, Schema
from api.platform.reference_schemas import ReferenceFilterSchema, ReferenceSchema


class CustomersQuerySchema(PageQuerySchema, ReferenceFilterSchema):
    """Filters of the list of customers."""

    q = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 200),
        metadata={
            "description": "Words of a name, a company or an e-mail address, the last of which may "
            "be only begun; or a phone number, of which the last eight digits count.",
            "example": "lovelace",
        },
    )
    group = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 40),
        metadata={"description": "The code of a group that they are in.", "example": "wholesale"},
    )


class CustomerCardSchema(Schema):
    """A customer in the list."""

    id = ma.fields.UUID(required=True)
    email = ma.fields.String(required=True)
    full_name = ma.fields.String(required=True)
    is_active = ma.fields.Boolean(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class CustomerGroupOfSchema(Schema):
    """A group that a customer is in."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)


class NoteOnCustomerSchema(Schema):
    """A note of staff about a customer."""

    id = ma.fields.UUID(required=True)
    text = ma.fields.String(required=True)
    created_by = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)


class NewCustomerNoteSchema(Schema):
    """A note about a customer."""

    text = ma.fields.String(required=True, validate=(ma.validate.Length(1, 2000), NOT_BLANK))


class CustomerNotesSchema(Schema):
    """The notes about a customer, oldest first."""

    data = ma.fields.List(ma.fields.Nested(NoteOnCustomerSchema), required=True)


class CustomerSchema(CustomerCardSchema):
    """A customer with everything that staff see of them."""

    groups = ma.fields.List(ma.fields.Nested(CustomerGroupOfSchema), required=True)
    addresses = ma.fields.List(ma.fields.Nested(SavedAddressSchema), required=True)
    notes = ma.fields.List(ma.fields.Nested(NoteOnCustomerSchema), required=True)
    references = ma.fields.List(ma.fields.Nested(ReferenceSchema), required=True)
    store_credit = ma.fields.List(
        ma.fields.Nested(MoneySchema),
        required=True,
        allow_none=True,
        metadata={"description": "By currency; null without the permission `credit:read`."},
    )
    order_count = ma.fields.Integer(required=True)
    last_order_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    spent = ma.fields.List(
        ma.fields.Nested(MoneySchema),
        required=True,
        metadata={"description": "What was paid and not given back, by currency."},
    )
