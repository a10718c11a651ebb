"""Shipping methods for storefronts."""

from typing import Any

from api.kernel.money import Money
from api.platform.auth import public
from api.platform.http import Blueprint, list_schema
from api.pricing import queries
from api.pricing.queries import ShippingOption
from api.pricing.schemas import ShippingOptionSchema, ShippingQuerySchema

blueprint = Blueprint(
    "shipping",
    __name__,
    url_prefix="/api/v1/shipping-methods",
    description="Shipping methods and their prices.",
)


@blueprint.route("", methods=["GET"])
@public
@blueprint.arguments(ShippingQuerySchema, location="query")
@blueprint.response(200, list_schema(ShippingOptionSchema))
def list_shipping_methods(query: dict[str, Any]) -> dict[str, Any]:
    """List the shipping methods to a country, with their price for a subtotal.

    The list is empty if the shop does not ship there.
    """
    options = queries.shipping_options(**query)
    return {
        "data": [_option(option) for option in options],
        "page": {"limit": len(options), "next_cursor": None, "has_more": False},
    }


def _option(option: ShippingOption) -> dict[str, Any]:
    free_above = option.free_above
    return {
        "code": option.code,
        "name": option.name,
        "amount": Money(option.amount, option.currency),
        "free_above": None if free_above is None else Money(free_above, option.currency),
        "min_days": option.min_delivery_days,
        "max_days": option.max_delivery_days,
    }
