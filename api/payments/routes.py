"""The webhook of the payment provider. Customers' payment routes are in `checkout`."""

from flask import request

from api.payments import service
from api.payments.errors import EventMalformed, SignatureInvalid
from api.payments.gateways import PaymentGateway
from api.payments.schemas import ReceivedSchema
from api.platform.auth import public
from api.platform.body_limits import PROVIDER, body_limit
from api.platform.db import transaction
from api.platform.http import Blueprint
from api.platform.openapi_errors import may_answer
from api.platform.service_registry import get_service

blueprint = Blueprint(
    "webhooks",
    __name__,
    url_prefix="/api/v1/webhooks",
    description="Webhooks of payment providers.",
)


@blueprint.route("/stripe", methods=["POST"])
@public
@body_limit(PROVIDER)
@may_answer(EventMalformed, SignatureInvalid)
@blueprint.response(200, ReceivedSchema)
def receive_stripe_event() -> dict[str, bool]:
    """Receive a signed Stripe event: store it once, answer at once, apply it in a job.

    A signed body that is no event is refused (400); a thin event of API v2 is ignored.

    Takes no `Idempotency-Key`: the event's own id is the key.
    """
    gateway: PaymentGateway = get_service(PaymentGateway)
    event = gateway.verify_event(request.get_data(), request.headers.get("Stripe-Signature", ""))
    if event is not None:
        with transaction():
            service.store_provider_event(event)
    return {"received": True}
