"""Claims, exchanges and the report of defects, for staff."""

from datetime import date
from typing import TypedDict, Unpack
from uuid import UUID

from api.accounts.errors import AccountNotFound
from api.catalog.errors import VariantNotFound
from api.checkout.errors import CartNotPurchasable
from api.inventory.errors import InsufficientStock, VariantUnknown
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.orders import service as orders_service
from api.orders.errors import OrderNotFound
from api.payments.errors import AmountBelowMinimum, AmountNotChargeable
from api.platform import audit
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.returns.errors import (
    NO_CLAIM,
    NO_UNITS_TO_REFUND,
    ClaimNotFound,
    ExchangeImpossible,
    GoodsNotBack,
    GoodsUnknown,
    ReturnLineNotFound,
    ReturnNotFound,
    UnitsRefunded,
)
from api.returns.flows import claims as claim_flows
from api.returns.flows import exchanges
from api.returns.flows import returns as return_flows
from api.returns.models import Claim
from api.returns.queries import cases as case_queries
from api.returns.queries import claims as queries
from api.returns.schemas.cases import ReturnNoteSchema, ReturnSchema
from api.returns.schemas.claims import (
    ClaimCardSchema,
    ClaimSchema,
    ClaimsQuerySchema,
    DefectsQuerySchema,
    DefectsSchema,
    ExchangeQuoteSchema,
    ExchangeSchema,
    NewClaim,
    NewClaimSchema,
    ResolveClaimSchema,
)
from api.returns.service import claims as service
from api.returns.service.claims import ClaimInput
from api.stored_value.errors import GiftCardNotUsable, StoreCreditNeedsAccount
from api.tax.errors import CountryNotSold, MarketMismatch, TaxRuleMissing

_NO_EXCHANGE = (
    AccountNotFound,
    AmountNotChargeable,
    CartNotPurchasable,
    CountryNotSold,
    ExchangeImpossible,
    GoodsUnknown,
    InvalidState,
    MarketMismatch,
    OrderNotFound,
    ReturnLineNotFound,
    ReturnNotFound,
    TaxRuleMissing,
    VariantNotFound,
    VariantUnknown,
)

blueprint = Blueprint(
    "admin-claims",
    __name__,
    url_prefix="/api/v1/admin",
    description="Claims, exchanges and defects, for staff.",
)


@blueprint.route("/claims", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(ClaimsQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(ClaimCardSchema))
def list_claims(
    status: str | None, order_id: UUID | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List claims, oldest first; where somebody works at certain locations, of orders there."""
    return queries.claims_page(status=status, order_id=order_id, by=principal(), **page)


@blueprint.route("/claims/<uuid:claim_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(ClaimNotFound)
@blueprint.response(200, ClaimSchema)
def get_claim(claim_id: UUID) -> dict[str, object]:
    """Read a claim with its lines and evidence."""
    return queries.claim(claim_id)


@blueprint.route("/orders/<uuid:order_id>/claims", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(*NO_CLAIM)
@idempotent(required=True)
@blueprint.arguments(NewClaimSchema)
@blueprint.response(201, ClaimSchema, headers=LOCATED)
def open_claim(body: NewClaim, order_id: UUID) -> object:
    """Open a claim: units that were broken, lost or wrong, with photos as evidence."""
    claim_id = new_id()
    order = orders_service.lock(order_id)
    service.open_claim(order, ClaimInput(**body), claim_id=claim_id, by=principal())
    return queries.claim(claim_id), {"Location": f"{blueprint.url_prefix}/claims/{claim_id}"}


@blueprint.route("/claims/<uuid:claim_id>/approve", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(ClaimNotFound, InvalidState, OrderNotFound)
@idempotent(required=False)
@blueprint.arguments(ReturnNoteSchema, as_kwargs=True)
@blueprint.response(200, ClaimSchema)
def approve_claim(claim_id: UUID, note: str | None) -> dict[str, object]:
    """Approve a claim; how it is settled is said by resolving it."""
    order, claim = _locked(claim_id)
    service.decide(order, claim, "approve", note=note, by=principal())
    return queries.claim(claim_id)


@blueprint.route("/claims/<uuid:claim_id>/deny", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(ClaimNotFound, InvalidState, OrderNotFound)
@idempotent(required=False)
@blueprint.arguments(ReturnNoteSchema, as_kwargs=True)
@blueprint.response(200, ClaimSchema)
def deny_claim(claim_id: UUID, note: str | None) -> dict[str, object]:
    """Deny a claim; its units may be claimed another time."""
    order, claim = _locked(claim_id)
    service.decide(order, claim, "deny", note=note, by=principal())
    return queries.claim(claim_id)


@blueprint.route("/claims/<uuid:claim_id>/resolve", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(
    ClaimNotFound, CountryNotSold, GoodsNotBack, InsufficientStock, InvalidState, MarketMismatch,
    OrderNotFound, TaxRuleMissing, UnitsRefunded,
)  # fmt: skip
@idempotent(required=True)
@blueprint.arguments(ResolveClaimSchema, as_kwargs=True)
@blueprint.response(200, ClaimSchema)
def resolve_claim(
    claim_id: UUID, replace: bool | None, refund_id: UUID | None, note: str | None
) -> dict[str, object]:
    """Settle a claim; a replacement is a line of the same order that the claimed units pay for.

    They are neither refunded nor replaced again; what replaces them may be returned for its price.
    """
    order, claim = _locked(claim_id)
    claim_flows.resolve(
        order,
        claim,
        is_replaced=bool(replace),
        refund_id=refund_id,
        note=note,
        by=principal(),
    )
    return queries.claim(claim_id)


class Exchanged(TypedDict):
    """Which goods come instead of those of a return."""

    lines: list[dict[str, object]]
    pay_with_credit: bool


@blueprint.route("/returns/<uuid:return_id>/exchange", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(
    *_NO_EXCHANGE, AmountBelowMinimum, GiftCardNotUsable, InsufficientStock, StoreCreditNeedsAccount
)
@idempotent(required=True)
@blueprint.arguments(ExchangeSchema)
@blueprint.response(200, ReturnSchema)
def exchange_return(body: Exchanged, return_id: UUID) -> dict[str, object]:
    """Exchange goods of a return for others, unit for unit, on the same order.

    They are allocated at once and wait on hold until the goods are back. What they cost less goes
    back with the refund of the return; what they cost more is due before they leave: mail a pay
    link, or take it from the customer's store credit.
    """
    order, parent = return_flows.locked(return_id)
    exchanges.exchange(
        order,
        parent,
        exchanges.wanted_of(parent, body["lines"]),
        pay_with_credit=body["pay_with_credit"],
        by=principal(),
    )
    return case_queries.a_return(return_id)


@blueprint.route("/returns/<uuid:return_id>/exchange/quote", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(*_NO_EXCHANGE)
@blueprint.arguments(ExchangeSchema)
@blueprint.response(200, ExchangeQuoteSchema)
def quote_exchange(body: Exchanged, return_id: UUID) -> dict[str, object]:
    """Work out what an exchange costs, by line.

    Takes no `Idempotency-Key`: it changes nothing.
    """
    audit.leave_out()
    with transaction():
        order, parent = return_flows.locked(return_id)
        return exchanges.quote(order, parent, exchanges.wanted_of(parent, body["lines"]))


@blueprint.route("/returns/<uuid:return_id>/exchange/cancel", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(*NO_UNITS_TO_REFUND, ExchangeImpossible)
@idempotent(required=True)
@blueprint.response(200, ReturnSchema)
def cancel_exchange(return_id: UUID) -> dict[str, object]:
    """Cancel an exchange of which nothing came and nothing left; its goods are refunded as usual.

    What was paid for the other goods goes back.
    """
    order, parent = return_flows.locked(return_id)
    exchanges.cancel_exchange(order, parent, by=principal())
    return case_queries.a_return(return_id)


@blueprint.route("/return-defects", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(DefectsQuerySchema, location="query")
@blueprint.response(200, DefectsSchema)
def list_return_defects(query: dict[str, date | None]) -> dict[str, object]:
    """Report defects by supplier and article: returns with such a reason, and claims."""
    first, last = queries.default_period()
    first, last = query["first"] or first, query["last"] or last
    return {"first": first, "last": last, "articles": queries.defects(first, last)}


def _locked(claim_id: UUID) -> tuple[orders_service.Order, Claim]:
    order = orders_service.lock(queries.order_of(claim_id))
    return order, service.lock(claim_id)
