"""Statuses of a cart."""

from enum import StrEnum


class CartStatus(StrEnum):
    """A cart is active until it becomes an order or is merged into another cart."""

    ACTIVE = "active"
    ORDERED = "ordered"
    MERGED = "merged"
