"""Where something is found now that was found elsewhere before."""

from typing import Literal

from sqlalchemy import Select, SQLColumnExpression, and_, select

from api.catalog.models.i18n import SlugRedirect
from api.catalog.models.navigation import Category, Collection
from api.catalog.models.products import Product
from api.catalog.states import ProductStatus
from api.platform.db import session

Kind = Literal["product", "category", "collection"]
"""What has an address of its own."""


def _where_now(
    model: type[Product | Category | Collection], is_shown: SQLColumnExpression[bool]
) -> Select[str]:
    return (
        select(model.slug)
        .select_from(SlugRedirect)
        .join(model, and_(model.id == SlugRedirect.subject_id, is_shown))
    )


_WHERE_NOW = {
    "product": _where_now(Product, Product.status == ProductStatus.ACTIVE),
    "category": _where_now(Category, Category.is_shown),
    "collection": _where_now(Collection, Collection.is_visible),
}


def resolve_slug(kind: Kind, slug: str) -> str | None:
    """Return what answers now to an address of before, None when nothing that is shown does.

    Ask it only after nothing was found under `slug` itself. A draft or what is hidden is not told
    of: its new address is nobody's business yet.
    """
    return session.scalar(
        _WHERE_NOW[kind].where(SlugRedirect.kind == kind, SlugRedirect.slug == slug)
    )
