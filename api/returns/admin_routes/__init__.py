"""Refunds, returns and their settings, for staff."""

from api.returns.admin_routes import cases, claims, refunds, settings, withdrawals

blueprints = (
    refunds.blueprint,
    cases.blueprint,
    claims.blueprint,
    settings.blueprint,
    withdrawals.blueprint,
)
