"""Roles: what those who have one may do."""

from typing import Any
from uuid import UUID

from api.accounts import service
from api.accounts.errors import (
    GrantExceedsOwn,
    LimitInOtherCurrency,
    RoleBuiltIn,
    RoleInUse,
    RoleNameTaken,
    RoleNotFound,
)
from api.accounts.queries import staff as queries
from api.accounts.schemas.staff import NewRoleSchema, RoleEditSchema, RoleSchema
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery

blueprint = Blueprint(
    "roles", __name__, url_prefix="/api/v1/admin/roles", description="What staff may do, by role."
)


@blueprint.route("")
@requires(Permission.STAFF_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(RoleSchema))
def list_roles(query: PageQuery) -> dict[str, object]:
    """List the roles by name: those of every shop, and the shop's own."""
    return queries.role_page(**query)


@blueprint.route("", methods=["POST"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(GrantExceedsOwn, LimitInOtherCurrency, RoleNameTaken, RoleNotFound)
@idempotent(required=False)
@blueprint.arguments(NewRoleSchema)
@blueprint.response(201, RoleSchema, headers=LOCATED)
def create_role(body: dict[str, Any]) -> tuple[dict[str, object], dict[str, str]]:
    """Make a role of the shop's own.

    Whoever may change something may read it as well: that is added. Nobody makes a role that may
    do more than they may (`grant_exceeds_own`).
    """
    role_id = service.create_role(**body, by=principal())
    return queries.role(role_id), {"Location": f"{blueprint.url_prefix}/{role_id}"}


@blueprint.route("/<uuid:role_id>")
@requires(Permission.STAFF_READ)
@may_answer(RoleNotFound)
@blueprint.response(200, RoleSchema)
def get_role(role_id: UUID) -> dict[str, object]:
    """Show a role and what it may do."""
    return queries.role(role_id)


@blueprint.route("/<uuid:role_id>", methods=["PATCH"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(GrantExceedsOwn, LimitInOtherCurrency, RoleNotFound, RoleBuiltIn)
@versioned
@blueprint.arguments(RoleEditSchema(partial=True))
@blueprint.response(200, RoleSchema)
def update_role(body: dict[str, object], role_id: UUID, expected_version: int) -> dict[str, object]:
    """Change what a role may do, or asks for: for all who have it, from their next request on.

    What the built-in ones may do stays as it is: their limits and whether they need a second factor
    are the shop's. Make one of your own for anything else.
    """
    with transaction():
        service.edit_role(role_id, body, expected_version=expected_version, by=principal())
        return queries.role(role_id)


@blueprint.route("/<uuid:role_id>", methods=["DELETE"])
@requires(Permission.STAFF_WRITE, fresh_code=True)
@may_answer(GrantExceedsOwn, RoleInUse, RoleNotFound, RoleBuiltIn)
@versioned
@blueprint.response(204)
def delete_role(role_id: UUID, expected_version: int) -> None:
    """Delete a role of the shop's own that nobody has."""
    with transaction():
        service.delete_role(role_id, expected_version=expected_version, by=principal())
