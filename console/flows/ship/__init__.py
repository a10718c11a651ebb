"""Handing units of an order to a carrier.

The draft starts with everything that is still open, so the common case is: scan the carrier's
label, press Enter. Scanning goods checks them off one by one; a wrong one is refused by name. It
can never hold more units of a line than are open.

`draft` is what the operator has so far, `events` what can happen to it, `reducer` what follows.
"""
