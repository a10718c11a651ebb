"""A shop with so many products and orders, ready to be measured."""

import random
import time
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from api.dev import stack
from tests.benchmarks import crowd, goods, orders
from tests.benchmarks.goods import Import
from tests.benchmarks.shop import BenchShop
from tests.benchmarks.works import World

ORDERED_PRODUCTS = 200
"""Orders are of so many products, as bestsellers are."""


@dataclass(frozen=True)
class Seeded:
    """A filled shop and what filling it took."""

    shop: BenchShop
    imported: Import
    seconds: float


def seed(
    name: str, products: int, orders_: int, progress: Progress, checkout: Path = stack.ROOT
) -> Seeded:
    """Start a shop and fill it; it is open afterwards, with Postgres as in production."""
    began = time.monotonic()
    task = progress.add_task(f"{name}: starting and reading products in", total=None)
    shop = BenchShop(name, checkout)
    try:
        shop.open()
        imported = goods.fill(shop, products)
        progress.remove_task(task)
        few = min(products, goods.MADE_BY_IMPORT)
        skus = [f"SKU-{n}-{size}" for n in range(min(few, ORDERED_PRODUCTS)) for size in "SML"]
        orders.fill(shop, orders_, skus, progress)
        if products > few:
            shop.end("worker", "web")
            crowd.fill(shop, products - few, progress)
            shop.open()
        task = progress.add_task(f"{name}: vacuuming", total=None)
        shop.sql("VACUUM (ANALYZE)")
        shop.make_durable()
        shop.redis().flushdb()
        progress.remove_task(task)
        shop.refuse_faults()
    except BaseException:
        shop.stop()
        raise
    return Seeded(shop, imported, time.monotonic() - began)


def world_of(shop: BenchShop, seed: int) -> World:
    """Gather what the works need to know of a shop; somebody signs in anew."""
    rows = shop.sql(
        "SELECT v.sku, v.id::text, p.slug FROM variants v JOIN products p ON p.id = v.product_id"
        " WHERE v.sku LIKE 'SKU-%%' AND p.slug LIKE 'product-%%'",
        (),
    )
    with shop.owner() as owner:
        staff = dict(owner.headers)
    few = [(sku, variant_id, slug) for sku, variant_id, slug in rows if _is_first(sku)]
    return World(
        shop=shop,
        slugs=sorted({slug for _, _, slug in few}),
        variants={sku: variant_id for sku, variant_id, _ in few},
        staff=staff,
        chance=random.Random(seed),
    )


def _is_first(sku: str) -> bool:
    return int(sku.split("-")[1]) < goods.MADE_BY_IMPORT
