"""What follows from the rows that people write: price ranges, search words, memberships, stock.

Each is written in the transaction of its cause, in set form, for any number of products at once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    String,
    Uuid,
    any_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased

from api.catalog.codes import forms_of
from api.catalog.models.i18n import Translation
from api.catalog.models.navigation import Category
from api.catalog.service.sort_order import UNPLACED
from api.catalog.texts import body_words, keywords
from api.kernel.text_folding import spelled_out, words
from api.platform.db import require_transaction, session

_TREE_LOCK = 74_117
_IDS = bindparam("ids", type_=ARRAY(Uuid))

_RANGES = (
    text(
        """
    WITH found AS (
        SELECT DISTINCT ON (v.product_id, p.currency) v.product_id, p.currency,
               p.amount AS lowest, p.compare_at, p.prior_price,
               max(p.amount) OVER (PARTITION BY v.product_id, p.currency) AS highest
        FROM variants v JOIN variant_prices p ON p.variant_id = v.id
        WHERE v.product_id = ANY(:ids)
        ORDER BY v.product_id, p.currency, p.amount, v.position, v.id
    ), gone AS (
        DELETE FROM product_price_ranges r
        WHERE r.product_id = ANY(:ids) AND NOT EXISTS (
            SELECT FROM found f WHERE f.product_id = r.product_id AND f.currency = r.currency)
        RETURNING product_id
    ), written AS (
        INSERT INTO product_price_ranges AS r
            (product_id, currency, lowest, highest, compare_at, prior_price)
        SELECT product_id, currency, lowest, highest, compare_at, prior_price FROM found
        ORDER BY product_id, currency
        ON CONFLICT (product_id, currency) DO UPDATE
        SET lowest = excluded.lowest, highest = excluded.highest,
            compare_at = excluded.compare_at, prior_price = excluded.prior_price
        WHERE (r.lowest, r.highest, r.compare_at, r.prior_price) IS DISTINCT FROM
            (excluded.lowest, excluded.highest, excluded.compare_at, excluded.prior_price)
        RETURNING product_id
    )
    SELECT product_id FROM gone UNION SELECT product_id FROM written
    """
    )
    .bindparams(_IDS)
    .columns(product_id=Uuid)
)

# One row per category above each direct one, the direct one included.
_ABOVE = """
    WITH RECURSIVE above AS (
        SELECT m.product_id, c.parent_id AS category_id
        FROM category_members m JOIN categories c ON c.id = m.category_id
        WHERE m.product_id = ANY(:ids) AND m.is_direct AND c.parent_id IS NOT NULL
        UNION
        SELECT a.product_id, c.parent_id
        FROM above a JOIN categories c ON c.id = a.category_id WHERE c.parent_id IS NOT NULL
    )
"""
_ANCESTOR_ROWS = text(
    f"""{_ABOVE}
    INSERT INTO category_members (category_id, product_id, is_direct, position)
    SELECT category_id, product_id, false, {UNPLACED.format(id="product_id")} FROM above
    ORDER BY category_id, product_id
    ON CONFLICT (category_id, product_id) DO NOTHING
    """  # noqa: S608 - our own words
).bindparams(_IDS)
# What stays keeps its place in the shop's own order.
_UNSHELVE = text(
    f"""{_ABOVE}
    DELETE FROM category_members m
    WHERE m.product_id = ANY(:ids) AND NOT m.is_direct AND NOT EXISTS (
        SELECT FROM above a WHERE a.category_id = m.category_id AND a.product_id = m.product_id)
    """  # noqa: S608
).bindparams(_IDS)
_DIRECT = text(
    f"""
    INSERT INTO category_members (category_id, product_id, is_direct, position)
    SELECT c, p, d, {UNPLACED.format(id="p")}
    FROM unnest(:categories, :products, :direct) AS t (c, p, d) ORDER BY 1, 2
    ON CONFLICT (category_id, product_id) DO UPDATE SET is_direct = true
    """  # noqa: S608
).bindparams(
    bindparam("categories", type_=ARRAY(Uuid)),
    bindparam("products", type_=ARRAY(Uuid)),
    bindparam("direct", type_=ARRAY(Boolean)),
)


_NOT_DIRECT = text(
    "UPDATE category_members SET is_direct = false WHERE product_id = ANY(:ids) AND is_direct"
).bindparams(_IDS)
_LISTED = (
    text(
        "SELECT m.product_id, c.slug FROM category_members m"
        " JOIN categories c ON c.id = m.category_id WHERE m.product_id = ANY(:ids)"
    )
    .bindparams(_IDS)
    .columns(product_id=Uuid, slug=String)
)


def search_columns(
    *,
    title: str,
    description: str,
    phrases: Iterable[str],
    codes: Iterable[str],
) -> dict[str, str]:
    """Return the words by which a product is found, by the column that holds them."""
    return {
        "search_title": words(title),
        "search_words": keywords(phrases, codes),
        "search_body": body_words(description),
    }


def search_columns_of(
    product: Mapping[str, Any],
    variants: Iterable[Mapping[str, Any]],
    translated: Iterable[Mapping[str, Any]] = (),
) -> dict[str, str]:
    """Return the search columns for a product row and all of its variants' rows.

    Each variant's row names all of its `barcodes`, as plain codes. `translated` are its texts in
    other languages: see `translated_texts`.
    """
    phrases = [product["vendor"], product["product_type"], *product["tags"]]
    phrases.append(spelled_out(product["title"]))
    # `T-Shirt` is typed as `tshirt` too.
    codes = [piece for piece in product["title"].split() if " " in words(piece)]
    for variant in variants:
        phrases += variant["option_values"]
        codes.append(variant["sku"])
        codes += [form for code in variant["barcodes"] for form in forms_of(code)]
    found = search_columns(
        title=product["title"], description=product["description"], phrases=phrases, codes=codes
    )
    for texts in translated:
        others = [texts.get("title", ""), *texts.get("option_values", {}).values()]
        found["search_words"] = keywords([found["search_words"], *others], ())
        body = f"{found['search_body']} {body_words(texts.get('description', ''))}"
        found["search_body"] = body.strip()
    return found


def translated_texts(product_ids: Collection[UUID]) -> dict[UUID, list[dict[str, object]]]:
    """Return what products say in other languages, in the order of these; one statement."""
    rows = session.execute(
        select(Translation.subject_id, Translation.texts)
        .where(Translation.subject_id.in_(list(product_ids)))
        .order_by(Translation.language)
    )
    found: dict[UUID, list[dict[str, object]]] = {}
    for row in rows:
        found.setdefault(row.subject_id, []).append(row.texts)
    return found


def refresh_price_ranges(product_ids: Collection[UUID]) -> set[UUID]:
    """Find the lowest and highest price per currency of these products anew.

    Returns the products for which they are others than before.
    """
    if not product_ids:
        return set()
    return set(session.scalars(_RANGES, {"ids": sorted(product_ids)}))


def assign_categories(categories: Mapping[UUID, Sequence[UUID]]) -> None:
    """Put products into their categories, by product id, and into all that stand above those.

    Holds the tree still until the transaction ends, as many at once as like: no category moves
    while products come into it.
    """
    pairs = [(c, product_id) for product_id, ids in categories.items() for c in ids]
    if not pairs:
        return
    lock_category_tree(alone=False)
    session.execute(
        _DIRECT,
        {
            "categories": [category for category, _ in pairs],
            "products": [product for _, product in pairs],
            "direct": [True] * len(pairs),
        },
    )
    session.execute(_ANCESTOR_ROWS, {"ids": sorted(categories)})


def replace_categories(categories: Mapping[UUID, Sequence[UUID]]) -> set[str]:
    """Make these the categories of products, which keep their places where they stay.

    Returns the lists that they have left: `category:mugs`.
    """
    if not categories:
        return set()
    lock_category_tree(alone=False)
    ids = {"ids": sorted(categories)}
    before = {(row.product_id, row.slug) for row in session.execute(_LISTED, ids)}
    session.execute(_NOT_DIRECT, ids)
    assign_categories(categories)
    rebuild_category_ancestors(categories)
    after = (
        {(row.product_id, row.slug) for row in session.execute(_LISTED, ids)} if before else set()
    )
    return {f"category:{slug}" for _, slug in before - after}


def rebuild_category_ancestors(product_ids: Collection[UUID]) -> None:
    """Find anew which categories hold these products because one below does."""
    if product_ids:
        ids = sorted(product_ids)
        session.execute(_UNSHELVE, {"ids": ids})
        session.execute(_ANCESTOR_ROWS, {"ids": ids})


def lock_category_tree(*, alone: bool) -> None:
    """Lock the category tree until the transaction ends: alone to change it, shared to use it.

    Without it two moves at once could put two categories below each other.
    """
    lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    session.execute(select(lock(_TREE_LOCK)))


_ANCESTOR: Final = aliased(Category)
_IS_SHOWN: Final = ~exists().where(
    # The slugs of a path are its own and those of all above.
    _ANCESTOR.slug == any_(func.string_to_array(Category.path, "/")),
    ~_ANCESTOR.is_visible,
)


def refresh_visibility(paths: Collection[str]) -> None:
    """Find anew whether categories, and all that stand below them, are shown. Needs the tree."""
    if not paths:
        return
    within = (Category.path.startswith(f"{path}/", autoescape=True) for path in paths)
    require_transaction().execute(
        update(Category)
        .where(or_(Category.path.in_(paths), *within))
        .values(is_shown=_IS_SHOWN)
        .execution_options(synchronize_session=False)
    )
