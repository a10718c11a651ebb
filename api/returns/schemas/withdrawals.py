"""Request and response schemas of withdrawals."""

from typing import TypedDict
from uuid import UUID

import marshmallow as ma

from api.accounts.schemas import EmailAddress
from api.platform.addresses import SingleLine
from api.platform.http import PageQuerySchema, Schema
from api.returns.schemas.cases import MOST_LINES, MOST_UNITS


class WithdrawalTextsSchema(Schema):
    """What the withdrawal function says in the language of the request."""

    withdraw_label = ma.fields.String(
        required=True, metadata={"example": "Withdraw from contract here"}
    )
    confirm_label = ma.fields.String(required=True, metadata={"example": "Confirm withdrawal"})
    statement = ma.fields.String(required=True)


class WithdrawnUnits(TypedDict):
    """Units of an order line from which somebody withdraws."""

    order_line_id: UUID
    quantity: int


class WithdrawnUnitsSchema(Schema):
    """Units of an order line to withdraw from."""

    order_line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(1, MOST_UNITS)
    )


class BeginWithdrawalSchema(Schema):
    """The first step: who withdraws from which contract, and where the receipt goes."""

    order_number = SingleLine(40, required=True, metadata={"example": "1001"})
    name = SingleLine(200, required=True)
    email = EmailAddress(required=True)
    order_id = ma.fields.UUID(
        load_default=None,
        metadata={
            "description": "Of an order of your own: then units of it may be named, and the goods "
            "are shown."
        },
    )
    lines = ma.fields.List(
        ma.fields.Nested(WithdrawnUnitsSchema),
        load_default=None,
        validate=ma.validate.Length(1, MOST_LINES),
        metadata={"description": "By default everything. Needs `order_id`."},
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def _own(self, values: dict[str, object], **_: object) -> None:
        if values["lines"] is not None and values["order_id"] is None:
            raise ma.ValidationError("Name the order as well.", "order_id")


class BegunWithdrawalSchema(Schema):
    """The draft of a withdrawal: nothing is sent before it is confirmed."""

    id = ma.fields.UUID(required=True)
    token = ma.fields.String(
        required=True, metadata={"description": "The secret that confirms it."}
    )
    statement = ma.fields.String(required=True)
    confirm_label = ma.fields.String(required=True)
    ends_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When the period ends, of your own order; null while it is open."},
    )


class ConfirmWithdrawalSchema(Schema):
    """The second step."""

    token = ma.fields.String(required=True, validate=ma.validate.Length(20, 100))


class ConfirmedWithdrawalSchema(Schema):
    """A withdrawal whose notice was given; the receipt is on its way by e-mail."""

    id = ma.fields.UUID(required=True)
    statement = ma.fields.String(required=True)
    email = ma.fields.String(required=True)
    confirmed_at = ma.fields.AwareDateTime(required=True)


class WithdrawalSchema(Schema):
    """A withdrawal, for staff."""

    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True, allow_none=True)
    return_id = ma.fields.UUID(required=True, allow_none=True)
    return_number = ma.fields.String(required=True, allow_none=True)
    order_number = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    email = ma.fields.String(required=True)
    statement = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    confirmed_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class WithdrawalsQuerySchema(PageQuerySchema):
    """Filters of the list of withdrawals."""

    is_matched = ma.fields.Boolean(
        load_default=None, metadata={"description": "`false`: those whose order is not known."}
    )


class MatchWithdrawalSchema(Schema):
    """The order that a withdrawal means."""

    order_id = ma.fields.UUID(required=True)


class StaffWithdrawalSchema(Schema):
    """A withdrawal that came by post, e-mail or phone."""

    name = SingleLine(200, load_default=None)
    email = EmailAddress(load_default=None)
    lines = ma.fields.List(
        ma.fields.Nested(WithdrawnUnitsSchema),
        load_default=None,
        validate=ma.validate.Length(1, MOST_LINES),
    )
