"""What a problem in a file leads to."""

from enum import StrEnum


class Consequence(StrEnum):
    """What was left out because of a problem: all of a product, one row of it, or one value."""

    PRODUCT_SKIPPED = "product_skipped"
    ROW_SKIPPED = "row_skipped"
    VALUE_IGNORED = "value_ignored"
