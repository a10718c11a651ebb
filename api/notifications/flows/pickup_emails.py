"""E-mails to customers who pick their orders up."""

from uuid import UUID

from api.fulfilment import queries as fulfilment_queries
from api.notifications.flows import emails
from api.notifications.states import EmailKind
from api.orders import queries as orders_queries


def order_ready(fulfilment_id: UUID, order_id: UUID) -> None:
    """Tell that goods may be picked up, what they are, and where; not once they were."""
    order = orders_queries.admin_view(order_id)
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    if parcel["status"] != "ready_for_pickup":
        return
    packed = emails.units_in([parcel])
    claimed = fulfilment_queries.claimed_units(order_id)
    left = {
        line["id"]: line["open_quantity"] - claimed.get(line["id"], 0) for line in order["lines"]
    }
    emails.to_customer(
        EmailKind.ORDER_READY,
        fulfilment_id,
        order,
        packed=emails.named(order, packed),
        still_open=emails.named(order, left),
    )
