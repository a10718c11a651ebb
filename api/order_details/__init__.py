"""Order details: one order with its payments, refunds, parcels and history.

Orders, payments, returns and fulfilments do not import each other; this package is one layer above
and combines their reads. It only reads.
"""
