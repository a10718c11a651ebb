"""Goods on shelves: where they lie, how many are promised, and a journal of every movement.

Quantities change only through the journal (`service.ledger`): a hold is a thought in a checkout, an
allocation is a promise to an order, a shipment takes goods off the shelf, and each has an inverse.
`available = on_hand - allocated - live holds`, for one level and summed over active locations.

What a variant is called lives in the catalogue; what an order is lives above. Orders, fulfilments
and refunds are known here only by their ids.
"""
