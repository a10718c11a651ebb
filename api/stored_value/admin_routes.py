"""Gift cards and store credit, for staff."""

from typing import Any
from uuid import UUID

from api.accounts.errors import AccountNotFound
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.stored_value import queries, service
from api.stored_value.errors import (
    ExpiryTooEarly,
    GiftCardDisabled,
    GiftCardNotFound,
    StoreCreditNotFound,
    StoreCreditTooLow,
)
from api.stored_value.schemas import (
    AdjustStoreCreditSchema,
    GiftCardQuerySchema,
    GiftCardSchema,
    IssuedGiftCardSchema,
    LedgerEntrySchema,
    NewGiftCardSchema,
    ReasonSchema,
    StoreCreditQuerySchema,
    StoreCreditSchema,
)

blueprint = Blueprint(
    "admin-stored-value",
    __name__,
    url_prefix="/api/v1/admin",
    description="Gift cards and store credit, for staff.",
)


@blueprint.route("/gift-cards", methods=["GET"])
@requires(Permission.CREDIT_READ)
@blueprint.arguments(GiftCardQuerySchema, location="query")
@blueprint.response(200, list_schema(GiftCardSchema))
def list_gift_cards(query: dict[str, Any]) -> dict[str, Any]:
    """List gift cards, the newest first; a code is found by its last four characters."""
    page = queries.gift_card_page(**query)
    return {**page, "data": [_shown(card) for card in page["data"]]}


@blueprint.route("/gift-cards", methods=["POST"])
@requires(Permission.CREDIT_WRITE)
@may_answer(ExpiryTooEarly, GiftCardNotFound)
@blueprint.arguments(NewGiftCardSchema)
@blueprint.response(201, IssuedGiftCardSchema, headers=LOCATED)
def issue_gift_card(body: dict[str, Any]) -> Any:
    """Issue a gift card and show its code this once.

    Takes no `Idempotency-Key`: the answer is a secret, which is not kept. Of a card whose answer
    was lost nobody knows the code: disable it and issue another one.
    """
    with transaction():
        issued = service.issue_gift_card(**body, by=principal())
    headers = {
        "Location": f"{blueprint.url_prefix}/gift-cards/{issued.id}",
        "Cache-Control": "no-store",
    }
    return _shown(queries.gift_card(issued.id)) | {"code": issued.code}, headers


@blueprint.route("/gift-cards/<uuid:card_id>", methods=["GET"])
@requires(Permission.CREDIT_READ)
@may_answer(GiftCardNotFound)
@blueprint.response(200, GiftCardSchema)
def get_gift_card(card_id: UUID) -> dict[str, Any]:
    """Show one gift card."""
    return _shown(queries.gift_card(card_id))


@blueprint.route("/gift-cards/<uuid:card_id>/disable", methods=["POST"])
@requires(Permission.CREDIT_WRITE)
@may_answer(GiftCardDisabled, GiftCardNotFound)
@idempotent(required=False)
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, GiftCardSchema)
def disable_gift_card(body: dict[str, Any], card_id: UUID) -> dict[str, Any]:
    """Stop a gift card from paying; its balance stays."""
    service.disable_gift_card(card_id, **body, by=principal())
    return _shown(queries.gift_card(card_id))


@blueprint.route("/gift-cards/<uuid:card_id>/enable", methods=["POST"])
@requires(Permission.CREDIT_WRITE)
@may_answer(GiftCardDisabled, GiftCardNotFound)
@idempotent(required=False)
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, GiftCardSchema)
def enable_gift_card(body: dict[str, Any], card_id: UUID) -> dict[str, Any]:
    """Let a disabled gift card pay again."""
    service.enable_gift_card(card_id, **body, by=principal())
    return _shown(queries.gift_card(card_id))


@blueprint.route("/gift-cards/<uuid:card_id>/entries", methods=["GET"])
@requires(Permission.CREDIT_READ)
@may_answer(GiftCardNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(LedgerEntrySchema))
def list_gift_card_entries(query: dict[str, Any], card_id: UUID) -> dict[str, Any]:
    """List the ledger of a gift card, the newest entry first."""
    card = queries.gift_card(card_id)
    return queries.entry_page(card_id, card["balance"].currency, **query)


@blueprint.route("/store-credit", methods=["GET"])
@requires(Permission.CREDIT_READ)
@blueprint.arguments(StoreCreditQuerySchema, location="query")
@blueprint.response(200, list_schema(StoreCreditSchema))
def list_store_credit(query: dict[str, Any]) -> dict[str, Any]:
    """List the store credit of customers, the newest accounts first."""
    return queries.store_credit_page(**query)


@blueprint.route("/store-credit", methods=["POST"])
@requires(Permission.CREDIT_WRITE)
@may_answer(AccountNotFound, StoreCreditNotFound, StoreCreditTooLow)
@idempotent(required=True)
@blueprint.arguments(AdjustStoreCreditSchema)
@blueprint.response(200, StoreCreditSchema)
def adjust_store_credit(body: dict[str, Any]) -> dict[str, Any]:
    """Give a customer store credit, or deduct some with an amount below 0."""
    customer = queries.find_customer(body.get("customer_id"), body.get("email"))
    account_id = service.adjust_store_credit(
        customer, body["amount"], reason=body["reason"], by=principal()
    )
    return queries.store_credit(account_id)


@blueprint.route("/store-credit/<uuid:account_id>", methods=["GET"])
@requires(Permission.CREDIT_READ)
@may_answer(StoreCreditNotFound)
@blueprint.response(200, StoreCreditSchema)
def get_store_credit_account(account_id: UUID) -> dict[str, Any]:
    """Show the store credit of one customer in one currency."""
    return queries.store_credit(account_id)


@blueprint.route("/store-credit/<uuid:account_id>/entries", methods=["GET"])
@requires(Permission.CREDIT_READ)
@may_answer(StoreCreditNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(LedgerEntrySchema))
def list_store_credit_entries(query: dict[str, Any], account_id: UUID) -> dict[str, Any]:
    """List the ledger of a customer's store credit, the newest entry first."""
    account = queries.store_credit(account_id)
    return queries.entry_page(account_id, account["balance"].currency, **query)


def _shown(card: dict[str, Any]) -> dict[str, Any]:
    """Leave out to whom a card was sent, for those who may not see customers."""
    may_see = principal().may(Permission.CUSTOMERS_READ)
    return card if may_see else card | {"recipient": None}
