"""Gift cards and store credit for storefronts."""

from uuid import UUID

from api.platform.auth import customers_only, principal, public
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.rate_limits import gift_card_codes
from api.stored_value import queries, service
from api.stored_value.errors import GiftCardNotFound
from api.stored_value.schemas import (
    GiftCardBalanceSchema,
    GiftCardCodeSchema,
    OwnStoreCreditSchema,
)

gift_cards = Blueprint(
    "gift-cards", __name__, url_prefix="/api/v1/gift-cards", description="Gift cards by their code."
)
store_credit = Blueprint(
    "store-credit",
    __name__,
    url_prefix="/api/v1/store-credit",
    description="The store credit of the signed-in customer.",
)


@gift_cards.route("/balance", methods=["POST"])
@public
@may_answer(GiftCardNotFound)
@gift_card_codes
@gift_cards.arguments(GiftCardCodeSchema, as_kwargs=True)
@gift_cards.response(200, GiftCardBalanceSchema)
def get_gift_card_balance(code: str) -> dict[str, object]:
    """Show what a gift card holds, for whoever has its code.

    Takes no `Idempotency-Key`: it changes nothing; the code stays out of URLs and their logs.
    """
    return queries.balance_by_code(code)


@store_credit.route("", methods=["GET"])
@customers_only
@store_credit.response(200, OwnStoreCreditSchema)
def get_store_credit() -> dict[str, object]:
    """Show one's own store credit, by currency."""
    return {"balances": queries.credit_of_customer(_customer())}


@store_credit.route("/gift-cards", methods=["POST"])
@customers_only
@may_answer(GiftCardNotFound)
@gift_card_codes
@idempotent(required=False)
@store_credit.arguments(GiftCardCodeSchema, as_kwargs=True)
@store_credit.response(200, OwnStoreCreditSchema)
def merge_gift_card(code: str) -> dict[str, object]:
    """Turn all of a gift card into one's own store credit; the card is then empty."""
    service.merge_gift_card(code, customer_id=_customer(), by=principal())
    return {"balances": queries.credit_of_customer(_customer())}


def _customer() -> UUID:
    customer_id = principal().id
    assert customer_id is not None
    return customer_id
