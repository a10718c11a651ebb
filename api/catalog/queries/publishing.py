"""Which drafts are waiting for their moment."""

from uuid import UUID

from sqlalchemy import select

from api.catalog.models import Product, ProductStatus
from api.kernel import clock
from api.platform import sweeps
from api.platform.db import session

BATCH = 200


def due_to_publish(limit: int = BATCH) -> list[UUID]:
    """Return drafts whose moment to go on the shelf has come, those that wait longest first."""
    return list(
        session.scalars(
            select(Product.id)
            .where(
                Product.status == ProductStatus.DRAFT,
                Product.publish_at <= clock.now(),
                ~sweeps.waits("publish-due-products", Product.id),
            )
            .order_by(Product.publish_at)
            .limit(limit)
        )
    )
