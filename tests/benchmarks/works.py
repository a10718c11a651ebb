"""The works that are measured, and what a good reply to each looks like.

W1 to W6 are those that peers are measured by. Every reply is looked at for its status, a word that
only a full one has, and its least length; a sample of each work is read in full and recomputed.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from tests.benchmarks import catalogue, replies
from tests.benchmarks.replies import Broken, Request
from tests.benchmarks.shop import BenchShop

ADDRESSES = 1_000
"""From so many addresses the requests come, so that rate limits count each a little."""
CARTS, IN_CART = 40, 8
SAMPLE_WORDS = 20

Check = Callable[[Request, Any], None]


@dataclass(frozen=True)
class Work:
    """A kind of request. `before_each` empties the shop's cache before every single one."""

    name: str
    title: str
    make: Callable[["World"], list[Request]]
    check: Check
    marker: str
    before_each: bool = False
    is_checkout: bool = False
    each_once: bool = False


@dataclass(frozen=True)
class World:
    """What is known of a shop's data without asking the shop."""

    shop: BenchShop
    slugs: Sequence[str]
    """Of products that the importer made; `SKU-n-S` costs `catalogue.price_of` it."""
    variants: Mapping[str, str]
    """Ids by SKU."""
    staff: Mapping[str, str]
    """The headers of somebody signed in."""
    chance: random.Random

    def skus(self, count: int) -> list[str]:
        """Choose different SKUs."""
        return self.chance.sample(sorted(self.variants), count)


def address(number: int) -> dict[str, str]:
    """Return the header that says from which address a request comes."""
    number %= ADDRESSES
    return {"X-Forwarded-For": f"10.{number // 250}.7.{number % 250 + 1}"}


def _gets(paths: Sequence[str], expects: Sequence[Any] | None = None) -> list[Request]:
    wanted = expects or paths
    return [
        Request(path, headers=address(place), expects=expected)
        for place, (path, expected) in enumerate(zip(paths, wanted, strict=True))
    ]


def _categories(extra: str = "") -> Callable[[World], list[Request]]:
    def make(world: World) -> list[Request]:
        most = min(20, max(1, len(world.slugs) // catalogue.CATEGORIES))
        count = min(catalogue.CATEGORIES, len(world.slugs))
        base = "/api/v1/products?limit=20&category=category-"
        return _gets([f"{base}{number}{extra}" for number in range(count)], [most] * count)

    return make


def _products(world: World) -> list[Request]:
    chosen = world.chance.sample(world.slugs, min(50, len(world.slugs)))
    return _gets([f"/api/v1/products/{slug}" for slug in chosen], chosen)


def _searches(world: World) -> list[Request]:
    rows = world.shop.sql(
        "SELECT lower(title) FROM products WHERE slug LIKE 'product-%%' AND status = 'active'"
    )
    there = {word for (title,) in rows for word in title.split()}
    words = [word for word in catalogue.WORDS if word in there][:SAMPLE_WORDS]
    return _gets([f"/api/v1/products?limit=20&q={word}" for word in words], words)


def _adds(world: World) -> list[Request]:
    """Open carts with eight variants each; the requests add one unit of one that is there."""
    found = []
    with world.shop.owner() as owner:
        for cart in range(CARTS):
            headers = address(world.chance.randrange(ADDRESSES))
            chosen = world.skus(min(IN_CART, len(world.variants)))
            for sku in chosen:
                item = {"variant_id": world.variants[sku], "quantity": 1}
                opened = owner.sends("POST", "/cart/items", item, headers, is_guest=True)
                headers.setdefault("X-Cart-Token", opened.get("token"))
            for place, sku in enumerate(chosen):
                body = json.dumps({"variant_id": world.variants[sku], "quantity": 1})
                spread = {**headers, **address(cart * IN_CART + place)}
                spread["Content-Type"] = "application/json"
                found.append(Request("/api/v1/cart/items", "POST", spread, body, chosen))
    return found


def _orders(world: World) -> list[Request]:
    ((orders,),) = world.shop.sql("SELECT count(*) FROM orders")
    path = "/api/v1/admin/orders?limit=50"
    return [
        Request(path, headers={**world.staff, **address(place)}, expects=min(50, orders))
        for place in range(50)
    ]


def _order_searches(chosen: str) -> Callable[[World], list[Request]]:
    """Search orders for each of the words that a statement returns, 25 to a page."""

    def make(world: World) -> list[Request]:
        return [
            Request(f"/api/v1/admin/orders?limit=25&q={quote(word)}",
                    headers={**world.staff, **address(place)}, expects=word)
            for place, (word,) in enumerate(world.shop.sql(chosen))
        ]  # fmt: skip

    return make


_ANY_NUMBER = "SELECT number FROM orders ORDER BY md5(number) LIMIT 40"
_RARE_NAME = """
    SELECT lower(split_part(customer_name, ' ', 2)) AS name FROM orders GROUP BY 1
    ORDER BY abs(count(*) - (SELECT count(*) FROM orders) * 0.002), 1 LIMIT 40"""
_COMMON_NAME = """
    SELECT lower(split_part(customer_name, ' ', 1)) AS name FROM orders GROUP BY 1
    ORDER BY count(*) DESC, 1 LIMIT 10"""
_OLD_SKU = """
    WITH newest AS (SELECT id FROM orders ORDER BY placed_at DESC, id DESC LIMIT 5000),
         sold AS (SELECT sku, count(*) AS orders, count(newest.id) AS new FROM order_lines
                  LEFT JOIN newest ON newest.id = order_id GROUP BY sku)
    SELECT sku FROM sold ORDER BY new, abs(orders - (SELECT count(*) FROM orders) * 0.034), 1
    LIMIT 10"""
"""Of SKUs that none, or the fewest, of the newest orders have, those that 3.4 % of all have."""


def _product_searches(world: World) -> list[Request]:
    return [
        Request(f"/api/v1/admin/products?limit=25&q={word}",
                headers={**world.staff, **address(place)}, expects=word)
        for place, word in enumerate(catalogue.WORDS[:SAMPLE_WORDS])
    ]  # fmt: skip


def _scans(kind: str, codes: Callable[[World], Sequence[str]]) -> Callable[[World], list[Request]]:
    """Scan codes of one kind."""

    def make(world: World) -> list[Request]:
        return [
            Request(f"/api/v1/admin/scan/{code}", headers={**world.staff, **address(place)},
                    expects=(kind, code))
            for place, code in enumerate(codes(world))
        ]  # fmt: skip

    return make


def _bins(world: World) -> Sequence[str]:
    """Print the barcodes of bins; they are made here, but for those of a run before."""
    found = world.shop.sql("SELECT barcode FROM bins WHERE code LIKE 'SCAN-%%'")
    if not found:
        with world.shop.owner() as owner:
            for number in range(40):
                body = {"location": "MAIN", "code": f"SCAN-{number}"}
                owner.sends("POST", "/admin/bins", body)
        return _bins(world)
    return [barcode for (barcode,) in found]


def _pairs(world: World) -> list[Request]:
    """Choose two different variants for each of many checkouts."""
    pairs = [world.skus(2) for _ in range(500)]
    return [
        Request("/api/v1/checkout", "POST", address(place),
                expects=[[sku, world.variants[sku]] for sku in pair])
        for place, pair in enumerate(pairs)
    ]  # fmt: skip


_SLUG, _PLACED = '"slug":', '"placed_at":'
WORKS = (
    Work("W1", "list 20 of a category, warm", _categories(), replies.list_is_full, _SLUG),
    Work("W1c", "list 20 of a category, cold", _categories(), replies.list_is_full, _SLUG, True),
    Work("W2", "product page, warm", _products, replies.page_is_right, '"variants":'),
    Work("W2c", "product page, cold", _products, replies.page_is_right, '"variants":', True),
    Work("W3", "search, warm", _searches, replies.hits_fit, _SLUG),
    Work("W3c", "search, cold", _searches, replies.hits_fit, _SLUG, True),
    Work("W4", "add one unit to a cart", _adds, replies.cart_adds_up, '"subtotal":'),
    Work("W5", "whole checkout", _pairs, replies.newest_first, "", is_checkout=True),
    Work("W6", "staff: newest 50 orders", _orders, replies.newest_first, _PLACED),
)
_by_price = _categories("&sort=price")
_with_facets = _categories("&include=facets")
GROWING = (
    *WORKS,
    Work("facets", "list with facets, cold", _with_facets, replies.has_facets, _SLUG, True),
    Work("by price", "list by price, cold", _by_price, replies.prices_rise, _SLUG, True),
    Work("orders number", "staff: search orders by number", _order_searches(_ANY_NUMBER),
         replies.order_is_found, _PLACED),
    Work("orders name", "staff: search orders by a name of one in 500",
         _order_searches(_RARE_NAME), replies.names_fit, _PLACED),
    Work("orders word", "staff: search orders by a name of one in 11",
         _order_searches(_COMMON_NAME), replies.names_fit, _PLACED),
    Work("orders SKU", "staff: search orders by a SKU of old ones", _order_searches(_OLD_SKU),
         replies.anything_is_found, _PLACED),
    Work("products q", "staff: search products", _product_searches, replies.anything_is_found,
         '"id":'),
    Work("scan SKU", "staff: scan a product", _scans("variant", lambda world: world.skus(40)),
         replies.is_what_was_scanned, '"label":'),
    Work("scan order", "staff: scan an order", _scans(
            "order", lambda world: [number for (number,) in world.shop.sql(_ANY_NUMBER)]),
         replies.is_what_was_scanned, '"label":'),
    Work("scan bin", "staff: scan a bin", _scans("bin", _bins), replies.is_what_was_scanned,
         '"label":'),
)  # fmt: skip


def check_sample(work: Work, requests: Sequence[Request], url: str, chance: random.Random) -> int:
    """Make some of the requests one by one and read each reply in full. Raises `Broken`.

    Returns how long a reply is at least: half of the shortest of the sample.
    """
    sizes = []
    with httpx.Client(base_url=url, timeout=60) as client:
        for request in chance.sample(list(requests), min(6, len(requests))):
            answer = client.request(
                request.method, request.path, headers=dict(request.headers), content=request.body
            )
            if answer.status_code != 200:
                raise Broken(f"{request.path}: {answer.status_code} {answer.text[:500]}")
            work.check(request, answer.json())
            sizes.append(len(answer.content))
    return min(sizes) // 2
