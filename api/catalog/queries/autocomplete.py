"""What a search box shows while somebody types."""

from collections.abc import Sequence
from typing import Any

from api.catalog.queries.spelling import likely_queries, meant, shelves_named
from api.catalog.queries.storefront_list import found_products


def suggested(
    typed: str, *, currency: str, limit: int, languages: Sequence[str] = ()
) -> dict[str, Any]:
    """Return products, shelves and whole searches for what was typed so far.

    When no product is found, what was probably meant is taken instead, and told. The `languages`
    in the answer are those that its products are called in.
    """
    products, spoken = found_products(typed, currency=currency, limit=limit, languages=languages)
    corrected = None if products else meant(typed)
    if corrected:
        products, spoken = found_products(
            corrected, currency=currency, limit=limit, languages=languages
        )
    return {
        "languages": spoken,
        "q": typed,
        "corrected_q": corrected,
        "queries": likely_queries(corrected or typed)[:limit],
        "products": products,
        **shelves_named(corrected or typed, limit, languages),
    }
