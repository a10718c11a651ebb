"""What storefronts show: only products on the shelf, in their final shape.

Columns, not entities; a list is one statement, a page is two, whatever their length. Statements
are built once and given their values.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, String, Uuid, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.orm import aliased

from api.catalog.errors import CategoryNotFound, ProductNotFound, SortNeedsQuery
from api.catalog.models import (
    Category,
    CategoryMember,
    PriceRange,
    Product,
    ProductImage,
    ProductStatus,
    Variant,
    VariantPrice,
)
from api.catalog.queries import searching
from api.catalog.queries.tree import in_tree_order, level_of
from api.catalog.texts import words
from api.platform import pagination
from api.platform.db import session
from api.platform.pagination import Listing, Sort

SORTS = ("relevance", "newest", "name", "price", "-price")

_FIRST_IMAGE = (
    select(array([ProductImage.url, ProductImage.alt]))
    .where(ProductImage.product_id == Product.id)
    .order_by(ProductImage.position, ProductImage.id)
    .limit(1)
    .scalar_subquery()
)


_ABOVE = aliased(Category)
_BREADCRUMBS = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object("slug", _ABOVE.slug, "name", _ABOVE.name),
                func.length(_ABOVE.path),
            )
        )
    )
    .select_from(Category)
    .join(_ABOVE, _ABOVE.slug == func.any(func.string_to_array(Category.path, "/")))
    .where(Category.id == Product.category_id)
    .scalar_subquery()
)
_CATEGORY = (Category.id, Category.slug, Category.name, Category.path, Category.parent_id)


_IMAGES = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    *("id", ProductImage.id, "url", ProductImage.url, "alt", ProductImage.alt)
                ),
                ProductImage.position,
                ProductImage.id,
            )
        )
    )
    .where(ProductImage.product_id == Product.id)
    .scalar_subquery()
)
_PAGE = select(
    *(Product.id, Product.slug, Product.title, Product.description, Product.vendor),
    *(Product.product_type, Product.tags, Product.options, Product.in_stock),
    *(Product.published_at, _BREADCRUMBS.label("breadcrumbs"), _IMAGES.label("images")),
).where(Product.slug == bindparam("slug", type_=String), Product.status == ProductStatus.ACTIVE)
_PAGE_VARIANTS = (
    select(
        *(Variant.id, Variant.sku, Variant.barcode, Variant.title, Variant.option_values),
        *(Variant.weight_grams, Variant.in_stock, Variant.image_id),
        *(VariantPrice.amount, VariantPrice.compare_at),
    )
    .outerjoin(
        VariantPrice,
        and_(
            VariantPrice.variant_id == Variant.id,
            VariantPrice.currency == bindparam("currency", type_=String),
        ),
    )
    .where(Variant.product_id == bindparam("product_id", type_=Uuid))
    .order_by(Variant.position, Variant.id)
)


@cache
def _listing(sort: str, *, in_category: bool, is_search: bool) -> tuple[Listing, Select[Any]]:
    """Build the statement of one kind of list, and the one that its total is counted by.

    There are at most twenty kinds, each built once.
    """
    price_of = and_(
        PriceRange.product_id == Product.id,
        PriceRange.currency == bindparam("currency", type_=String),
    )
    # Prices and pictures are looked up for the rows of the page alone, after it was chosen.
    prices = select(array([PriceRange.lowest, PriceRange.highest, PriceRange.compare_at]))
    statement: Select[Any] = (
        select(
            *(Product.id, Product.slug, Product.title, Product.vendor, Product.in_stock),
            prices.where(price_of).correlate(Product).scalar_subquery().label("prices"),
            _FIRST_IMAGE.label("image"),
        )
        .select_from(Product)
        .where(Product.status == ProductStatus.ACTIVE)
    )
    columns: tuple[Any, ...] = (Product.id,)
    if in_category:
        slug = bindparam("category", type_=String)
        wanted = select(Category.id).where(Category.slug == slug).scalar_subquery()
        statement = statement.join(
            CategoryMember,
            and_(CategoryMember.product_id == Product.id, CategoryMember.category_id == wanted),
        )
        columns = (CategoryMember.product_id,)
    if is_search:
        typed = bindparam("tsquery", type_=String)
        statement = statement.where(searching.matches(typed))
        if sort == "relevance":
            title = bindparam("title", type_=String)
            columns = (searching.relevance(typed, title), Product.id)
    if sort == "name":
        columns = (Product.search_title, Product.id)
    elif sort.endswith("price"):
        statement = statement.join(PriceRange, price_of)
        columns = (PriceRange.lowest, PriceRange.product_id)
    order = Sort(columns, descending=sort in ("relevance", "newest", "-price"))
    return pagination.listing(statement, order), statement.with_only_columns(Product.id)


def shown_products(
    *,
    currency: str,
    category: str | None = None,
    q: str | None = None,
    sort: str | None = None,
    limit: int = 25,
    cursor: str | None = None,
    with_total: bool = False,
) -> dict[str, Any]:
    """Return a page of products on the shelf: of a category with all below it, found by words.

    `relevance` is the order of a search, `newest` of any other list, unless `sort` says
    otherwise. In an order by price, products without a price in the currency have no place and
    are left out. Raises CategoryNotFound, SortNeedsQuery and CursorInvalid.
    """
    wanted_sort = sort or ("relevance" if q else "newest")
    if wanted_sort == "relevance" and not q:
        raise SortNeedsQuery
    values = {"currency": currency}
    if category is not None:
        values["category"] = category
    if q:
        values |= {"tsquery": searching.tsquery_text(q), "title": words(q)}
    listed, all_of_it = _listing(wanted_sort, in_category=category is not None, is_search=bool(q))
    rows, page = pagination.page_of(
        listed,
        values,
        limit=limit,
        cursor=cursor,
        filters=(currency, category, q, wanted_sort),
        total=all_of_it if with_total else None,
    )
    if not rows and category is not None:
        _check_category(category)
    return {"data": [_card(row, currency) for row in rows], "page": page}


def shown_product(slug: str, *, currency: str) -> dict[str, Any]:
    """Return a product's page, with a price for each variant that has one in the currency.

    Raises ProductNotFound for one that is not on the shelf.
    """
    product = session.execute(_PAGE, {"slug": slug}).first()
    if product is None:
        raise ProductNotFound(slug=slug)
    variants = session.execute(
        _PAGE_VARIANTS, {"product_id": product.id, "currency": currency}
    ).all()
    images = product.images or []
    urls = {image["id"]: image["url"] for image in images}
    return {
        "id": product.id,
        "slug": product.slug,
        "title": product.title,
        "description": product.description,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "tags": product.tags,
        "published_at": product.published_at,
        "in_stock": product.in_stock,
        "for_sale": any(variant.amount is not None for variant in variants),
        "breadcrumbs": product.breadcrumbs or [],
        "images": [{"url": image["url"], "alt": image["alt"]} for image in images],
        "options": _options(product.options, [variant.option_values for variant in variants]),
        "variants": [
            {
                "id": variant.id,
                "sku": variant.sku,
                "barcode": variant.barcode,
                "title": variant.title,
                "option_values": variant.option_values,
                "price": _money(variant.amount, currency),
                "compare_at": _money(variant.compare_at, currency),
                "for_sale": variant.amount is not None,
                "in_stock": variant.in_stock,
                "weight_grams": variant.weight_grams,
                "image_url": urls.get(str(variant.image_id)),
            }
            for variant in variants
        ],
    }


def shown_categories() -> dict[str, Any]:
    """Return the whole tree as a flat list, parents before children, in the shop's order."""
    rows = in_tree_order(
        session.execute(
            select(*_CATEGORY).order_by(Category.position, Category.name, Category.id)
        ).all()
    )
    page = {"limit": len(rows), "next_cursor": None, "has_more": False}
    return {"data": [_category(row) for row in rows], "page": page}


def shown_category(slug: str) -> dict[str, Any]:
    """Return one category, what stands above it and what directly below. CategoryNotFound."""
    row = session.execute(
        select(*_CATEGORY, Category.description).where(Category.slug == slug)
    ).first()
    if row is None:
        raise CategoryNotFound(slug=slug)
    around = session.execute(
        select(*_CATEGORY)
        .where(or_(Category.parent_id == row.id, Category.slug.in_(row.path.split("/")[:-1])))
        .order_by(Category.position, Category.name, Category.id)
    ).all()
    above = sorted((a for a in around if a.parent_id != row.id), key=lambda a: len(a.path))
    return {
        **_category(row),
        "description": row.description,
        "breadcrumbs": [{"slug": a.slug, "name": a.name} for a in (*above, row)],
        "children": [_category(child) for child in around if child.parent_id == row.id],
    }


def _check_category(slug: str) -> None:
    """Tell an empty category from one that is not there."""
    if session.scalar(select(Category.id).where(Category.slug == slug)) is None:
        raise CategoryNotFound(slug=slug)


def _card(row: Any, currency: str) -> dict[str, Any]:
    image = row.image
    lowest, highest, before = row.prices or (None, None, None)
    return {
        "id": row.id,
        "slug": row.slug,
        "title": row.title,
        "vendor": row.vendor,
        "price": _money(lowest, currency),
        "compare_at": _money(before, currency),
        "price_varies": lowest != highest,
        "for_sale": lowest is not None,
        "in_stock": row.in_stock,
        "image": {"url": image[0], "alt": image[1]} if image else None,
    }


def _category(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "slug": row.slug,
        "name": row.name,
        "path": row.path,
        "level": level_of(row.path),
        "parent_id": row.parent_id,
    }


def _money(amount: int | None, currency: str) -> dict[str, Any] | None:
    return None if amount is None else {"amount": amount, "currency": currency}


def _options(names: Sequence[str], values: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Say what there is to choose from, in the order in which the variants stand."""
    return [
        {"name": name, "values": list(dict.fromkeys(chosen[place] for chosen in values))}
        for place, name in enumerate(names)
    ]
