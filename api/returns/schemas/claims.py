"""Request and response schemas of claims, exchanges and the report of defects."""

from collections.abc import Sequence
from typing import Any, ClassVar, TypedDict
from uuid import UUID

import marshmallow as ma

from api.platform.addresses import SingleLine
from api.platform.http import MoneySchema, PageQuerySchema, Schema, one_of
from api.platform.rules import AtMostOne, ExactlyOne, Rule
from api.returns.schemas.cases import LINK, MOST_LINES, MOST_PHOTOS, MOST_UNITS, ReturnPhotoSchema
from api.returns.schemas.return_refunds import UnitsToRefundSchema
from api.returns.states import ClaimKind, ClaimState

_sku = ma.validate.Length(1, 100)
_kind = one_of(ClaimKind)
_status = one_of(ClaimState)


class ClaimedGoodsSchema(Schema):
    """Units of an article of the order."""

    sku = ma.fields.String(required=True, validate=_sku)
    quantity = ma.fields.Integer(
        load_default=1, strict=True, validate=ma.validate.Range(1, MOST_UNITS)
    )


class NewClaim(TypedDict):
    """A claim as it was made."""

    kind: ClaimKind
    lines: dict[UUID, int]
    goods: Sequence[dict[str, object]]
    note: str | None
    photos: Sequence[UUID]
    links: Sequence[str]


class NewClaimSchema(Schema):
    """What went wrong with units of an order."""

    kind = ma.fields.String(required=True, validate=_kind)
    lines = ma.fields.List(
        ma.fields.Nested(UnitsToRefundSchema),
        validate=ma.validate.Length(1, MOST_LINES),
    )
    goods = ma.fields.List(
        ma.fields.Nested(ClaimedGoodsSchema),
        validate=ma.validate.Length(1, MOST_LINES),
        metadata={"description": "Units by SKU or barcode, instead of `lines`."},
    )
    note = SingleLine(500, load_default=None)
    photos = ma.fields.List(
        ma.fields.UUID(), load_default=(), validate=ma.validate.Length(0, MOST_PHOTOS)
    )
    links = ma.fields.List(
        ma.fields.String(validate=LINK),
        load_default=(),
        validate=ma.validate.Length(0, MOST_PHOTOS),
    )

    member_rules: ClassVar[tuple[Rule, ...]] = (
        ExactlyOne("lines", "goods", error="Name the units as lines or as goods.", at="lines"),
    )

    @ma.post_load
    def _by_line(self, data: dict[str, Any], **_: object) -> dict[str, object]:
        named, goods = data.get("lines", ()), data.get("goods", ())
        lines = {line["order_line_id"]: line["quantity"] for line in named}
        if len(lines) != len(named):
            raise ma.ValidationError("Name each line once.", "lines")
        return {**data, "kind": ClaimKind(data["kind"]), "lines": lines, "goods": goods}


class ResolveClaimSchema(Schema):
    """How a claim is settled: a replacement at no charge, a refund that was made, or neither."""

    replace = ma.fields.Boolean(load_default=None, allow_none=True)
    refund_id = ma.fields.UUID(load_default=None, allow_none=True)
    note = SingleLine(500, load_default=None)

    member_rules: ClassVar[tuple[Rule, ...]] = (
        AtMostOne("replace", "refund_id", error="Replace the goods or refund them, not both."),
    )


class ClaimCardSchema(Schema):
    """A claim in a list."""

    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    order_number = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, validate=_kind)
    status = ma.fields.String(required=True, validate=_status)
    note = ma.fields.String(required=True, allow_none=True)
    decision = ma.fields.String(required=True, allow_none=True)
    return_id = ma.fields.UUID(required=True, allow_none=True)
    replacement_order_id = ma.fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "The order with the line that replaces the goods: the same one."},
    )
    refund_id = ma.fields.UUID(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    resolved_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    created_by = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)


class ClaimLineSchema(Schema):
    """Units of an order line in a claim."""

    order_line_id = ma.fields.UUID(required=True)
    quantity = ma.fields.Integer(required=True)
    sku = ma.fields.String(required=True)
    title = ma.fields.String(required=True)


class ClaimSchema(ClaimCardSchema):
    """A claim with its lines and evidence."""

    commands = ma.fields.List(ma.fields.String(), required=True)
    lines = ma.fields.List(ma.fields.Nested(ClaimLineSchema), required=True)
    photos = ma.fields.List(ma.fields.Nested(ReturnPhotoSchema), required=True)


class CustomerClaimSchema(Schema):
    """A claim as its customer sees it."""

    id = ma.fields.UUID(required=True)
    order_id = ma.fields.UUID(required=True)
    order_number = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, validate=_kind)
    status = ma.fields.String(required=True, validate=_status)
    note = ma.fields.String(required=True, allow_none=True)
    decision = ma.fields.String(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    resolved_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    lines = ma.fields.List(ma.fields.Nested(ClaimLineSchema), required=True)
    photos = ma.fields.List(ma.fields.Nested(ReturnPhotoSchema), required=True)


class CustomerClaimsSchema(Schema):
    """The claims of an order, oldest first."""

    claims = ma.fields.List(ma.fields.Nested(CustomerClaimSchema), required=True)


class ClaimsQuerySchema(PageQuerySchema):
    """Filters of the list of claims."""

    status = ma.fields.String(load_default=None, validate=_status)
    order_id = ma.fields.UUID(load_default=None)


class DefectsQuerySchema(Schema):
    """The period of the report; by default the last ninety days."""

    first = ma.fields.Date(load_default=None)
    last = ma.fields.Date(load_default=None)


class DefectSchema(Schema):
    """Defects of an article in a period."""

    supplier_id = ma.fields.UUID(required=True, allow_none=True)
    supplier = ma.fields.String(required=True, allow_none=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    shipped_units = ma.fields.Integer(required=True)
    returned_units = ma.fields.Integer(required=True)
    claimed_units = ma.fields.Integer(required=True)


class DefectsSchema(Schema):
    """Defects by supplier and article."""

    first = ma.fields.Date(required=True)
    last = ma.fields.Date(required=True)
    articles = ma.fields.List(ma.fields.Nested(DefectSchema), required=True)


class ExchangeLineSchema(Schema):
    """A line of a return, and the article that its customer gets instead.

    Each by its id, or by its SKU or barcode as it is scanned.
    """

    line_id = ma.fields.UUID(load_default=None, allow_none=True)
    sku = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=_sku,
        metadata={"description": "What comes back, instead of `line_id`."},
    )
    variant_id = ma.fields.UUID(load_default=None, allow_none=True)
    for_sku = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=_sku,
        metadata={"description": "What the customer gets, instead of `variant_id`."},
    )

    member_rules: ClassVar[tuple[Rule, ...]] = (
        ExactlyOne("line_id", "sku", error="Name what comes back by line_id or sku."),
        ExactlyOne("variant_id", "for_sku", error="Name the other goods by variant_id or for_sku."),
    )


class ExchangeSchema(Schema):
    """What goods of a return are exchanged for, unit for unit."""

    lines = ma.fields.List(
        ma.fields.Nested(ExchangeLineSchema),
        required=True,
        validate=ma.validate.Length(1, MOST_LINES),
    )
    pay_with_credit = ma.fields.Boolean(
        load_default=False,
        metadata={
            "description": "Whether the customer's store credit pays what they cost more, as far "
            "as it goes. A quote does not look at it."
        },
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def _each_once(self, values: dict[str, Any], **_: object) -> None:
        named = {(line["line_id"], line["sku"]) for line in values["lines"]}
        if len(named) != len(values["lines"]):
            raise ma.ValidationError("Name each line once.", "lines")


class ExchangeQuoteLineSchema(Schema):
    """What units are worth, and what is to be had for them costs."""

    line_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    worth = ma.fields.Nested(MoneySchema, required=True)
    variant_id = ma.fields.UUID(required=True)
    for_sku = ma.fields.String(required=True)
    for_title = ma.fields.String(required=True)
    price = ma.fields.Nested(MoneySchema, required=True)


class ExchangeQuoteSchema(Schema):
    """What an exchange costs."""

    lines = ma.fields.List(ma.fields.Nested(ExchangeQuoteLineSchema), required=True)
    due = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What dearer goods cost more, together."},
    )
    goes_back = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What cheaper goods cost less: it goes back once the units came."},
    )
    explanation = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "The same in words."}
    )
    change = ma.fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "How much more they cost altogether; negative is less."},
    )
