"""Schemas of notes, tags, saved views, bulk actions and the rules that hold orders."""

from typing import Any

import marshmallow as ma

from api.orders.service import HoldRuleInput
from api.orders.states import (
    STAFF_HOLD_REASONS,
    BulkAction,
    FulfilmentStatus,
    HoldReason,
    OrderStatus,
    PaymentStatus,
    RuleCondition,
)
from api.platform.http import (
    NOT_BLANK,
    TRIMMED,
    DateTimeField,
    PageQuerySchema,
    Pattern,
    PositiveMoneySchema,
    Schema,
    one_of,
)
from api.platform.reference_schemas import ReferenceFilterSchema

MOST_AT_ONCE = 100
"""Orders of one bulk action."""

_TAG = (ma.validate.Length(1, 40), TRIMMED)
_NOTE = (ma.validate.Length(1, 2000), NOT_BLANK)
_REASON = one_of(STAFF_HOLD_REASONS)


def tag_field(**options: Any) -> ma.fields.String:
    """Return the field of one tag."""
    return ma.fields.String(validate=_TAG, metadata={"example": "express"}, **options)


class OrderFilterSchema(ReferenceFilterSchema):
    """The filters of the list of orders, as the list takes them and a view keeps them."""

    status = ma.fields.String(load_default=None, validate=one_of(OrderStatus))
    payment_status = ma.fields.String(load_default=None, validate=one_of(PaymentStatus))
    fulfilment_status = ma.fields.String(load_default=None, validate=one_of(FulfilmentStatus))
    queue = ma.fields.String(
        load_default=None,
        validate=ma.validate.OneOf(["to_ship", "on_hold"]),
        metadata={
            "description": "`to_ship`: paid for, not on hold, and something in stock is left to "
            "ship. `on_hold`: kept from being shipped."
        },
    )
    hold_reason = ma.fields.String(
        load_default=None,
        validate=one_of(HoldReason),
        metadata={"description": "Orders that are on hold for this reason."},
    )
    tag = tag_field(load_default=None)
    customer_id = ma.fields.UUID(load_default=None)
    q = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 200),
        metadata={
            "description": "Words of a name or company, an e-mail, a phone number, an order "
            "number with or without `#`, a tracking number, a postcode, the SKU of a line. All of "
            "them must fit, whatever their accents; the last may be only begun.",
            "example": "grossmuller",
        },
    )
    placed_at_gte = DateTimeField(load_default=None)
    placed_at_lt = DateTimeField(load_default=None)


class NoteSchema(Schema):
    """A note by staff: for staff, or for the customer."""

    text = ma.fields.String(required=True, validate=_NOTE)
    for_customer = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Whether the customer sees it with the order."},
    )
    is_pinned = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Whether whoever ships the order must acknowledge it first."},
    )


class PinSchema(Schema):
    """Whether a note interrupts shipping."""

    is_pinned = ma.fields.Boolean(required=True)


class NoteReaderSchema(Schema):
    """Who has acknowledged a note, and when."""

    actor = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class OrderNoteSchema(Schema):
    """A note about an order."""

    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    text = ma.fields.String(required=True)
    for_customer = ma.fields.Boolean(required=True)
    is_pinned = ma.fields.Boolean(required=True)
    created_by = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)
    read_by = ma.fields.List(
        ma.fields.Nested(NoteReaderSchema),
        required=True,
        metadata={"description": "Who has acknowledged it since it was pinned."},
    )
    is_read = ma.fields.Boolean(
        required=True, metadata={"description": "Whether you have acknowledged it."}
    )


class CustomerNoteSchema(Schema):
    """A note of the shop for its customer."""

    at = ma.fields.AwareDateTime(required=True)
    text = ma.fields.String(required=True)


class ChangeTagsSchema(Schema):
    """Tags to add and to remove."""

    add = ma.fields.List(tag_field(), load_default=list, validate=ma.validate.Length(0, 25))
    remove = ma.fields.List(tag_field(), load_default=list, validate=ma.validate.Length(0, 25))


class TagsSchema(Schema):
    """The tags of an order, sorted."""

    tags = ma.fields.List(ma.fields.String(), required=True)
    version = ma.fields.Integer(required=True)


class EditViewSchema(Schema):
    """What to change about a view."""

    name = ma.fields.String(validate=(ma.validate.Length(1, 40), TRIMMED))
    filters = ma.fields.Nested(OrderFilterSchema)


class NewViewSchema(Schema):
    """Filters to save under a name."""

    name = ma.fields.String(
        required=True,
        validate=(ma.validate.Length(1, 40), TRIMMED),
        metadata={"example": "express today"},
    )
    filters = ma.fields.Nested(OrderFilterSchema, required=True)


class OrderViewSchema(Schema):
    """A saved view; `filters` are parameters of the list of orders."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    filters = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class BulkActionSchema(Schema):
    """One action on up to 100 orders."""

    order_ids = ma.fields.List(
        ma.fields.UUID(), required=True, validate=ma.validate.Length(1, MOST_AT_ONCE)
    )
    action = ma.fields.String(required=True, validate=one_of(BulkAction))
    tags = ma.fields.List(
        tag_field(),
        load_default=list,
        validate=ma.validate.Length(0, 25),
        metadata={"description": "For `tag` and `untag`."},
    )
    reason = ma.fields.String(
        load_default=None,
        validate=_REASON,
        metadata={
            "description": "For `hold`, and for `release`: the holds of this reason only. Holds "
            "because of disputes, fraud warnings and refunds at the provider are never released so."
        },
    )
    note = ma.fields.String(
        load_default=None,
        validate=(ma.validate.Length(1, 500), NOT_BLANK),
        metadata={"description": "For `note`; for `hold` and `release`, why."},
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def _needs(self, values: dict[str, object], **_: object) -> None:
        action = values["action"]
        if action in (BulkAction.TAG, BulkAction.UNTAG) and not values.get("tags"):
            raise ma.ValidationError({"tags": ["Name at least one tag."]})
        if action == BulkAction.HOLD and values.get("reason") is None:
            raise ma.ValidationError({"reason": ["Say why they must not ship."]})
        if action == BulkAction.NOTE and values.get("note") is None:
            raise ma.ValidationError({"note": ["Write the note."]})


class BulkProblemSchema(Schema):
    """Why an action was refused for one order."""

    code = ma.fields.String(required=True)
    detail = ma.fields.String(required=True)


class BulkResultSchema(Schema):
    """What the action did to one order."""

    order_id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, allow_none=True)
    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["done", "unchanged", "refused"])
    )
    problem = ma.fields.Nested(BulkProblemSchema, required=True, allow_none=True)


class BulkResultsSchema(Schema):
    """What the action did, in the order in which the orders were named, and how often."""

    data = ma.fields.List(ma.fields.Nested(BulkResultSchema), required=True)
    done = ma.fields.Integer(required=True)
    unchanged = ma.fields.Integer(required=True)
    refused = ma.fields.Integer(required=True)


class EditHoldRuleSchema(Schema):
    """What to change about a rule; its code and its condition stay."""

    name = ma.fields.String(validate=(ma.validate.Length(1, 120), NOT_BLANK))
    value = ma.fields.String(
        allow_none=True,
        validate=ma.validate.OneOf(["elevated", "highest", "cvc", "address", "any"]),
        metadata={
            "description": "`elevated` or `highest` for `risk_level`, which includes what is "
            "above it; `cvc`, `address` or `any` for `card_check_failed`."
        },
    )
    limit = ma.fields.Nested(
        PositiveMoneySchema,
        allow_none=True,
        metadata={"description": "For conditions about amounts, in the order's currency."},
    )
    reason = ma.fields.String(validate=_REASON)
    is_active = ma.fields.Boolean()

    @ma.post_load
    def _loaded(self, data: dict[str, object], **_: object) -> object:
        return self.rule(data)

    def rule(self, data: dict[str, Any]) -> Any:
        """Return what is loaded: the changed columns."""
        if "limit" in data:
            limit = data.pop("limit")
            data["amount"] = None if limit is None else limit.amount
            data["currency"] = None if limit is None else limit.currency
        if "reason" in data:
            data["reason"] = HoldReason(data["reason"])
        return data


class NewHoldRuleSchema(EditHoldRuleSchema):
    """A rule that holds orders when they are paid for the first time."""

    code = ma.fields.String(
        required=True,
        validate=Pattern(
            r"^[a-z0-9][a-z0-9_-]{0,39}$", error="Use up to 40 small letters, digits or dashes."
        ),
        metadata={"example": "large-first-order"},
    )
    name = ma.fields.String(required=True, validate=(ma.validate.Length(1, 120), NOT_BLANK))
    condition = ma.fields.String(required=True, validate=one_of(RuleCondition))
    reason = ma.fields.String(required=True, validate=_REASON)

    def rule(self, data: dict[str, object]) -> object:
        """Return what is loaded: the new rule."""
        values = super().rule(data)
        return HoldRuleInput(**{**values, "condition": RuleCondition(values["condition"])})


class HoldRuleSchema(Schema):
    """A rule that holds orders."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    condition = ma.fields.String(required=True)
    value = ma.fields.String(required=True, allow_none=True)
    limit = ma.fields.Nested(PositiveMoneySchema, required=True, allow_none=True)
    reason = ma.fields.String(required=True)
    is_active = ma.fields.Boolean(required=True)
    held = ma.fields.Integer(
        required=True, metadata={"description": "How many orders it holds now."}
    )
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class HoldRulesQuerySchema(PageQuerySchema):
    """Page of rules."""


class ImportHoldRulesSchema(Schema):
    """A CSV of rules."""

    csv = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 100_000),
        metadata={
            "description": "With the columns code, name, condition, value, amount (minor units), "
            "currency, reason, is_active."
        },
    )


class HoldRulesImportedSchema(Schema):
    """How many rules a CSV had."""

    rows = ma.fields.Integer(required=True)
