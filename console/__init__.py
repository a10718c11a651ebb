"""The counter: a terminal client for the people who ship, refund and count.

It speaks to the shop over HTTP and shares nothing else with it. Floors, from the roof down:
`__main__ > app > screens > widgets > messages, keys, theme, scan > flows > client > settings`.
Below the widgets nobody knows that a terminal exists, so those floors are tested without one.
"""
