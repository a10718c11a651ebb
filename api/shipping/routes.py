"""Shipping methods for storefronts."""

from api.kernel.money import Money
from api.platform.auth import public
from api.platform.http import Blueprint, list_schema
from api.shipping import queries
from api.shipping.rules import Consignment, Place
from api.shipping.schemas import PlaceQuerySchema, ShippingOptionSchema

blueprint = Blueprint(
    "shipping",
    __name__,
    url_prefix="/api/v1/shipping-methods",
    description="Shipping methods and their prices.",
)


@blueprint.route("", methods=["GET"])
@public
@blueprint.arguments(PlaceQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(ShippingOptionSchema))
def list_shipping_methods(
    country: str,
    region: str | None,
    postal_code: str | None,
    currency: str,
    subtotal: int,
    weight_grams: int,
    quantity: int,
) -> dict[str, object]:
    """List the shipping methods to a place, with their price for the sums of a cart.

    The list is empty if the shop does not ship there. A quote of the cart knows its weight and
    what its goods demand.
    """
    options = queries.shipping_options(
        Place.of(country, region, postal_code),
        currency,
        Consignment(subtotal, weight_grams, quantity),
    )
    return {
        "data": [
            {
                **options.offered(option),
                "free_above": None
                if option.free_above is None
                else Money(option.free_above, option.currency),
            }
            for option in options.available
        ],
        "page": {"limit": len(options.available), "next_cursor": None, "has_more": False},
    }
