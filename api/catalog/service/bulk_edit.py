"""Change many products or variants in one go: row by row, and told as one change."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select

from api.catalog.events import CatalogChanged
from api.catalog.models.products import Product, Variant
from api.catalog.queries.export_documents import lock_products
from api.catalog.service import denormalization, facet_values, products, variants
from api.kernel.principal import Principal
from api.platform.bulk_request import Batch, Done, Row
from api.platform.db import require_transaction, session
from api.platform.outbox import discard_events, emit

_COMMANDS: dict[str, Callable[..., None]] = {
    "publish": products.publish_product,
    "archive": products.archive_product,
    "unarchive": products.unarchive_product,
}
COMMANDS = tuple(_COMMANDS)

_NAMES_LOCK = 74_119
_NAMING = {
    *("slug", "external_reference", "attributes", "sku", "barcode", "barcodes", "option_values"),
}
"""Changes that take what nobody else may have, or bring words that are new to the shop."""


def bulk_edit_products(batch: Batch, *, by: Principal) -> dict[str, object]:
    """Edit, publish and archive products as each row says; returns what became of each.

    A row's changes come before its command. Locks all products first, in id order, so that batches
    over the same products queue; then the tree, if need be, and the words that are new to the shop,
    so that no two batches wait for each other's. Those that give names do so one after another.
    Storefronts are told once.
    """
    require_transaction()
    lock_products([], [], ids=[row["id"] for row in batch.rows])
    said = [row["changes"] for row in batch.rows if "changes" in row]
    if any("category_ids" in changes for changes in said):
        denormalization.lock_category_tree(alone=False)
    _queue_to_name(said)
    facet_values.ensure_values_of_changes(said)
    answer = batch.carry_out(lambda row: _edit_product(row, by=by))
    _coalesce_events()
    return answer


def bulk_edit_variants(batch: Batch, *, by: Principal) -> dict[str, object]:
    """Edit and price variants as each row says; returns what became of each.

    Locks all of their products first and then the variants, both in id order. Those that give
    names do so one after another. Storefronts are told once.
    """
    ids = [row["id"] for row in batch.rows]
    products_of = select(Variant.product_id).where(Variant.id.in_(ids)).distinct()
    require_transaction()
    lock_products([], [], ids=session.scalars(products_of).all())
    session.execute(
        select(Variant.id)
        .where(Variant.id.in_(ids))
        .order_by(Variant.id)
        .with_for_update(key_share=True)
    )
    _queue_to_name([row["changes"] for row in batch.rows if "changes" in row])
    # A product of five hundred variants is read anew once, and not for each of them.
    touched: dict[UUID, Product] = {}
    answer = batch.carry_out(
        lambda row: _edit_variant(row, follow=lambda p: touched.update({p.id: p}), by=by)
    )
    for product_id in sorted(touched):
        products.refresh_search(touched[product_id])
    _coalesce_events()
    return answer


def _edit_product(row: Row, *, by: Principal) -> Done:
    product_id, version = row["id"], row.get("version")
    if "changes" in row:
        products.edit_product(product_id, row["changes"], expected_version=version, by=by)
        version = None  # it was compared, and may have risen since
    if "command" in row:
        _COMMANDS[row["command"]](product_id, expected_version=version, by=by)
    return Done(product_id, session.get_one(Product, product_id).version)


def _edit_variant(row: Row, *, follow: Callable[[Product], None], by: Principal) -> Done:
    variant_id, version = row["id"], row.get("version")
    if "changes" in row:
        variants.edit_variant(
            variant_id, row["changes"], expected_version=version, by=by, follow=follow
        )
        version = None
    if "prices" in row:
        variants.replace_prices(variant_id, row["prices"], expected_version=version, by=by)
    if "price_updates" in row:
        variants.update_prices(variant_id, row["price_updates"], expected_version=version, by=by)
    return Done(variant_id, session.get_one(Variant, variant_id).version)


def _queue_to_name(said: Sequence[Mapping[str, object]]) -> None:
    """Let no other batch give names until the transaction ends.

    Names are taken row by row, in the order of the request. Two batches that want the same ones in
    opposite order would wait for each other, and again when one of them begins anew.
    """
    if any(_NAMING & changes.keys() for changes in said):
        session.execute(select(func.pg_advisory_xact_lock(_NAMES_LOCK)))


def _coalesce_events() -> None:
    """Emit one event instead of one per product."""
    events = discard_events(CatalogChanged)
    if events:
        emit(
            CatalogChanged(
                slugs=tuple(dict.fromkeys(slug for event in events for slug in event.slugs)),
                lists=tuple(dict.fromkeys(name for event in events for name in event.lists)),
                is_tree=any(event.is_tree for event in events),
            )
        )
