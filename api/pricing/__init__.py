"""What the customer pays beside the goods' own price: the tax inside it and the way to the door.

Prices of this shop include tax. `totals` is pure arithmetic; `queries` answers which rates and
which ways of delivery hold for a country, a currency and a day; `service` changes the tables.
The price of a variant lives in the catalogue.
"""
