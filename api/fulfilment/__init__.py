"""Goods on their way to the customer: parcels are claimed, handed over, cancelled, delivered.

A fulfilment is one parcel with units of one order. Opening it claims these units, so that nobody
else packs them; shipping takes them off the shelf, off the promise and off what the order still
owes. Here orders and inventory meet in one transaction, without network.

Also here is what the counter asks all day: the figures of the moment, and what a scanned code is.
"""
