"""Writes of shipping methods.

Orders store copies of them, so nothing here changes existing orders.
"""

from api.pricing.service.shipping_methods import (
    ShippingMethodInput,
    create_shipping_method,
    edit_shipping_method,
    remove_shipping_method,
)

__all__ = [
    "ShippingMethodInput",
    "create_shipping_method",
    "edit_shipping_method",
    "remove_shipping_method",
]
