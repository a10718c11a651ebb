"""Fulfilments: parcels are opened, shipped, corrected, voided, cancelled and delivered.

A fulfilment is one parcel with units of one order. Opening it claims these units, so that nobody
else packs them; shipping subtracts them from the stock, from the order's allocation and from its
open units. Orders and inventory are changed in one transaction, without network.

The package also has the dashboard figures and the lookup of scanned codes.
"""
