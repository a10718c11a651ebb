"""Carts of customers and guests. A cart reserves nothing: prices and stock are looked up each time
it is read, and fixed only when it becomes an order.
"""
