"""Bring back what an undone import had created, when a file names it again."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update

from api.catalog import queries
from api.catalog import service as catalog
from api.catalog.service import ProductStatus
from api.imports.models import ImportChange, UndoOutcome
from api.kernel.principal import Principal
from api.platform.db import session


def revive(product_ids: Collection[UUID], *, by: Principal) -> None:
    """Take products out of the archive that only an undo had put there.

    Else a file that was mended and read again would find its own products put away for good. What
    the shop archived itself stays there. The products are locked.
    """
    archived: set[UUID] = {
        found
        for found in session.scalars(
            select(ImportChange.product_id).where(
                ImportChange.product_id.in_(product_ids),
                ImportChange.undone == UndoOutcome.ARCHIVED,
            )
        )
        if found is not None
    }
    if not archived:
        return
    documents = queries.product_documents(archived)
    for product_id, document in documents.items():
        if document["status"] == ProductStatus.ARCHIVED.value:
            catalog.unarchive_product(product_id, expected_version=None, by=by)
    session.execute(
        update(ImportChange)
        .where(ImportChange.product_id.in_(archived), ImportChange.undone == UndoOutcome.ARCHIVED)
        .values(product_id=None)
        .execution_options(synchronize_session=False)
    )
