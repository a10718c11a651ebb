"""Writes of tax rates, markets and tax exemptions.

Orders store copies of the taxes that they owe, so nothing here changes existing orders.
"""

from api.tax.service.exemptions import (
    create_tax_exemption,
    edit_tax_exemption,
    remove_tax_exemption,
)
from api.tax.service.markets import create_market, edit_market, remove_market
from api.tax.service.rates import (
    ALWAYS,
    TaxRateInput,
    create_tax_rate,
    edit_tax_rate,
    remove_tax_rate,
    set_tax_rate,
)
from api.tax.service.rates_csv import export_tax_rates, import_tax_rates

__all__ = [
    "ALWAYS",
    "TaxRateInput",
    "create_market",
    "create_tax_exemption",
    "create_tax_rate",
    "edit_market",
    "edit_tax_exemption",
    "edit_tax_rate",
    "export_tax_rates",
    "import_tax_rates",
    "remove_market",
    "remove_tax_exemption",
    "remove_tax_rate",
    "set_tax_rate",
]
