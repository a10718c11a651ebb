"""What Stripe does and localstripe does not, as far as a shop depends on it.

localstripe charges declined test cards, forgets idempotency keys, refunds more than was paid and
keeps quiet about refunds. A shop that was only ever tried against that would learn the wrong
habits, so these rules are put on top before it starts to listen.
"""

import base64
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler
from localstripe import resources, server
from localstripe.errors import UserError
from localstripe.resources import Charge, Event, PaymentIntent, PaymentMethod, Refund, store

DECLINED_CARDS: Final = {
    "4000000000000002": ("card_declined", "generic_decline"),
    "4000000000009995": ("card_declined", "insufficient_funds"),
    "4000000000009987": ("card_declined", "lost_card"),
    "4000000000009979": ("card_declined", "stolen_card"),
    "4000000000000341": ("card_declined", "generic_decline"),
    "4000000000000069": ("expired_card", "expired_card"),
    "4000000000000127": ("incorrect_cvc", "incorrect_cvc"),
    "4000000000000119": ("processing_error", "processing_error"),
    "4000008260003178": ("card_declined", "insufficient_funds"),
    "4000008400001629": ("card_declined", "generic_decline"),
}
_NAMED_CARDS: Final = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequired": "4000002500003155",
}
_ACCEPTED_WITHOUT_EFFECT: Final = (
    "automatic_payment_methods",
    "confirmation_method",
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
)


def put_on_top() -> None:
    """Replace what localstripe does differently; once, before the server starts."""
    PaymentMethod._try_get_canonical_test_article = classmethod(_named_card)
    PaymentMethod._charging_is_declined = _is_declined
    PaymentIntent._api_create = classmethod(_create_intent)
    PaymentIntent._api_list_all = classmethod(_list_intents)
    PaymentIntent._confirm = _confirm_and_tell
    PaymentIntent._export = _export_intent
    PaymentIntent._update = _update_intent
    PaymentIntent.amount_received = property(_amount_received)
    PaymentIntent.amount_capturable = property(_amount_capturable)
    PaymentIntent.last_payment_error = property(_last_payment_error)
    Charge._set_auth_failure = _fail_charge
    Charge._raise_failure = _raise_decline
    Refund._api_create = classmethod(_create_refund)
    server.app.middlewares.insert(0, _answer)


@web.middleware
async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Replay an answer whose idempotency key is known; otherwise answer and remember it."""
    if request.method == "GET":
        return await handler(request)
    key = request.headers.get("Idempotency-Key")
    remembered = f"idempotency_key:{key}"
    asked = (request.path, await request.text())
    if key and remembered in store:
        earlier, status, body = store[remembered]
        if earlier != asked:
            return _refusal(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were "
                "first used with.",
                type="idempotency_error",
            )
        replayed = {"Idempotent-Replayed": "true"}
        return web.Response(
            body=body, status=status, content_type="application/json", headers=replayed
        )
    response = await _perform(request, handler)
    # Like the original, it remembers failures too, but not a request it never understood.
    if key and isinstance(response, web.Response) and response.status not in (400, 401, 404):
        store[remembered] = (asked, response.status, response.body)
    return response


async def _perform(request: web.Request, handler: Handler) -> web.StreamResponse:
    *_, collection, object_id, verb = ("", "", *request.path.split("/"))
    performed = _COMMANDS.get(verb) if collection == "payment_intents" else None
    if performed is None:
        return await handler(request)
    try:
        intent = PaymentIntent._api_retrieve(object_id)
        sent = await server.get_post_data(request) or {}
        _check_key(request, intent, sent)
        expand = sent.pop("expand", None)
        performed(intent, **sent)
        return _json(intent._export(expand=expand))
    except UserError as refused:
        # localstripe gives every error one type and so contradicts its own status.
        refused.body["error"]["type"] = (
            "card_error" if refused.code == 402 else "invalid_request_error"
        )
        return _json(refused.body, refused.code)


def _check_key(request: web.Request, intent: Any, sent: dict[str, Any]) -> None:
    """Let the shop's secret key through, and a customer who knows this payment's own secret."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        credentials = base64.b64decode(credentials).decode().partition(":")[0]
    key = sent.pop("key", None) or credentials
    given_secret = sent.pop("client_secret", None)
    is_customer = key.startswith("pk_") and given_secret == intent.client_secret
    if not is_customer and server.get_api_key(request) is None:
        raise UserError(401, "Unauthorized")


def _confirm(
    intent: Any,
    *,
    payment_method: str | None = None,
    payment_method_data: dict[str, Any] | None = None,
    return_url: str | None = None,
) -> None:
    """Pay with a card; after a decline another card may be tried, as at a real till."""
    if payment_method_data is not None:
        payment_method = PaymentMethod(**payment_method_data).id
    if payment_method is not None:
        if intent.status not in ("requires_payment_method", "requires_confirmation"):
            raise _unexpected_state(intent)
        intent.payment_method = PaymentMethod._api_retrieve(payment_method).id
        intent.latest_charge = None
    if intent.status != "requires_confirmation":
        raise _unexpected_state(intent)
    intent._confirm(on_failure_now=intent._report_failure)


def _confirm_and_tell(self: Any, on_failure_now: Callable[[], None]) -> None:
    _confirm_originally(self, on_failure_now=on_failure_now)
    if self.status == "requires_capture":
        resources.schedule_webhook(Event("payment_intent.amount_capturable_updated", self))


def _cancel(intent: Any, *, cancellation_reason: str | None = None) -> None:
    if intent.status in ("canceled", "succeeded", "processing"):
        raise _unexpected_state(intent)
    intent._canceled = True
    intent.next_action = None
    intent.cancellation_reason = cancellation_reason
    resources.schedule_webhook(Event("payment_intent.canceled", intent))


_COMMANDS: Final[dict[str, Callable[..., None]]] = {"confirm": _confirm, "cancel": _cancel}


def _named_card(cls: Any, /, object_id: str) -> Any:
    if object_id not in _NAMED_CARDS:
        return None
    card = {"number": _NAMED_CARDS[object_id], "exp_month": "12", "exp_year": "2040", "cvc": "123"}
    return cls(type="card", card=card)


def _is_declined(self: Any) -> bool:
    if self.type == "sepa_debit":
        return bool(self._sepa_debit_iban == "DE62370400440532013001")
    return self._card_number in DECLINED_CARDS


def _fail_charge(self: Any) -> None:
    method = PaymentMethod._api_retrieve(self.payment_method)
    number = getattr(method, "_card_number", "")
    self.status = "failed"
    self.failure_code, self.decline_code = DECLINED_CARDS.get(number, ("card_declined", None))
    self.failure_message = "Your card was declined."


def _raise_decline(self: Any) -> None:
    facts = {"code": self.failure_code, "decline_code": self.decline_code, "charge": self.id}
    if self.payment_intent:
        intent = PaymentIntent._api_retrieve(self.payment_intent)
        facts["payment_intent"] = intent._export()
    raise UserError(402, self.failure_message, facts)


_last_payment_error_originally = PaymentIntent.last_payment_error.fget
_confirm_originally = PaymentIntent._confirm
_create_intent_originally = PaymentIntent._api_create.__func__
_list_originally = resources.StripeObject._api_list_all.__func__
_export_originally = resources.StripeObject._export
_update_originally = resources.StripeObject._update
_create_refund_originally = Refund._api_create.__func__


def _create_intent(cls: Any, /, **sent: Any) -> Any:
    accepted = {name: sent.pop(name, None) for name in _ACCEPTED_WITHOUT_EFFECT}
    intent = _create_intent_originally(cls, **sent)
    intent.description = accepted["description"]
    intent.receipt_email = accepted["receipt_email"]
    resources.schedule_webhook(Event("payment_intent.created", intent))
    return intent


def _list_intents(
    cls: Any,
    /,
    url: str,
    created: dict[str, str] | None = None,
    customer: str | None = None,
    **page: Any,
) -> Any:
    """List the newest first, with the filters that a reconciliation needs."""
    listed = _list_originally(cls, url, **page)
    bounds = {name: int(value) for name, value in (created or {}).items()}
    listed._list = [
        intent
        for intent in reversed(listed._list)
        if bounds.get("gte", 0) <= intent.created <= bounds.get("lte", intent.created)
        and bounds.get("gt", -1) < intent.created < bounds.get("lt", intent.created + 1)
        and (customer is None or intent.customer == customer)
    ]
    return listed


def _export_intent(self: Any, expand: list[str] | None = None) -> dict[str, Any]:
    others = [path for path in expand or [] if path != "latest_charge"]
    exported: dict[str, Any] = _export_originally(self, others)
    if exported["latest_charge"] is not None and len(others) == len(expand or []):
        exported["latest_charge"] = exported["latest_charge"]["id"]
    return exported


def _update_intent(self: Any, **sent: Any) -> None:
    if "amount" in sent:
        sent["amount"] = int(sent["amount"])
    _update_originally(self, **sent)


def _last_payment_error(self: Any) -> dict[str, Any] | None:
    error: dict[str, Any] | None = _last_payment_error_originally(self)
    if error and "charge" in error:
        error["decline_code"] = self.latest_charge.decline_code
    return error


def _amount_received(self: Any) -> int:
    charge = self.latest_charge
    return int(charge.amount) if charge is not None and self.status == "succeeded" else 0


def _amount_capturable(self: Any) -> int:
    return int(self.amount) if self.status == "requires_capture" else 0


def _create_refund(cls: Any, /, reason: str | None = None, **sent: Any) -> Any:
    """Give money back, never more than is left; tell the shop as the original would."""
    charge = _charge_to_refund(sent)
    if charge is not None and charge.status == "succeeded":
        left = charge.amount - charge.amount_refunded
        wanted = int(sent.get("amount") or charge.amount)
        if left == 0:
            raise UserError(
                400,
                f"Charge {charge.id} has already been refunded.",
                {"code": "charge_already_refunded"},
            )
        if wanted > left:
            raise UserError(
                400,
                f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})",
            )
    refund = _create_refund_originally(cls, **sent)
    refund.reason = reason
    if charge is not None:
        resources.schedule_webhook(Event("charge.refunded", charge))
    resources.schedule_webhook(Event("refund.created", refund))
    return refund


def _charge_to_refund(sent: dict[str, Any]) -> Any:
    if sent.get("payment_intent"):
        return PaymentIntent._api_retrieve(sent["payment_intent"]).latest_charge
    return Charge._api_retrieve(sent["charge"]) if sent.get("charge") else None


def _unexpected_state(intent: Any) -> Exception:
    refusal: Exception = UserError(
        400,
        f"This PaymentIntent's status is {intent.status}, which does not allow that.",
        {"code": "payment_intent_unexpected_state", "payment_intent": intent._export()},
    )
    return refusal


def _refusal(status: int, message: str, **facts: Any) -> web.Response:
    return _json({"error": {"message": message, **facts}}, status)


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    response: web.Response = server.json_response(body, status=status)
    return response
