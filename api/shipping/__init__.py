"""Shipping: zones, methods, their prices and conditions, and promises.

`rules` and `promises` are pure; `queries` finds the methods for a destination and a cart in one
statement; `service` changes the tables. Parcels belong to `fulfilment`.
"""
