"""Money asked for, taken and given back.

A payment knows its order only as an id on the envelope. It is recorded before the provider is
called and again afterwards, and the row's own id is the provider's idempotency key: whatever
happens in between, asking again leads to the same money.
"""
