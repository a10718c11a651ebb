"""Jobs of the inventory: event handlers and periodic sweeps."""

from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from api.catalog.events import CatalogueChanged, slugs_of
from api.inventory import queries, service
from api.kernel.principal import SYSTEM
from api.platform import sweeps
from api.platform.db import transaction
from api.platform.jobs import batched
from api.platform.sweeps import Sweep


@batched
def on_catalogue_changed(events: Sequence[CatalogueChanged]) -> None:
    """Create empty stock levels for new variants, so that staff find them in the stock list."""
    new = queries.variants_without_level(slugs_of(events))
    if new:
        service.set_opening_stock([(variant_id, 0) for variant_id in new], by=SYSTEM)


def expire_reservations() -> None:
    """Release expired reservations: in batches, and level by level where a batch fails."""
    try:
        while True:
            with transaction():
                if not service.expire_reservations():
                    return
    except SQLAlchemyError:
        sweeps.run(EXPIRED_RESERVATIONS)


EXPIRED_RESERVATIONS = Sweep(
    "expire-reservations",
    service.levels_to_sweep,
    sweeps.in_transaction(lambda level_id: service.expire_reservations(only=level_id) > 0),
)
