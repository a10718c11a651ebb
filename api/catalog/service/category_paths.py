"""Categories by the way to them: `Clothing > Shirts`, added where they are missing."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from api.catalog.events import CatalogueChanged
from api.catalog.models import Category
from api.catalog.service import addresses, following, visibility
from api.catalog.texts import slug_as_before, slug_from
from api.kernel.ids import new_id
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

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
        following.hold_tree(alone=True)
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
        addresses.in_use_again("category", {category.slug for category in self._new})
        for category in self._new:
            session.add(category)
            session.flush()
        visibility.settle([category.path for category in self._new])
        emit(CatalogueChanged(is_tree=True))

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
