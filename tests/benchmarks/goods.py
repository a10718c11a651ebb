"""The first products of a measured shop, read in from a Shopify file by the shop's own importer.

The same number makes the same file each time. It is the catalogue that peers are measured with:
three sizes of each product, ten categories, three words of a title out of thirty.
"""

import csv
import random
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import meter
from tests.benchmarks.catalogue import CATEGORIES, SHIPPING, SIZES, WORDS
from tests.benchmarks.shop import BenchShop

MADE_BY_IMPORT = 1_000
"""So many products the shop reads in by itself; the others are copied in beside them."""
ON_HAND = 1_000_000
_HEADER = (
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Type",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Image Src",
    "Image Position",
    "Status",
)


@dataclass(frozen=True)
class Import:
    """What reading a product file in has cost."""

    rows: int
    importer_ms: float
    postgres_ms: float

    @property
    def rows_per_cpu_second(self) -> float:
        """Return rows of the file by CPU second of importer and Postgres together."""
        return self.rows * 1000 / max(1.0, self.importer_ms + self.postgres_ms)


def write_shopify_file(file: Path, first: int, count: int) -> int:
    """Write a Shopify export of products with these numbers; returns its rows."""
    chance = random.Random(f"goods {first}")
    with file.open("w", newline="") as opened:
        sheet = csv.DictWriter(opened, _HEADER)
        sheet.writeheader()
        for number in range(first, first + count):
            title = " ".join(chance.sample(WORDS, 3)).title()
            for place, size in enumerate(SIZES):
                row: dict[str, Any] = {
                    "Handle": f"product-{number}",
                    "Option1 Value": size,
                    "Variant SKU": f"SKU-{number}-{size}",
                    "Variant Grams": 400,
                    "Variant Inventory Tracker": "shopify",
                    "Variant Inventory Qty": ON_HAND,
                    "Variant Inventory Policy": "deny",
                    "Variant Price": f"{(500 + number) / 100:.2f}",
                    "Variant Requires Shipping": "true",
                    "Variant Taxable": "true",
                }
                if place == 0:
                    row |= {
                        "Title": title,
                        "Body (HTML)": f"<p>{title}, number {number}, made to be looked at.</p>",
                        "Vendor": f"Vendor {number % 17}",
                        "Type": f"Category {number % CATEGORIES}",
                        "Published": "true",
                        "Option1 Name": "Size",
                        "Image Src": f"https://images.example.test/{number}.jpg",
                        "Image Position": 1,
                        "Status": "active",
                    }
                sheet.writerow(row)
    return count * len(SIZES)


ELSEWHERE = (
    "AD", "AE", "AL", "AM", "AR", "AT", "AU", "AZ", "BA", "BE", "BG", "BR", "BY", "CA", "CH",
    "CL", "CN", "CO", "CY", "CZ", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE",
    "IL", "IN", "IS", "IT", "JP", "KR", "LI", "LT", "LU", "LV", "MC", "MT", "MX", "NL", "NO",
    "NZ", "PL", "PT", "RO",
)  # fmt: skip
"""Where the shop has tax rates too: with its own they are fifty."""


def fill(shop: BenchShop, products: int) -> Import:
    """Set up taxes, shipping and a location, and read the first products in; the shop is open."""
    rate = {"country": "DE", "tax_class": "standard", "basis_points": 1900, "name": "VAT"}
    method = {
        "code": "standard",
        "name": "Parcel",
        "countries": ["DE"],
        "price": {"amount": SHIPPING, "currency": "EUR"},
    }
    with shop.owner() as owner:
        owner.sends("POST", "/admin/locations", {"code": "MAIN", "name": "Main"})
        owner.sends("POST", "/admin/tax-rates", rate)
        for country in ELSEWHERE:
            owner.sends("POST", "/admin/tax-rates", {**rate, "country": country})
        owner.sends("POST", "/admin/shipping-methods", method)
    read = read_in(shop, 0, min(products, MADE_BY_IMPORT))
    shop.wait_until_settled()
    return read


def read_in(shop: BenchShop, first: int, count: int) -> Import:
    """Read so many products in by the shop's own command, and meter it. Raises `Broken`."""
    file = shop.folder / f"shopify-{first}.csv"
    rows = write_shopify_file(file, first, count)
    before = meter.Reading.of(shop.pid("postgres"))
    spent = _children_ms()
    shop.flask("import-products", str(file), "--format", "shopify")
    importer = _children_ms() - spent
    postgres = meter.Reading.of(shop.pid("postgres")).since(before) / 1e6
    file.unlink()
    return Import(rows, importer, postgres)


def _children_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000
