"""Prices over time for staff: what they were, and what they will be."""

from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from api.catalog.errors import (
    CompareAtNotAbovePrice,
    CurrencyTwice,
    ProductNotFound,
    ScheduleEndsTooEarly,
    ScheduleInThePast,
    ScheduleNotFound,
    SchedulesOverlap,
    VariantNotFound,
)
from api.catalog.queries import prices as price_queries
from api.catalog.schemas.prices import (
    NewScheduledPriceSchema,
    PriceHistoryQuerySchema,
    PriceRecordSchema,
    ScheduledPriceSchema,
    ScheduledPricesQuerySchema,
)
from api.catalog.service import scheduled_prices
from api.catalog.service.inputs import PriceInput
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery

blueprint = Blueprint(
    "admin-prices",
    __name__,
    url_prefix="/api/v1/admin",
    description="The history of prices, and scheduled prices, for staff.",
)


@blueprint.route("/variants/<uuid:variant_id>/price-history", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(VariantNotFound)
@blueprint.arguments(PriceHistoryQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(PriceRecordSchema))
def list_price_history(variant_id: UUID, currency: str | None, **page: Unpack[PageQuery]) -> object:
    """Read what a variant cost, the newest first; what is in force has no end.

    `prior_price` is the lowest price of the 30 days before the present reduction began.
    """
    return price_queries.price_history(variant_id, currency=currency, **page)


@blueprint.route("/variants/<uuid:variant_id>/scheduled-prices", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(VariantNotFound)
@blueprint.arguments(ScheduledPricesQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(ScheduledPriceSchema))
def list_scheduled_prices(variant_id: UUID, state: str | None, **page: Unpack[PageQuery]) -> object:
    """List a variant's scheduled prices, the last to start first."""
    return price_queries.scheduled_prices(variant_id, state=state, **page)


class NewScheduledPrice(TypedDict):
    """A price, and from when and until when it counts."""

    price: PriceInput
    starts_at: datetime
    ends_at: datetime | None


@blueprint.route("/variants/<uuid:variant_id>/scheduled-prices", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(
    CompareAtNotAbovePrice,
    CurrencyTwice,
    ProductNotFound,
    ScheduleEndsTooEarly,
    ScheduleInThePast,
    ScheduleNotFound,
    SchedulesOverlap,
    VariantNotFound,
)
@idempotent(required=False)
@blueprint.arguments(NewScheduledPriceSchema)
@blueprint.response(201, ScheduledPriceSchema, headers=LOCATED)
def schedule_price(given: NewScheduledPrice, variant_id: UUID) -> object:
    """Schedule a price of a variant in one currency.

    It comes within seconds of `starts_at`. At `ends_at` what was before comes back, unless somebody
    has changed the price by hand meanwhile: then that stays. Without `ends_at` the price stays.
    Prices of one variant and currency cannot be scheduled for the same time.
    """
    schedule_id = scheduled_prices.schedule_price(variant_id, by=principal(), **given)
    location = f"{blueprint.url_prefix}/scheduled-prices/{schedule_id}"
    return price_queries.scheduled_price(schedule_id), {"Location": location}


@blueprint.route("/scheduled-prices/<uuid:schedule_id>", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(ScheduleNotFound)
@blueprint.response(200, ScheduledPriceSchema)
def get_scheduled_price(schedule_id: UUID) -> object:
    """Read one scheduled price."""
    return price_queries.scheduled_price(schedule_id)


@blueprint.route("/scheduled-prices/<uuid:schedule_id>/cancel", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(InvalidState, ProductNotFound, ScheduleNotFound, VariantNotFound)
@idempotent(required=False)
@blueprint.response(200, ScheduledPriceSchema)
def cancel_scheduled_price(schedule_id: UUID) -> object:
    """Call a scheduled price off; one that is in force ends now."""
    scheduled_prices.cancel_scheduled_price(schedule_id, by=principal())
    return price_queries.scheduled_price(schedule_id)
