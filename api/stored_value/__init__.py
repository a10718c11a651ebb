"""Gift cards and store credit: what customers have paid, or were given, and not spent yet.

Both are accounts with a ledger. They pay for orders as a tender, never as a discount: an order
costs the same whoever pays for it, and its tax does not change.
"""
