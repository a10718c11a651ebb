"""Schemas of bins, moves between them, and the states of units."""

from typing import TypedDict
from uuid import UUID

import marshmallow as ma

from api.inventory.allocation_strategy import MAX_QUANTITY
from api.inventory.models import AdjustReason, BinColour, BinKind, StockState
from api.inventory.schemas.levels import CODE, StockLevelSchema
from api.platform.http import PageQuerySchema, Pattern, Schema
from api.platform.pagination import PageQuery
from api.platform.rules import AtLeastOne, ExactlyOne


class BinFieldsSchema(Schema):
    """What staff set on a bin."""

    zone = ma.fields.String(
        validate=ma.validate.Length(0, 40), metadata={"description": "A part of the location."}
    )
    kind = ma.fields.Enum(BinKind, by_value=True)
    pick_sequence = ma.fields.Integer(
        strict=True,
        validate=ma.validate.Range(0, 1_000_000),
        metadata={"description": "Bins are visited from the smallest to the largest."},
    )
    is_active = ma.fields.Boolean()
    name = ma.fields.String(
        allow_none=True,
        validate=ma.validate.Length(1, 40),
        metadata={"description": "What people call it; for totes on a cart."},
    )
    colour = ma.fields.Enum(BinColour, by_value=True, allow_none=True)


class NewBinSchema(BinFieldsSchema):
    """A bin to create."""

    location_id = ma.fields.UUID()
    location = ma.fields.String(
        validate=ma.validate.Length(1, 40), metadata={"description": "Code, instead of the id."}
    )
    code = ma.fields.String(required=True, validate=CODE, metadata={"example": "A-03-2"})
    barcode = ma.fields.String(
        allow_none=True,
        validate=Pattern(
            r"^[A-Za-z0-9][A-Za-z0-9._/-]{1,59}$",
            error="Use 2 to 60 letters, digits, dots, slashes or dashes.",
        ),
        metadata={"description": "`L-` and the code (`T-` of a tote), when left out."},
    )

    member_rules = (
        ExactlyOne(
            "location_id", "location", error="Name the location by location_id or by location."
        ),
    )


class EditBinSchema(BinFieldsSchema):
    """What to change about a bin; its code and barcode stay, because they are printed."""

    member_rules = (
        AtLeastOne(
            *("zone", "kind", "pick_sequence", "is_active", "name", "colour"),
            error="Say what to change.",
        ),
    )


class BinSchema(Schema):
    """A place within a location."""

    id = ma.fields.UUID(required=True)
    location_id = ma.fields.UUID(required=True)
    location_code = ma.fields.String(required=True)
    zone = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True)
    kind = ma.fields.Enum(BinKind, by_value=True, required=True)
    pick_sequence = ma.fields.Integer(required=True)
    is_active = ma.fields.Boolean(required=True)
    name = ma.fields.String(required=True, allow_none=True)
    colour = ma.fields.Enum(BinColour, by_value=True, required=True, allow_none=True)
    units = ma.fields.Integer(required=True, metadata={"description": "Units in it, of all SKUs."})
    version = ma.fields.Integer(required=True)


class BinQuery(PageQuery):
    """Which bins are listed."""

    q: str | None
    location_id: UUID | None
    zone: str | None
    kind: BinKind | None


class BinQuerySchema(PageQuerySchema):
    """Filters of the list of bins."""

    q = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 60),
        metadata={"description": "The beginning of a code or barcode."},
    )
    location_id = ma.fields.UUID(load_default=None)
    zone = ma.fields.String(load_default=None, validate=ma.validate.Length(0, 40))
    kind = ma.fields.Enum(BinKind, by_value=True, load_default=None)


class BinContentSchema(Schema):
    """Units of one variant in a bin, and the figures of the whole level."""

    level_id = ma.fields.UUID(required=True)
    variant_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True, allow_none=True)
    product_title = ma.fields.String(required=True)
    variant_title = ma.fields.String(required=True, allow_none=True)
    quantity = ma.fields.Integer(required=True, metadata={"description": "Units in this bin."})
    on_hand = ma.fields.Integer(required=True)
    allocated = ma.fields.Integer(required=True)
    last_counted_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class LevelBinSchema(Schema):
    """Units of a level in one bin."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    barcode = ma.fields.String(required=True)
    kind = ma.fields.Enum(BinKind, by_value=True, required=True)
    quantity = ma.fields.Integer(required=True)
    is_preferred = ma.fields.Boolean(required=True)


class LevelBinsSchema(Schema):
    """Where the units of a level are."""

    bins = ma.fields.List(ma.fields.Nested(LevelBinSchema), required=True)
    in_no_bin = ma.fields.Integer(required=True)


class BinMovementSchema(Schema):
    """One entry of a bin's journal."""

    id = ma.fields.UUID(required=True)
    at = ma.fields.AwareDateTime(required=True)
    level_id = ma.fields.UUID(required=True)
    sku = ma.fields.String(required=True)
    change = ma.fields.Integer(required=True)
    quantity_after = ma.fields.Integer(required=True)
    move_id = ma.fields.UUID(required=True)
    reason = ma.fields.String(required=True)
    actor = ma.fields.String(required=True)
    reference = ma.fields.String(required=True, allow_none=True)


class MoveUnitsSchema(Schema):
    """Units to move from one bin to another; null, or left out, is no bin."""

    quantity = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(1, MAX_QUANTITY)
    )
    from_bin_id = ma.fields.UUID(load_default=None, allow_none=True)
    to_bin_id = ma.fields.UUID(load_default=None, allow_none=True)
    lot_id = ma.fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Units of this lot; else of the lot that expires first."},
    )

    member_rules = (
        AtLeastOne("from_bin_id", "to_bin_id", error="Name a bin, or both.", at="to_bin_id"),
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def check_places(self, data: dict[str, object], **_: object) -> None:
        """Refuse a move that goes nowhere."""
        if data["to_bin_id"] is not None and data["from_bin_id"] == data["to_bin_id"]:
            raise ma.ValidationError("The units are there already.", "to_bin_id")


class MovedUnitsSchema(Schema):
    """What a move did."""

    move_id = ma.fields.UUID(required=True)
    left = ma.fields.Integer(
        required=True, metadata={"description": "Units of the SKU left where they were taken."}
    )
    level = ma.fields.Nested(StockLevelSchema, required=True)


class ChangedState(TypedDict):
    """Units, and from which state into which they go."""

    quantity: int
    source: StockState
    target: StockState
    reason: AdjustReason
    note: str | None


class ChangeStateSchema(Schema):
    """Units to stop, or to put on sale again."""

    quantity = ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(1, MAX_QUANTITY)
    )
    source = ma.fields.Enum(StockState, by_value=True, required=True, data_key="from")
    target = ma.fields.Enum(StockState, by_value=True, required=True, data_key="to")
    reason = ma.fields.Enum(AdjustReason, by_value=True, required=True)
    note = ma.fields.String(load_default=None, validate=ma.validate.Length(0, 500))

    @ma.validates_schema
    def check_states(self, data: dict[str, object], **_: object) -> None:
        """Refuse a change that changes nothing."""
        if data["source"] is data["target"]:
            raise ma.ValidationError("The units are in that state already.", "to")
