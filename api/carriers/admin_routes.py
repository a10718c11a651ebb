"""Carrier accounts, for those who keep the shop's keys."""

from uuid import UUID

from api.carriers import flows, queries, service
from api.carriers.errors import (
    CarrierAccountCodeTaken,
    CarrierAccountInUse,
    CarrierAccountNotFound,
    CredentialsIncomplete,
    CredentialsUnreadable,
)
from api.carriers.schemas import (
    CarrierAccountSchema,
    CheckedAccountSchema,
    EditCarrierAccountSchema,
    NewCarrierAccountSchema,
    WebhookTokenSchema,
)
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent_steps
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.settings import current_settings
from api.platform.versioned_rows import RuleImpossible

blueprint = Blueprint(
    "carrier-accounts",
    __name__,
    url_prefix="/api/v1/admin/carrier-accounts",
    description="Accounts at carriers, from which labels are bought.",
)


@blueprint.route("", methods=["GET"])
@requires(Permission.KEYS_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(CarrierAccountSchema))
def list_carrier_accounts(query: PageQuery) -> dict[str, object]:
    """List the accounts by code. Credentials are never shown."""
    return queries.accounts(**query)


@blueprint.route("", methods=["POST"])
@requires(Permission.KEYS_WRITE)
@may_answer(CarrierAccountCodeTaken, CarrierAccountNotFound, CredentialsIncomplete, RuleImpossible)
@idempotent_steps()
@blueprint.arguments(NewCarrierAccountSchema)
@blueprint.response(201, CarrierAccountSchema, headers=LOCATED)
def create_carrier_account(values: dict[str, object]) -> object:
    """Add an account. Its credentials are encrypted, and never shown again."""
    with transaction():
        account_id = service.create_account(values, by=principal())
    return queries.account(account_id), {"Location": f"{blueprint.url_prefix}/{account_id}"}


@blueprint.route("/<uuid:account_id>", methods=["GET"])
@requires(Permission.KEYS_READ)
@may_answer(CarrierAccountNotFound)
@blueprint.response(200, CarrierAccountSchema)
def get_carrier_account(account_id: UUID) -> dict[str, object]:
    """Read one account, without its credentials."""
    return queries.account(account_id)


@blueprint.route("/<uuid:account_id>", methods=["PATCH"])
@requires(Permission.KEYS_WRITE)
@may_answer(CarrierAccountCodeTaken, CarrierAccountNotFound, CredentialsIncomplete, RuleImpossible)
@versioned
@blueprint.arguments(EditCarrierAccountSchema)
@blueprint.response(200, CarrierAccountSchema)
def update_carrier_account(
    changes: dict[str, object], account_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change an account. Credentials are replaced whole."""
    with transaction():
        service.edit_account(account_id, changes, expected_version=expected_version, by=principal())
    return queries.account(account_id)


@blueprint.route("/<uuid:account_id>", methods=["DELETE"])
@requires(Permission.KEYS_WRITE)
@may_answer(CarrierAccountInUse, CarrierAccountNotFound)
@versioned
@blueprint.response(204)
def delete_carrier_account(account_id: UUID, expected_version: int) -> None:
    """Delete an account that no shipping method and no label refers to."""
    with transaction():
        service.remove_account(account_id, expected_version=expected_version, by=principal())


@blueprint.route("/<uuid:account_id>/check", methods=["POST"])
@requires(Permission.KEYS_WRITE)
@may_answer(CarrierAccountNotFound, CredentialsUnreadable)
@idempotent_steps()
@blueprint.response(200, CheckedAccountSchema)
def check_carrier_account(account_id: UUID) -> dict[str, object]:
    """Sign in at the carrier with the credentials of an account; nothing is bought.

    It is waited for two seconds at most.
    """
    result, message = flows.check_account(account_id)
    return {"result": result, "message": message}


@blueprint.route("/<uuid:account_id>/webhook-url", methods=["POST"])
@requires(Permission.KEYS_WRITE)
@may_answer(CarrierAccountNotFound)
@blueprint.response(201, WebhookTokenSchema)
def renew_webhook_url(account_id: UUID) -> dict[str, str]:
    """Make the secret URL to which the carrier sends tracking events; told this once.

    The URL of before ends at once. Takes no `Idempotency-Key`: the answer is a secret, which is not
    kept; make another one when it got lost on the way.
    """
    with transaction():
        token = service.renew_webhook_token(account_id, by=principal())
    base = current_settings().public_url.rstrip("/")
    return {"url": f"{base}/api/v1/webhooks/carriers/{token}"}
