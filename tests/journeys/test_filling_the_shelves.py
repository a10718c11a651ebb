"""A product file of another shop becomes goods that customers find."""

import time
from typing import Any

from tests.support.live import StaffMember, key
from tests.support.sheets import a_file, a_row, a_simple_row, sizes
from tests.support.town import Town
from tests.support.waiting import eventually

SHIRT = {
    "type": "Shirts",
    "published": "true",
    "variant_inventory_tracker": "shopify",
    "variant_inventory_qty": "4",
    "variant_grams": "180",
}
FILE = a_file(
    *sizes("linen-shirt", "Linen Shirt", "S", "M", "L", **SHIRT, variant_price="39.90"),
    a_row("linen-shirt", image_src="https://pictures.test/linen.jpg", image_position="1"),
    a_simple_row("straw-hat", "Straw Hat", "24.50", variant_sku="HAT", variant_inventory_qty="2",
                 variant_inventory_tracker="shopify", type="Hats"),
    a_simple_row("odd-sock", "Odd Sock", "cheap", variant_sku="SOCK"),
)  # fmt: skip


def hands_in(owner: StaffMember, content: bytes) -> dict[str, Any]:
    """Hand a file in over HTTP, and poll its job until it has ended."""
    path = uploads(owner, content)

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = owner.gets(path)
        return job if job["status"] not in ("pending", "running") else None

    return eventually(ended, what="the file to be read")


def uploads(owner: StaffMember, content: bytes) -> str:
    """Hand a file in over HTTP; returns where its job is looked at."""
    answer = owner.http.post(
        "/imports",
        headers={**owner.headers, "Idempotency-Key": key()},
        files={"file": ("spring.csv", content, "text/csv")},
    )
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"].removeprefix("/api/v1/admin")


def test_a_file_is_handed_in_and_its_goods_are_found_and_bought(town: Town) -> None:
    owner, visitor = town.owner, town.visitor("buyer-of-shirts@example.test")

    job = hands_in(owner, FILE)
    problems = owner.gets(f"/imports/{job['id']}/errors")["data"]
    category = next(c for c in visitor.gets("/categories")["data"] if c["name"] == "Shirts")
    listed = visitor.gets("/products", category=category["slug"])["data"]
    found = visitor.gets("/products", q="line")["data"]
    page = visitor.gets("/products/linen-shirt")

    assert (job["status"], job["progress"]) == ("completed", {"rows_read": 6, "rows_total": 6})
    assert job["result"]["products"] == {"created": 2, "changed": 0, "unchanged": 0, "failed": 1}
    assert ("Variant Price", "cheap", 7) in [(p["column"], p["value"], p["row"]) for p in problems]
    assert [product["slug"] for product in listed] == ["linen-shirt"]
    assert [product["slug"] for product in found] == ["linen-shirt"]
    assert [variant["title"] for variant in page["variants"]] == ["S", "M", "L"]
    assert page["variants"][0]["price"] == {"amount": 3990, "currency": "EUR"}
    assert page["images"][0]["url"] == "https://pictures.test/linen.jpg"
    assert visitor.sends("GET", "/products/odd-sock").status_code == 404

    order = visitor.orders(page["variants"][1]["sku"], 4, payment_method="manual")
    assert order["total"] == {"amount": 4 * 3990, "currency": "EUR"}
    visitor.posts("/cart/items", {"sku": page["variants"][1]["sku"]}, expected=409)


def test_the_same_file_again_changes_nothing(town: Town) -> None:
    hands_in(town.owner, FILE)
    before = [town.owner.level("HAT"), town.owner.gets("/products", q="straw")["data"]]

    job = hands_in(town.owner, FILE)

    assert job["result"]["products"] == {"created": 0, "changed": 0, "unchanged": 2, "failed": 1}
    assert job["result"]["variants"]["unchanged"] == 4
    assert [town.owner.level("HAT"), town.owner.gets("/products", q="straw")["data"]] == before


def test_a_changed_price_is_in_every_list_within_a_second(town: Town) -> None:
    """By the outbox, the worker and Redis; the best of three, because machines are shared."""
    level = town.owner.sells("LANTERN", 5, price=2000)

    took = [seen_after(town, level, price) for price in (2100, 2200, 2300)]

    assert min(took) < 1, took


def test_a_long_file_holds_up_no_price_and_no_letter(town: Town) -> None:
    """What takes minutes runs beside the other jobs of a worker, and not before them."""
    level = town.owner.sells("CANDLE", 5, price=500)
    guest = town.visitor("guest-beside-a-file@example.test")
    rows = [a_simple_row(f"bead-{n}", f"Bead {n}", variant_sku=f"BEAD-{n}") for n in range(12_000)]
    job = uploads(town.owner, a_file(*rows))
    eventually(
        lambda: town.owner.gets(job)["progress"]["rows_read"] > 0, what="the file to be begun"
    )

    took = seen_after(town, level, 600)
    order = guest.orders("CANDLE", payment_method="manual")
    letter = town.letter_to("guest-beside-a-file@example.test")
    still = town.owner.gets(job)

    assert order["number"] in letter.subject
    assert still["status"] == "running", still
    assert took < 3
    town.owner.posts(f"{job}/cancel")


def seen_after(town: Town, level: dict[str, Any], price: int) -> float:
    """Change a price; returns after how many seconds a list and the page show it."""
    reader, path = town.visitor(), "/variants/" + level["variant_id"]
    variant = town.owner.gets(path)
    slug = variant["sku"].lower()
    reader.gets("/products", q=slug)
    reader.gets(f"/products/{slug}")
    money = {"price": {"amount": price, "currency": "EUR"}}
    answer = town.owner.sends(
        "PUT",
        f"{path}/prices",
        {"prices": [money]},
        headers={"If-Match": f'"{variant["version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    began = time.monotonic()

    def is_seen() -> bool:
        found = reader.gets("/products", q=slug)["data"][0]["price"]["amount"]
        page = reader.gets(f"/products/{slug}")["variants"][0]["price"]["amount"]
        return (found, page) == (price, price)

    eventually(is_seen, what=f"the price of {price} to be seen")
    return time.monotonic() - began
