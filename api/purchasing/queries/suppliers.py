"""Suppliers and what they sell."""

from typing import Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from api.catalog.models.products import Product, Variant
from api.kernel.money import Money
from api.platform.db import AnyRow, AnySelect, session, table_of
from api.platform.pagination import PageQuery, Sort, page_response, strip_sort_columns
from api.purchasing.errors import SupplierItemNotFound, SupplierNotFound
from api.purchasing.models import Supplier, SupplierItem

_BY_NAME = Sort((Supplier.name, Supplier.id))
_BY_SKU = Sort((Variant.sku_key, Variant.id))
_SUPPLIER = tuple(table_of(Supplier).c)


def supplier_page(
    *, q: str | None, is_active: bool | None, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return a page of suppliers by name; `q` is the beginning of a name, in any case."""
    narrow: list[ColumnElement[bool]] = []
    if q:
        narrow.append(func.lower(Supplier.name).startswith(q.lower(), autoescape=True))
    if is_active is not None:
        narrow.append(Supplier.is_active.is_(is_active))
    return page_response(
        select(*_SUPPLIER).where(*narrow), _BY_NAME, filters=(q, is_active), **asked
    )


def supplier(supplier_id: UUID) -> dict[str, object]:
    """Return one supplier. Raises `SupplierNotFound`."""
    row = session.execute(select(*_SUPPLIER).where(Supplier.id == supplier_id)).one_or_none()
    if row is None:
        raise SupplierNotFound
    return row._asdict()


def item_page(supplier_id: UUID, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of what a supplier sells, by SKU. Raises `SupplierNotFound`."""
    supplier(supplier_id)
    of_supplier = SupplierItem.supplier_id == supplier_id
    return page_response(
        _items().where(of_supplier),
        _BY_SKU,
        _item,
        filters=supplier_id,
        counted=select(SupplierItem.variant_id).where(of_supplier),
        **asked,
    )


def supplier_item(supplier_id: UUID, variant_id: UUID) -> dict[str, object]:
    """Return how a supplier sells a variant. Raises `SupplierItemNotFound`."""
    row = session.execute(
        _items().where(
            SupplierItem.supplier_id == supplier_id, SupplierItem.variant_id == variant_id
        )
    ).one_or_none()
    if row is None:
        raise SupplierItemNotFound
    return _item(row)


def _items() -> AnySelect:
    return (
        select(
            *(
                SupplierItem.id,
                SupplierItem.variant_id,
                Variant.sku,
                Product.title.label("product_title"),
            ),
            *(SupplierItem.supplier_sku, SupplierItem.pack_quantity, SupplierItem.unit_cost),
            func.coalesce(SupplierItem.lead_time_days, Supplier.lead_time_days).label(
                "lead_time_days"
            ),
            *(SupplierItem.is_preferred, Supplier.currency),
        )
        .join(Supplier, Supplier.id == SupplierItem.supplier_id)
        .join(Variant, Variant.id == SupplierItem.variant_id)
        .join(Product, Product.id == Variant.product_id)
    )


def _item(row: AnyRow) -> dict[str, object]:
    item = strip_sort_columns(row)
    currency, cost = item.pop("currency"), item.pop("unit_cost")
    return {**item, "unit_cost": None if cost is None else Money(cost, currency)}
