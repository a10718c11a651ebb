"""Purchase orders, from the draft to the last unit."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from api.catalog.queries import variant_lookup
from api.inventory import queries as inventory_queries
from api.kernel import clock, packages
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit, auth, etags
from api.platform.db import lock_entity, require_transaction
from api.platform.outbox import emit
from api.platform.settings import current_settings
from api.purchasing.errors import (
    CostMissing,
    CurrencyMixed,
    ExchangeRateMissing,
    PurchaseOrderEmpty,
    PurchaseOrderNotFound,
    SupplierInactive,
    SupplierNotFound,
    SupplierWithoutEmail,
    VariantsUnknown,
)
from api.purchasing.events import PurchaseOrderEmailRequested
from api.purchasing.models import PurchaseOrder, PurchaseOrderLine, Supplier, SupplierItem
from api.purchasing.service import locations
from api.purchasing.states import PURCHASE_ORDER, PurchaseOrderStatus


def create_purchase_order(
    *,
    supplier_id: UUID | None = None,
    supplier: str | None = None,
    location_id: UUID | None = None,
    location: str | None = None,
    lines: Sequence[Mapping[str, Any]],
    by: Principal,
    **values: object,
) -> UUID:
    """Write a draft in the supplier's currency; returns its id.

    The supplier is named by id or name, the location by id or code; by default it is the preferred
    one. Raises `SupplierNotFound`, `SupplierInactive`, `LocationNotFound`, and what `set_line`
    raises.
    """
    session = require_transaction()
    named = Supplier.id == supplier_id if supplier_id else Supplier.name == supplier
    found = session.scalar(select(Supplier).where(named))
    if found is None:
        raise SupplierNotFound
    if not found.is_active:
        raise SupplierInactive(name=found.name)
    order = PurchaseOrder(
        id=new_id(),
        supplier_id=found.id,
        location_id=locations.find(location_id, location, by),
        status=PurchaseOrderStatus.DRAFT,
        currency=found.currency,
        version=1,
        created_by=by.label,
    )
    auth.check_location(by, {order.location_id})
    _write(order, values)
    session.add(order)
    session.flush()  # the lines refer to it
    for line in lines:
        _put_line(order, **line)
    audit.record("purchase_order.created", by=by, subject_id=order.id, number=order.number)
    return order.id


def edit_purchase_order(
    order_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change freight, exchange rate, day and note of an order, or where a draft will be sent.

    What has come keeps its cost; what comes later makes up for corrected freight. Locks it. Raises
    `PurchaseOrderNotFound`, `Stale`, `CurrencyMixed`, `LocationNotFound`, and `InvalidState` when
    the order has ended, or for another location once it is placed.
    """
    order = lock(order_id, by=by)
    etags.check(order.version, expected_version)
    PURCHASE_ORDER.next(order.status, "edit" if "location_id" in changes else "change")
    if "location_id" in changes:
        inventory_queries.location(changes["location_id"])
        auth.check_location(by, {changes["location_id"]})
    _write(order, changes)
    order.version += 1
    told = {name: str(value) for name, value in changes.items()}
    audit.record("purchase_order.edited", by=by, subject_id=order_id, **told)


def set_line(order_id: UUID, *, by: Principal, **line: Any) -> None:
    """Set the line of a variant in a draft: quantity and unit cost; 0 units remove it.

    Locks the order. Raises `PurchaseOrderNotFound`, `InvalidState`, `VariantsUnknown`,
    `CurrencyMixed`, and `CostMissing` when neither the line nor the supplier's item has a cost.
    """
    order = lock(order_id, by=by)
    PURCHASE_ORDER.next(order.status, "edit")
    _put_line(order, **line)
    order.version += 1
    audit.record(
        "purchase_order.line_set", by=by, subject_id=order_id,
        variant=line["code"], units=line["quantity"],
    )  # fmt: skip


def order_purchase_order(order_id: UUID, *, by: Principal) -> None:
    """Place a draft: from now on its units are incoming.

    Without a day it is expected after the supplier's lead time. Locks the order. Raises
    `PurchaseOrderNotFound`, `InvalidState`, `PurchaseOrderEmpty`, `SupplierInactive`, and
    `ExchangeRateMissing` when it is in another currency than the shop.
    """
    order = lock(order_id, by=by)
    status = PURCHASE_ORDER.next(order.status, "order")
    session = require_transaction()
    lines = session.scalar(
        select(func.count()).where(PurchaseOrderLine.purchase_order_id == order_id)
    )
    if not lines:
        raise PurchaseOrderEmpty
    supplier = session.get_one(Supplier, order.supplier_id)
    if not supplier.is_active:
        raise SupplierInactive(name=supplier.name)
    settings = current_settings()
    if order.currency != settings.currency and order.exchange_rate is None:
        raise ExchangeRateMissing(currency=order.currency, shop_currency=settings.currency)
    order.ordered_at = clock.now()
    if order.expected_on is None:
        order.expected_on = (order.ordered_at + timedelta(days=supplier.lead_time_days)).date()
    _move(order, status, by=by)


def email_purchase_order(order_id: UUID, *, command_id: UUID, by: Principal) -> None:
    """Have a placed order sent to its supplier as PDF, in the supplier's language.

    The e-mail is written by a job, once for each `command_id`. Locks the order. Raises
    `PurchaseOrderNotFound`, `SupplierWithoutEmail`, and `InvalidState` for a draft or a cancelled
    one; `PackageMissing` where the PDF cannot be made here, before an e-mail waits for it.
    """
    packages.require("papers")
    order = lock(order_id, by=by)
    PURCHASE_ORDER.next(order.status, "email")
    supplier = require_transaction().get_one(Supplier, order.supplier_id)
    if supplier.email is None:
        raise SupplierWithoutEmail(name=supplier.name)
    emit(PurchaseOrderEmailRequested(purchase_order_id=order_id, command_id=command_id))
    audit.record("purchase_order.emailed", by=by, subject_id=order_id, number=order.number)


def close_purchase_order(order_id: UUID, *, reason: str, by: Principal) -> None:
    """Say that the rest of an order will not come: nothing of it is incoming any more.

    Locks the order. Raises `PurchaseOrderNotFound` and `InvalidState`.
    """
    order = lock(order_id, by=by)
    _end(order, PURCHASE_ORDER.next(order.status, "close"), reason=reason, by=by)


def cancel_purchase_order(order_id: UUID, *, reason: str, by: Principal) -> None:
    """Cancel an order of which nothing has come; one of which a part came is closed instead.

    Locks the order. Raises `PurchaseOrderNotFound` and `InvalidState`.
    """
    order = lock(order_id, by=by)
    _end(order, PURCHASE_ORDER.next(order.status, "cancel"), reason=reason, by=by)


def lock(order_id: UUID, *, by: Principal) -> PurchaseOrder:
    """Lock a purchase order and return it.

    Raises `PurchaseOrderNotFound`, and `LocationNotYours` where somebody works elsewhere.
    """
    order = lock_entity(PurchaseOrder, order_id, PurchaseOrderNotFound())
    auth.check_location(by, {order.location_id})
    return order


def _end(order: PurchaseOrder, status: str, *, reason: str, by: Principal) -> None:
    order.ended_at = clock.now()
    _move(order, status, by=by, reason=reason)


def _move(order: PurchaseOrder, status: str, *, by: Principal, **told: object) -> None:
    order.status = PurchaseOrderStatus(status)
    order.version += 1
    audit.record(
        f"purchase_order.{status}", by=by, subject_id=order.id, number=order.number, **told
    )


def _write(order: PurchaseOrder, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name == "freight":
            order.freight = _in_currency(order, value)
        elif name == "exchange_rate":
            order.exchange_rate = None if value is None else Decimal(value)
        else:
            setattr(order, name, value)


def _put_line(
    order: PurchaseOrder, *, code: str, quantity: int, unit_cost: Money | None = None
) -> None:
    """Add or replace the line of a variant; 0 units remove it. The order is locked."""
    session = require_transaction()
    variant = variant_lookup.find_variant(code)
    if variant is None:
        raise VariantsUnknown(f"Nothing has the SKU or barcode {code}.", scanned=code)
    of_variant = (
        PurchaseOrderLine.purchase_order_id == order.id,
        PurchaseOrderLine.variant_id == variant.variant_id,
    )
    if quantity == 0:
        session.execute(delete(PurchaseOrderLine).where(*of_variant))
        return
    item = session.scalar(
        select(SupplierItem).where(
            SupplierItem.supplier_id == order.supplier_id,
            SupplierItem.variant_id == variant.variant_id,
        )
    )
    cost = item.unit_cost if item is not None else None
    if unit_cost is not None:
        cost = _in_currency(order, unit_cost)
    if cost is None:
        cost = session.scalar(select(PurchaseOrderLine.unit_cost).where(*of_variant))
    if cost is None:
        raise CostMissing(sku=variant.sku)
    last = session.scalar(
        select(func.max(PurchaseOrderLine.position)).where(
            PurchaseOrderLine.purchase_order_id == order.id
        )
    )
    title = ", ".join(part for part in (variant.product_title, variant.variant_title) if part)
    session.execute(
        insert(PurchaseOrderLine)
        .values(
            id=new_id(),
            purchase_order_id=order.id,
            position=(last or 0) + 1,
            variant_id=variant.variant_id,
            sku=variant.sku,
            title=title,
            supplier_sku=item.supplier_sku if item is not None else None,
            quantity=quantity,
            unit_cost=cost,
            received=0,
        )
        .on_conflict_do_update(
            constraint="uq_purchase_order_lines_variant",
            set_={"quantity": quantity, "unit_cost": cost},
        )
    )


def _in_currency(order: PurchaseOrder, amount: Money) -> int:
    if amount.currency != order.currency:
        raise CurrencyMixed(currency=order.currency)
    return amount.amount
