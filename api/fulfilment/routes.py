"""Parcels and the dashboard, for staff."""

from collections.abc import Sequence
from typing import TypedDict
from uuid import UUID

from flask import current_app

from api.fulfilment import flows, queries
from api.fulfilment.errors import (
    FulfilmentNotFound,
    FulfilmentOutdated,
    OrderIsDelivered,
    OrderIsPickedUp,
    PickupVoidTooLate,
    UnitsNotVerified,
    VerifiedExceedsQuantity,
    VoidReasonMissing,
)
from api.fulfilment.flows import HandOver
from api.fulfilment.schemas import (
    CarrierSchema,
    FulfilmentSchema,
    HandOverSchema,
    OpenFulfilmentSchema,
    OverviewSchema,
    PreparePickupSchema,
    ShipOrderSchema,
    VoidSchema,
)
from api.inventory.errors import LotsNotSellable, NotAllocated, UnitsAlreadyReturned
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.orders.errors import (
    NotesUnread,
    NothingToShip,
    OrderNotFound,
    OrderOnHold,
    QuantityExceedsOpen,
    UnknownOrderLine,
)
from api.platform.auth import principal, requires
from api.platform.http import Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.stored_value.errors import GiftCardUsed

blueprint = Blueprint(
    "fulfilment",
    __name__,
    url_prefix="/api/v1/admin",
    description="Parcels on their way to customers.",
)

dashboard = Blueprint(
    "desk",
    __name__,
    url_prefix="/api/v1/admin",
    description="The dashboard.",
)


class Verified(TypedDict):
    """Which units of a parcel were verified."""

    acknowledged_notes: Sequence[UUID]
    verified_lines: dict[UUID, int]
    override_reason: str | None


class HandedOver(Verified):
    """To whom a parcel is handed."""

    carrier: str
    tracking_number: str | None


class Shipped(HandedOver):
    """Which units are shipped, and how."""

    lines: dict[UUID, int] | None


@blueprint.route("/orders/<uuid:order_id>/ship", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    FulfilmentNotFound,
    NotesUnread,
    InvalidState,
    LotsNotSellable,
    NotAllocated,
    NothingToShip,
    OrderIsPickedUp,
    OrderNotFound,
    OrderOnHold,
    QuantityExceedsOpen,
    UnitsNotVerified,
    UnknownOrderLine,
    VerifiedExceedsQuantity,
)
@idempotent(required=True)
@blueprint.arguments(ShipOrderSchema)
@blueprint.response(201, FulfilmentSchema)
def ship_order(form: Shipped, order_id: UUID) -> object:
    """Ship an order, or part of it, in a new parcel.

    Without lines all open units that are in no other parcel are shipped.
    """
    parcel_id = flows.ship_order(order_id, form["lines"], _hand_over(form), by=principal())
    return queries.fulfilment(parcel_id)


@blueprint.route("/orders/<uuid:order_id>/fulfilments", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(OrderNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(FulfilmentSchema))
def list_fulfilments(query: PageQuery, order_id: UUID) -> object:
    """List the parcels of an order, oldest first."""
    return queries.fulfilment_page(order_id, **query)


@blueprint.route("/orders/<uuid:order_id>/fulfilments", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    FulfilmentNotFound,
    InvalidState,
    NothingToShip,
    OrderNotFound,
    OrderOnHold,
    QuantityExceedsOpen,
    UnknownOrderLine,
)
@idempotent(required=True)
@blueprint.arguments(OpenFulfilmentSchema)
@blueprint.response(201, FulfilmentSchema)
def create_fulfilment(form: dict[str, dict[UUID, int] | None], order_id: UUID) -> object:
    """Claim units of an order for a parcel to be packed.

    Nobody else can ship them until the parcel is shipped or cancelled.
    """
    return queries.fulfilment(flows.open_fulfilment(order_id, form["lines"], by=principal()))


@blueprint.route("/fulfilments/<uuid:fulfilment_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(FulfilmentNotFound)
@blueprint.response(200, FulfilmentSchema)
def get_fulfilment(fulfilment_id: UUID) -> object:
    """Read one parcel."""
    return queries.fulfilment(fulfilment_id)


class Prepared(Verified):
    """Which units wait to be picked up."""

    lines: dict[UUID, int] | None


@blueprint.route("/orders/<uuid:order_id>/prepare-pickup", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    FulfilmentNotFound,
    NotesUnread,
    InvalidState,
    NothingToShip,
    OrderIsDelivered,
    OrderNotFound,
    OrderOnHold,
    QuantityExceedsOpen,
    UnitsNotVerified,
    UnknownOrderLine,
    VerifiedExceedsQuantity,
)
@idempotent(required=True)
@blueprint.arguments(PreparePickupSchema)
@blueprint.response(201, FulfilmentSchema)
def prepare_pickup(form: Prepared, order_id: UUID) -> object:
    """Put an order, or part of it, aside for pick-up; its customer gets an e-mail.

    Without lines all open units that are in no other parcel are put aside.
    """
    parcel_id = flows.prepare_pickup(
        order_id,
        form["lines"],
        verified=form["verified_lines"],
        override_reason=form["override_reason"],
        acknowledged_notes=form["acknowledged_notes"],
        by=principal(),
    )
    return queries.fulfilment(parcel_id)


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/pick-up", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *(FulfilmentNotFound, FulfilmentOutdated, InvalidState, LotsNotSellable),
    *(NotAllocated, NotesUnread, OrderNotFound, OrderOnHold),
)
@idempotent(required=True)
@blueprint.response(200, FulfilmentSchema)
def pick_up_fulfilment(fulfilment_id: UUID) -> object:
    """Hand a parcel that is ready for pick-up to its customer."""
    flows.pick_up(fulfilment_id, by=principal())
    return queries.fulfilment(fulfilment_id)


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/ship", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    FulfilmentNotFound,
    NotesUnread,
    FulfilmentOutdated,
    InvalidState,
    LotsNotSellable,
    NotAllocated,
    OrderIsPickedUp,
    OrderNotFound,
    OrderOnHold,
    UnitsNotVerified,
    UnknownOrderLine,
    VerifiedExceedsQuantity,
)
@idempotent(required=True)
@blueprint.arguments(HandOverSchema)
@blueprint.response(200, FulfilmentSchema)
def ship_fulfilment(form: HandedOver, fulfilment_id: UUID) -> object:
    """Ship an open parcel."""
    flows.ship_fulfilment(fulfilment_id, _hand_over(form), by=principal())
    return queries.fulfilment(fulfilment_id)


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/cancel", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(FulfilmentNotFound, InvalidState, OrderNotFound)
@idempotent(required=True)
@blueprint.response(200, FulfilmentSchema)
def cancel_fulfilment(fulfilment_id: UUID) -> object:
    """Cancel an open parcel, which releases its units.

    A shipped parcel cannot be cancelled: what comes back is a return. One that was shipped by
    mistake is voided.
    """
    flows.cancel_fulfilment(fulfilment_id, by=principal())
    return queries.fulfilment(fulfilment_id)


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/correct", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(FulfilmentNotFound, InvalidState, OrderNotFound)
@idempotent(required=True)
@blueprint.arguments(CarrierSchema, as_kwargs=True)
@blueprint.response(200, FulfilmentSchema)
def correct_fulfilment(fulfilment_id: UUID, carrier: str, tracking_number: str | None) -> object:
    """Correct carrier and tracking number of a shipped parcel.

    Its customer gets an e-mail with the new number. Without a number the parcel has none.
    """
    flows.correct_fulfilment(
        fulfilment_id, carrier=carrier, tracking_number=tracking_number, by=principal()
    )
    return queries.fulfilment(fulfilment_id)


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/void", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    FulfilmentNotFound,
    GiftCardUsed,
    InvalidState,
    OrderNotFound,
    PickupVoidTooLate,
    UnitsAlreadyReturned,
    VoidReasonMissing,
)
@idempotent(required=True)
@blueprint.arguments(VoidSchema, as_kwargs=True)
@blueprint.response(200, FulfilmentSchema)
def void_fulfilment(fulfilment_id: UUID, reason: str | None) -> object:
    """Void a shipped parcel that is not delivered, or one marked as picked up by mistake.

    Its units are on hand again and allocated to the order, which is open again; its customer gets
    an e-mail. A pick-up is voided within 24 hours, with a `reason`, and no e-mail. Refused once
    units of it were refunded. Its gift cards are disabled, and it is refused when one was used.
    """
    flows.void_fulfilment(fulfilment_id, reason=reason, by=principal())
    return queries.fulfilment(fulfilment_id)


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/deliver", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(FulfilmentNotFound, InvalidState, OrderNotFound)
@idempotent(required=True)
@blueprint.response(200, FulfilmentSchema)
def deliver_fulfilment(fulfilment_id: UUID) -> object:
    """Record that a parcel was delivered."""
    flows.deliver_fulfilment(fulfilment_id, by=principal())
    return queries.fulfilment(fulfilment_id)


@dashboard.route("/overview", methods=["GET"])
@requires(Permission.ORDERS_READ)
@dashboard.response(200, OverviewSchema)
def get_overview() -> object:
    """Return the current dashboard figures."""
    return {
        **queries.overview(principal()),
        "currency": current_app.extensions["stockroom_settings"].currency,
    }


def _hand_over(form: HandedOver) -> HandOver:
    return HandOver(
        carrier=form["carrier"],
        tracking_number=form["tracking_number"],
        verified=form["verified_lines"],
        override_reason=form["override_reason"],
        acknowledged_notes=form["acknowledged_notes"],
    )
