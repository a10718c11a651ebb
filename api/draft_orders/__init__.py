"""Draft orders that staff prepare for a customer, and the links by which customers open orders.

A draft becomes an order when its customer opens the pay link, or when staff mark it as paid.
"""
