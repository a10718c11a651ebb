"""Returns and withdrawals for customers and guests."""

from api.returns.routes import claims, customer, withdrawals

blueprints = (
    customer.blueprint,
    customer.own,
    customer.reasons_blueprint,
    claims.blueprint,
    withdrawals.blueprint,
)
