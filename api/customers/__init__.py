"""Customers for staff: finding them, and one of them with groups, addresses, notes and credit.

Accounts own what is stored; this package reads it together with what orders and store credit know.
"""
