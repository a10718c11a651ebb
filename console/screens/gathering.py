"""Reading what a change needs to know of the chosen goods, a few products at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from console.client.errors import CallFailed, NotFound
from console.client.models import StockLevel
from console.client.shelf import VariantCard
from console.client.shop import Shop
from console.flows.catalogue.edits import Kind
from console.flows.catalogue.events import Gather
from console.flows.catalogue.plan import Goods, goods_of

AT_ONCE = 4
"""Products that are read side by side."""


async def levels_of(
    shop: Shop, variants: Iterable[VariantCard]
) -> dict[str, tuple[StockLevel, ...]]:
    """Where variants stand, by their ids; found by SKU, as a scan would."""
    found: dict[str, tuple[StockLevel, ...]] = {}
    for variant in variants:
        try:
            answer = await shop.desk.what_is(variant.sku)
        except NotFound:
            continue
        if answer.variant is not None and answer.variant.id == variant.id:
            found[variant.id] = answer.variant.levels
    return found


async def gathered(
    shop: Shop, wanted: Gather, titles: Callable[[str], str], told: Callable[[int], None]
) -> tuple[Goods, ...]:
    """The chosen products as they are now, in the order in which they were chosen.

    `told` hears how many have been read. One that is gone is told as such; raises `CallFailed`
    when the shop does not answer.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def one(product_id: str, chosen: frozenset[str] | None) -> Goods:
        nonlocal done
        async with turns:
            try:
                card = await shop.catalogue.product(product_id)
            except NotFound:
                found = Goods(product_id, 0, titles(product_id), "", problem="is there no more")
            else:
                found = goods_of(card, chosen)
                if wanted.edit.kind is Kind.LOW:
                    levels = await levels_of(shop, found.variants)
                    found = goods_of(card, chosen, levels)
            done += 1
            told(done)
            return found

    tasks = [asyncio.create_task(one(*product)) for product in wanted.wanted]
    try:
        return tuple(await asyncio.gather(*tasks))
    except CallFailed:
        raise
    finally:
        for task in tasks:
            task.cancel()
