"""Reasons, policies and sentences of returns, for staff."""

from datetime import date
from uuid import UUID

from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.versioned_rows import RuleImpossible
from api.returns.errors import (
    HolidayNotFound,
    HolidayTaken,
    LanguageInvalid,
    PolicyNotFound,
    PolicyScopeUnknown,
    PolicyTaken,
    ReasonCodeInvalid,
)
from api.returns.queries import settings as queries
from api.returns.queries.settings import Reason
from api.returns.schemas.settings import (
    EditReturnPolicySchema,
    EditReturnReasonSchema,
    EditReturnTextSchema,
    EditReturnTextsSchema,
    NewPublicHolidaySchema,
    NewReturnPolicySchema,
    PublicHolidaySchema,
    ReturnPolicySchema,
    ReturnReasonSchema,
    ReturnReasonsSchema,
    ReturnTextListSchema,
    ReturnTextsQuerySchema,
    ReturnTextsSchema,
    check_code,
    check_language,
)
from api.returns.service import settings as service

blueprint = Blueprint(
    "admin-return-settings",
    __name__,
    url_prefix="/api/v1/admin",
    description="Reasons, policies and sentences of returns, for staff.",
)


@blueprint.route("/return-reasons", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.response(200, ReturnReasonsSchema)
def list_admin_return_reasons() -> dict[str, object]:
    """List the catalogue of reasons, also those that are not used any more."""
    return {"reasons": [_fields(one) for one in queries.reasons()]}


@blueprint.route("/return-reasons/<string:code>", methods=["PUT"])
@requires(Permission.PRICING_WRITE)
@may_answer(ReasonCodeInvalid)
@versioned
@blueprint.arguments(EditReturnReasonSchema)
@blueprint.response(200, ReturnReasonSchema)
def put_return_reason(
    body: dict[str, object], code: str, expected_version: int
) -> dict[str, object]:
    """Write a reason, new or instead of a built-in one (version 0)."""
    if not check_code(code):
        raise ReasonCodeInvalid
    with transaction():
        service.put_reason(code, body, expected_version=expected_version, by=principal())
    return _fields(queries.reasons_by_code()[code])


@blueprint.route("/return-policies", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(ReturnPolicySchema))
def list_return_policies(query: PageQuery) -> dict[str, object]:
    """List return policies. Without any, everything unused may be returned within 30 days."""
    return queries.policies_page(**query)


@blueprint.route("/return-policies", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(PolicyNotFound, PolicyScopeUnknown, PolicyTaken, RuleImpossible)
@idempotent(required=False)
@blueprint.arguments(NewReturnPolicySchema)
@blueprint.response(201, ReturnPolicySchema, headers=LOCATED)
def create_return_policy(body: dict[str, object]) -> object:
    """Create a policy for a product, a market, both, or everything."""
    policy_id = service.create_policy(body, by=principal())
    headers = {"Location": f"{blueprint.url_prefix}/return-policies/{policy_id}"}
    return queries.policy(policy_id), headers


@blueprint.route("/return-policies/<uuid:policy_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(PolicyNotFound)
@blueprint.response(200, ReturnPolicySchema)
def get_return_policy(policy_id: UUID) -> dict[str, object]:
    """Read one policy."""
    return queries.policy(policy_id)


@blueprint.route("/return-policies/<uuid:policy_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(PolicyNotFound, PolicyTaken, RuleImpossible)
@versioned
@blueprint.arguments(EditReturnPolicySchema)
@blueprint.response(200, ReturnPolicySchema)
def update_return_policy(
    changes: dict[str, object], policy_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a policy, for returns from now on."""
    with transaction():
        service.edit_policy(policy_id, changes, expected_version=expected_version, by=principal())
    return queries.policy(policy_id)


@blueprint.route("/return-policies/<uuid:policy_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(PolicyNotFound)
@versioned
@blueprint.response(204)
def delete_return_policy(policy_id: UUID, expected_version: int) -> None:
    """Delete a policy; the next wider one applies then."""
    with transaction():
        service.remove_policy(policy_id, expected_version=expected_version, by=principal())


@blueprint.route("/public-holidays", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(PublicHolidaySchema))
def list_public_holidays(query: PageQuery) -> dict[str, object]:
    """List public holidays by day: no period of withdrawal ends on one."""
    return queries.holidays_page(**query)


@blueprint.route("/public-holidays", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(HolidayNotFound, HolidayTaken, PolicyScopeUnknown, RuleImpossible)
@idempotent(required=False)
@blueprint.arguments(NewPublicHolidaySchema, as_kwargs=True)
@blueprint.response(201, PublicHolidaySchema)
def add_public_holiday(
    day: date, name: str, market_id: UUID | None, market: str | None
) -> dict[str, object]:
    """Add a public holiday of a market, or of all markets."""
    return queries.holiday(
        service.add_holiday(day=day, name=name, market_id=market_id, market=market, by=principal())
    )


@blueprint.route("/public-holidays/<uuid:holiday_id>/remove", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(HolidayNotFound)
@idempotent(required=False)
@blueprint.response(204)
def remove_public_holiday(holiday_id: UUID) -> None:
    """Delete a public holiday."""
    service.remove_holiday(holiday_id, by=principal())


@blueprint.route("/return-texts", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(ReturnTextsQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, ReturnTextListSchema)
def list_return_texts(language: str | None) -> dict[str, object]:
    """List the sentences of slips, e-mails and the withdrawal function one by one."""
    return {"texts": queries.all_texts(language=language)}


@blueprint.route("/return-texts/<string:language>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(LanguageInvalid)
@versioned
@blueprint.arguments(EditReturnTextSchema, as_kwargs=True)
@blueprint.response(200, ReturnTextsSchema)
def edit_return_text(
    language: str, expected_version: int, name: str, text: str
) -> dict[str, object]:
    """Write one sentence in a language; the others stay."""
    if not check_language(language):
        raise LanguageInvalid
    with transaction():
        service.put_text(language, name, text, expected_version=expected_version, by=principal())
    return queries.edited_texts(language)


@blueprint.route("/return-texts/<string:language>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(LanguageInvalid)
@blueprint.response(200, ReturnTextsSchema)
def get_return_texts(language: str) -> dict[str, object]:
    """Read the sentences of slips, e-mails and the withdrawal function in a language."""
    if not check_language(language):
        raise LanguageInvalid
    return queries.edited_texts(language)


@blueprint.route("/return-texts/<string:language>", methods=["PUT"])
@requires(Permission.PRICING_WRITE)
@may_answer(LanguageInvalid)
@versioned
@blueprint.arguments(EditReturnTextsSchema)
@blueprint.response(200, ReturnTextsSchema)
def put_return_texts(
    body: dict[str, dict[str, str]], language: str, expected_version: int
) -> dict[str, object]:
    """Write the shop's own sentences in a language; those left out are the built-in ones."""
    if not check_language(language):
        raise LanguageInvalid
    with transaction():
        service.put_texts(
            language, body["texts"], expected_version=expected_version, by=principal()
        )
    return queries.edited_texts(language)


def _fields(one: Reason) -> dict[str, object]:
    return {
        "code": one.code,
        "labels": dict(one.labels),
        "counts_as_defect": one.counts_as_defect,
        "is_active": one.is_active,
        "position": one.position,
        "version": one.version,
    }
