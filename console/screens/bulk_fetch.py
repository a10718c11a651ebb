"""Fetches the chosen products for a bulk change, a hundred at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from console.client.catalog_models import VariantCard
from console.client.models import StockLevel
from console.client.pages import MAX_ROWS
from console.client.services import Services
from console.flows.catalog.change_plan import SelectedProduct, goods_of
from console.flows.catalog.edit_parsing import Kind
from console.flows.catalog.events import FetchProducts

AT_ONCE = 2
"""Sets of products that are read side by side; the shop has others to answer, too."""


async def levels_of(
    shop: Services, variants: Iterable[VariantCard]
) -> dict[str, tuple[StockLevel, ...]]:
    """Where variants stand, by their ids; one that stands nowhere is left out."""
    ids = [variant.id for variant in variants]
    levels: dict[str, tuple[StockLevel, ...]] = {}
    for at in range(0, len(ids), MAX_ROWS):
        levels |= await shop.stock.levels_of(ids[at : at + MAX_ROWS])
    return levels


async def fetch_products(
    shop: Services,
    request: FetchProducts,
    titles: Callable[[str], str],
    on_progress: Callable[[int], None],
) -> tuple[SelectedProduct, ...]:
    """The chosen products as they are now, in the order in which they were chosen.

    They are read in sets. `on_progress` gets how many have been read. One that is gone is marked
    as such; raises `CallFailed` when the shop does not answer.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def one_set(chosen: Sequence[tuple[str, frozenset[str] | None]]) -> list[SelectedProduct]:
        nonlocal done
        async with turns:
            products = await shop.catalogue.chosen([product_id for product_id, _ in chosen])
            goods = [
                goods_of(products[product_id], some)
                if product_id in products
                else SelectedProduct(
                    product_id, 0, titles(product_id), "", problem="is there no more"
                )
                for product_id, some in chosen
            ]
            if request.edit.kind is Kind.LOW:
                goods = await _with_levels(shop, goods)
        done += len(chosen)
        on_progress(done)
        return goods

    sets = [
        request.products[at : at + MAX_ROWS] for at in range(0, len(request.products), MAX_ROWS)
    ]
    tasks = [asyncio.create_task(one_set(one)) for one in sets]
    try:
        return tuple(goods for products in await asyncio.gather(*tasks) for goods in products)
    finally:
        for task in tasks:
            task.cancel()


async def _with_levels(shop: Services, goods: Sequence[SelectedProduct]) -> list[SelectedProduct]:
    """The same products with where their chosen variants stand."""
    levels = await levels_of(shop, [variant for one in goods for variant in one.variants])
    return [
        replace(one, levels={v.id: levels[v.id] for v in one.variants if v.id in levels})
        for one in goods
    ]
