"""Suppliers and what they sell."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from api.catalog.queries import variant_lookup
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit, etags
from api.platform.db import require_transaction
from api.purchasing.errors import (
    CurrencyMixed,
    SupplierItemNotFound,
    SupplierNameTaken,
    SupplierNotFound,
    SupplierSkuTaken,
    VariantsUnknown,
)
from api.purchasing.models import Supplier, SupplierItem


def create_supplier(values: Mapping[str, object], *, by: Principal) -> UUID:
    """Create a supplier. Raises `SupplierNameTaken`."""
    supplier_id: UUID | None = require_transaction().scalar(
        insert(Supplier)
        .values(id=new_id(), created_at=clock.now(), version=1, **values)
        .on_conflict_do_nothing(constraint="uq_suppliers_name")
        .returning(Supplier.id)
    )
    if supplier_id is None:
        raise SupplierNameTaken(name=values["name"])
    audit.record("supplier.created", by=by, subject_id=supplier_id, name=values["name"])
    return supplier_id


def edit_supplier(
    supplier_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change a supplier; orders that exist keep their currency.

    Locks it. Raises `SupplierNotFound`, `Stale` and `SupplierNameTaken`.
    """
    session = require_transaction()
    version = session.scalar(
        select(Supplier.version).where(Supplier.id == supplier_id).with_for_update()
    )
    if version is None:
        raise SupplierNotFound
    etags.check(version, expected_version)
    try:
        session.execute(
            update(Supplier)
            .where(Supplier.id == supplier_id)
            .values(**changes, version=Supplier.version + 1)
            .execution_options(synchronize_session=False)
        )
    except IntegrityError as error:
        if "uq_suppliers_name" in str(error.orig):
            raise SupplierNameTaken(name=changes["name"]) from error
        raise
    audit.record("supplier.edited", by=by, subject_id=supplier_id, **changes)


def set_item(
    supplier_id: UUID,
    code: str,
    *,
    supplier_sku: str | None,
    pack_quantity: int,
    unit_cost: Money | None,
    lead_time_days: int | None,
    is_preferred: bool,
    by: Principal,
) -> UUID:
    """Say that a supplier sells a variant, and how; returns the variant.

    `code` is a SKU or barcode. The preferred supplier of a variant takes over from another one.
    Locks the supplier. Raises `SupplierNotFound`, `VariantsUnknown`, `SupplierSkuTaken` and
    `CurrencyMixed` for a cost in another currency than the supplier's.
    """
    session = require_transaction()
    currency = session.scalar(
        select(Supplier.currency).where(Supplier.id == supplier_id).with_for_update()
    )
    if currency is None:
        raise SupplierNotFound
    if unit_cost is not None and unit_cost.currency != currency:
        raise CurrencyMixed(currency=currency)
    variant = variant_lookup.find_variant(code)
    if variant is None:
        raise VariantsUnknown(scanned=code)
    if is_preferred:
        session.execute(
            update(SupplierItem)
            .where(
                SupplierItem.variant_id == variant.variant_id,
                SupplierItem.supplier_id != supplier_id,
                SupplierItem.is_preferred,
            )
            .values(is_preferred=False)
            .execution_options(synchronize_session=False)
        )
    values = {
        "supplier_sku": supplier_sku,
        "pack_quantity": pack_quantity,
        "unit_cost": None if unit_cost is None else unit_cost.amount,
        "lead_time_days": lead_time_days,
        "is_preferred": is_preferred,
    }
    try:
        session.execute(
            insert(SupplierItem)
            .values(
                id=new_id(),
                supplier_id=supplier_id,
                variant_id=variant.variant_id,
                created_at=clock.now(),
                **values,
            )
            .on_conflict_do_update(constraint="uq_supplier_items_variant", set_=values)
        )
    except IntegrityError as error:
        if "uq_supplier_items_supplier_sku" in str(error.orig):
            raise SupplierSkuTaken(supplier_sku=supplier_sku) from error
        raise
    audit.record(
        "supplier.item_set", by=by, subject_id=supplier_id, variant=str(variant.variant_id),
        **values,
    )  # fmt: skip
    return variant.variant_id


def remove_item(item_id: UUID, *, by: Principal) -> None:
    """Say that a supplier does not sell a variant any more. Raises `SupplierItemNotFound`."""
    removed = require_transaction().execute(
        delete(SupplierItem)
        .where(SupplierItem.id == item_id)
        .returning(SupplierItem.supplier_id, SupplierItem.variant_id)
    )
    row = removed.one_or_none()
    if row is None:
        raise SupplierItemNotFound
    audit.record(
        "supplier.item_removed", by=by, subject_id=row.supplier_id, variant=str(row.variant_id)
    )
