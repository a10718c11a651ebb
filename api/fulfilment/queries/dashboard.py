"""The dashboard figures, and the lookup of a scanned code."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select, true

from api.catalog import codes
from api.catalog.queries import variant_lookup
from api.catalog.queries.variant_lookup import VariantFound
from api.fulfilment.errors import CodeUnknown
from api.fulfilment.models import Fulfilment
from api.fulfilment.queries import fulfilments
from api.inventory import queries as inventory_queries
from api.inventory.models import StockLevel
from api.kernel import clock
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders.models import Order
from api.platform import attention, doctor_runs, health, service_registry
from api.platform.backups import records
from api.platform.db import AnySelect, session
from api.platform.pagination import TOTAL_CAP
from api.platform.settings import Settings


def overview() -> dict[str, Any]:
    """Return the current dashboard figures.

    Each is counted over its own partial index and up to 10,000, so that the cost depends on open
    work and not on the number of past orders. Today begins at midnight UTC.
    """
    is_to_ship = Order.to_ship == true()
    row = session.execute(
        select(
            _capped(select(Order.id).where(is_to_ship)).label("to_ship"),
            _capped(select(Order.id).where(Order.expires_at.is_not(None))).label("unpaid"),
            _capped(select(StockLevel.id).where(StockLevel.below_threshold)).label("low_stock"),
            _capped(
                select(Fulfilment.id).where(
                    Fulfilment.shipped_at >= _midnight(),
                    Fulfilment.voided_at.is_(None),
                )
            ).label("shipped_today"),
            select(Order.placed_at)
            .where(is_to_ship)
            .order_by(Order.placed_at, Order.id)
            .limit(1)
            .scalar_subquery()
            .label("oldest_to_ship_at"),
        )
    ).one()
    return {
        **row._mapping,
        "needs_attention": attention.open_count(),
        "worker": health.worker_state(),
        "doctor": doctor_runs.status_light(),
        "backups": records.state(bool(service_registry.get_service(Settings).backup_url)),
    }


def scan(code: str, by: Principal) -> dict[str, Any]:
    """Look up a scanned or typed code: an order, a parcel, or a variant with its stock levels.

    `O-1001` and `#1001` are orders. For any other code variants come first, because their codes are
    printed by others and cannot be changed, then the order with that number, then the parcel with
    that number or tracking number. Raises `CodeUnknown`.
    """
    read = codes.read(code)
    if not read.text.isprintable():
        raise CodeUnknown(scanned=code.strip())  # Postgres cannot store all of these
    number = read.text.upper().removeprefix("O-").removeprefix("#")
    is_marked = number != read.text.upper()
    if not is_marked and (variant := variant_lookup.find_variant(code)) is not None:
        return _variant(variant)
    if (card := orders_queries.card_by_number(number, by)) is not None:
        return _order("order", card["id"], f"Order {card['number']}", card)
    # A SKU may begin with O- as well.
    if is_marked and (variant := variant_lookup.find_variant(code)) is not None:
        return _variant(variant)
    parcel = fulfilments.find_scanned(read)
    if parcel is None:
        raise CodeUnknown(scanned=read.text)
    card = orders_queries.card_of(parcel.order_id, by)
    label = f"Parcel {parcel.number} of order {card['number']}"
    names = ("id", "number", "status", "carrier", "tracking_number")
    fulfilment = {name: getattr(parcel, name) for name in names}
    return {**_order("fulfilment", parcel.id, label, card), "fulfilment": fulfilment}


def _order(kind: str, subject_id: UUID, label: str, card: dict[str, Any]) -> dict[str, Any]:
    text = f"{label}, {card['customer_name']}"
    return {"kind": kind, "id": subject_id, "label": text, "order": card}


def _variant(variant: VariantFound) -> dict[str, Any]:
    full_title = (
        f"{variant.product_title}, {variant.variant_title}" if variant.variant_title else None
    )
    case = f", {variant.pack_quantity} in a case" if variant.pack_quantity > 1 else ""
    return {
        "kind": "variant",
        "id": variant.variant_id,
        "label": f"{variant.sku}: {full_title or variant.product_title}{case}",
        "variant": {
            "id": variant.variant_id,
            "sku": variant.sku,
            "barcode": variant.barcode,
            "pack_quantity": variant.pack_quantity,
            "product_title": variant.product_title,
            "title": variant.variant_title or None,
            "levels": inventory_queries.levels_of_variant(variant.variant_id),
        },
    }


def _capped(rows: AnySelect | Any) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.limit(TOTAL_CAP).subquery()).scalar_subquery()


def _midnight() -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
