"""The addresses that things had before: kept at a rename, given up when somebody needs them.

An address in use always wins. Whoever takes one writes the row that has it first, so that the
unique constraint makes two who want the same queue, and tidies the history afterwards.
"""

from collections import abc
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from api.catalog.models.i18n import SlugRedirect, Translation
from api.catalog.models.navigation import Category, Collection
from api.catalog.models.products import Product
from api.catalog.queries.redirects import Kind
from api.catalog.texts import LONGEST_SLUG
from api.kernel.ids import new_id
from api.platform.db import require_transaction, session

_HAVING: dict[Kind, type[Product | Category | Collection]] = {
    "product": Product,
    "category": Category,
    "collection": Collection,
}
_WISHING_LOCK = 74_120
_MOST_ALIKE = 20
"""So many that are called the same are numbered; others get a part of an id."""


def unique_slug(kind: Kind, *wishes: str) -> str:
    """Choose the address of something that came without one: the first wish that nobody has.

    When all are taken, the last one gets a number, `mug-2`. Who wishes for the same waits until the
    transaction ends. Who is given that very address by somebody may still be faster.
    """
    require_transaction()
    known = [wish for wish in wishes if wish]
    if not known:
        return new_id().hex[-12:]
    alike = func.hashtext(f"{kind} {known[-1]}")
    session.execute(select(func.pg_advisory_xact_lock(_WISHING_LOCK, alike)))
    begin = known[-1][: LONGEST_SLUG - 14]
    known += [f"{begin}-{number}" for number in range(2, _MOST_ALIKE + 1)]
    slug = _HAVING[kind].slug
    taken = set(session.scalars(select(slug).where(slug.in_(known))))
    left = (wish for wish in known if wish not in taken)
    return next(left, f"{begin}-{new_id().hex[-12:]}")


def record_redirect(kind: Kind, subject_id: UUID, *, before: str, after: str) -> None:
    """Remember where something was found before its rename; the newest owner of `before` has it.

    Flushes the rename first: `after` must be taken by then.
    """
    require_transaction()
    if before == after:
        return
    session.flush()
    drop_redirects(kind, [after])
    row = insert(SlugRedirect).values(kind=kind, slug=before, subject_id=subject_id)
    session.execute(
        row.on_conflict_do_update(
            index_elements=["kind", "slug"], set_={"subject_id": row.excluded.subject_id}
        )
    )


def drop_redirects(kind: Kind, slugs: abc.Collection[str]) -> None:
    """Forget that these addresses led elsewhere: from now on they are somebody's own."""
    require_transaction()
    if slugs:
        session.execute(
            delete(SlugRedirect)
            .where(SlugRedirect.kind == kind, SlugRedirect.slug.in_(sorted(slugs)))
            .execution_options(synchronize_session=False)
        )


def delete_redirects(kind: Kind, subject_id: UUID) -> None:
    """Forget the old addresses and the translations of something that is gone."""
    require_transaction()
    kept: tuple[type[SlugRedirect | Translation], ...] = (SlugRedirect, Translation)
    for model in kept:
        session.execute(
            delete(model)
            .where(model.subject_id == subject_id, model.kind == kind)
            .execution_options(synchronize_session=False)
        )
