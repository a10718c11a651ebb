"""Cart to order, stock and payment: the story in which these domains meet.

`flows.place_order` is where an order comes to be; there is no other way.
"""
