"""The record of what was agreed: orders, their lines, their history.

An order is a snapshot. Names, SKUs, prices, tax and addresses are copied when it is placed and
never looked up again. Orders know neither stock nor payments; the floors above tell them what
happened there, and one function derives the statuses from it.
"""
