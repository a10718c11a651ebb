"""Returns: cancelling, refunding and returning orders, by staff.

A refund request records which units and how much of the shipping are refunded, and why. Payments
move the money, and inventory restocks the units.
"""
