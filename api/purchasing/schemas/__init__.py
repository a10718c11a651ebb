"""Schemas of purchasing: suppliers and orders, receipts."""
