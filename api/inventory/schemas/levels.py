"""Schemas of locations, stock levels and their journal."""

from datetime import date
from typing import Any, TypedDict
from uuid import UUID

import marshmallow as ma

from api.inventory.allocation_strategy import MAX_QUANTITY
from api.inventory.models import AdjustReason, MovementKind, StockState
from api.platform.addresses import AddressSchema
from api.platform.bulk_request import BatchRowSchema, batch_of
from api.platform.http import TRIMMED, DateTimeField, MoneySchema, PageQuerySchema, Pattern, Schema
from api.platform.pagination import PageQuery
from api.platform.query_fields import IdList
from api.platform.reference_schemas import ReferenceFilterSchema, ReferenceSchema
from api.platform.rules import AtLeastOne, ExactlyOne, Needs, OneWay

MAX_SAFETY = 1_000_000
"""Largest safety stock; anything above is taken for a typing error."""

MAX_VARIANTS = 100
"""Variants whose levels can be requested at once."""


class LotCode(ma.fields.String):
    """The code of a lot, as it is printed; case does not matter."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=[ma.validate.Length(1, 60), TRIMMED], **options)


CODE = Pattern(
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", error="Use up to 40 letters, digits, dots or dashes."
)


class NewLocationSchema(Schema):
    """A location to create."""

    code = ma.fields.String(required=True, validate=CODE, metadata={"example": "MAIN"})
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 120))
    priority = ma.fields.Integer(
        strict=True,
        load_default=100,
        validate=ma.validate.Range(0, 10_000),
        metadata={"description": "Orders are served from the smallest first."},
    )
    is_active = ma.fields.Boolean(load_default=True)


class EditLocationSchema(Schema):
    """What to change about a location."""

    name = ma.fields.String(validate=ma.validate.Length(1, 120))
    priority = ma.fields.Integer(strict=True, validate=ma.validate.Range(0, 10_000))
    is_active = ma.fields.Boolean()
    address = ma.fields.Nested(
        AddressSchema,
        allow_none=True,
        metadata={"description": "Where its parcels are sent from; carriers print it on labels."},
    )


class LocationSchema(Schema):
    """A stock location."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    priority = ma.fields.Integer(required=True)
    is_active = ma.fields.Boolean(required=True)
    version = ma.fields.Integer(required=True)


class LocationDetailSchema(LocationSchema):
    """A stock location, its address, and what other systems keep about it."""

    address = ma.fields.Nested(AddressSchema, required=True, allow_none=True)
    references = ma.fields.List(ma.fields.Nested(ReferenceSchema), required=True)


class LocationsQuerySchema(PageQuerySchema, ReferenceFilterSchema):
    """Filters of the list of locations."""


class LevelLocationSchema(Schema):
    """The location of a level."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)


class StockLevelSchema(Schema):
    """The stock of one variant at one location, and how much is allocated or reserved."""

    id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True, allow_none=True)
    product_title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True, allow_none=True)
    location = ma.fields.Nested(LevelLocationSchema, required=True)
    on_hand = ma.fields.Integer(required=True)
    allocated = ma.fields.Integer(
        required=True, metadata={"description": "Allocated to orders that have not shipped."}
    )
    reserved = ma.fields.Integer(
        required=True, metadata={"description": "Reserved by checkouts in progress."}
    )
    damaged = ma.fields.Integer(required=True)
    quarantine = ma.fields.Integer(required=True)
    safety_stock = ma.fields.Integer(
        required=True, metadata={"description": "Units that are not for sale, as a reserve."}
    )
    unavailable = ma.fields.Integer(
        required=True, metadata={"description": "Damaged, in quarantine, expired and safety stock."}
    )
    available = ma.fields.Integer(
        required=True,
        metadata={"description": "On hand less unavailable, allocated and reserved; at least 0."},
    )
    in_bins = ma.fields.Integer(
        required=True, metadata={"description": "On hand in bins; the others are in no bin."}
    )
    in_lots = ma.fields.Integer(
        required=True, metadata={"description": "On hand in lots; the others are in no lot."}
    )
    expired = ma.fields.Integer(
        required=True,
        metadata={"description": "In lots that expired or were recalled, so not for sale."},
    )
    back_ordered = ma.fields.Integer(
        required=True,
        metadata={"description": "Units that orders wait for; not among those on hand."},
    )
    preferred_bin_id = ma.fields.UUID(required=True, allow_none=True)
    replenish_min = ma.fields.Integer(required=True, allow_none=True)
    replenish_max = ma.fields.Integer(required=True, allow_none=True)
    low_stock_threshold = ma.fields.Integer(required=True, allow_none=True)
    is_low = ma.fields.Boolean(
        required=True,
        metadata={
            "description": "What is for sale, less what is allocated or back-ordered, is within the"
            " threshold."
        },
    )
    version = ma.fields.Integer(required=True)
    last_moved_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    last_moved_by = ma.fields.String(required=True, allow_none=True)
    last_counted_at = DateTimeField(required=True, allow_none=True)
    last_counted_by = ma.fields.String(required=True, allow_none=True)


class StockQuery(PageQuery):
    """Which stock levels are listed."""

    q: str | None
    location_id: UUID | None
    low: bool | None
    variant_ids: tuple[UUID, ...] | None


class StockQuerySchema(PageQuerySchema):
    """Filters of the list of levels."""

    q = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "Words of the product, or the beginning of a SKU or barcode."},
    )
    location_id = ma.fields.UUID(load_default=None)
    low = ma.fields.Boolean(
        load_default=None, metadata={"description": "Levels at or below their threshold, or not."}
    )
    variant_ids = IdList(
        most=MAX_VARIANTS,
        description="Only levels of these variants; those without a level are not in the answer.",
    )


class NewLevelSchema(Schema):
    """A level to create for a variant at a location."""

    variant_id = ma.fields.UUID(required=True)
    location_id = ma.fields.UUID(
        load_default=None, metadata={"description": "The default location when left out."}
    )


class EditLevelSchema(Schema):
    """What staff set on a level; quantities are changed by an adjustment."""

    low_stock_threshold = ma.fields.Integer(
        strict=True,
        allow_none=True,
        validate=ma.validate.Range(0, MAX_QUANTITY),
        metadata={"description": "null: this level never counts as low."},
    )
    safety_stock = ma.fields.Integer(strict=True, validate=ma.validate.Range(0, MAX_SAFETY))
    preferred_bin_id = ma.fields.UUID(
        allow_none=True, metadata={"description": "The bin that units are picked from first."}
    )
    preferred_bin = ma.fields.String(
        allow_none=True,
        validate=ma.validate.Length(1, 60),
        metadata={"description": "Barcode or code of that bin, instead of its id."},
    )
    replenish_min = ma.fields.Integer(
        strict=True,
        allow_none=True,
        validate=ma.validate.Range(0, MAX_QUANTITY),
        metadata={"description": "Fewer units in the preferred bin ask for replenishment."},
    )
    replenish_max = ma.fields.Integer(
        strict=True,
        allow_none=True,
        validate=ma.validate.Range(0, MAX_QUANTITY),
        metadata={"description": "Replenishment fills the preferred bin up to so many units."},
    )

    member_rules = (
        AtLeastOne(
            *("low_stock_threshold", "safety_stock", "preferred_bin_id", "preferred_bin"),
            *("replenish_min", "replenish_max"),
            error="Say what to change.",
        ),
    )


class LevelRowSchema(BatchRowSchema):
    """The threshold of one level, named by its id or by its variant and location."""

    id = ma.fields.UUID()
    variant_id = ma.fields.UUID()
    location = ma.fields.String(
        validate=ma.validate.Length(1, 40), metadata={"description": "The code of the location."}
    )
    low_stock_threshold = ma.fields.Integer(
        required=True,
        strict=True,
        allow_none=True,
        validate=ma.validate.Range(0, MAX_QUANTITY),
        metadata={"description": "null: this level never counts as low."},
    )

    member_rules = (
        OneWay(
            ("id",),
            ("variant_id", "location"),
            error="Name the level by its id, or by variant_id and location.",
        ),
    )


LevelBatchSchema = batch_of(LevelRowSchema)


class Adjustment(TypedDict):
    """What is counted or changes, and why."""

    change: int | None
    on_hand: int | None
    expected_on_hand: int | None
    reason: AdjustReason
    note: str | None
    bin_id: UUID | None
    state: StockState
    lot: str | None
    expires_on: date | None


class AdjustSchema(Schema):
    """An adjustment: a difference, or a counted quantity with the expected one."""

    change = ma.fields.Integer(
        strict=True,
        load_default=None,
        validate=[
            ma.validate.Range(-MAX_QUANTITY, MAX_QUANTITY),
            ma.validate.NoneOf([0], error="Nothing would change."),
        ],
        metadata={"not": {"const": 0}},
    )
    on_hand = ma.fields.Integer(
        strict=True, load_default=None, validate=ma.validate.Range(0, MAX_QUANTITY)
    )
    expected_on_hand = ma.fields.Integer(
        strict=True, load_default=None, validate=ma.validate.Range(0, MAX_QUANTITY)
    )
    reason = ma.fields.Enum(AdjustReason, by_value=True, required=True)
    note = ma.fields.String(load_default=None, validate=ma.validate.Length(0, 500))
    bin_id = ma.fields.UUID(
        load_default=None,
        metadata={"description": "The bin that the difference comes to, or goes from."},
    )
    state = ma.fields.Enum(
        StockState,
        by_value=True,
        load_default=StockState.AVAILABLE,
        metadata={"description": "The state of the units: damaged ones are discarded by this."},
    )
    lot = LotCode(
        load_default=None,
        metadata={"description": "The lot of the units, where the variant has lots."},
    )
    expires_on = ma.fields.Date(
        load_default=None, metadata={"description": "Of a lot that nobody knows yet."}
    )

    member_rules = (
        ExactlyOne("change", "on_hand", error="Give either change or on_hand.", at="change"),
        Needs(
            "on_hand",
            "expected_on_hand",
            error="Give the quantity that on_hand replaces as expected_on_hand.",
            at="expected_on_hand",
        ),
    )


class MovementSchema(Schema):
    """One entry of a level's journal."""

    id = ma.fields.UUID(required=True)
    at = ma.fields.AwareDateTime(required=True)
    kind = ma.fields.Enum(MovementKind, by_value=True, required=True)
    on_hand_change = ma.fields.Integer(required=True)
    allocated_change = ma.fields.Integer(required=True)
    reserved_change = ma.fields.Integer(required=True)
    damaged_change = ma.fields.Integer(required=True)
    quarantine_change = ma.fields.Integer(required=True)
    safety_stock_change = ma.fields.Integer(required=True)
    expired_change = ma.fields.Integer(required=True)
    back_ordered_change = ma.fields.Integer(required=True)
    on_hand_after = ma.fields.Integer(required=True)
    reason = ma.fields.String(required=True, allow_none=True)
    note = ma.fields.String(required=True, allow_none=True)
    actor = ma.fields.String(required=True)
    reference = ma.fields.String(required=True, allow_none=True)
    order_id = ma.fields.UUID(required=True, allow_none=True)
    fulfilment_id = ma.fields.UUID(required=True, allow_none=True)
    refund_id = ma.fields.UUID(required=True, allow_none=True)


class ValuationFileQuerySchema(Schema):
    """The moment, and the location."""

    moment = DateTimeField(
        data_key="at",
        load_default=None,
        metadata={"description": "Stock as it was then; now when left out."},
    )
    location_id = ma.fields.UUID(load_default=None)


class ValuationQuerySchema(ValuationFileQuerySchema, PageQuerySchema):
    """The moment, the location and the page."""


class ValuedLevelSchema(Schema):
    """Units of a level at a moment, and what they were worth."""

    level_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    product_title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True, allow_none=True)
    location_code = ma.fields.String(required=True)
    on_hand = ma.fields.Integer(required=True)
    unit_cost = ma.fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata={"description": "The moving average of the receipts; null without any cost."},
    )
    value = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
