"""The route of the audit log."""

from typing import Any

from api.accounts.schemas.staff import AuditEntrySchema, AuditQuerySchema
from api.kernel.permissions import Permission
from api.platform import audit
from api.platform.auth import requires
from api.platform.http import Blueprint, list_schema

blueprint = Blueprint(
    "audit", __name__, url_prefix="/api/v1/admin/audit", description="Who changed what."
)


@blueprint.route("")
@requires(Permission.AUDIT_READ)
@blueprint.arguments(AuditQuerySchema, location="query")
@blueprint.response(200, list_schema(AuditEntrySchema))
def list_audit_entries(query: dict[str, Any]) -> dict[str, object]:
    """List who changed what, the newest first; sign-ins of staff, refused ones too.

    Entries are never changed. Minutes after they were written they are sealed into a chain, which
    the doctor checks.
    """
    since, until = query.pop("created_at_gte"), query.pop("created_at_lt")
    return audit.entries(**query, since=since, until=until)
