"""Groups of customers, for staff."""

from collections.abc import Mapping
from uuid import UUID

from api.accounts.errors import CustomersUnknown, GroupCodeTaken, GroupInUse, GroupNotFound
from api.accounts.queries import groups as queries
from api.accounts.schemas.groups import (
    CustomerGroupSchema,
    EditGroupSchema,
    GroupMembersChangedSchema,
    GroupMembersChangeSchema,
    GroupMemberSchema,
    NewGroupSchema,
)
from api.accounts.service import groups as service
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import (
    LOCATED,
    Blueprint,
    PageQuerySchema,
    UncountedPageQuerySchema,
    list_schema,
)
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery, UncountedPageQuery

blueprint = Blueprint(
    "customer-groups",
    __name__,
    url_prefix="/api/v1/admin/customer-groups",
    description="Groups of customers with prices or discounts of their own.",
)


@blueprint.route("")
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(CustomerGroupSchema))
def list_customer_groups(query: PageQuery) -> dict[str, object]:
    """List the groups of customers by code."""
    return queries.groups(**query)


@blueprint.route("", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(GroupCodeTaken, GroupNotFound)
@idempotent(required=False)
@blueprint.arguments(NewGroupSchema, as_kwargs=True)
@blueprint.response(201, CustomerGroupSchema, headers=LOCATED)
def create_customer_group(name: str, code: str, shows_net: bool = False) -> object:
    """Create a group of customers."""
    group_id = service.create_group(name=name, shows_net=shows_net, code=code, by=principal())
    return queries.group(group_id), {"Location": f"{blueprint.url_prefix}/{group_id}"}


@blueprint.route("/<uuid:group_id>")
@requires(Permission.PRICING_WRITE)
@may_answer(GroupNotFound)
@blueprint.response(200, CustomerGroupSchema)
def get_customer_group(group_id: UUID) -> dict[str, object]:
    """Read one group."""
    return queries.group(group_id)


@blueprint.route("/<uuid:group_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(GroupNotFound)
@versioned
@blueprint.arguments(EditGroupSchema)
@blueprint.response(200, CustomerGroupSchema)
def update_customer_group(
    changes: Mapping[str, object], group_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a group."""
    with transaction():
        service.edit_group(group_id, changes, expected_version=expected_version, by=principal())
    return queries.group(group_id)


@blueprint.route("/<uuid:group_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(GroupInUse, GroupNotFound)
@versioned
@blueprint.response(204)
def delete_customer_group(group_id: UUID, expected_version: int) -> None:
    """Delete a group; its customers stay, and discounts for it alone no longer apply."""
    with transaction():
        service.delete_group(group_id, expected_version=expected_version, by=principal())


@blueprint.route("/<uuid:group_id>/members")
@requires(Permission.CUSTOMERS_READ)
@blueprint.arguments(UncountedPageQuerySchema, location="query")
@blueprint.response(200, list_schema(GroupMemberSchema))
def list_group_members(query: UncountedPageQuery, group_id: UUID) -> dict[str, object]:
    """List the customers in a group."""
    return queries.members(group_id, **query)


@blueprint.route("/<uuid:group_id>/members", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(CustomersUnknown, GroupNotFound)
@idempotent(required=False)
@blueprint.arguments(GroupMembersChangeSchema, as_kwargs=True)
@blueprint.response(200, GroupMembersChangedSchema)
def add_group_members(group_id: UUID, emails: list[str]) -> dict[str, int]:
    """Put customers into a group, all of the addresses or none."""
    return {"changed": service.add_members(group_id, emails, by=principal())}


@blueprint.route("/<uuid:group_id>/members/remove", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(CustomersUnknown, GroupNotFound)
@idempotent(required=False)
@blueprint.arguments(GroupMembersChangeSchema, as_kwargs=True)
@blueprint.response(200, GroupMembersChangedSchema)
def remove_group_members(group_id: UUID, emails: list[str]) -> dict[str, int]:
    """Take customers out of a group."""
    return {"changed": service.remove_members(group_id, emails, by=principal())}
