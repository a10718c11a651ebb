"""Labels bought from carriers, what customs is told, and where parcels are.

A label is bought once per parcel however often it is asked for: the request is stored first, then
the carrier is asked outside any transaction, then the answer is stored. Tracking is data: it moves
no stock, and an arrival is recorded as any other delivery is.
"""
