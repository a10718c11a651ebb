"""Picking: which orders are picked next, out of which bins, into which totes, and by whom.

A batch is a walk of one person for some orders. Units in a tote are a bin's units, so the stock is
right in the middle of a walk; an order is in one open batch at most.
"""
