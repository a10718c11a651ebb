"""Inventory for staff: locations, stock levels, their journals and adjustments."""

from datetime import datetime
from typing import Any, Final, Unpack
from uuid import UUID

from flask import Response, stream_with_context

from api.inventory import queries, service
from api.inventory.errors import (
    BinCodeTaken,
    BinElsewhere,
    BinInactive,
    BinNotEmpty,
    BinNotFound,
    BinShort,
    InsufficientStock,
    LevelNotFound,
    LocationCodeTaken,
    LocationNotFound,
    LotDateDiffers,
    LotDateRequired,
    LotElsewhere,
    LotNotFound,
    LotNotTracked,
    LotRequired,
    LotShort,
    QuantityTooLarge,
    ReplenishmentReversed,
    StateShort,
    StockCountOutdated,
    VariantUnknown,
)
from api.inventory.schemas.bins import (
    BinContentSchema,
    BinMovementSchema,
    BinQuery,
    BinQuerySchema,
    BinSchema,
    ChangedState,
    ChangeStateSchema,
    EditBinSchema,
    LevelBinsSchema,
    MovedUnitsSchema,
    MoveUnitsSchema,
    NewBinSchema,
)
from api.inventory.schemas.levels import (
    Adjustment,
    AdjustSchema,
    EditLevelSchema,
    EditLocationSchema,
    LevelBatchSchema,
    LevelRowSchema,
    LocationDetailSchema,
    LocationSchema,
    LocationsQuerySchema,
    MovementSchema,
    NewLevelSchema,
    NewLocationSchema,
    StockLevelSchema,
    StockQuery,
    StockQuerySchema,
    ValuationFileQuerySchema,
    ValuationQuerySchema,
    ValuedLevelSchema,
)
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.platform import approvals
from api.platform.auth import LocationNotYours, principal, requires
from api.platform.body_limits import PRODUCTS, body_limit
from api.platform.bulk_request import Batch, BatchAnswerSchema
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import CursorInvalid, PageQuery
from api.platform.settings import current_settings

_LEVEL_ROW: Final = LevelRowSchema()
FILE: Final = {"type": "string", "format": "binary"}

blueprint = Blueprint(
    "stock",
    __name__,
    url_prefix="/api/v1/admin",
    description="Stock levels, locations and the journal of every movement, for staff.",
)


@blueprint.route("/locations", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(LocationsQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(LocationSchema))
def list_locations(
    reference: str | None, metadata: str | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List the stock locations, the preferred ones first; those where one works."""
    return queries.locations(
        at=principal().locations, reference=reference, metadata=metadata, **page
    )


@blueprint.route("/locations", methods=["POST"])
@requires(Permission.LOCATIONS_WRITE)
@may_answer(LocationCodeTaken, LocationNotFound)
@idempotent(required=False)
@blueprint.arguments(NewLocationSchema, as_kwargs=True)
@blueprint.response(201, LocationSchema, headers=LOCATED)
def create_location(code: str, name: str, priority: int, is_active: bool) -> object:
    """Create a stock location."""
    location_id = service.create_location(
        code=code, name=name, priority=priority, is_active=is_active, by=principal()
    )
    headers = {"Location": f"{blueprint.url_prefix}/locations/{location_id}"}
    return queries.location(location_id), headers


@blueprint.route("/locations/<uuid:location_id>", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(LocationNotFound)
@blueprint.response(200, LocationDetailSchema)
def get_location(location_id: UUID) -> dict[str, object]:
    """Read one location, and what other systems keep about it."""
    return queries.location_with_references(location_id)


@blueprint.route("/locations/<uuid:location_id>", methods=["PATCH"])
@requires(Permission.LOCATIONS_WRITE)
@may_answer(LocationNotFound)
@versioned
@blueprint.arguments(EditLocationSchema)
@blueprint.response(200, LocationSchema)
def update_location(
    changes: dict[str, object], location_id: UUID, expected_version: int
) -> dict[str, object]:
    """Rename a location, change its priority, or take its stock off sale."""
    with transaction():
        service.edit_location(
            location_id, changes, expected_version=expected_version, by=principal()
        )
    return queries.location(location_id)


@blueprint.route("/stock", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(StockQuerySchema, location="query")
@blueprint.response(200, list_schema(StockLevelSchema))
def list_stock_levels(query: StockQuery) -> dict[str, object]:
    """List stock levels by SKU; where somebody works at certain locations, of those."""
    return queries.levels(at=principal().locations, **query)


@blueprint.route("/stock", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(LevelNotFound, LocationNotFound, VariantUnknown)
@idempotent(required=False)
@blueprint.arguments(NewLevelSchema, as_kwargs=True)
@blueprint.response(201, StockLevelSchema, headers=LOCATED)
def create_stock_level(variant_id: UUID, location_id: UUID | None) -> object:
    """Create an empty stock level for a variant at a location, or return the existing one."""
    level_id = service.open_level(variant_id=variant_id, location_id=location_id, by=principal())
    return queries.level(level_id), {"Location": f"{blueprint.url_prefix}/stock/{level_id}"}


@blueprint.route("/stock/<uuid:level_id>", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(LevelNotFound)
@blueprint.response(200, StockLevelSchema)
def get_stock_level(level_id: UUID) -> dict[str, object]:
    """Read one stock level."""
    return queries.level(level_id, at=principal().locations)


@blueprint.route("/stock/<uuid:level_id>", methods=["PATCH"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(BinElsewhere, BinInactive, BinNotFound, LevelNotFound, ReplenishmentReversed)
@versioned
@blueprint.arguments(EditLevelSchema)
@blueprint.response(200, StockLevelSchema)
def update_stock_level(
    changes: dict[str, Any], level_id: UUID, expected_version: int
) -> dict[str, object]:
    """Set the threshold, safety stock, preferred bin or replenishment of a level."""
    with transaction():
        if "preferred_bin" in changes:
            changes["preferred_bin_id"] = queries.bin_id_of(changes.pop("preferred_bin"))
        service.edit_level(level_id, changes, expected_version=expected_version, by=principal())
    return queries.level(level_id)


@blueprint.route("/inventory/levels/batch", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@body_limit(PRODUCTS)
@idempotent(required=False)
@blueprint.arguments(LevelBatchSchema)
@blueprint.response(200, BatchAnswerSchema)
def update_many_stock_levels(body: dict[str, object]) -> dict[str, object]:
    """Set the thresholds at which up to 100 levels count as low.

    Each row succeeds or fails on its own; results are in the order of the request. A row names the
    `version` that it is based on, unless the batch has `force`. With `on_error: reject_all`
    nothing is saved unless every row succeeds.
    """
    return service.set_many_thresholds(Batch.read(body, _LEVEL_ROW), by=principal())


@blueprint.route("/stock/<uuid:level_id>/adjust", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(
    *(BinElsewhere, BinInactive, BinNotFound, BinShort),
    *(InsufficientStock, LevelNotFound, QuantityTooLarge, StateShort, StockCountOutdated),
    *(LotDateDiffers, LotDateRequired, LotNotFound, LotNotTracked, LotRequired, LotShort),
)
@idempotent(required=True)
@blueprint.arguments(AdjustSchema)
@blueprint.response(200, StockLevelSchema)
@blueprint.alt_response(202, **approvals.WAITS)
def adjust_stock_level(body: Adjustment, level_id: UUID) -> object:
    """Adjust a stock level: by a difference, or to a counted quantity.

    A counted quantity needs the one that it replaces; if that has changed, the answer is
    `stale_quantity` with `current_on_hand`. Allocated or reserved units cannot be removed. What is
    above the limits of one's role, in units or in value, waits for a second person (202).
    """
    command_id = new_id()
    if service.adjust_lot(level_id, **body, by=principal(), command_id=command_id):
        return queries.level(level_id)
    return approvals.waiting(command_id)


@blueprint.route("/stock/<uuid:level_id>/movements", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(LevelNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(MovementSchema))
def list_stock_movements(query: PageQuery, level_id: UUID) -> dict[str, object]:
    """Read the journal of a level, the newest entry first."""
    return queries.movements(level_id, at=principal().locations, **query)


@blueprint.route("/stock/<uuid:level_id>/bins", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(LevelNotFound)
@blueprint.response(200, LevelBinsSchema)
def list_bins_of_level(level_id: UUID) -> dict[str, object]:
    """List the bins that hold, or held, units of a level, and how many units are in no bin."""
    return queries.bins_of_level(level_id, at=principal().locations)


@blueprint.route("/stock/<uuid:level_id>/moves", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(
    *(BinElsewhere, BinInactive, BinNotFound, BinShort, InsufficientStock, LevelNotFound),
    *(LotElsewhere, LotNotFound, LotShort),
)
@idempotent(required=True)
@blueprint.arguments(MoveUnitsSchema, as_kwargs=True)
@blueprint.response(200, MovedUnitsSchema)
def move_units(
    level_id: UUID,
    quantity: int,
    from_bin_id: UUID | None,
    to_bin_id: UUID | None,
    lot_id: UUID | None,
) -> dict[str, object]:
    """Move units from one bin to another.

    Units in a quarantine bin are not for sale; moved out of it, they are again. A move the other
    way undoes it.
    """
    done = service.move_units(
        level_id,
        quantity,
        source=from_bin_id,
        target=to_bin_id,
        lot_id=lot_id,
        by=principal(),
    )
    return {"move_id": done.move_id, "left": done.left, "level": queries.level(level_id)}


@blueprint.route("/stock/<uuid:level_id>/state", methods=["POST"])
@requires(Permission.INVENTORY_ADJUST)
@may_answer(InsufficientStock, LevelNotFound, StateShort)
@idempotent(required=True)
@blueprint.arguments(ChangeStateSchema)
@blueprint.response(200, StockLevelSchema)
def change_stock_state(body: ChangedState, level_id: UUID) -> dict[str, object]:
    """Stop units as damaged or in quarantine, or put them on sale again.

    Allocated or reserved units cannot be stopped. Stopped units are discarded by an adjustment.
    """
    service.change_state(level_id, **body, by=principal())
    return queries.level(level_id)


@blueprint.route("/bins", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(BinQuerySchema, location="query")
@blueprint.response(200, list_schema(BinSchema))
def list_bins(query: BinQuery) -> dict[str, object]:
    """List bins by location and pick sequence; those where one works."""
    return queries.bins(at=principal().locations, **query)


@blueprint.route("/bins", methods=["POST"])
@requires(Permission.LOCATIONS_WRITE)
@may_answer(BinCodeTaken, BinNotFound, LocationNotFound, LocationNotYours)
@idempotent(required=False)
@blueprint.arguments(NewBinSchema)
@blueprint.response(201, BinSchema, headers=LOCATED)
def create_bin(body: dict[str, Any]) -> object:
    """Create a bin."""
    if "location" in body:
        body["location_id"] = queries.location_by_code(body.pop("location"))
    bin_id = service.create_bin(**body, by=principal())
    return queries.bin_by_id(bin_id), {"Location": f"{blueprint.url_prefix}/bins/{bin_id}"}


@blueprint.route("/bins/<uuid:bin_id>", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(BinNotFound)
@blueprint.response(200, BinSchema)
def get_bin(bin_id: UUID) -> dict[str, object]:
    """Read one bin."""
    return queries.bin_by_id(bin_id, at=principal().locations)


@blueprint.route("/bins/<uuid:bin_id>", methods=["PATCH"])
@requires(Permission.LOCATIONS_WRITE)
@may_answer(BinNotEmpty, BinNotFound, LocationNotYours)
@versioned
@blueprint.arguments(EditBinSchema)
@blueprint.response(200, BinSchema)
def update_bin(
    changes: dict[str, object], bin_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change the zone, kind or pick sequence of a bin, or end its use when it is empty."""
    with transaction():
        service.edit_bin(bin_id, changes, expected_version=expected_version, by=principal())
    return queries.bin_by_id(bin_id)


@blueprint.route("/bins/<uuid:bin_id>/stock", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(BinNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(BinContentSchema))
def list_bin_contents(query: PageQuery, bin_id: UUID) -> dict[str, object]:
    """List what is in a bin, by SKU."""
    return queries.bin_contents(bin_id, at=principal().locations, **query)


@blueprint.route("/bins/<uuid:bin_id>/movements", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(BinNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(BinMovementSchema))
def list_bin_movements(query: PageQuery, bin_id: UUID) -> dict[str, object]:
    """Read the journal of a bin, the newest entry first."""
    return queries.bin_movements(bin_id, at=principal().locations, **query)


@blueprint.route("/inventory/valuation", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(ValuationQuerySchema, location="query")
@blueprint.response(200, list_schema(ValuedLevelSchema))
def get_valuation(query: dict[str, Any]) -> dict[str, object]:
    """List what was on hand at a moment and what it was worth, by SKU.

    It follows from the journal. The cost is the moving average of the receipts that had one.
    """
    moment = query.pop("moment") or clock.now()
    return queries.valuation(moment, **_scope(), **query)


@blueprint.route("/inventory/valuation/file", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@may_answer(CursorInvalid)
@blueprint.arguments(ValuationFileQuerySchema, location="query", as_kwargs=True)
@blueprint.doc(
    responses={"200": {"description": "The file", "content": {"text/csv": {"schema": FILE}}}}
)
def download_valuation(moment: datetime | None, location_id: UUID | None) -> Response:
    """Fetch the stock of a moment and its value as CSV; amounts are in major units."""
    lines = queries.valuation_csv(moment or clock.now(), **_scope(), location_id=location_id)
    response = Response(stream_with_context(lines), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="stock.csv"'
    return response


def _scope() -> dict[str, Any]:
    return {"currency": current_settings().currency, "at": principal().locations}
