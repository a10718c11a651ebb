"""W5: a guest's whole way from an empty cart to a placed order, with each total recomputed."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from tests.benchmarks.replies import Request, check_cart, check_order

ADDRESS = {
    "name": "Carla Customer",
    "line1": "Marktplatz 3",
    "city": "Bremen",
    "postal_code": "28195",
    "country": "DE",
}
REQUESTS = 6

Ask = Callable[[bytes], tuple[int, bytes]]
Wire = Callable[[Mapping[str, Any]], bytes]


def journey(ask: Ask, wire: Wire, chosen: Mapping[str, Any]) -> str:
    """Add two different variants, look, ask for the price, order, read the order; returns its id.

    Raises `Broken` for a reply that is not as it must be.
    """
    headers = dict(chosen["headers"])
    skus = [sku for sku, _ in chosen["expects"]]

    def sends(method: str, path: str, body: Any = None, expected: int = 200) -> Any:
        named = {**headers, "Content-Type": "application/json"} if body else headers
        text = json.dumps(body) if body else ""
        status, got = ask(wire({"method": method, "path": path, "headers": named, "body": text}))
        if status != expected:
            raise ValueError(f"{method} {path}: {status} {got[:400]!r}")
        return json.loads(got)

    for place, (_, variant_id) in enumerate(chosen["expects"]):
        item = {"variant_id": variant_id, "quantity": 1}
        cart = sends("POST", "/api/v1/cart/items", item)
        if place == 0:
            headers["X-Cart-Token"] = cart["token"]
    about = Request("/api/v1/cart")
    check_cart(about, sends("GET", "/api/v1/cart"), skus)
    wanted = {"country": "DE", "shipping_method": "standard"}
    quoted = sends("POST", "/api/v1/checkout/quote", wanted)
    form = {
        "email": "carla@example.test",
        "shipping_address": ADDRESS,
        "shipping_method": "standard",
        "payment_method": "manual",
    }
    headers["Idempotency-Key"] = str(uuid4())
    placed = sends("POST", "/api/v1/checkout", form, 201)
    if placed["total"] != quoted["total"]:
        raise ValueError(f"ordered for {placed['total']}, quoted {quoted['total']}")
    del headers["Idempotency-Key"]
    check_order(about, sends("GET", f"/api/v1/orders/{placed['id']}"), skus)
    return str(placed["id"])
