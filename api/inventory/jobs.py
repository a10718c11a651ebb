"""Jobs of the inventory: event handlers and periodic sweeps."""

from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from api.catalog.events import CatalogChanged, slugs_of
from api.inventory import queries, service
from api.kernel.principal import SYSTEM
from api.platform import sweeps
from api.platform.db import transaction
from api.platform.jobs import batched
from api.platform.sweeps import Sweep


@batched
def on_catalog_changed(events: Sequence[CatalogChanged]) -> None:
    """Create empty stock levels for new variants, so that staff find them in the stock list.

    A new limit of back-orders may be reached already, or not any more.
    """
    new = queries.variants_without_level(slugs_of(events))
    if new:
        service.set_opening_stock([(variant_id, 0) for variant_id in new], by=SYSTEM)
    limited = queries.variants_with_back_order_limit(slugs_of(events))
    if limited:
        service.mark_stock_status(limited)


def expire_reservations() -> None:
    """Release expired reservations: in batches, and level by level where a batch fails.

    Orders that wait for these units get them.
    """
    try:
        while True:
            with transaction():
                if not service.expire_reservations():
                    break
    except SQLAlchemyError:
        sweeps.run(EXPIRED_RESERVATIONS)
    sweeps.run(BACK_ORDERS)


def stop_expired_lots() -> None:
    """Take what is left of lots off sale whose last day is over."""
    sweeps.run(EXPIRED_LOTS)


BACK_ORDERS = Sweep(
    "serve-back-orders",
    service.variants_to_serve,
    sweeps.in_transaction(lambda variant_id: service.serve_back_orders(variant_id, by=SYSTEM)),
)
EXPIRED_LOTS = Sweep(
    "stop-expired-lots", service.lots_to_stop, sweeps.in_transaction(service.stop_lot)
)
EXPIRED_RESERVATIONS = Sweep(
    "expire-reservations",
    service.levels_to_sweep,
    sweeps.in_transaction(lambda level_id: service.expire_reservations(only=level_id) > 0),
)
