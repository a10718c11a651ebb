"""Arrange the tree: every change to it is made alone, so that no two make a ring of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from api.catalog.errors import CategoryCycle, CategoryNotFound
from api.catalog.events import CatalogueChanged
from api.catalog.models import Category, CategoryMember
from api.catalog.service import addresses, following, gathering, visibility
from api.catalog.service.clashes import told_as_refusals
from api.catalog.service.drafts import CategoryDraft
from api.catalog.texts import LONGEST_SLUG, slug_from
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.concurrency import check
from api.platform.db import require_transaction, session
from api.platform.outbox import emit


def create_category(draft: CategoryDraft, *, by: Principal) -> UUID:
    """Add a category to the tree; returns its id.

    Without a slug it gets one made from its name. Refuses a slug that is taken anywhere in the
    tree and a parent that is not there.
    """
    require_transaction()
    following.hold_tree(alone=True)
    category_id = new_id()
    parent = _get(draft.parent_id) if draft.parent_id else None
    slug = draft.slug or _free_slug(draft.name, parent)
    with told_as_refusals():
        session.add(
            Category(
                id=category_id,
                parent_id=draft.parent_id,
                slug=slug,
                name=draft.name,
                description=draft.description,
                seo_title=draft.seo_title,
                seo_description=draft.seo_description,
                position=draft.position,
                path=_path(parent, slug),
                is_visible=draft.is_visible,
                is_shown=draft.is_visible and (parent is None or parent.is_shown),
            )
        )
    addresses.in_use_again("category", [slug])
    audit.record("category.created", by=by, subject_id=category_id, slug=slug)
    emit(CatalogueChanged(is_tree=True))
    return category_id


def _free_slug(name: str, parent: Category | None) -> str:
    """Make an address from a name; when another category has it, the parent's comes before it."""
    slug = slug_from(name)
    below = f"{parent.slug}-{slug}"[:LONGEST_SLUG].strip("-") if parent and slug else slug
    return addresses.free("category", slug, below)


def ensure_categories(names: Sequence[str]) -> dict[str, UUID]:
    """Return a category for each name, adding those that are not there to the root of the tree.

    Names that make the same slug mean the same category, and the first of them names it; one that
    makes none is left out. Locks the tree only when something is to be added.
    """
    require_transaction()
    slugs = {name: slug for name in names if (slug := slug_from(name))}
    there = _by_slug(slugs.values())
    if there.keys() < set(slugs.values()):
        following.hold_tree(alone=True)
        there = _by_slug(slugs.values())
        addresses.in_use_again("category", set(slugs.values()) - there.keys())
        for name, slug in slugs.items():
            if slug not in there:
                there[slug] = new_id()
                session.add(Category(id=there[slug], slug=slug, name=name[:200], path=slug))
        session.flush()
        emit(CatalogueChanged(is_tree=True))
    return {name: there[slug] for name, slug in slugs.items()}


def edit_category(
    category_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Rename, describe, order, move, hide or show a category; what stands below it comes along.

    A hidden one, and all below it, is gone from storefronts; its products stay on sale, and
    collections whose rules name it keep them. Locks the whole tree. Refuses a version that is not
    the present one, a place below itself, a parent that is not there and a slug that is taken.
    """
    require_transaction()
    following.hold_tree(alone=True)
    category = _get(category_id)
    check(category.version, expected_version)
    changed = {k: v for k, v in changes.items() if getattr(category, k) != v}
    if not changed:
        return
    before, before_slug = category.path, category.slug
    parent_id = changed.get("parent_id", category.parent_id)
    parent = _get(parent_id) if parent_id else None
    if parent is not None and _is_within(parent.path, before):
        raise CategoryCycle(category_id=category_id, parent_id=parent.id)
    with told_as_refusals():
        for name, value in changed.items():
            setattr(category, name, value)
        category.version += 1
        category.path = _path(parent, category.slug)
        session.flush()
        if category.path != before:
            _carry_along(before, category.path)
        if changed.keys() & {"parent_id", "is_visible"}:
            visibility.settle([category.path])
    addresses.moved("category", category_id, before=before_slug, after=category.slug)
    gathering.follow_category(before_slug, category.slug)
    if "parent_id" in changed:
        _reshelve_below(category)
        gathering.ask_anew("category")
    audit.record("category.edited", by=by, subject_id=category_id, **changed)
    emit(CatalogueChanged(is_tree=True))


def delete_category(category_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Remove an empty category. Refuses one that holds products or other categories."""
    require_transaction()
    following.hold_tree(alone=True)
    category = _get(category_id)
    check(category.version, expected_version)
    with told_as_refusals(deleting=True):
        session.execute(delete(Category).where(Category.id == category_id))
    addresses.forget("category", category_id)
    audit.record("category.deleted", by=by, subject_id=category_id, slug=category.slug)
    emit(CatalogueChanged(is_tree=True))


def _by_slug(slugs: Collection[str]) -> dict[str, UUID]:
    rows = session.execute(select(Category.slug, Category.id).where(Category.slug.in_(slugs)))
    return {row.slug: row.id for row in rows}


def _get(category_id: UUID) -> Category:
    category = session.scalar(
        select(Category).where(Category.id == category_id).execution_options(populate_existing=True)
    )
    if category is None:
        raise CategoryNotFound(category_id=category_id)
    return category


def _path(parent: Category | None, slug: str) -> str:
    return f"{parent.path}/{slug}" if parent else slug


def _is_within(path: str, above: str) -> bool:
    return path == above or path.startswith(f"{above}/")


def _carry_along(before: str, after: str) -> None:
    """Rewrite the paths of everything that stands below."""
    session.execute(
        update(Category)
        .where(Category.path.startswith(f"{before}/", autoescape=True))
        .values(path=func.concat(after, func.substr(Category.path, len(before) + 1)))
        .execution_options(synchronize_session=False)
    )


def _reshelve_below(category: Category) -> None:
    """Let the categories above the old and the new place forget and learn the products."""
    below = select(Category.id).where(
        or_(
            Category.id == category.id,
            Category.path.startswith(f"{category.path}/", autoescape=True),
        )
    )
    product_ids = session.scalars(
        select(CategoryMember.product_id)
        .where(CategoryMember.category_id.in_(below), CategoryMember.is_direct)
        .distinct()
    ).all()
    following.reshelve(product_ids)
