"""Routes of staff: sign-in, accounts, roles, invitations, API keys, audit log."""

from api.accounts.admin_routes import (
    api_keys,
    audit,
    groups,
    invitations,
    roles,
    second_factor,
    staff,
)

blueprints = tuple(
    one.blueprint for one in (staff, second_factor, roles, invitations, api_keys, audit, groups)
)
