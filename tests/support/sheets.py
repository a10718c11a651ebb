"""Product files as Shopify writes them, made of the few cells that a test is about."""

import csv
import io
from collections.abc import Mapping, Sequence

_OLD = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,"
    "Option2 Name,Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Grams,"
    "Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
    "Variant Fulfillment Service,Variant Price,Variant Compare At Price,"
    "Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,"
    "Image Alt Text,Gift Card,SEO Title,SEO Description,Variant Image,Variant Weight Unit"
)
OLD_HEADER = next(csv.reader([_OLD]))
LATER_HEADER = [
    *OLD_HEADER[:4],
    "Product Category",
    *OLD_HEADER[4:],
    *("Variant Tax Code", "Cost per item", "Included / International"),
    *("Price / International", "Compare At Price / International", "Status"),
]
_TEMPLATE = (
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,"
    "Status,SKU,Barcode,Option1 name,Option1 value,Option1 Linked To,Option2 name,Option2 value,"
    "Option2 Linked To,Option3 name,Option3 value,Option3 Linked To,Price,Compare-at price,"
    "Cost per item,Charge tax,Tax code,Inventory tracker,Inventory quantity,"
    "Continue selling when out of stock,Weight value (grams),Weight unit for display,"
    "Requires shipping,Fulfillment service,Product image URL,Image position,Image alt text,"
    "Variant image URL,Gift card,SEO title,SEO description"
)
TEMPLATE_HEADER = next(csv.reader([_TEMPLATE]))

Cells = Mapping[str, str]


def a_file(
    *rows: Cells,
    header: Sequence[str] = LATER_HEADER,
    line_end: str = "\n",
    separator: str = ",",
    mark: bool = False,
) -> bytes:
    """Write rows under a header; cells that a row does not name are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator=line_end, delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return (b"\xef\xbb\xbf" if mark else b"") + text.getvalue().encode()


def a_row(handle: str, title: str = "", **cells: str) -> dict[str, str]:
    """Write one row: `a_row("mug", "Blue Mug", variant_price="9.99")`.

    Names are those of the old header in lower case with underscores.
    """
    names = {name.lower().replace(" ", "_"): name for name in LATER_HEADER}
    return {"Handle": handle, "Title": title, **{names[k]: v for k, v in cells.items()}}


def a_simple_row(handle: str, title: str, price: str = "9.99", **cells: str) -> dict[str, str]:
    """Write a product without options, as Shopify does: its one variant is the default one."""
    defaults = {"option1_name": "Title", "option1_value": "Default Title", "published": "true"}
    return a_row(handle, title, variant_price=price, **{**defaults, **cells})


def sizes(handle: str, title: str, *names: str, **cells: str) -> list[dict[str, str]]:
    """Write a product with one row per size; only the first one says what it is."""
    first, *rest = names
    common = {"variant_price": "20.00", **cells}
    return [
        a_row(handle, title, option1_name="Size", option1_value=first, **common),
        *(a_row(handle, option1_value=name, **common) for name in rest),
    ]
