"""The category tree, categories by path, and the shop's own order of products in a category.

Every change of the tree is made alone, so that no two make a ring of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from api.catalog.errors import CategoryCycle, CategoryNotFound
from api.catalog.events import CatalogChanged
from api.catalog.models.navigation import Category, ProductCategory
from api.catalog.service import denormalization, redirects, smart_collections, sort_order
from api.catalog.service.inputs import CategoryInput
from api.catalog.service.integrity import translate_integrity_errors
from api.catalog.service.sort_order import OrderedMembership
from api.catalog.texts import LONGEST_SLUG, slug_as_before, slug_from
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import lock_entity, require_transaction, session
from api.platform.etags import check
from api.platform.outbox import emit


def create_category(draft: CategoryInput, *, by: Principal) -> UUID:
    """Add a category to the tree; returns its id.

    Without a slug it gets one made from its name. Refuses a slug that is taken anywhere in the
    tree and a parent that is not there.
    """
    require_transaction()
    denormalization.lock_category_tree(alone=True)
    category_id = new_id()
    parent = _get(draft.parent_id) if draft.parent_id else None
    slug = draft.slug or _free_slug(draft.name, parent)
    with translate_integrity_errors():
        session.add(
            Category(
                **{**asdict(draft), "id": category_id, "slug": slug},
                path=_path(parent, slug),
                is_shown=draft.is_visible and (parent is None or parent.is_shown),
            )
        )
    redirects.drop_redirects("category", [slug])
    audit.record("category.created", by=by, subject_id=category_id, slug=slug)
    emit(CatalogChanged(is_tree=True))
    return category_id


def _free_slug(name: str, parent: Category | None) -> str:
    """Make an address from a name; when another category has it, the parent's comes before it."""
    slug = slug_from(name)
    below = f"{parent.slug}-{slug}"[:LONGEST_SLUG].strip("-") if parent and slug else slug
    return redirects.unique_slug("category", slug, below)


def ensure_categories(names: Sequence[str]) -> dict[str, UUID]:
    """Return a category for each name, adding those that are not there to the root of the tree.

    Names that make the same slug mean the same category, and the first of them names it; one that
    makes none is left out. Locks the tree only when something is to be added.
    """
    require_transaction()
    slugs = {name: slug for name in names if (slug := slug_from(name))}
    there = _by_slug(slugs.values())
    if there.keys() < set(slugs.values()):
        denormalization.lock_category_tree(alone=True)
        there = _by_slug(slugs.values())
        redirects.drop_redirects("category", set(slugs.values()) - there.keys())
        for name, slug in slugs.items():
            if slug not in there:
                there[slug] = new_id()
                session.add(Category(id=there[slug], slug=slug, name=name[:200], path=slug))
        session.flush()
        emit(CatalogChanged(is_tree=True))
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
    denormalization.lock_category_tree(alone=True)
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
    with translate_integrity_errors():
        for name, value in changed.items():
            setattr(category, name, value)
        category.version += 1
        category.path = _path(parent, category.slug)
        session.flush()
        if category.path != before:
            _carry_along(before, category.path)
        if changed.keys() & {"parent_id", "is_visible"}:
            denormalization.refresh_visibility([category.path])
    redirects.record_redirect("category", category_id, before=before_slug, after=category.slug)
    smart_collections.rename_category_in_rules(before_slug, category.slug)
    if "parent_id" in changed:
        _reshelve_below(category)
        smart_collections.invalidate_rules_on("category")
    audit.record("category.edited", by=by, subject_id=category_id, **changed)
    emit(CatalogChanged(is_tree=True))


def delete_category(category_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Remove an empty category. Refuses one that holds products or other categories."""
    require_transaction()
    denormalization.lock_category_tree(alone=True)
    category = _get(category_id)
    check(category.version, expected_version)
    with translate_integrity_errors(deleting=True):
        session.execute(delete(Category).where(Category.id == category_id))
    redirects.delete_redirects("category", category_id)
    audit.record("category.deleted", by=by, subject_id=category_id, slug=category.slug)
    emit(CatalogChanged(is_tree=True))


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
        select(ProductCategory.product_id)
        .where(ProductCategory.category_id.in_(below), ProductCategory.is_direct)
        .distinct()
    ).all()
    denormalization.rebuild_category_ancestors(product_ids)


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
    if sort_order.set_order(OrderedMembership(ProductCategory, category_id), product_ids):
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
    membership = OrderedMembership(ProductCategory, category_id)
    if sort_order.move(membership, product_id, before=before, after=after, to=position):
        _note(category, by=by, moved=str(product_id))


def _lock(category_id: UUID) -> Category:
    """Hold the tree still, then the category: whoever edits it holds the tree alone."""
    denormalization.lock_category_tree(alone=False)
    return lock_entity(
        Category, category_id, CategoryNotFound(category_id=category_id), alone=False
    )


def _note(category: Category, *, by: Principal, **changed: object) -> None:
    category.version += 1
    audit.record("category.ordered", by=by, subject_id=category.id, **changed)
    emit(CatalogChanged(lists=(f"category:{category.slug}",)))


Path = tuple[tuple[str, str], ...]
"""Slug and name from the root down; an empty slug is made from the name."""


def ensure_category_paths(paths: Iterable[Path]) -> dict[Path, UUID]:
    """Return the category at the end of each path, adding what the tree does not have.

    A slug that is given means the category with it, wherever the shop has moved it. One that is
    made from a name means that name below that parent; when another category has it already, the
    slug of the parent comes before it. Locks the tree only when something is to be added.
    """
    require_transaction()
    wanted = [path for path in dict.fromkeys(paths) if path]
    if not wanted:
        return {}
    tree = _Tree(wanted)
    if any(tree.find(path) is None for path in wanted):
        denormalization.lock_category_tree(alone=True)
        tree = _Tree(wanted)
        for path in wanted:
            tree.add(path)
        tree.write()
    return {path: found for path in wanted if (found := tree.find(path)) is not None}


class _Tree:
    """The part of the tree that the paths may mean."""

    def __init__(self, paths: Sequence[Path]) -> None:
        slugs: set[str] = set()
        for path in paths:
            parents = {""}
            for step in path:
                names = {name for parent in parents for name in _spellings(step, parent)}
                slugs |= names
                parents = names or parents
        self._by_slug: dict[str, tuple[UUID, UUID | None, str]] = {}
        self._look(slugs)
        self._new: list[Category] = []

    def find(self, path: Path) -> UUID | None:
        """Return the category that a path leads to, if all of it is there."""
        parent: tuple[UUID, UUID | None, str] | None = None
        for step in path:
            parent = self._step(step, parent)
            if parent is None:
                return None
        return parent[0] if parent else None

    def add(self, path: Path) -> None:
        """Add what is missing of a path; a step without a name or slug ends it."""
        parent: tuple[UUID, UUID | None, str] | None = None
        parent_path = ""
        for step in path:
            found = self._step(step, parent)
            if found is None:
                names = _slugs(step, _last(parent))
                self._look(names)
                slug = next((name for name in names if name not in self._by_slug), None)
                if slug is None:
                    return
                category = Category(
                    id=new_id(),
                    slug=slug,
                    name=(step[1] or slug)[:200],
                    parent_id=parent[0] if parent else None,
                    path=f"{parent_path}/{slug}" if parent_path else slug,
                )
                self._new.append(category)
                found = (category.id, category.parent_id, category.path)
                self._by_slug[slug] = found
            parent, parent_path = found, found[2]

    def write(self) -> None:
        """Store what was added, parents first."""
        if not self._new:
            return
        redirects.drop_redirects("category", {category.slug for category in self._new})
        for category in self._new:
            session.add(category)
            session.flush()
        denormalization.refresh_visibility([category.path for category in self._new])
        emit(CatalogChanged(is_tree=True))

    def _step(
        self, step: tuple[str, str], parent: tuple[UUID, UUID | None, str] | None
    ) -> tuple[UUID, UUID | None, str] | None:
        for slug in _spellings(step, _last(parent)):
            found = self._by_slug.get(slug)
            if found is not None and (step[0] or found[1] == (parent[0] if parent else None)):
                return found
        return None

    def _look(self, slugs: Iterable[str]) -> None:
        missing = sorted(set(slugs) - self._by_slug.keys())
        if missing:
            for row in session.execute(
                select(Category.slug, Category.id, Category.parent_id, Category.path).where(
                    Category.slug.in_(missing)
                )
            ):
                self._by_slug[row.slug] = (row.id, row.parent_id, row.path)


def _slugs(step: tuple[str, str], parent_slug: str) -> list[str]:
    """Return what a step may be called, the plainest first."""
    if step[0]:
        return [step[0]]
    slug = slug_from(step[1])
    if not slug:
        return []
    return [slug, f"{parent_slug}-{slug}"[:120]] if parent_slug else [slug]


def _spellings(step: tuple[str, str], parent_slug: str) -> list[str]:
    """Return what a step that is there already may be called.

    Slugs that were made before `ø` and `ł` were written plainly have these letters still.
    """
    names = _slugs(step, parent_slug)
    old = "" if step[0] else slug_as_before(step[1])
    if old and old not in names:
        names += [old, f"{parent_slug}-{old}"[:120]] if parent_slug else [old]
    return names


def _last(parent: tuple[UUID, UUID | None, str] | None) -> str:
    return parent[2].rpartition("/")[2] if parent else ""
