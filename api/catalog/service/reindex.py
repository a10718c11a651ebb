"""Find anew what follows from the rows that people write, for many products at once.

`reindex_products` is what edits call, and `EACH_BATCH` what `flask refresh-catalogue` does to
every product of the shop: another part that keeps something twice adds its step there,
or to `AT_THE_END`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, func, select, text

from api.catalog.events import AttributeFilterChanged, CatalogChanged
from api.catalog.models.attributes import ProductAttribute
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.service import attribute_values, denormalization, facet_values, search_terms
from api.catalog.states import ProductStatus
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

BATCH = 500
INDEXED_FIELDS = ("title", "description", "vendor", "product_type", "tags", "options")
"""What of a product's own row others follow from."""

_WORDS = ("search_title", "search_words", "search_body")
_WRITE = text(
    "UPDATE products p SET search_title = told.title, search_words = told.words,"
    " search_body = told.body, traits = told.traits::int[]"
    " FROM unnest(:ids, :titles, :words, :bodies, :traits) AS told(id, title, words, body, traits)"
    " WHERE p.id = told.id"
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    *(bindparam(name, type_=ARRAY(Text)) for name in ("titles", "words", "bodies", "traits")),
)

Step = Callable[[Sequence[UUID]], Collection[UUID]]
"""Sets something right for products that are locked; returns those for which it was not."""


def index_columns(products: Mapping[UUID, Mapping[str, object]]) -> dict[UUID, dict[str, Any]]:
    """Return the columns that follow from locked products, whose `INDEXED_FIELDS` are given.

    Four statements for any number of products, and one more for words that are new to the shop.
    """
    variants = _variants_of(products)
    values = attribute_values.values_of(products)
    translated = denormalization.translated_texts(products)
    found = [
        facet_values.facet_values_of(
            row,
            [variant["option_values"] for variant in variants.get(product_id, ())],
            values.get(product_id, {}).values(),
        )
        for product_id, row in products.items()
    ]
    return {
        product_id: {
            **denormalization.search_columns_of(
                row, variants.get(product_id, ()), translated.get(product_id, ())
            ),
            "traits": ids,
        }
        for (product_id, row), ids in zip(
            products.items(), facet_values.ensure_facet_values(found), strict=True
        )
    }


def reindex_products(product_ids: Sequence[UUID]) -> list[UUID]:
    """Compute search words and facet values of locked products; returns whose were wrong.

    Writes only what differs, so that doing it again costs reading alone.
    """
    if not product_ids:
        return []
    session.flush()
    kept = (*INDEXED_FIELDS, *_WORDS, "traits")
    rows: dict[UUID, Mapping[str, object]] = {
        row["id"]: dict(row)
        for row in session.execute(
            select(Product.id, *(getattr(Product, name) for name in kept))
            .where(Product.id.in_(product_ids))
            .order_by(Product.id)
        ).mappings()
    }
    found = index_columns(rows)
    changed = [
        product_id
        for product_id, columns in found.items()
        if any(rows[product_id][name] != value for name, value in columns.items())
    ]
    if changed:
        told = [found[product_id] for product_id in changed]
        session.execute(
            _WRITE,
            {
                "ids": changed,
                "titles": [columns["search_title"] for columns in told],
                "words": [columns["search_words"] for columns in told],
                "bodies": [columns["search_body"] for columns in told],
                "traits": [f"{{{','.join(map(str, columns['traits']))}}}" for columns in told],
            },
        )
    return changed


EACH_BATCH: tuple[Step, ...] = (reindex_products, denormalization.refresh_price_ranges)
AT_THE_END: tuple[Callable[[], object], ...] = (search_terms.recount_terms,)
"""What is found anew for the shop as a whole, each in a transaction of its own."""


def reindex_batch(after: UUID | None) -> tuple[list[UUID], set[UUID]]:
    """Set the next products right, in id order; returns them, and those that were not right.

    Locks them. None left is an empty list. Storefronts read anew what changed.
    """
    require_transaction()
    statement = select(Product.id).order_by(Product.id).limit(BATCH)
    if after is not None:
        statement = statement.where(Product.id > after)
    product_ids = session.scalars(statement.with_for_update(key_share=True)).all()
    changed = {one for step in EACH_BATCH for one in step(product_ids)}
    _tell(changed)
    return list(product_ids), changed


def reindex_attribute(attribute_id: UUID, *, after: UUID | None) -> None:
    """Find anew what the products of an attribute can be filtered by, some of them at a time.

    Locks those, in id order, and leaves the rest to the next fact.
    """
    require_transaction()
    having = (
        select(ProductAttribute.product_id)
        .where(ProductAttribute.attribute_id == attribute_id)
        .order_by(ProductAttribute.product_id)
        .limit(BATCH)
    )
    if after is not None:
        having = having.where(ProductAttribute.product_id > after)
    found = session.scalars(having).all()
    product_ids = session.scalars(
        select(Product.id)
        .where(Product.id.in_(found))
        .order_by(Product.id)
        .with_for_update(key_share=True)
    ).all()
    _tell(reindex_products(product_ids))
    if len(found) == BATCH:
        emit(AttributeFilterChanged(attribute_id=attribute_id, after=found[-1]))


def _tell(product_ids: Collection[UUID]) -> None:
    """Let storefronts read anew those of the products that are published."""
    if product_ids:
        slugs = session.scalars(
            select(Product.slug).where(
                Product.id.in_(product_ids), Product.status == ProductStatus.ACTIVE
            )
        ).all()
        if slugs:
            emit(CatalogChanged(slugs=tuple(slugs)))


def _variants_of(product_ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return what the variants of products say, in their order."""
    codes = select(Barcode.code).where(Barcode.variant_id == Variant.id).order_by(Barcode.position)
    rows = session.execute(
        select(
            *(Variant.product_id, Variant.sku, Variant.option_values),
            func.array(codes.scalar_subquery(), type_=ARRAY(Text)).label("barcodes"),
        )
        .where(Variant.product_id.in_(list(product_ids)))
        .order_by(Variant.position, Variant.id)
    ).mappings()
    found: dict[UUID, list[dict[str, object]]] = {}
    for row in rows:
        found.setdefault(row["product_id"], []).append(dict(row))
    return found


_ANALYZE = text(
    "ANALYZE products, variants, barcodes, variant_prices, product_price_ranges, price_history,"
    " product_images, category_members, traits"
)


def analyze_tables() -> None:
    """Have the database look at how much there is, after many rows have come at once.

    It does so by itself within minutes; until then it believes that the tables are as small as
    they were, and reads a list by going through all of them. Takes a second for a million products.
    """
    require_transaction()
    session.execute(_ANALYZE)
