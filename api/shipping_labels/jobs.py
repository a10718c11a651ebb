"""Jobs of labels: what became of their parcels, and requests whose answer never came."""

from uuid import UUID

from api.fulfilment import queries as fulfilment_queries
from api.fulfilment.events import (
    FulfilmentCancelled,
    FulfilmentCorrected,
    FulfilmentShipped,
    FulfilmentVoided,
)
from api.kernel import clock
from api.orders import service as orders_service
from api.platform import sweeps
from api.platform.db import transaction
from api.platform.sweeps import Sweep
from api.shipping_labels import flows, queries, service
from api.shipping_labels.states import LabelState

_UNCLEAR = "unclear-labels"


def on_parcel_changed(
    event: FulfilmentCancelled | FulfilmentCorrected | FulfilmentShipped | FulfilmentVoided,
) -> None:
    """Notice a label that was bought for a parcel and does not travel with it."""
    flows.check_use(event.fulfilment_id, event.order_id)


def tell_unclear_labels() -> None:
    """Have a person look at requests for labels whose process died before the answer came."""
    sweeps.run(
        Sweep(
            _UNCLEAR,
            lambda limit: queries.left_unclear(
                _UNCLEAR, clock.now() - service.ANSWERS_WITHIN, limit
            ),
            _tell,
        )
    )


def _tell(label_id: UUID) -> None:
    fulfilment_id = queries.parcel_of(label_id)
    with transaction():
        order_id = fulfilment_queries.order_of(fulfilment_id)
        orders_service.lock(order_id)
        label = service.lock(label_id)
        if label.state is LabelState.REQUESTED and label.error is None:
            service.note_unclear(
                label_id, label.reference, order_id, "the answer of the carrier never came."
            )
