"""Edits of orders by staff after they were placed.

Prices the changed order, allocates and releases its goods, and asks for the difference or refunds
it. It stands above the checkout, which prices, and returns, which refunds.
"""
