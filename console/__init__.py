"""The console: a terminal client for staff who ship, refund and count stock.

It speaks to the shop over HTTP and shares nothing else with it. Layers, from the top down:
`__main__ > app > screens > widgets > messages, keys, theme, scan > flows > client > settings`.
Below the widgets nothing knows that a terminal exists, so those layers are tested without one.
"""
