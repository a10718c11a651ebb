"""The provider's way in. Customers' payment routes live in checkout, where order and money meet."""

from flask import request

from api.payments import service
from api.payments.errors import EventMalformed, SignatureInvalid
from api.payments.gateways import PaymentGateway
from api.payments.schemas import ReceivedSchema
from api.platform.auth import public
from api.platform.bodies import PROVIDER, takes
from api.platform.db import transaction
from api.platform.http import Blueprint
from api.platform.ports import port
from api.platform.refusals import refuses

blueprint = Blueprint(
    "webhooks", __name__, url_prefix="/api/v1/webhooks", description="What providers tell us."
)


@blueprint.route("/stripe", methods=["POST"])
@public
@takes(PROVIDER)
@refuses(EventMalformed, SignatureInvalid)
@blueprint.response(200, ReceivedSchema)
def receive_stripe_event() -> dict[str, bool]:
    """Take in a signed Stripe event: store it once, answer at once, apply it in a job.

    A signed body that is no event is refused (400); a thin event of API v2 is passed over.

    Takes no `Idempotency-Key`: the event's own id is its key.
    """
    gateway: PaymentGateway = port(PaymentGateway)
    event = gateway.verify_event(request.get_data(), request.headers.get("Stripe-Signature", ""))
    if event is not None:
        with transaction():
            service.store_provider_event(event)
    return {"received": True}
