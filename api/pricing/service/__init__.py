"""Writes of tax rates and shipping methods.

Orders store copies of both, so nothing here changes existing orders.
"""

from api.pricing.service.shipping_methods import (
    ShippingMethodInput,
    create_shipping_method,
    edit_shipping_method,
    remove_shipping_method,
)
from api.pricing.service.tax_rates import (
    ALWAYS,
    create_tax_rate,
    edit_tax_rate,
    remove_tax_rate,
    set_tax_rate,
)

__all__ = [
    "ALWAYS",
    "ShippingMethodInput",
    "create_shipping_method",
    "create_tax_rate",
    "edit_shipping_method",
    "edit_tax_rate",
    "remove_shipping_method",
    "remove_tax_rate",
    "set_tax_rate",
]
