"""Give many variants other prices at once, as a price list does every morning."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from api.catalog.events import CatalogueChanged, PriceChanged
from api.catalog.models import Product, Variant, VariantPrice
from api.catalog.queries.documents import product_documents, product_ids_of
from api.catalog.service import following, intake, price_book
from api.catalog.service.differences import Document, differences, matched
from api.catalog.service.document_drafts import price_drafts
from api.catalog.service.drafts import PriceDraft
from api.catalog.service.price_book import Repriced
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.bulk import among
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

Prices = dict[str, Sequence[PriceDraft]]
"""What variants cost, by SKU."""


def reprice_many(wanted: Prices, *, by: Principal) -> None:
    """Make these the prices of variants, by SKU; in other currencies they are not for sale.

    The history, the price ranges, the versions, the facts and the audit log follow, as if each
    were priced alone, in a dozen statements for all. The products are locked by the caller, and
    the prices checked.
    """
    require_transaction()
    if not wanted:
        return
    by_key = {sku.lower(): prices for sku, prices in wanted.items()}
    rows = session.execute(
        select(Variant.id, Variant.product_id, Variant.sku_key, Product.slug)
        .join(Product, Product.id == Variant.product_id)
        .where(among(Variant.sku_key, by_key))
    ).all()
    named = {(row.id, draft.price.currency): draft for row in rows for draft in by_key[row.sku_key]}
    there = session.execute(
        select(VariantPrice.variant_id, VariantPrice.currency).where(
            among(VariantPrice.variant_id, [row.id for row in rows])
        )
    )
    repriced = price_book.write(
        [row for key, draft in named.items() for row in intake.price_rows(key[0], [draft])],
        gone=[(key[0], key[1]) for key in there if (key[0], key[1]) not in named],
    )
    if not repriced:
        return
    changed: dict[UUID, list[Repriced]] = {}
    for price in repriced:
        changed.setdefault(price.variant_id, []).append(price)
    touched = [row for row in rows if row.id in changed]
    following.refresh_price_ranges({row.product_id for row in touched})
    session.execute(
        update(Variant)
        .where(among(Variant.id, changed))
        .values(version=Variant.version + 1)
        .execution_options(synchronize_session=False)
    )
    product_of = {row.id: row.product_id for row in touched}
    for price in repriced:
        if price.before[0] != price.after[0]:
            emit(
                PriceChanged(
                    variant_id=price.variant_id,
                    product_id=product_of[price.variant_id],
                    currency=price.currency,
                    before=price.before[0],
                    after=price.after[0],
                )
            )
    audit.record_each(
        "variant.priced",
        {variant_id: told_of(prices) for variant_id, prices in changed.items()},
        by=by,
    )
    emit(CatalogueChanged(slugs=tuple(dict.fromkeys(row.slug for row in touched))))


def put_back_prices(befores: Mapping[UUID, Document], *, by: Principal) -> set[UUID]:
    """Give products back the prices that documents say, all at once, where nothing else differs.

    Returns which ones; the others need `put_back`. Locks them, in id order.
    """
    require_transaction()
    repriced: Prices = {}
    done: set[UUID] = set()
    for product_id, now in product_documents(product_ids_of([], [], ids=[*befores])).items():
        before = befores[product_id]
        if all(map(is_price, differences(now, before))):
            repriced |= prices_that_differ(now, before)
            done.add(product_id)
    reprice_many(repriced, by=by)
    return done


def is_price(change: Mapping[str, Any]) -> bool:
    """Tell the prices of a known variant from a variant that came or went."""
    is_of_known = change["before"] is not None and change["after"] is not None
    name = change["field"]
    return is_of_known and name.startswith("variants.") and name.endswith(".prices")


def prices_that_differ(before: Document, document: Document) -> Prices:
    """Return what variants come to cost, by SKU. Raises what `intake.check_prices` refuses."""
    found: Prices = {}
    said = document["variants"]
    for variant, match in zip(said, matched(before["variants"], said), strict=True):
        if match is not None and variant.get("prices", match["prices"]) != match["prices"]:
            drafts = price_drafts(variant["prices"])
            intake.check_prices(drafts)
            found[match["sku"]] = drafts
    return found


def told_of(repriced: Sequence[Repriced]) -> dict[str, dict[str, price_book.Asked]]:
    """Return what the audit log keeps of the prices of one variant."""
    return {
        "before": {one.currency: one.before for one in repriced if one.before[0] is not None},
        "after": {one.currency: one.after for one in repriced if one.after[0] is not None},
    }
