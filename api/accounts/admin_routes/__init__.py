"""Staff: how they come in, who they are, and what they may do."""

from api.accounts.admin_routes import api_keys, audit, invitations, roles, second_factor, staff

blueprints = tuple(
    one.blueprint for one in (staff, second_factor, roles, invitations, api_keys, audit)
)
