"""The webhook of carriers: a secret URL for each account."""

from collections.abc import Mapping

from flask import request

from api.carriers import queries as carriers_queries
from api.carriers.errors import CarrierAccountNotFound
from api.fulfilment.errors import FulfilmentNotFound
from api.kernel.errors import InvalidState
from api.orders.errors import OrderNotFound
from api.platform.auth import public
from api.platform.body_limits import PROVIDER, body_limit
from api.platform.db import transaction
from api.platform.http import Blueprint
from api.platform.openapi_errors import may_answer
from api.shipping_labels import flows, formats
from api.shipping_labels.errors import TrackingEventMalformed, WebhookUnknown
from api.shipping_labels.schemas import TrackingResultSchema

blueprint = Blueprint(
    "carrier-webhooks",
    __name__,
    url_prefix="/api/v1/webhooks/carriers",
    description="Webhooks of carriers.",
)


@blueprint.route("/<string:token>", methods=["POST"])
@public
@body_limit(PROVIDER)
@may_answer(
    CarrierAccountNotFound,
    FulfilmentNotFound,
    InvalidState,
    OrderNotFound,
    TrackingEventMalformed,
    WebhookUnknown,
)
@blueprint.response(200, TrackingResultSchema)
def receive_tracking(token: str) -> Mapping[str, object]:
    """Receive tracking events of a carrier: DHL's, UPS's, or the shop's own form (`events`).

    The secret in the URL is the proof. Events may come twice and in any order; those about parcels
    that the shop does not know are ignored.

    Takes no `Idempotency-Key`: each event names itself.
    """
    account_id = carriers_queries.find_webhook(token)
    if account_id is None:
        raise WebhookUnknown
    events = formats.read_webhook(request.get_data())
    with transaction():
        return flows.receive_tracking(account_id, events)
