"""Purchasing for staff, one blueprint for each kind of thing."""

from api.purchasing.admin_routes import orders, receipts, reorder, transfers

blueprints = (orders.blueprint, receipts.blueprint, transfers.blueprint, reorder.blueprint)
