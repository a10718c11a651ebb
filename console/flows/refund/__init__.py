"""Giving money back for units of an order.

The draft starts empty and can never hold more units of a line than are refundable. The amount is
always the shop's own quote; F10 shows it with its destination, and only a second F10 sends it. An
answer that is lost is asked for again under the same key, so the money leaves once.

`draft` is what the operator has so far, `events` what can happen to it, `reducer` what follows.
"""
