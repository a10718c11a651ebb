"""Put drafts on the shelf when their moment has come."""

from uuid import UUID

import structlog
from sqlalchemy import select

from api.catalog.models import Product, ProductStatus
from api.catalog.service import products
from api.kernel import clock
from api.kernel.errors import DomainError
from api.kernel.principal import SYSTEM
from api.platform import audit
from api.platform.db import require_transaction, session
from api.platform.outbox import undoable

_log = structlog.get_logger("api.catalog")


def publish_due(product_id: UUID) -> bool:
    """Publish a draft whose moment has come; returns whether there was something to do.

    Locks the product, and leaves one alone that somebody else is holding: the next run comes soon.
    One that cannot be published stays a draft without a moment, which is written into the audit
    log and told to whoever runs the shop: it is not tried again until staff name a new moment.
    """
    require_transaction()
    product = session.scalar(
        select(Product)
        .where(
            Product.id == product_id,
            Product.status == ProductStatus.DRAFT,
            Product.publish_at <= clock.now(),
        )
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if product is None:
        return False
    try:
        with undoable():
            products.publish_product(product_id, expected_version=None, by=SYSTEM)
    except DomainError as refusal:
        session.refresh(product)
        moment = product.publish_at
        product.publish_at = None
        product.version += 1
        audit.record(
            "product.publish_refused",
            by=SYSTEM,
            subject_id=product_id,
            publish_at=moment,
            code=refusal.code,
            detail=refusal.detail,
        )
        _log.error("product_not_published", product=str(product_id), code=refusal.code)
    return True
