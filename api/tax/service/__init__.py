"""Writes of tax rates.

Orders store copies of the taxes that they owe, so nothing here changes existing orders.
"""

from api.tax.service.rates import (
    ALWAYS,
    TaxRateInput,
    create_tax_rate,
    edit_tax_rate,
    remove_tax_rate,
    set_tax_rate,
)

__all__ = [
    "ALWAYS",
    "TaxRateInput",
    "create_tax_rate",
    "edit_tax_rate",
    "remove_tax_rate",
    "set_tax_rate",
]
