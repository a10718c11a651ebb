"""Bring back what an undone import had created, when a file names it again."""

from uuid import UUID

from sqlalchemy import select, update

from api.catalog.service import products as product_service
from api.catalog.states import ProductStatus
from api.imports.models import ImportChange, UndoOutcome
from api.imports.service.change_log import Before
from api.kernel.principal import Principal
from api.platform.bulk import among
from api.platform.db import session


def revive(before: Before, *, by: Principal) -> None:
    """Take products out of the archive that only an undo had put there.

    Else a file that was mended and read again would find its own products put away for good. What
    the shop archived itself stays there. The products are locked, and remembered as they were.
    """
    archived: list[UUID] = sorted(
        {
            found
            for found in session.scalars(
                select(ImportChange.product_id).where(
                    among(ImportChange.product_id, before.ids),
                    ImportChange.undone == UndoOutcome.ARCHIVED,
                )
            )
            if found is not None
        }
    )
    if not archived:
        return
    before.remember(archived)
    for product_id in archived:
        document = before.documents.get(product_id)
        if document is not None and document["status"] == ProductStatus.ARCHIVED.value:
            product_service.unarchive_product(product_id, expected_version=None, by=by)
    session.execute(
        update(ImportChange)
        .where(
            among(ImportChange.product_id, archived), ImportChange.undone == UndoOutcome.ARCHIVED
        )
        .values(product_id=None)
        .execution_options(synchronize_session=False)
    )
