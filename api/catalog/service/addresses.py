"""The addresses that things had before: kept at a rename, given up when somebody needs them.

An address in use always wins. Whoever takes one writes the row that has it first, so that the
unique constraint makes two who want the same queue, and tidies the history afterwards.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from api.catalog.models import OldSlug, Translation
from api.catalog.queries.addresses import Kind
from api.platform.db import require_transaction, session


def moved(kind: Kind, subject_id: UUID, *, before: str, after: str) -> None:
    """Remember where something was found before its rename; the newest owner of `before` has it.

    Flushes the rename first: `after` must be taken by then.
    """
    require_transaction()
    if before == after:
        return
    session.flush()
    in_use_again(kind, [after])
    row = insert(OldSlug).values(kind=kind, slug=before, subject_id=subject_id)
    session.execute(
        row.on_conflict_do_update(
            index_elements=["kind", "slug"], set_={"subject_id": row.excluded.subject_id}
        )
    )


def in_use_again(kind: Kind, slugs: Collection[str]) -> None:
    """Forget that these addresses led elsewhere: from now on they are somebody's own."""
    require_transaction()
    if slugs:
        session.execute(
            delete(OldSlug)
            .where(OldSlug.kind == kind, OldSlug.slug.in_(sorted(slugs)))
            .execution_options(synchronize_session=False)
        )


def forget(kind: Kind, subject_id: UUID) -> None:
    """Forget the old addresses and the translations of something that is gone."""
    require_transaction()
    kept: tuple[type[OldSlug | Translation], ...] = (OldSlug, Translation)
    for model in kept:
        session.execute(
            delete(model)
            .where(model.subject_id == subject_id, model.kind == kind)
            .execution_options(synchronize_session=False)
        )
