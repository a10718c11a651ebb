"""Markets and VAT ids, for storefronts."""

from api.platform.auth import public
from api.platform.http import Blueprint, list_schema
from api.tax import queries
from api.tax.schemas import MarketSchema

blueprint = Blueprint(
    "markets",
    __name__,
    url_prefix="/api/v1/markets",
    description="Where the shop sells, in which currency, and how one may pay.",
)


@blueprint.route("", methods=["GET"])
@public
@blueprint.response(200, list_schema(MarketSchema))
def list_markets() -> dict[str, object]:
    """List the markets. The list is empty in a shop that sells everywhere on the same terms."""
    markets = queries.active_markets()
    return {
        "data": [
            {name: market[name] for name in MarketSchema._declared_fields} for market in markets
        ],
        "page": {"limit": len(markets), "next_cursor": None, "has_more": False},
    }
