"""Where a cart stands."""

from enum import StrEnum


class CartStatus(StrEnum):
    """A cart is open until it becomes an order or joins another cart."""

    ACTIVE = "active"
    ORDERED = "ordered"
    MERGED = "merged"
