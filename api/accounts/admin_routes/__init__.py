"""Staff: how they come in, who they are, and what they may do."""

from api.accounts.admin_routes import api_keys, audit, invitations, roles, staff

blueprints = tuple(one.blueprint for one in (staff, roles, invitations, api_keys, audit))
