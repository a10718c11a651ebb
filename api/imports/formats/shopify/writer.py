"""Write products as Shopify reads them: what its columns have a place for."""

import csv
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from api.imports.formats.native.csv_escaping import safe
from api.kernel.money import exponent

EXPORTED = (
    *("Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published"),
    *("Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value"),
    *("Option3 Name", "Option3 Value", "Variant SKU", "Variant Grams", "Variant Price"),
    *("Variant Compare At Price", "Variant Taxable", "Variant Barcode", "Image Src"),
    *("Image Position", "Image Alt Text", "Gift Card", "SEO Title", "SEO Description"),
    *("Variant Image", "Status", "Collection", "Variant Inventory Tracker"),
    *("Variant Inventory Qty", "Variant Inventory Policy"),
)
MOST_OPTIONS = 3
LEAVES_OUT = (
    "Not in a file for Shopify: categories beyond the first and what stands above it, options"
    " beyond the third, barcodes of cases, prices in other currencies, attributes, translations,"
    " metadata, and in which location stock lies. csv and jsonl have all of it."
)


def text_of_header() -> str:
    """Write the row of names."""
    return _line(EXPORTED)


def text_of_rows(document: Mapping[str, Any], currency: str) -> tuple[str, int]:
    """Write a product with its prices in one currency; returns the text and how many rows it is.

    Shopify has three options and one barcode to a variant, and no tree of categories: what is
    beyond them is left out. The name of the first category becomes its collection, and the type
    of a product that has none. Stock is what lies in all locations together.
    """
    variants, images = document["variants"], document["images"]
    count = max(1, len(variants), len(images))
    lines = []
    for place in range(count):
        row: dict[str, str] = {"Handle": document["slug"]}
        if place == 0:
            row |= _head(document)
        if place < len(images):
            row |= {
                "Image Src": images[place]["url"],
                "Image Position": str(place + 1),
                "Image Alt Text": images[place]["alt"],
            }
        if place < len(variants):
            row |= _variant(variants[place], document["options"], currency)
        lines.append(_line([row.get(column, "") for column in EXPORTED]))
    return "".join(lines), count


def _head(document: Mapping[str, Any]) -> dict[str, str]:
    row = {
        "Title": document["title"],
        "Body (HTML)": document["description"],
        "Vendor": document["vendor"],
        "Type": document["product_type"] or _category(document),
        "Collection": _category(document),
        "Tags": ", ".join(document["tags"]),
        "Published": "true" if document["status"] == "active" else "false",
        "Gift Card": "false",
        "SEO Title": document["seo_title"],
        "SEO Description": document["seo_description"],
        "Status": document["status"],
    }
    for place, name in enumerate(document["options"][:MOST_OPTIONS] or ["Title"], start=1):
        row[f"Option{place} Name"] = name
    return row


def _variant(variant: Mapping[str, Any], options: Sequence[str], currency: str) -> dict[str, str]:
    price = variant["prices"].get(currency)
    single = next((c["code"] for c in variant["barcodes"] if c["pack_quantity"] == 1), "")
    row = {
        "Variant SKU": variant["sku"],
        "Variant Grams": str(variant["weight_grams"]),
        "Variant Price": _decimal(price["amount"] if price else None, currency),
        "Variant Compare At Price": _decimal(price["compare_at"] if price else None, currency),
        "Variant Taxable": "false" if variant["tax_class"] == "zero" else "true",
        "Variant Barcode": single,
        "Variant Image": variant["image_url"] or "",
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": str(sum(variant.get("stock", {}).values())),
        "Variant Inventory Policy": "deny",
    }
    values = variant["option_values"][:MOST_OPTIONS] or ["Default Title"]
    for place, value in enumerate(values, start=1):
        row[f"Option{place} Value"] = value
    return row


def _category(document: Mapping[str, Any]) -> str:
    """Return the name of the category that a product stands in, the first of several."""
    paths = document["categories"]
    return str(paths[0][-1]["name"]) if paths else ""


def _decimal(amount: int | None, currency: str) -> str:
    return "" if amount is None else f"{Decimal(amount).scaleb(-exponent(currency)):f}"


def _line(row: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(map(safe, row))
    return text.getvalue()
