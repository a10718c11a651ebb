"""Tax rates and shipping methods, and the totals of an order.

Prices of this shop include tax. `totals` is pure arithmetic; `queries` finds the tax rates and
shipping methods for a country, a currency and a day; `service` changes the tables. The prices of
variants belong to the catalog.
"""
