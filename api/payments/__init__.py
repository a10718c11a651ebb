"""Payments, refunds and disputes.

A payment knows its order only by id. It is recorded before the provider is called and again
afterwards, and the row's id is the provider's idempotency key: whatever happens in between, a
repeated call finds the same payment.
"""
