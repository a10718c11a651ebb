"""Verbs of pricing: name a rate, offer a way of delivery, change or withdraw either.

Orders keep what was agreed, so nothing here reaches back into them.
"""

from api.pricing.service.shipping_methods import (
    ShippingDraft,
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
    "ShippingDraft",
    "create_shipping_method",
    "create_tax_rate",
    "edit_shipping_method",
    "edit_tax_rate",
    "remove_shipping_method",
    "remove_tax_rate",
    "set_tax_rate",
]
