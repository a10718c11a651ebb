"""Routes of API keys: create, rotate and revoke."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from api.accounts import service
from api.accounts.errors import ApiKeyNotFound, ApiKeyRotating, GrantExceedsOwn
from api.accounts.queries import staff as queries
from api.accounts.roles import KeyKind
from api.accounts.schemas.staff import (
    ApiKeyRotationSchema,
    ApiKeySchema,
    MadeApiKeySchema,
    NewApiKeySchema,
)
from api.accounts.service import MadeKey
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery

Answer = tuple[dict[str, Any], dict[str, str]]

blueprint = Blueprint(
    "api-keys",
    __name__,
    url_prefix="/api/v1/admin/api-keys",
    description="How programs come in.",
)


@blueprint.route("")
@requires(Permission.KEYS_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(ApiKeySchema))
def list_api_keys(query: PageQuery) -> dict[str, object]:
    """List the keys, the newest first, those that ended included. No key is told again."""
    return queries.api_key_page(**query)


class NewApiKey(TypedDict):
    """What a key is for, and what it may do."""

    name: str
    kind: KeyKind
    scopes: list[str]
    expires_at: datetime | None
    requests_per_minute: int


@blueprint.route("", methods=["POST"])
@requires(Permission.KEYS_WRITE, fresh_code=True)
@may_answer(ApiKeyNotFound, GrantExceedsOwn)
@blueprint.arguments(NewApiKeySchema)
@blueprint.response(201, MadeApiKeySchema, headers=LOCATED)
def create_api_key(body: NewApiKey) -> Answer:
    """Make a key for a program, which is told this once.

    A `secret` key acts for the shop within its `scopes`, which are never changed. A `publishable`
    key names a storefront, may stand in a browser and opens nothing.
    Takes no `Idempotency-Key`: the answer is a secret, which is not kept; revoke a key that got
    lost on the way and make another one.
    """
    with transaction():
        made = service.create_key(**body, by=principal())
    return _made(made)


@blueprint.route("/<uuid:key_id>")
@requires(Permission.KEYS_READ)
@may_answer(ApiKeyNotFound)
@blueprint.response(200, ApiKeySchema)
def get_api_key(key_id: UUID) -> dict[str, object]:
    """Show a key: what it may do, and when it was last used, to the minute."""
    return queries.api_key(key_id)


@blueprint.route("/<uuid:key_id>/rotate", methods=["POST"])
@requires(Permission.KEYS_WRITE, fresh_code=True)
@may_answer(ApiKeyNotFound, ApiKeyRotating, GrantExceedsOwn)
@blueprint.arguments(ApiKeyRotationSchema, as_kwargs=True)
@blueprint.response(201, MadeApiKeySchema, headers=LOCATED)
def rotate_api_key(key_id: UUID, old_expires_at: datetime | None) -> Answer:
    """Make the key that replaces this one, which stays good for a week unless told otherwise.

    At most two keys of one program are good at once (`api_key_rotating`).
    Takes no `Idempotency-Key`: the answer is a secret, which is not kept.
    """
    with transaction():
        made = service.rotate_key(key_id, old_expires_at=old_expires_at, by=principal())
    return _made(made)


@blueprint.route("/<uuid:key_id>/revoke", methods=["POST"])
@requires(Permission.KEYS_WRITE, fresh_code=True)
@may_answer(ApiKeyNotFound)
@idempotent(required=False)
@blueprint.response(200, ApiKeySchema)
def revoke_api_key(key_id: UUID) -> dict[str, object]:
    """End a key at once."""
    service.revoke_key(key_id, by=principal())
    return queries.api_key(key_id)


def _made(made: MadeKey) -> Answer:
    headers = {"Location": f"{blueprint.url_prefix}/{made.id}", "Cache-Control": "no-store"}
    return queries.api_key(made.id) | {"key": made.key}, headers
