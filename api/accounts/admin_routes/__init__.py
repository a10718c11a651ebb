"""Staff: how they come in, who they are, and what they may do."""

from api.accounts.admin_routes import api_keys, invitations, roles, staff

blueprints = (staff.blueprint, roles.blueprint, invitations.blueprint, api_keys.blueprint)
