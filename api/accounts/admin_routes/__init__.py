"""Routes of staff: sign-in, accounts, roles, invitations, API keys, audit log."""

from api.accounts.admin_routes import (
    api_keys,
    audit,
    groups,
    invitations,
    roles,
    second_factor,
    staff,
    terminals,
)

blueprints = tuple(
    one.blueprint
    for one in (staff, second_factor, terminals, roles, invitations, api_keys, audit, groups)
)
