"""What a search box shows while somebody types."""

from collections.abc import Sequence
from typing import Any

from api.catalog.queries.spelling import complete_query, correct_query, suggest_categories
from api.catalog.queries.storefront_list import search_storefront_products


def autocomplete(
    typed: str, *, currency: str, limit: int, languages: Sequence[str] = ()
) -> dict[str, Any]:
    """Return products, categories, collections and whole searches for what was typed so far.

    When no product is found, what was probably meant is taken instead, and told. The `languages`
    in the answer are those that its products are called in.
    """
    products, spoken = search_storefront_products(
        typed, currency=currency, limit=limit, languages=languages
    )
    corrected = None if products else correct_query(typed)
    if corrected:
        products, spoken = search_storefront_products(
            corrected, currency=currency, limit=limit, languages=languages
        )
    return {
        "languages": spoken,
        "q": typed,
        "corrected_q": corrected,
        "queries": complete_query(corrected or typed)[:limit],
        "products": products,
        **suggest_categories(corrected or typed, limit, languages),
    }
