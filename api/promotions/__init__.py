"""Discounts: automatic ones and those by code, what they take off a cart, and how often.

`calculation` is pure arithmetic over the lines of a cart. Discounts are kept in the process for as
long as the token that each cart carries stays the same; how often one was used is claimed by a
guarded update in the transaction that places the order, and given back with the order.
"""
