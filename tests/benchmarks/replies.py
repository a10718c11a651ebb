"""What a good reply looks like: everything in it that can be recomputed is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks import catalogue


class Broken(Exception):
    """The run is worth nothing: a bad reply, a wrong total, a process that ended."""


@dataclass(frozen=True)
class Request:
    """One request as it goes over the wire; `expects` is what its check needs to know."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    expects: Any = None


def refuse(what: str, request: Request, body: Any) -> None:
    """Raise `Broken` with the reply that is not as it must be."""
    raise Broken(f"{request.method} {request.path}: {what}: {json.dumps(body)[:500]}")


def list_is_full(request: Request, body: Any) -> None:
    """Refuse a list of a category with too few products, or with a wrong price."""
    rows = body["data"]
    if len(rows) < min(20, request.expects):
        refuse(f"{len(rows)} products instead of {request.expects}", request, body)
    for row in rows:
        _price_is_right(request, row)


def _price_is_right(request: Request, row: Any) -> None:
    amount = row["price"]["amount"]
    is_ours = row["slug"].startswith("product-")
    if amount <= 0 or (is_ours and amount != catalogue.price_of(row["slug"])):
        refuse(f"a wrong price of {row['slug']}", request, body=row)


def prices_rise(request: Request, body: Any) -> None:
    """Refuse a list that is not sorted by price."""
    list_is_full(request, body)
    prices = [row["price"]["amount"] for row in body["data"]]
    if prices != sorted(prices):
        refuse("not sorted by price", request, body)


def has_facets(request: Request, body: Any) -> None:
    """Refuse a list without facets."""
    list_is_full(request, body)
    if not body.get("facets"):
        refuse("no facets", request, body)


def page_is_right(request: Request, body: Any) -> None:
    """Refuse another product than was asked for, or a wrong price."""
    variants = body["variants"]
    wanted = catalogue.price_of(request.expects)
    if body["slug"] != request.expects or len(variants) != len(catalogue.SIZES):
        refuse("another product", request, body)
    if any(variant["price"]["amount"] != wanted for variant in variants):
        refuse(f"a price other than {wanted}", request, body)


def hits_fit(request: Request, body: Any) -> None:
    """Refuse a search without hits, or with none that has the word in its title."""
    rows = body["data"]
    if not rows:
        refuse("no hit", request, body)
    if not any(request.expects in row["title"].lower() for row in rows):
        refuse(f"no hit has {request.expects} in its title", request, body)


def check_cart(request: Request, body: Any, skus: Sequence[str]) -> None:
    """Recompute a cart from the prices of the file that the shop was filled from."""
    if sorted(item["sku"] for item in body["items"]) != sorted(skus):
        refuse("other goods in the cart", request, body)
    total = sum(catalogue.price_of(item["sku"]) * item["quantity"] for item in body["items"])
    if body["subtotal"]["amount"] != total:
        refuse(f"a wrong total, it is {total}", request, body)
    if body["unit_count"] != sum(item["quantity"] for item in body["items"]):
        refuse("a wrong count of units", request, body)


def cart_adds_up(request: Request, body: Any) -> None:
    """Refuse a cart with other goods or another total than expected."""
    check_cart(request, body, request.expects)


def check_order(request: Request, body: Any, skus: Sequence[str]) -> None:
    """Recompute an order of one unit each: goods, shipping and the tax that they contain."""
    prices = [catalogue.price_of(sku) for sku in skus]
    if sorted(line["sku"] for line in body["lines"]) != sorted(skus):
        refuse("other lines in the order", request, body)
    total = sum(prices) + catalogue.SHIPPING
    found = [body[name]["amount"] for name in ("subtotal", "shipping_total", "total")]
    if found != [sum(prices), catalogue.SHIPPING, total]:
        refuse(f"a wrong total, it is {total}", request, body)
    tax = sum(_contained_tax(amount) for amount in (*prices, catalogue.SHIPPING))
    if body["tax_total"]["amount"] != tax:
        refuse(f"a wrong tax, it is {tax}", request, body)


def _contained_tax(amount: int) -> int:
    whole = 100 + catalogue.TAX_PERCENT
    return (2 * amount * catalogue.TAX_PERCENT + whole) // (2 * whole)


def newest_first(request: Request, body: Any) -> None:
    """Refuse a list of orders that is too short or not sorted."""
    rows = body["data"]
    if len(rows) != request.expects:
        refuse(f"{len(rows)} orders instead of {request.expects}", request, body)
    moments = [row["placed_at"] for row in rows]
    if moments != sorted(moments, reverse=True):
        refuse("not the newest first", request, body)
    if any(row["total"]["amount"] <= 0 for row in rows):
        refuse("an order without a total", request, body)


def order_is_found(request: Request, body: Any) -> None:
    """Refuse hits without the order that was asked for."""
    if request.expects not in [row["number"] for row in body["data"]]:
        refuse(f"{request.expects} is not among the hits", request, body)


def names_fit(request: Request, body: Any) -> None:
    """Refuse an empty list, and orders of somebody with another name."""
    name = request.expects
    if not body["data"] or any(name not in row["customer_name"].lower() for row in body["data"]):
        refuse(f"not all of these are of {name}", request, body)


def anything_is_found(request: Request, body: Any) -> None:
    """Refuse an empty list."""
    if not body["data"]:
        refuse("no hit", request, body)


def is_what_was_scanned(request: Request, body: Any) -> None:
    """Refuse another kind of thing, or another of that kind, than its code says."""
    kind, code = request.expects
    if body["kind"] != kind or code.removeprefix("L-") not in body["label"]:
        refuse(f"not the {kind} {code}", request, body)
