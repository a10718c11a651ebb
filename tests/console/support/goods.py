"""The made-up shop's catalogue: products by the thousand, and changes to many of them at once.

Like the orders, products are computed from their place and kept only once somebody touches them.
The first ones are the goods that the warehouse holds, so that a scan and its levels agree.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tests.console.support.warehouse import (
    GOODS,
    VARIANTS,
    Refusal,
    Warehouse,
    eur,
    stable_id,
    wire_time,
)

STATUSES = ("active", "active", "draft", "active", "archived")
COMMANDS = {"publish": (("draft",), "active"), "archive": (("draft", "active"), "archived"),
            "unarchive": (("archived",), "draft")}  # fmt: skip
VENDORS = ("Łódź Works", "Brown & Sons", "Kyoto Iron")


class Goods:
    """Products and their variants, and everything that happens to them."""

    def __init__(self, house: Warehouse, count: int = 40) -> None:
        self.house = house
        self.count = count
        self.kept: dict[int, dict[str, object]] = {}
        self.planned: dict[str, list[dict[str, object]]] = {}
        """Scheduled prices by variant, as the shop tells them."""

        self._listed = lru_cache(16)(self._list)

    def id_of(self, n: int) -> str:
        """The id of the product at this place."""
        return stable_id("product", n)

    def lines(self, status: str, text: str) -> tuple[int, ...]:
        """Places of the products that a filter takes."""
        touched = sum(int(str(one["version"])) for one in self.kept.values())
        return self._listed(status, text.casefold(), touched)

    def among(self, rows: tuple[int, ...], ids: set[str]) -> tuple[int, ...]:
        """Those of some places at which the products with these ids stand."""
        wanted = {n for one in ids if (n := self._places().get(one)) is not None}
        return tuple(n for n in rows if n in wanted)

    def line(self, n: int) -> dict[str, object]:
        """A product as a row of the list."""
        card = self.card(n)
        prices = [one for v in card["variants"] for one in v["prices"]]
        amounts = [p["price"]["amount"] for p in prices if p["price"]["currency"] == "EUR"]
        return {
            **{name: card[name] for name in LINE}, "image_url": None, "external_reference": None,
            "price": eur(min(amounts)) if amounts else None,
            "price_varies": len(set(amounts)) > 1, "variant_count": len(card["variants"]),
        }  # fmt: skip

    def product(self, product_id: str) -> dict[str, object]:
        """All of a product."""
        return self.card(self.place(product_id))

    def variant(self, variant_id: str) -> dict[str, object]:
        """One variant."""
        n, at = self._variant_places().get(variant_id, (-1, 0))
        if n < 0:
            raise Refusal(404, "variant_not_found", "There is no such variant.")
        return self.card(n)["variants"][at]

    def past(self, variant_id: str, currency: str) -> list[dict[str, object]]:
        """What a variant cost, the newest first: a fifth less until ten days before now."""
        prices = [one for one in self.variant(variant_id)["prices"]
                  if one["price"]["currency"] == currency]  # fmt: skip
        told, now = [], datetime.now(UTC)
        for one in prices:
            amount = one["price"]["amount"]
            spans = ((amount, 10, None), (amount * 4 // 5, 60, 10))
            told += [
                {"id": stable_id("past", f"{variant_id}-{begin}"), "currency": currency,
                 "price": {"amount": was, "currency": currency}, "compare_at": None,
                 "since": wire_time(now - timedelta(days=begin)),
                 "until": wire_time(now - timedelta(days=end)) if end else None,
                 "prior_price": None, "reduced_since": None}
                for was, begin, end in spans
            ]  # fmt: skip
        return told

    def planned_in(self, variant_id: str, state: str) -> list[dict[str, object]]:
        """A variant's scheduled prices in a state."""
        return [one for one in self.planned.get(variant_id, ()) if one["state"] == state]

    def place(self, product_id: str) -> int:
        """Where a product stands."""
        n = self._places().get(product_id, -1)
        if n < 0:
            raise Refusal(404, "product_not_found", "There is no such product.")
        return n

    def card(self, n: int) -> dict[str, object]:
        """A product; kept from now on when somebody changes it."""
        return self.kept.get(n) or self._card(n)

    def touch(self, n: int) -> dict[str, object]:
        """A product that is about to be changed."""
        return self.kept.setdefault(n, self._card(n))

    def batch(self, of: str, body: dict[str, object]) -> dict[str, object]:
        """Each row is done or refused for itself."""
        if not 1 <= len(body["items"]) <= 100:
            raise Refusal(422, "invalid", "Send 1 to 100 rows.")
        data = [self._row(of, index, row) for index, row in enumerate(body["items"])]
        counts = {status: sum(one["status"] == status for one in data)
                  for status in ("ok", "failed", "not_done")}  # fmt: skip
        return {"data": data, "counts": counts}

    def prices_told(self) -> dict[str, int]:
        """The price of each variant that was touched, by SKU."""
        return {v["sku"]: v["prices"][0]["price"]["amount"]
                for card in self.kept.values()
                for v in card["variants"] if v["prices"]}  # fmt: skip

    def _row(self, of: str, index: int, row: dict[str, object]) -> dict[str, object]:
        told: dict[str, object] = {"index": index, "id": row["id"], "status": "ok", "error": None}
        try:
            version = getattr(self, f"_{of}_row")(row)
        except Refusal as refusal:
            error = {"code": refusal.code, "title": refusal.code, "status": refusal.status,
                     "detail": refusal.detail, "errors": [], **refusal.facts}  # fmt: skip
            return {**told, "status": "failed", "version": None, "error": error}
        return {**told, "version": version}

    def _products_row(self, row: dict[str, object]) -> int:
        card = self.touch(self.place(row["id"]))
        _check(card, row)
        allowed, after = COMMANDS[row["command"]]
        if card["status"] not in allowed:
            raise Refusal(409, "invalid_state", f"The product is {card['status']}.")
        card["status"] = after
        card["version"] += 1
        return card["version"]

    def _variants_row(self, row: dict[str, object]) -> int:
        n, at = self._variant_places().get(row["id"], (-1, 0))
        if n < 0:
            raise Refusal(404, "variant_not_found", "There is no such variant.")
        variant = self.touch(n)["variants"][at]
        _check(variant, row)
        for one in row.get("price_updates") or row["prices"]:
            was = one["compare_at"]
            if was and was["amount"] <= one["price"]["amount"]:
                raise Refusal(422, "compare_at_not_above", "The compare-at price must be higher.")
        if "prices" in row:
            variant["prices"] = [_price(one) for one in row["prices"]]
        else:
            fresh = {one["price"]["currency"]: _price(one) for one in row["price_updates"]}
            old = {one["price"]["currency"]: one for one in variant["prices"]}
            variant["prices"] = list({**old, **fresh}.values())
        variant["version"] += 1
        return variant["version"]

    def _levels_row(self, row: dict[str, object]) -> int:
        level = self.house.level(row["id"])
        if row["version"] != level.version:
            raise Refusal(412, "stale_version", "Somebody else was first.")
        level.threshold = row["low_stock_threshold"]
        level.version += 1
        return level.version

    # -- making it up

    def _list(self, status: str, text: str, _: int) -> tuple[int, ...]:
        found = []
        for n in range(self.count):
            if status and self._status(n) != status:
                continue
            if text and text not in self._words(n):
                continue
            found.append(n)
        return tuple(found)

    def _status(self, n: int) -> str:
        card = self.kept.get(n)
        return str(card["status"]) if card else STATUSES[n % len(STATUSES)]

    def _words(self, n: int) -> str:
        skus = " ".join(str(v["sku"]) for v in self.card(n)["variants"])
        return f"{self._title(n)} {skus}".casefold()

    def _title(self, n: int) -> str:
        title = str(GOODS[n % len(GOODS)][0])
        return title if n < len(GOODS) else f"{title} no. {n}"

    @lru_cache(1)  # noqa: B019 - one catalogue lives as long as its test
    def _places(self) -> dict[str, int]:
        return {self.id_of(n): n for n in range(self.count)}

    @lru_cache(1)  # noqa: B019 - as above
    def _variant_places(self) -> dict[str, tuple[int, int]]:
        return {v["id"]: (n, at) for n in range(self.count)
                for at, v in enumerate(self._card(n)["variants"])}  # fmt: skip

    def _card(self, n: int) -> dict[str, object]:
        status = STATUSES[n % len(STATUSES)]
        published = wire_time(self.house.newest) if status != "draft" else None
        return {
            "id": self.id_of(n), "version": 1, "slug": f"product-{n}", "title": self._title(n),
            "status": status, "vendor": VENDORS[n % 3], "product_type": "Kitchen",
            "in_stock": n % 4 != 1, "created_at": wire_time(self.house.newest),
            "published_at": published, "publish_at": None, "tags": ["kitchen", f"row-{n % 7}"],
            "variants": self._variants(n), "options": [], "description": "",
            "images": [{"id": None, "url": "/1.webp", "alt": "A mug by the sea"},
                       {"id": None, "url": "/2.webp", "alt": ""}] if n == 0 else [],
            "warnings": [{"code": "image_alt_missing", "pointer": "/images/0/alt",
                          "detail": "Say in words what this picture shows."}] if n % 5 == 0 else [],
        }  # fmt: skip

    def _variants(self, n: int) -> list[dict[str, object]]:
        if n < len(GOODS):
            mine = [(v.id, v.sku, v.barcode, v.variant_title or "", v.price)
                    for v in VARIANTS if v.title == GOODS[n][0]]  # fmt: skip
        else:
            mine = [(stable_id("variant", f"{n}-{k}"), f"G{n:05d}-{k}", None, f"size {k}",
                     500 + n % 900 + 100 * k) for k in range(1 + n % 3)]  # fmt: skip
        return [
            {"id": id_, "version": 1, "product_id": self.id_of(n), "sku": sku, "barcode": barcode,
             "title": title, "position": at, "in_stock": True,
             "barcodes": [{"code": barcode, "pack_quantity": 1}] if barcode else [],
             "prices": [_price({"price": eur(amount), "compare_at": None})]}
            for at, (id_, sku, barcode, title, amount) in enumerate(mine)
        ]  # fmt: skip


LINE = ("id", "version", "slug", "title", "status", "vendor", "product_type", "in_stock",
        "created_at", "published_at", "publish_at")  # fmt: skip


def _check(card: dict[str, object], row: dict[str, object]) -> None:
    if row["version"] != card["version"]:
        raise Refusal(412, "stale_version", "Somebody else was first.",
                      current_version=card["version"])  # fmt: skip


def _price(one: dict[str, object]) -> dict[str, object]:
    return {"price": one["price"], "compare_at": one["compare_at"], "prior_price": None,
            "reduced_since": None}  # fmt: skip
