"""Gift cards and store credit, for staff."""

from datetime import datetime
from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

from api.accounts.errors import AccountNotFound
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.platform import approvals
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.stored_value import queries, service
from api.stored_value.errors import (
    ExpiryTooEarly,
    GiftCardDisabled,
    GiftCardNotFound,
    GiftCardSpent,
    RecipientNeeded,
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
    ReplaceCodeSchema,
    StoreCreditQuerySchema,
    StoreCreditSchema,
)

blueprint = Blueprint(
    "admin-stored-value",
    __name__,
    url_prefix="/api/v1/admin",
    description="Gift cards and store credit, for staff.",
)


class GiftCardQuery(PageQuery):
    """Which gift cards are listed."""

    status: str | None
    last_four: str | None


@blueprint.route("/gift-cards", methods=["GET"])
@requires(Permission.CREDIT_READ)
@blueprint.arguments(GiftCardQuerySchema, location="query")
@blueprint.response(200, list_schema(GiftCardSchema))
def list_gift_cards(query: GiftCardQuery) -> dict[str, object]:
    """List gift cards, the newest first; a code is found by its last four characters."""
    page = queries.gift_card_page(**query)
    return {**page, "data": [_shown(card) for card in page["data"]]}


class IssuedGiftCard(TypedDict):
    """A gift card to issue."""

    amount: Money
    reason: str
    expires_at: datetime | None
    recipient: str | None
    message: str | None


@blueprint.route("/gift-cards", methods=["POST"])
@requires(Permission.CREDIT_WRITE)
@may_answer(ExpiryTooEarly, GiftCardNotFound, RecipientNeeded)
@blueprint.arguments(NewGiftCardSchema)
@blueprint.response(201, IssuedGiftCardSchema, headers=LOCATED)
@blueprint.alt_response(202, **approvals.WAITS)
def issue_gift_card(body: IssuedGiftCard) -> object:
    """Issue a gift card and show its code this once, or send it to a `recipient`.

    Takes no `Idempotency-Key`: the answer is a secret, which is not kept. Of a card whose answer
    was lost nobody knows the code: give it another one (`replace-code`). More than the limit of
    one's role (`credit_max`) waits for a second person (202), and its code is sent.
    """
    command_id, wanted = new_id(), service.NewGiftCard(**body)
    with transaction():
        if service.must_wait_for_card(wanted, command_id=command_id, by=principal()):
            issued = None
        else:
            issued = service.issue_gift_card(wanted, by=principal())
    if issued is None:
        return approvals.waiting(command_id)
    headers = {
        "Location": f"{blueprint.url_prefix}/gift-cards/{issued.id}",
        "Cache-Control": "no-store",
    }
    return _shown(queries.gift_card(issued.id)) | {"code": issued.code}, headers


class NewCode(TypedDict):
    """Why a card gets another code, and who is sent it."""

    reason: str
    recipient: str | None


@blueprint.route("/gift-cards/<uuid:card_id>/replace-code", methods=["POST"])
@requires(Permission.CREDIT_WRITE)
@may_answer(GiftCardDisabled, GiftCardNotFound, GiftCardSpent, RecipientNeeded)
@blueprint.arguments(ReplaceCodeSchema)
@blueprint.response(200, IssuedGiftCardSchema)
@blueprint.alt_response(202, **approvals.WAITS)
def replace_gift_card_code(body: NewCode, card_id: UUID) -> object:
    """Give a gift card another code, shown this once or sent; the code before pays no more.

    So a code is sent again: only its digest is kept, and whoever has a lost e-mail must not pay
    with it. Takes no `Idempotency-Key`: the answer may be a secret; sent twice, the second code
    holds. A card with more than the limit of one's role waits for a second person (202).
    """
    command_id, code = new_id(), None
    with transaction():
        must_wait = service.must_wait_for_code(
            card_id, **body, command_id=command_id, by=principal()
        )
        if not must_wait:
            code = service.replace_code(card_id, **body, by=principal())
    if must_wait:
        return approvals.waiting(command_id)
    shown = _shown(queries.gift_card(card_id)) | {"code": code}
    return shown, {"Cache-Control": "no-store"}


@blueprint.route("/gift-cards/<uuid:card_id>", methods=["GET"])
@requires(Permission.CREDIT_READ)
@may_answer(GiftCardNotFound)
@blueprint.response(200, GiftCardSchema)
def get_gift_card(card_id: UUID) -> dict[str, object]:
    """Show one gift card."""
    return _shown(queries.gift_card(card_id))


@blueprint.route("/gift-cards/<uuid:card_id>/disable", methods=["POST"])
@requires(Permission.CREDIT_WRITE)
@may_answer(GiftCardDisabled, GiftCardNotFound)
@idempotent(required=False)
@blueprint.arguments(ReasonSchema, as_kwargs=True)
@blueprint.response(200, GiftCardSchema)
def disable_gift_card(card_id: UUID, reason: str) -> dict[str, object]:
    """Stop a gift card from paying; its balance stays."""
    service.disable_gift_card(card_id, reason=reason, by=principal())
    return _shown(queries.gift_card(card_id))


@blueprint.route("/gift-cards/<uuid:card_id>/enable", methods=["POST"])
@requires(Permission.CREDIT_WRITE)
@may_answer(GiftCardDisabled, GiftCardNotFound)
@idempotent(required=False)
@blueprint.arguments(ReasonSchema, as_kwargs=True)
@blueprint.response(200, GiftCardSchema)
def enable_gift_card(card_id: UUID, reason: str) -> dict[str, object]:
    """Let a disabled gift card pay again."""
    service.enable_gift_card(card_id, reason=reason, by=principal())
    return _shown(queries.gift_card(card_id))


@blueprint.route("/gift-cards/<uuid:card_id>/entries", methods=["GET"])
@requires(Permission.CREDIT_READ)
@may_answer(GiftCardNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(LedgerEntrySchema))
def list_gift_card_entries(query: PageQuery, card_id: UUID) -> dict[str, object]:
    """List the ledger of a gift card, the newest entry first."""
    card = queries.gift_card(card_id)
    return queries.entry_page(card_id, card["balance"].currency, **query)


@blueprint.route("/store-credit", methods=["GET"])
@requires(Permission.CREDIT_READ)
@blueprint.arguments(StoreCreditQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(StoreCreditSchema))
def list_store_credit(customer_id: UUID | None, **page: Unpack[PageQuery]) -> dict[str, object]:
    """List the store credit of customers, the newest accounts first."""
    return queries.store_credit_page(customer_id=customer_id, **page)


class CreditAdjustment(TypedDict):
    """Store credit to give to a customer, or to deduct."""

    customer_id: NotRequired[UUID]
    email: NotRequired[str]
    amount: Money
    reason: str


@blueprint.route("/store-credit", methods=["POST"])
@requires(Permission.CREDIT_WRITE)
@may_answer(AccountNotFound, StoreCreditNotFound, StoreCreditTooLow)
@idempotent(required=True)
@blueprint.arguments(AdjustStoreCreditSchema)
@blueprint.response(200, StoreCreditSchema)
@blueprint.alt_response(202, **approvals.WAITS)
def adjust_store_credit(body: CreditAdjustment) -> object:
    """Give a customer store credit, or deduct some with an amount below 0.

    More than the limit of one's role (`credit_max`) waits for a second person (202).
    """
    customer = queries.find_customer(body.get("customer_id"), body.get("email"))
    command_id, reason, by = new_id(), body["reason"], principal()
    if service.must_wait_for_credit(
        customer, body["amount"], reason=reason, command_id=command_id, by=by
    ):
        return approvals.waiting(command_id)
    account_id = service.adjust_store_credit(customer, body["amount"], reason=reason, by=by)
    return queries.store_credit(account_id)


@blueprint.route("/store-credit/<uuid:account_id>", methods=["GET"])
@requires(Permission.CREDIT_READ)
@may_answer(StoreCreditNotFound)
@blueprint.response(200, StoreCreditSchema)
def get_store_credit_account(account_id: UUID) -> dict[str, object]:
    """Show the store credit of one customer in one currency."""
    return queries.store_credit(account_id)


@blueprint.route("/store-credit/<uuid:account_id>/entries", methods=["GET"])
@requires(Permission.CREDIT_READ)
@may_answer(StoreCreditNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(LedgerEntrySchema))
def list_store_credit_entries(query: PageQuery, account_id: UUID) -> dict[str, object]:
    """List the ledger of a customer's store credit, the newest entry first."""
    account = queries.store_credit(account_id)
    return queries.entry_page(account_id, account["balance"].currency, **query)


def _shown(card: dict[str, object]) -> dict[str, object]:
    """Leave out to whom a card was sent, for those who may not see customers."""
    may_see = principal().may(Permission.CUSTOMERS_READ)
    return card if may_see else card | {"recipient": None}
