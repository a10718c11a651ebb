"""Shipping zones, calendars and methods, for staff. Every change names its version."""

from dataclasses import asdict
from typing import TypedDict
from uuid import UUID

from flask import Response

from api.carriers.errors import CarrierAccountNotFound
from api.inventory.errors import LocationNotFound
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.settings import current_settings
from api.platform.versioned_rows import RuleImpossible
from api.shipping import formats, queries, service
from api.shipping.errors import (
    BandsInvalid,
    CalendarCodeTaken,
    CalendarInUse,
    CalendarNotFound,
    ShippingCodeTaken,
    ShippingMethodNotFound,
    TableInvalid,
    ZoneCodeTaken,
    ZoneInUse,
    ZoneNotFound,
)
from api.shipping.queries import records
from api.shipping.rules import Area, Consignment, Place
from api.shipping.schemas import TriedSchema, TryQuerySchema
from api.shipping.schemas.records import (
    CalendarSchema,
    EditCalendarSchema,
    EditShippingMethodSchema,
    EditZoneSchema,
    NewCalendarSchema,
    NewShippingMethodSchema,
    NewZoneSchema,
    ShippingMethodSchema,
    TableResultSchema,
    TableSchema,
    ZoneSchema,
)
from api.shipping.service import ShippingMethodInput

_INVALID = (
    BandsInvalid, CalendarNotFound, CarrierAccountNotFound, LocationNotFound, RuleImpossible,
    ShippingCodeTaken, ShippingMethodNotFound, ZoneCodeTaken, ZoneNotFound,
)  # fmt: skip

blueprint = Blueprint(
    "admin-pricing",
    __name__,
    url_prefix="/api/v1/admin",
    description="Shipping zones, calendars and methods, for staff.",
)


class TriedGoods(TypedDict):
    """Where goods go, and what they weigh."""

    country: str
    region: str | None
    postal_code: str | None
    currency: str | None
    subtotal: int
    weight_grams: int
    quantity: int
    profile: str | None


@blueprint.route("/shipping-methods/try", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(TryQuerySchema)
@blueprint.response(200, TriedSchema)
def try_shipping(query: TriedGoods) -> dict[str, object]:
    """Try which methods take a cart to a place, for how much, and why others do not.

    Takes no `Idempotency-Key`: it changes nothing.
    """
    profile = query["profile"]
    options = queries.shipping_options(
        Place.of(query["country"], query["region"], query["postal_code"]),
        query["currency"] or current_settings().currency,
        Consignment(
            query["subtotal"],
            query["weight_grams"],
            query["quantity"],
            profiles={profile: "these"} if profile else {},
        ),
    )
    return {
        "available": [options.offered(option) for option in options.available],
        "unavailable": options.refusals,
        "notice": options.notice,
        "summary": options.summary,
    }


@blueprint.route("/shipping-methods", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(ShippingMethodSchema))
def list_shipping_methods(query: PageQuery) -> dict[str, object]:
    """List all shipping methods, in the order in which storefronts show them."""
    return records.shipping_methods(**query)


@blueprint.route("/shipping-methods", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(*_INVALID)
@idempotent(required=False)
@blueprint.arguments(NewShippingMethodSchema)
@blueprint.response(201, ShippingMethodSchema, headers=LOCATED)
def create_shipping_method(values: ShippingMethodInput) -> object:
    """Create a shipping method."""
    method_id = service.create_shipping_method(values, by=principal())
    location = f"{blueprint.url_prefix}/shipping-methods/{method_id}"
    return records.shipping_method(method_id), {"Location": location}


@blueprint.route("/shipping-methods/table", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.response(200, TableSchema)
def read_shipping_table() -> dict[str, str]:
    """Read all shipping methods with their price bands as a table (CSV)."""
    return {"csv": formats.write(records.table())}


@blueprint.route("/shipping-methods/export", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.doc(
    responses={
        200: {
            "description": "All shipping methods.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }
)
def export_shipping_methods() -> Response:
    """Download all shipping methods with their price bands as CSV, as the table takes it."""
    headers = {"Content-Disposition": 'attachment; filename="shipping-methods.csv"'}
    return Response(
        formats.write(records.table()), headers=headers, content_type="text/csv; charset=utf-8"
    )


@blueprint.route("/shipping-methods/table", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(TableInvalid, *_INVALID)
@idempotent(required=False)
@blueprint.arguments(TableSchema)
@blueprint.response(200, TableResultSchema)
def write_shipping_table(body: dict[str, str]) -> dict[str, int]:
    """Create and change shipping methods by a table (CSV), all of it or nothing.

    A method is known by its code and currency; those that the table does not name stay.
    """
    return asdict(service.write_table(formats.read(body["csv"]), by=principal()))


@blueprint.route("/shipping-methods/<uuid:method_id>", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@may_answer(ShippingMethodNotFound)
@blueprint.response(200, ShippingMethodSchema)
def get_shipping_method(method_id: UUID) -> dict[str, object]:
    """Read one shipping method."""
    return records.shipping_method(method_id)


@blueprint.route("/shipping-methods/<uuid:method_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(*_INVALID)
@versioned
@blueprint.arguments(EditShippingMethodSchema)
@blueprint.response(200, ShippingMethodSchema)
def update_shipping_method(
    changes: dict[str, object], method_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a shipping method; existing orders stay as they are."""
    with transaction():
        service.edit_shipping_method(
            method_id, changes, expected_version=expected_version, by=principal()
        )
    return records.shipping_method(method_id)


@blueprint.route("/shipping-methods/<uuid:method_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(ShippingMethodNotFound)
@versioned
@blueprint.response(204)
def delete_shipping_method(method_id: UUID, expected_version: int) -> None:
    """Delete a shipping method; existing orders stay as they are."""
    with transaction():
        service.remove_shipping_method(method_id, expected_version=expected_version, by=principal())


@blueprint.route("/shipping-zones", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(ZoneSchema))
def list_zones(query: PageQuery) -> dict[str, object]:
    """List all shipping zones, by code."""
    return records.zones(**query)


@blueprint.route("/shipping-zones", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(RuleImpossible, ZoneCodeTaken, ZoneNotFound)
@idempotent(required=False)
@blueprint.arguments(NewZoneSchema, as_kwargs=True)
@blueprint.response(201, ZoneSchema, headers=LOCATED)
def create_zone(code: str, name: str, areas: list[Area]) -> object:
    """Create a shipping zone."""
    zone_id = service.create_zone(code=code, name=name, areas=areas, by=principal())
    return records.zone(zone_id), {"Location": f"{blueprint.url_prefix}/shipping-zones/{zone_id}"}


@blueprint.route("/shipping-zones/<uuid:zone_id>", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@may_answer(ZoneNotFound)
@blueprint.response(200, ZoneSchema)
def get_zone(zone_id: UUID) -> dict[str, object]:
    """Read one shipping zone."""
    return records.zone(zone_id)


@blueprint.route("/shipping-zones/<uuid:zone_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(RuleImpossible, ZoneCodeTaken, ZoneNotFound)
@versioned
@blueprint.arguments(EditZoneSchema)
@blueprint.response(200, ZoneSchema)
def update_zone(
    changes: dict[str, object], zone_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a shipping zone; its methods go where it is then."""
    with transaction():
        service.edit_zone(zone_id, changes, expected_version=expected_version, by=principal())
    return records.zone(zone_id)


@blueprint.route("/shipping-zones/<uuid:zone_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(ZoneInUse, ZoneNotFound)
@versioned
@blueprint.response(204)
def delete_zone(zone_id: UUID, expected_version: int) -> None:
    """Delete a shipping zone that no method uses."""
    with transaction():
        service.remove_zone(zone_id, expected_version=expected_version, by=principal())


@blueprint.route("/shipping-calendars", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(CalendarSchema))
def list_calendars(query: PageQuery) -> dict[str, object]:
    """List all shipping calendars, by code."""
    return records.calendars(**query)


@blueprint.route("/shipping-calendars", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(CalendarCodeTaken, CalendarNotFound, RuleImpossible)
@idempotent(required=False)
@blueprint.arguments(NewCalendarSchema)
@blueprint.response(201, CalendarSchema, headers=LOCATED)
def create_calendar(values: dict[str, object]) -> object:
    """Create a shipping calendar."""
    calendar_id = service.create_calendar(values, by=principal())
    return records.calendar(calendar_id), {
        "Location": f"{blueprint.url_prefix}/shipping-calendars/{calendar_id}"
    }


@blueprint.route("/shipping-calendars/<uuid:calendar_id>", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@may_answer(CalendarNotFound)
@blueprint.response(200, CalendarSchema)
def get_calendar(calendar_id: UUID) -> dict[str, object]:
    """Read one shipping calendar."""
    return records.calendar(calendar_id)


@blueprint.route("/shipping-calendars/<uuid:calendar_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(CalendarCodeTaken, CalendarNotFound, RuleImpossible)
@versioned
@blueprint.arguments(EditCalendarSchema)
@blueprint.response(200, CalendarSchema)
def update_calendar(
    changes: dict[str, object], calendar_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a shipping calendar; promises of placed orders stay."""
    with transaction():
        service.edit_calendar(
            calendar_id, changes, expected_version=expected_version, by=principal()
        )
    return records.calendar(calendar_id)


@blueprint.route("/shipping-calendars/<uuid:calendar_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(CalendarInUse, CalendarNotFound)
@versioned
@blueprint.response(204)
def delete_calendar(calendar_id: UUID, expected_version: int) -> None:
    """Delete a shipping calendar that no method uses."""
    with transaction():
        service.remove_calendar(calendar_id, expected_version=expected_version, by=principal())
