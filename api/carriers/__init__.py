"""Carrier accounts, what carriers are sent to buy labels, and their live rates.

`gateways` has one adapter per carrier behind one interface; nothing in it touches a table.
Credentials are sealed and never shown again. Labels of parcels are in `shipping_labels`.
"""
