"""What a discount takes off, and from what."""

from enum import StrEnum


class DiscountKind(StrEnum):
    """How the amount of a discount is found."""

    PERCENT = "percent"
    FIXED = "fixed"
    FREE_SHIPPING = "free_shipping"
    BUY_X_GET_Y = "buy_x_get_y"
    TIERED_BY_QUANTITY = "tiered_by_quantity"
    TIERED_BY_VALUE = "tiered_by_value"


class Target(StrEnum):
    """What it is taken off: each fitting line, the order as a whole, or its shipping."""

    LINES = "lines"
    ORDER = "order"
    SHIPPING = "shipping"
