"""Orders for staff: the list, notes, tags, holds, views. One order is shown by `order_details`."""

from api.orders.admin_routes import hold_rules, holds, notes, orders, views

blueprints = (
    orders.blueprint,
    holds.blueprint,
    notes.blueprint,
    views.blueprint,
    hold_rules.blueprint,
)
