"""The totals of an order: pure arithmetic over prices, discounts, shipping and taxes.

The prices of variants belong to the catalog, tax rates to `tax`, shipping methods to `shipping`.
"""
