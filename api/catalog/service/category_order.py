"""The shop's own order of the products in a category."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from api.catalog.errors import CategoryNotFound
from api.catalog.events import CatalogueChanged
from api.catalog.models import Category, CategoryMember
from api.catalog.service import following, positions
from api.catalog.service.positions import Shelf
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.concurrency import check
from api.platform.db import require_transaction, session
from api.platform.outbox import emit


def place_in_category(
    category_id: UUID, product_ids: Sequence[UUID], *, expected_version: int, by: Principal
) -> None:
    """Let these products of a category come first, in this order; the rest follows by newest.

    Products come and go as their own categories say; this changes only where they stand. Locks
    the category. Refuses a version that is not the present one and a product that is neither in
    the category nor below it. Saying what is already so changes nothing.
    """
    category = _lock(category_id)
    check(category.version, expected_version)
    if positions.place_first(Shelf(CategoryMember, category_id), product_ids):
        _note(category, by=by, first=[str(id_) for id_ in product_ids[:20]])


def move_in_category(
    category_id: UUID,
    product_id: UUID,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    position: int | None = None,
    by: Principal,
) -> None:
    """Put a product of a category before or after another one, or to a place counted from 0.

    Locks the category. Refuses products that are neither in the category nor below it.
    """
    category = _lock(category_id)
    shelf = Shelf(CategoryMember, category_id)
    if positions.move(shelf, product_id, before=before, after=after, to=position):
        _note(category, by=by, moved=str(product_id))


def _lock(category_id: UUID) -> Category:
    """Hold the tree still, then the category: whoever edits it holds the tree alone."""
    require_transaction()
    following.hold_tree(alone=False)
    category = session.scalar(
        select(Category)
        .where(Category.id == category_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if category is None:
        raise CategoryNotFound(category_id=category_id)
    return category


def _note(category: Category, *, by: Principal, **changed: object) -> None:
    category.version += 1
    audit.record("category.ordered", by=by, subject_id=category.id, **changed)
    emit(CatalogueChanged(shelves=(f"category:{category.slug}",)))
