"""Request and response schemas of the work in the warehouse."""

import marshmallow as ma

from api.inventory.service import MAX_QUANTITY, AdjustReason, BinKind
from api.platform.http import DateTimeField, MoneySchema, PageQuerySchema, Schema
from api.platform.query_fields import IdList
from api.platform.rules import AtMostOne
from api.printing.schemas import PrintAtSchema
from api.warehouse.states import CountStatus, LineStatus


class NewCountSchema(Schema):
    """A count to start, or to plan: of one bin, zone, class or list of levels."""

    bin_id = ma.fields.UUID()
    bin = ma.fields.String(
        validate=ma.validate.Length(1, 60),
        metadata={"description": "Barcode or code of a bin, instead of its id."},
    )
    zone = ma.fields.String(validate=ma.validate.Length(1, 40))
    abc_class = ma.fields.String(
        validate=ma.validate.OneOf(["A", "B", "C"]),
        metadata={"description": "By the share of the units shipped in 90 days: 80, 95, 100 %."},
    )
    level_ids = ma.fields.List(ma.fields.UUID(), validate=ma.validate.Length(1, 500))
    codes = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 500)),
        validate=ma.validate.Length(1, 50),
        metadata={"description": "SKUs or barcodes: their stock at the location."},
    )
    location = ma.fields.String(
        validate=ma.validate.Length(1, 40), metadata={"description": "Code, instead of the id."}
    )
    location_id = ma.fields.UUID(
        load_default=None, metadata={"description": "The default location when left out."}
    )
    is_blind = ma.fields.Boolean(
        load_default=True, metadata={"description": "Nobody is told what is expected."}
    )
    planned_for = ma.fields.Date(
        load_default=None, allow_none=True, metadata={"description": "null: it starts now."}
    )

    member_rules = (
        AtMostOne(
            *("bin_id", "bin", "zone", "abc_class", "level_ids", "codes"),
            error="Count one bin, one zone, one class or a list of levels.",
        ),
    )


class CountSchema(Schema):
    """A count."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.String(required=True, metadata={"example": "C-88"})
    location_id = ma.fields.UUID(required=True)
    location_code = ma.fields.String(required=True)
    scope = ma.fields.String(required=True)
    status = ma.fields.Enum(CountStatus, by_value=True, required=True)
    is_blind = ma.fields.Boolean(required=True)
    planned_for = ma.fields.Date(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    line_count = ma.fields.Integer(required=True)
    open_count = ma.fields.Integer(
        required=True, metadata={"description": "Lines not counted yet."}
    )
    recount_count = ma.fields.Integer(
        required=True, metadata={"description": "Lines that somebody else must count again."}
    )


class CountLineSchema(Schema):
    """One level in one bin, or in no bin, with what was counted last."""

    id = ma.fields.UUID(required=True)
    level_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True, allow_none=True)
    product_title = ma.fields.String(required=True)
    bin_id = ma.fields.UUID(required=True, allow_none=True)
    bin_code = ma.fields.String(required=True, allow_none=True)
    status = ma.fields.Enum(LineStatus, by_value=True, required=True)
    counted = ma.fields.Integer(required=True, allow_none=True)
    expected = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "null while a blind count goes on."},
    )
    counted_by_name = ma.fields.String(required=True, allow_none=True)
    variance = ma.fields.Integer(
        required=True, allow_none=True, metadata={"description": "What was posted."}
    )
    value = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Of the variance, in minor units of the shop's currency."},
    )
    reason = ma.fields.String(required=True, allow_none=True)
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class CountDetailSchema(CountSchema):
    """A count with its lines, in the order of the walk."""

    lines = ma.fields.List(ma.fields.Nested(CountLineSchema), required=True)


class CountQuerySchema(PageQuerySchema):
    """Filters of the list of counts."""

    status = ma.fields.Enum(CountStatus, by_value=True, load_default=None)
    bin_id = ma.fields.UUID(
        load_default=None,
        metadata={"description": "Counts that go on or are planned, with open lines in this bin."},
    )


class ZeroCheckSchema(Schema):
    """What somebody saw in a bin that is empty by the books."""

    is_empty = ma.fields.Boolean(required=True)


class EntrySchema(Schema):
    """What somebody counted in a bin, or in no bin."""

    level_id = ma.fields.UUID(required=True)
    bin_id = ma.fields.UUID(load_default=None, allow_none=True)
    counted = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(0, MAX_QUANTITY)
    )
    counted_at = DateTimeField(
        load_default=None,
        allow_none=True,
        metadata={"description": "When it was counted, if it is sent later. At most 7 days ago."},
    )
    reason = ma.fields.Enum(AdjustReason, by_value=True, load_default=AdjustReason.COUNT)


class FinishSchema(Schema):
    """How to finish a count."""

    missing_are_zero = ma.fields.Boolean(
        load_default=False, metadata={"description": "What was not counted is not there."}
    )


class TargetBinSchema(Schema):
    """The bin that units go to."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True)
    kind = ma.fields.Enum(BinKind, by_value=True, required=True)


class TaskSchema(Schema):
    """Units to carry from one bin (null: no bin) to another."""

    level_id = ma.fields.UUID(required=True)
    location_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True, allow_none=True)
    product_title = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    bin_id = ma.fields.UUID(required=True, allow_none=True)
    bin_code = ma.fields.String(required=True, allow_none=True)
    target = ma.fields.Nested(TargetBinSchema, required=True, allow_none=True)


class TasksSchema(Schema):
    """What is to be carried, at most 200."""

    tasks = ma.fields.List(ma.fields.Nested(TaskSchema), required=True)


class LabelsSchema(Schema):
    """Which labels to print."""

    kind = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["bins", "products", "commands"])
    )
    ids = IdList(most=200, description="Bins or variants; all bins of a location when left out.")
    location_id = ma.fields.UUID(load_default=None)
    zone = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 40))


class PrintLabelsSchema(PrintAtSchema):
    """Where to print labels, and how many of each."""

    copies = ma.fields.Integer(load_default=1, validate=ma.validate.Range(1, 100))


class LabelQuerySchema(LabelsSchema):
    """Which labels to print, and how."""

    copies = ma.fields.Integer(load_default=1, validate=ma.validate.Range(1, 100))
    format = ma.fields.String(load_default="pdf", validate=ma.validate.OneOf(["pdf", "zpl"]))
    dots_per_mm = ma.fields.Integer(
        load_default=8,
        validate=ma.validate.OneOf([6, 8, 12, 24]),
        metadata={"description": "Of the label printer (ZPL): 8 are 203 dpi."},
    )


class PeriodSchema(Schema):
    """Days of which a report is made, both included, by UTC."""

    first = ma.fields.Date(required=True)
    last = ma.fields.Date(required=True)


class ShrinkageRowSchema(Schema):
    """What counts changed at one location for one reason."""

    location_code = ma.fields.String(required=True)
    reason = ma.fields.String(required=True, allow_none=True)
    lines = ma.fields.Integer(required=True)
    found = ma.fields.Integer(required=True)
    lost = ma.fields.Integer(required=True)
    value = ma.fields.Integer(
        required=True,
        metadata={"description": "In minor units of the shop's currency; negative for a loss."},
    )


class ShrinkageSchema(Schema):
    """What counts changed."""

    rows = ma.fields.List(ma.fields.Nested(ShrinkageRowSchema), required=True)


class ValueHistoryQuerySchema(Schema):
    """The days until a moment of which the value is shown, and at how many moments."""

    moment = DateTimeField(
        data_key="at", load_default=None, metadata={"description": "Now when left out."}
    )
    location_id = ma.fields.UUID(load_default=None)
    days = ma.fields.Integer(load_default=90, validate=ma.validate.Range(1, 1100))
    points = ma.fields.Integer(load_default=30, validate=ma.validate.Range(2, 60))


class ValuePointSchema(Schema):
    """Units on hand at a moment, and what they were worth."""

    at = ma.fields.AwareDateTime(required=True)
    units = ma.fields.Integer(required=True)
    value = ma.fields.Nested(MoneySchema, required=True)


class ValueHistorySchema(Schema):
    """The value of the stock over time, oldest first."""

    points = ma.fields.List(ma.fields.Nested(ValuePointSchema), required=True)
