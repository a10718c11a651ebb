"""Whatever way a product is changed, the audit log says who changed what, and prices keep history.

Otherwise a price from a file would be one that nobody ever set.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from api.catalog.models.prices import PriceHistoryEntry
from api.catalog.models.products import Product, Variant
from api.platform.audit import AuditEntry
from api.platform.db import session
from tests.support.catalogue import a_product
from tests.support.moving import a_woo_file, moved_in, undone
from tests.support.people import a_staff_member
from tests.support.sheets import a_file, a_simple_row

CODE = "4006381333931"
CHANGES = ("price", "status", "sku", "barcode", "weight")
NEW = {
    "price": {"prices": {"EUR": {"amount": 1200, "compare_at": None}}},
    "sku": {"sku": "CUP", "option_values": []},
    "barcode": {"barcodes": [{"code": CODE, "pack_quantity": 1}]},
    "weight": {"weight_grams": 500},
}
BY_HAND: dict[str, dict[str, Any]] = {
    "price": {"prices": [{"price": {"amount": 1200, "currency": "EUR"}}]},
    "sku": {"sku": "CUP"},
    "barcode": {"barcode": CODE},
    "weight": {"weight_grams": 500},
}


def _send(app: Flask, method: str, path: str, form: Any = None, version: int | None = None) -> None:
    headers = dict(a_staff_member("manager").headers)
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    answer = app.test_client().open(
        f"/api/v1/admin{path}", method=method, json=form, headers=headers
    )
    assert answer.status_code < 300, answer.text
    session.rollback()


def by_hand(app: Flask, what: str) -> None:
    variant_id, product_id = session.execute(select(Variant.id, Variant.product_id)).one()
    if what == "status":
        _send(app, "POST", f"/products/{product_id}/publish")
    elif what == "price":
        _send(app, "PUT", f"/variants/{variant_id}/prices", BY_HAND[what], 1)
    else:
        _send(app, "PATCH", f"/variants/{variant_id}", BY_HAND[what], 1)


def by_batch(app: Flask, what: str) -> None:
    variant_id, product_id = session.execute(select(Variant.id, Variant.product_id)).one()
    if what == "status":
        row = {"id": str(product_id), "version": 1, "command": "publish"}
        _send(app, "POST", "/products/batch", {"items": [row]})
    else:
        change = BY_HAND[what] if what == "price" else {"changes": BY_HAND[what]}
        row = {"id": str(variant_id), "version": 1, **change}
        _send(app, "POST", "/variants/batch", {"items": [row]})


def by_shopify(app: Flask, what: str) -> None:
    cells = {
        "price": {"price": "12.00"},
        "status": {"status": "active"},
        "sku": {"variant_sku": "CUP"},
        "barcode": {"variant_barcode": CODE},
        "weight": {"variant_grams": "500"},
    }[what]
    moved_in(a_file(a_simple_row("mug", "Mug", **{"price": "10.00", "status": "draft", **cells})))


def by_woocommerce(app: Flask, what: str) -> None:
    row = {"ID": "1", "Type": "simple", "Name": "Mug", "Published": "0", "Regular price": "10.00"}
    cells = {
        "price": {"Regular price": "12.00"},
        "status": {"Published": "1", "Visibility in catalog": "visible"},
        "sku": {"SKU": "CUP"},
        "barcode": {"GTIN, UPC, EAN, or ISBN": CODE},
        "weight": {"Weight (kg)": "0.5"},
    }[what]
    moved_in(a_woo_file({**row, **cells}))


def by_json_lines(app: Flask, what: str) -> None:
    said = {"status": "active"} if what == "status" else {"variants": [{"sku": "MUG", **NEW[what]}]}
    moved_in(orjson.dumps({"slug": "mug", **said}) + b"\n")


def by_csv(app: Flask, what: str) -> None:
    header, cells = {
        "price": ("price EUR", "MUG,12.00"),
        "status": ("status", "MUG,active"),
        "sku": ("option_values", "CUP,"),
        "barcode": ("barcodes", f"MUG,{CODE}"),
        "weight": ("weight_grams", "MUG,500"),
    }[what]
    moved_in(f"slug,sku,{header}\nmug,{cells}\n".encode())


def by_undo(app: Flask, what: str) -> None:
    """Change it otherwise first: what is asked for is what the undo gives back."""
    by_json_lines(app, what)
    before = {
        "price": {"prices": {"EUR": {"amount": 1300, "compare_at": None}}},
        "sku": {"sku": "JUG", "option_values": []},
        "barcode": {"barcodes": []},
        "weight": {"weight_grams": 700},
    }
    sku = "CUP" if what == "sku" else "MUG"
    said = (
        {"status": "archived"} if what == "status" else {"variants": [{"sku": sku, **before[what]}]}
    )
    job = moved_in(orjson.dumps({"slug": "mug", **said}) + b"\n")
    assert undone(job["id"])["undo"]["restored"] == 1


PATHS: tuple[Callable[[Flask, str], None], ...] = (
    *(by_hand, by_batch, by_shopify, by_woocommerce, by_json_lines, by_csv, by_undo),
)


def _last(action: str, subject_id: UUID) -> AuditEntry | None:
    return session.scalars(
        select(AuditEntry)
        .where(AuditEntry.action == action, AuditEntry.subject_id == subject_id)
        .order_by(AuditEntry.id.desc())
    ).first()


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_every_path_audits_every_change(
    app: Flask, path: Callable[[Flask, str], None], what: str
) -> None:
    (variant_id,) = a_product("MUG", slug="mug", title="Mug", price="10 EUR", published=False)
    product_id = session.scalars(select(Product.id)).one()
    session.rollback()

    path(app, what)

    if what == "status":
        entry = _last("product.publish", product_id)
        assert entry is not None
        assert entry.changes == {"status": "active"}
        assert session.scalar(select(Product.status)) == "active"
    elif what == "price":
        entry = _last("variant.priced", variant_id)
        assert entry is not None
        assert entry.changes["after"] == {"EUR": [1200, None]}
        history = select(PriceHistoryEntry.amount).order_by(PriceHistoryEntry.since.desc())
        assert session.scalars(history).first() == 1200
    else:
        entry = _last("variant.edited", variant_id)
        assert entry is not None
        field, value = {
            "sku": ("sku", "CUP"),
            "barcode": ("barcodes", {CODE: 1}),
            "weight": ("weight_grams", 500),
        }[what]
        assert entry.changes[field] == value


@pytest.mark.parametrize("kind", ["shopify", "woocommerce", "json lines", "csv"])
def test_every_file_audits_what_it_creates(app: Flask, kind: str) -> None:
    moved_in(
        {
            "shopify": a_file(a_simple_row("jug", "Jug")),
            "woocommerce": a_woo_file(
                {"ID": "1", "Type": "simple", "Name": "Jug", "Published": "1"}
            ),
            "json lines": b'{"slug": "jug", "title": "Jug", "variants": [{"sku": "JUG"}]}\n',
            "csv": b"slug,title,sku\njug,Jug,JUG\n",
        }[kind]
    )

    product_id = session.scalars(select(Product.id).where(Product.slug == "jug")).one()
    entry = _last("product.created", product_id)
    assert entry is not None
    assert entry.changes == {"slug": "jug"}
