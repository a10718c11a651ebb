"""Rules that hold orders when they are paid."""

from typing import Unpack
from uuid import UUID

from flask import Response

from api.kernel.permissions import Permission
from api.orders import service
from api.orders.errors import (
    HoldRuleNotFound,
    HoldRulesUnreadable,
    HoldRuleTaken,
    TooManyHoldRules,
)
from api.orders.queries import handling
from api.orders.schemas.handling import (
    EditHoldRuleSchema,
    HoldRuleSchema,
    HoldRulesImportedSchema,
    HoldRulesQuerySchema,
    ImportHoldRulesSchema,
    NewHoldRuleSchema,
)
from api.orders.service import HoldRuleInput
from api.platform.auth import principal, requires
from api.platform.body_limits import FILES, body_limit
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.versioned_rows import RuleImpossible

blueprint = Blueprint(
    "admin-hold-rules",
    __name__,
    url_prefix="/api/v1/admin/hold-rules",
    description="Rules that put orders on hold when they are paid for the first time.",
)


@blueprint.route("", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(HoldRulesQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(HoldRuleSchema))
def list_hold_rules(**page: Unpack[PageQuery]) -> object:
    """List the rules by code, and how many orders each holds now."""
    return handling.rules_page(**page)


@blueprint.route("", methods=["POST"])
@requires(Permission.PAYMENTS_WRITE)
@may_answer(HoldRuleNotFound, HoldRuleTaken, RuleImpossible, TooManyHoldRules)
@idempotent(required=False)
@blueprint.arguments(NewHoldRuleSchema)
@blueprint.response(201, HoldRuleSchema, headers=LOCATED)
def create_hold_rule(values: HoldRuleInput) -> object:
    """Create a rule. It looks at orders that are paid from now on."""
    rule_id = service.create_rule(values, by=principal())
    return handling.rule(rule_id), {"Location": f"{blueprint.url_prefix}/{rule_id}"}


@blueprint.route("/import", methods=["POST"])
@requires(Permission.PAYMENTS_WRITE)
@body_limit(FILES)
@may_answer(HoldRulesUnreadable, RuleImpossible, TooManyHoldRules)
@idempotent(required=False)
@blueprint.arguments(ImportHoldRulesSchema)
@blueprint.response(200, HoldRulesImportedSchema)
def import_hold_rules(body: dict[str, str]) -> object:
    """Write the rules of a CSV by their codes, all rows or none; other rules stay."""
    return service.import_rules(body["csv"], by=principal())


@blueprint.route("/export", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.doc(
    responses={
        200: {
            "description": "All rules.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }
)
def export_hold_rules() -> Response:
    """Download all rules as CSV, as the import takes it."""
    headers = {"Content-Disposition": 'attachment; filename="hold-rules.csv"'}
    return Response(service.export_rules(), headers=headers, content_type="text/csv; charset=utf-8")


@blueprint.route("/<uuid:rule_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(HoldRuleNotFound)
@blueprint.response(200, HoldRuleSchema)
def get_hold_rule(rule_id: UUID) -> object:
    """Read one rule."""
    return handling.rule(rule_id)


@blueprint.route("/<uuid:rule_id>", methods=["PATCH"])
@requires(Permission.PAYMENTS_WRITE)
@may_answer(HoldRuleNotFound, HoldRuleTaken, RuleImpossible)
@versioned
@blueprint.arguments(EditHoldRuleSchema)
@blueprint.response(200, HoldRuleSchema)
def update_hold_rule(changes: dict[str, object], rule_id: UUID, expected_version: int) -> object:
    """Change a rule; orders that it held stay on hold."""
    with transaction():
        service.edit_rule(rule_id, changes, expected_version=expected_version, by=principal())
    return handling.rule(rule_id)


@blueprint.route("/<uuid:rule_id>", methods=["DELETE"])
@requires(Permission.PAYMENTS_WRITE)
@may_answer(HoldRuleNotFound)
@versioned
@blueprint.response(204)
def delete_hold_rule(rule_id: UUID, expected_version: int) -> None:
    """Delete a rule; orders that it held stay on hold."""
    with transaction():
        service.delete_rule(rule_id, expected_version=expected_version, by=principal())
