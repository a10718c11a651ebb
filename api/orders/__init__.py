"""Orders: their lines, holds, history and statuses.

An order is a snapshot. Names, SKUs, prices, tax and addresses are copied when it is placed and
never looked up again. This package knows neither stock nor payments; the packages above report what
happened there, and one function derives the statuses from it.
"""
