"""Request and response schemas of returns."""

from collections.abc import Sequence
from typing import Any, TypedDict
from uuid import UUID

import marshmallow as ma

from api.fulfilment.schemas import TrackingNumber
from api.inventory.schemas.levels import LotCode
from api.platform.addresses import SingleLine
from api.platform.http import DateTimeField, MoneySchema, PageQuerySchema, Pattern, Schema, one_of
from api.returns.schemas import RefundSchema
from api.returns.schemas.customer import (
    CustomerDispositionSchema,
    CustomerReturnLineSchema,
    CustomerReturnRefundSchema,
)
from api.returns.service.cases import ReturnLineInput
from api.returns.service.receiving import DisposedUnits, ReceivedUnits
from api.returns.states import (
    Disposition,
    GoodsCondition,
    ReturnKind,
    ReturnState,
    ReturnStatus,
)

MOST_UNITS = 100_000
MOST_LINES = 200
MOST_PHOTOS = 10

_units = ma.validate.Range(1, MOST_UNITS)
_disposition = one_of(Disposition)
_LOT = "The lot that is printed on them; of articles with lots it is named for units to restock."
_code = ma.validate.Length(1, 40)
LINK = (
    ma.validate.Length(1, 500),
    Pattern(r"^https://[!-~]+$", error="Give an address that begins with https://."),
)


class ReturnLineInputSchema(Schema):
    """Units of one order line that are to come back."""

    order_line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(required=True, strict=True, validate=_units)
    reason = ma.fields.String(
        required=True, validate=_code, metadata={"description": "A code of GET /return-reasons."}
    )
    note = SingleLine(500, load_default=None)
    condition = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=one_of(GoodsCondition),
        metadata={"description": "In which condition they are, where a policy asks for it."},
    )

    @ma.post_load
    def _line(self, data: dict[str, Any], **_: object) -> ReturnLineInput:
        stated = data.pop("condition")
        return ReturnLineInput(**data, condition=None if stated is None else GoodsCondition(stated))


class NewReturn(TypedDict):
    """A return as it was asked for."""

    lines: list[ReturnLineInput]
    note: str | None
    to_store_credit: bool
    photos: Sequence[UUID]
    links: Sequence[str]


class NewReturnSchema(Schema):
    """A return to ask for."""

    lines = ma.fields.List(
        ma.fields.Nested(ReturnLineInputSchema),
        required=True,
        validate=ma.validate.Length(1, MOST_LINES),
    )
    note = SingleLine(500, load_default=None)
    to_store_credit = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Whether store credit is wanted instead of money."},
    )
    photos = ma.fields.List(
        ma.fields.UUID(),
        load_default=(),
        validate=ma.validate.Length(0, MOST_PHOTOS),
        metadata={"description": "Photos that were uploaded before."},
    )
    links = ma.fields.List(
        ma.fields.String(validate=LINK),
        load_default=(),
        validate=ma.validate.Length(0, MOST_PHOTOS),
        metadata={"description": "Addresses of photos that lie elsewhere."},
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def _each_once(self, values: NewReturn, **_: object) -> None:
        lines = values["lines"]
        if len({line.order_line_id for line in lines}) != len(lines):
            raise ma.ValidationError("Name each line once.", "lines")
        if len(set(values["photos"])) != len(values["photos"]):
            raise ma.ValidationError("Name each photo once.", "photos")


class ReturnNoteSchema(Schema):
    """A note that is kept with the decision."""

    note = SingleLine(500, load_default=None)


class RejectReturnSchema(Schema):
    """Why a return is rejected; the customer reads it."""

    reason = SingleLine(500, required=True)


class ReturnPostedSchema(Schema):
    """The proof that goods were sent."""

    carrier = SingleLine(60, required=True, metadata={"example": "DHL"})
    tracking_number = TrackingNumber(load_default=None)


class ReceivedUnitsSchema(Schema):
    """Units that came."""

    variant_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(required=True, strict=True, validate=_units)
    expected_received = ma.fields.Integer(
        load_default=None,
        strict=True,
        validate=ma.validate.Range(0, 10 * MOST_UNITS),
        metadata={
            "description": "How many units of the variant you saw as received before. When "
            "somebody else received some meanwhile, nothing is (409 `return_changed`)."
        },
    )
    disposition = ma.fields.String(
        load_default=None,
        validate=ma.validate.OneOf([one.value for one in Disposition if one != "missing"]),
        metadata={"description": "What becomes of them, if that is known at once."},
    )
    bin_id = ma.fields.UUID(load_default=None)
    lot = LotCode(load_default=None, metadata={"description": _LOT})
    note = SingleLine(500, load_default=None)

    @ma.post_load
    def _loaded(self, data: dict[str, Any], **_: object) -> ReceivedUnits:
        given = data.pop("disposition")
        return ReceivedUnits(**data, disposition=None if given is None else Disposition(given))


class ReceiveReturnSchema(Schema):
    """What came of a return, at a location; by default the one that is served from first."""

    location_id = ma.fields.UUID(load_default=None)
    units = ma.fields.List(
        ma.fields.Nested(ReceivedUnitsSchema),
        required=True,
        validate=ma.validate.Length(1, MOST_LINES),
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def _each_once(self, values: dict[str, Any], **_: object) -> None:
        if len({one.variant_id for one in values["units"]}) != len(values["units"]):
            raise ma.ValidationError("Name each variant once.", "units")


class DisposedUnitsSchema(Schema):
    """Units of a line, and what becomes of them."""

    line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(required=True, strict=True, validate=_units)
    disposition = ma.fields.String(required=True, validate=_disposition)
    bin_id = ma.fields.UUID(
        load_default=None,
        metadata={
            "description": "By default the location's first quarantine bin, or its first one for "
            "receiving; none in a shop without bins."
        },
    )
    lot = LotCode(load_default=None, metadata={"description": _LOT})
    note = SingleLine(500, load_default=None)

    @ma.post_load
    def _loaded(self, data: dict[str, Any], **_: object) -> DisposedUnits:
        return DisposedUnits(**{**data, "disposition": Disposition(data["disposition"])})


class InspectReturnSchema(Schema):
    """Dispositions of units of a return."""

    location_id = ma.fields.UUID(load_default=None)
    units = ma.fields.List(
        ma.fields.Nested(DisposedUnitsSchema),
        required=True,
        validate=ma.validate.Length(1, MOST_LINES),
    )


class ReturnDispositionSchema(CustomerDispositionSchema):
    """What became of units, where, and who said so."""

    id = ma.fields.UUID(required=True)
    location_id = ma.fields.UUID(required=True)
    location_code = ma.fields.String(required=True)
    bin_id = ma.fields.UUID(required=True, allow_none=True)
    bin_code = ma.fields.String(required=True, allow_none=True)
    lot_code = ma.fields.String(required=True, allow_none=True)
    note = ma.fields.String(required=True, allow_none=True)
    actor = ma.fields.String(required=True)


class ReturnLineSchema(CustomerReturnLineSchema):
    """Units of one variant in a return."""

    has_lots = ma.fields.Boolean(
        required=True, metadata={"description": "Whether their lot is named when they come."}
    )
    dispositions = ma.fields.List(ma.fields.Nested(ReturnDispositionSchema), required=True)


class ReturnPhotoSchema(Schema):
    """A photo of goods, by its link."""

    id = ma.fields.UUID(required=True)
    url = ma.fields.String(required=True)


class _ReturnCoreSchema(Schema):
    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    order_number = ma.fields.String(required=True)
    number = ma.fields.String(required=True, metadata={"example": "R-1001-1"})
    kind = ma.fields.String(required=True, validate=one_of(ReturnKind))
    status = ma.fields.String(required=True, validate=one_of(ReturnState))
    to_store_credit = ma.fields.Boolean(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    received_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    withdrawn_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    refund_due_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "Until when a withdrawal must be refunded."},
    )


class CustomerReturnSchema(_ReturnCoreSchema):
    """A return, as its customer sees it."""

    language = ma.fields.String(required=True)
    note = ma.fields.String(required=True, allow_none=True)
    decision = ma.fields.String(required=True, allow_none=True)
    carrier = ma.fields.String(required=True, allow_none=True)
    tracking_number = ma.fields.String(required=True, allow_none=True)
    posted_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    may_withhold_refund = ma.fields.Boolean(
        required=True,
        metadata={"description": "Of a withdrawal: whether the refund may wait for the goods."},
    )
    lines = ma.fields.List(ma.fields.Nested(CustomerReturnLineSchema), required=True)
    photos = ma.fields.List(ma.fields.Nested(ReturnPhotoSchema), required=True)
    exchange_rest = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What exchanges cost less and is still to go back."},
    )
    refunds = ma.fields.List(ma.fields.Nested(CustomerReturnRefundSchema), required=True)


class ReturnSchema(CustomerReturnSchema):
    """A return, as staff see it."""

    lines = ma.fields.List(ma.fields.Nested(ReturnLineSchema), required=True)
    refunds = ma.fields.List(ma.fields.Nested(RefundSchema), required=True)
    customer_name = ma.fields.String(required=True)
    units = ma.fields.Integer(required=True)
    received_units = ma.fields.Integer(required=True)
    advice = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "What the policy says against it."},
    )
    commands = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "What can be done now."}
    )
    created_by = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)


class ReturnCardSchema(_ReturnCoreSchema):
    """A return in a list."""

    customer_name = ma.fields.String(required=True)
    units = ma.fields.Integer(required=True)
    received_units = ma.fields.Integer(required=True)
    age_seconds = ma.fields.Integer(required=True)
    created_by = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)


class ReturnsQuerySchema(PageQuerySchema):
    """Filters of the list of returns."""

    state = ma.fields.String(
        load_default=None,
        validate=ma.validate.OneOf(["open", *(one.value for one in ReturnState)]),
        metadata={"description": "A status, or `open`. With it the oldest comes first."},
    )
    kind = ma.fields.String(load_default=None, validate=one_of(ReturnKind))
    order_id = ma.fields.UUID(load_default=None)
    variant_id = ma.fields.UUID(
        load_default=None, metadata={"description": "Those of orders with this article."}
    )
    created_before = DateTimeField(load_default=None)


class ReturnableLineSchema(Schema):
    """What of an order line may come back."""

    order_line_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True, metadata={"description": "Units that may."})
    ends_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "Null while the last parcel has not arrived."},
    )
    policy = ma.fields.String(required=True)
    objections = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "Why the shop refuses."}
    )


class ReturnableSchema(Schema):
    """What of an order may come back, and its returns."""

    status = ma.fields.String(
        required=True,
        validate=one_of(ReturnStatus),
        metadata={"description": "How far the goods of the order have come back."},
    )
    lines = ma.fields.List(ma.fields.Nested(ReturnableLineSchema), required=True)
    returns = ma.fields.List(ma.fields.UUID(), required=True)
