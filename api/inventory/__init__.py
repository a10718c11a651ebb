"""Stock levels per variant and location, and a journal of every movement.

Quantities change only through the journal (`service.journal`). A reservation keeps units for a cart
during checkout, an allocation assigns them to an order, a shipment removes them; each has an
inverse. `available = on_hand - allocated - live reservations`, for one level and summed over active
locations.

Names and SKUs of variants belong to the catalog. Orders, fulfilments and refunds are known here
only by their ids.
"""
