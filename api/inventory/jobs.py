"""The alarm clock of the shelves."""

from collections.abc import Sequence

from api.catalog.events import CatalogueChanged, slugs_of
from api.inventory import queries, service
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.platform.jobs import takes_many


@takes_many
def on_catalogue_changed(facts: Sequence[CatalogueChanged]) -> None:
    """Open empty levels for new variants, so that staff find them on the stock list."""
    new = queries.variants_without_level(slugs_of(facts))
    if new:
        service.set_opening_stock([(variant_id, 0) for variant_id in new], by=SYSTEM)


def expire_holds() -> None:
    """Give back what carts held for too long; one transaction per batch."""
    while True:
        with transaction():
            if not service.expire_holds():
                return
