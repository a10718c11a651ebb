"""Checkout: from cart to order, stock and payment.

`flows.place_order` is the only place where orders are created.
"""
