"""Shopify's product CSV, in all three of its generations: what a file says, without a database.

One product takes several rows with the same handle: the first says what it is, each may name a
variant and a picture. An empty cell says nothing. The rows of a handle stand together; when they
do not, each run of them is read for itself and adds to the product that the first one made.
"""

from api.imports.shopify.products import (
    Described,
    Problem,
    described_products,
)
from api.imports.shopify.reading import Sheet, SheetUnreadable, check_text, count_rows

__all__ = [
    "Described",
    "Problem",
    "Sheet",
    "SheetUnreadable",
    "check_text",
    "count_rows",
    "described_products",
]
