"""Purchasing: suppliers, what they sell the shop, and purchase orders.

Goods that a purchase order brings become stock in the inventory; what they cost is known here.
"""
