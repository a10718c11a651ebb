"""Categories and collections as storefronts show them; the tree with parents first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from api.catalog.errors import CategoryNotFound, CollectionNotFound
from api.catalog.models.navigation import Category, Collection
from api.catalog.queries.translations import NO_TEXTS, Texts, languages_of, texts_for
from api.platform import pagination
from api.platform.db import AnyRow, session
from api.platform.pagination import Sort

_CATEGORY = (Category.id, Category.slug, Category.name, Category.path, Category.parent_id)
_COLLECTION = (
    *(Collection.id, Collection.slug, Collection.title, Collection.description, Collection.sort),
    *(Collection.seo_title, Collection.seo_description),
)
_SHOWN_COLLECTIONS = pagination.listing(
    select(*_COLLECTION).where(Collection.is_visible), Sort((Collection.title, Collection.id))
)


def list_storefront_categories(languages: Sequence[str] = ()) -> dict[str, object]:
    """Return what is shown of the tree as a flat list, parents before children, in its order."""
    rows = in_tree_order(
        session.execute(
            select(*_CATEGORY)
            .where(Category.is_shown)
            .order_by(Category.position, Category.name, Category.id)
        ).all()
    )
    texts = texts_for([row.id for row in rows], languages)
    page = {"limit": len(rows), "next_cursor": None, "has_more": False}
    return {
        "data": [_category(row, texts) for row in rows],
        "page": page,
        "languages": languages_of([row.id for row in rows], texts, "name"),
    }


def get_storefront_category(slug: str, languages: Sequence[str] = ()) -> dict[str, object]:
    """Return one category, what stands above it and what directly below. CategoryNotFound."""
    row = session.execute(
        select(
            *(*_CATEGORY, Category.description, Category.seo_title, Category.seo_description)
        ).where(Category.slug == slug, Category.is_shown)
    ).first()
    if row is None:
        raise CategoryNotFound(slug=slug)
    around = session.execute(
        select(*_CATEGORY)
        .where(
            Category.is_shown,
            or_(Category.parent_id == row.id, Category.slug.in_(row.path.split("/")[:-1])),
        )
        .order_by(Category.position, Category.name, Category.id)
    ).all()
    texts = texts_for([row.id, *(other.id for other in around)], languages)
    above = sorted((a for a in around if a.parent_id != row.id), key=lambda a: len(a.path))
    own = texts.get(row.id, NO_TEXTS)
    return {
        **_category(row, texts),
        "description": own.get("description") or row.description,
        "seo": _seo(row, own),
        "breadcrumbs": [
            {"slug": a.slug, "name": texts.get(a.id, NO_TEXTS).get("name") or a.name}
            for a in (*above, row)
        ],
        "children": [_category(child, texts) for child in around if child.parent_id == row.id],
        "languages": languages_of([row.id], texts, "name"),
    }


def list_storefront_collections(
    *, limit: int, cursor: str | None, languages: Sequence[str] = ()
) -> dict[str, object]:
    """Return a page of the collections that storefronts may see, by title."""
    rows, page = pagination.page_of(_SHOWN_COLLECTIONS, {}, limit=limit, cursor=cursor)
    texts = texts_for([row.id for row in rows], languages)
    return {
        "data": [_collection(row, texts) for row in rows],
        "page": page,
        "languages": languages_of([row.id for row in rows], texts, "title"),
    }


def get_storefront_collection(slug: str, languages: Sequence[str] = ()) -> dict[str, object]:
    """Return one collection. Its products are a list of their own. CollectionNotFound."""
    row = session.execute(
        select(*_COLLECTION).where(Collection.slug == slug, Collection.is_visible)
    ).first()
    if row is None:
        raise CollectionNotFound(slug=slug)
    texts = texts_for([row.id], languages)
    return {**_collection(row, texts), "languages": languages_of([row.id], texts, "title")}


def _collection(row: AnyRow, texts: Mapping[UUID, Texts]) -> dict[str, object]:
    own = texts.get(row.id, NO_TEXTS)
    return {
        "id": row.id,
        "slug": row.slug,
        "title": own.get("title") or row.title,
        "description": own.get("description") or row.description,
        "seo": _seo(row, own),
        "sort": row.sort,
    }


def _category(row: AnyRow, texts: Mapping[UUID, Texts]) -> dict[str, object]:
    return {
        "id": row.id,
        "slug": row.slug,
        "name": texts.get(row.id, NO_TEXTS).get("name") or row.name,
        "path": row.path,
        "level": level_of(row.path),
        "parent_id": row.parent_id,
    }


def _seo(row: AnyRow, own: dict[str, Any]) -> dict[str, str]:
    return {
        "title": own.get("seo_title") or row.seo_title,
        "description": own.get("seo_description") or row.seo_description,
    }


def in_tree_order(rows: Sequence[AnyRow]) -> list[AnyRow]:
    """Put categories, given in the order of siblings, into the order of the tree."""
    below: dict[UUID | None, list[AnyRow]] = defaultdict(list)
    for row in rows:
        below[row.parent_id].append(row)
    ordered: list[AnyRow] = []
    waiting = below[None][::-1]
    while waiting:
        row = waiting.pop()
        ordered.append(row)
        waiting += reversed(below.get(row.id, []))
    return ordered


def level_of(path: str) -> int:
    """Tell how deep a category stands: 0 at the root."""
    return path.count("/")
