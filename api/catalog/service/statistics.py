"""What the database's planner knows of the catalogue's tables."""

from sqlalchemy import text

from api.platform.db import require_transaction, session

_ANALYZE = text(
    "ANALYZE products, variants, barcodes, variant_prices, product_price_ranges, price_history,"
    " product_images, category_members, traits"
)


def tell_planner() -> None:
    """Have the database look at how much there is, after many rows have come at once.

    It does so by itself within minutes; until then it believes that the tables are as small as
    they were, and reads a list by going through all of them. Takes a second for a million products.
    """
    require_transaction()
    session.execute(_ANALYZE)
