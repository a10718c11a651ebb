"""Tables of purchasing: suppliers, their items, and purchase orders."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum
from api.purchasing.states import PurchaseOrderStatus, TransferReason, TransferStatus

FIRST_NUMBER = 1001


class Supplier(WithId, Versioned, Timestamped, Base):
    """Who sells goods to the shop. `lead_time_days` is from the order to the goods."""

    __tablename__ = "suppliers"
    __table_args__ = (
        UniqueConstraint("name", name="uq_suppliers_name"),
        CheckConstraint("lead_time_days >= 0", name="lead_time_not_negative"),
    )

    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(500))
    customer_number: Mapped[str | None] = mapped_column(String(60))
    """What the supplier calls the shop."""
    language: Mapped[str | None] = mapped_column(String(35))
    """In which orders are written to it; without one in English."""
    currency: Mapped[str] = mapped_column(String(3))
    lead_time_days: Mapped[int] = mapped_column(default=7)
    note: Mapped[str | None] = mapped_column(String(500))
    is_active: Mapped[bool] = mapped_column(default=True)


class SupplierItem(WithId, Timestamped, Base):
    """A variant that a supplier sells, in packs of `pack_quantity` units.

    `unit_cost` is for one unit, in minor units of the supplier's currency. Of the suppliers of a
    variant the preferred one is asked first.
    """

    __tablename__ = "supplier_items"
    __table_args__ = (
        UniqueConstraint("supplier_id", "variant_id", name="uq_supplier_items_variant"),
        UniqueConstraint("supplier_id", "supplier_sku", name="uq_supplier_items_supplier_sku"),
        CheckConstraint("pack_quantity BETWEEN 1 AND 100000", name="pack_holds_something"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        CheckConstraint("lead_time_days >= 0", name="lead_time_not_negative"),
        Index("ix_supplier_items_variant_id", "variant_id"),
        Index(
            "uq_supplier_items_preferred",
            "variant_id",
            unique=True,
            postgresql_where=text("is_preferred"),
        ),
    )

    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("suppliers.id"))
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    supplier_sku: Mapped[str | None] = mapped_column(String(80))
    pack_quantity: Mapped[int] = mapped_column(default=1)
    unit_cost: Mapped[int | None] = mapped_column(BigInteger)
    lead_time_days: Mapped[int | None]
    is_preferred: Mapped[bool] = mapped_column(default=False)


class PurchaseOrder(WithId, Versioned, Timestamped, Base):
    """Goods ordered from a supplier for one location.

    Amounts are in minor units of `currency`; `exchange_rate` is what one of it costs in the shop's
    currency, None where both are the same. `freight` is spread over the lines by value.
    """

    __tablename__ = "purchase_orders"
    __table_args__ = (
        UniqueConstraint("number", name="uq_purchase_orders_number"),
        CheckConstraint("freight >= 0", name="freight_not_negative"),
        CheckConstraint("exchange_rate > 0", name="exchange_rate_positive"),
        Index("ix_purchase_orders_supplier_id", "supplier_id"),
        Index("ix_purchase_orders_location_id", "location_id"),
        Index(
            "ix_purchase_orders_awaited",
            "id",
            postgresql_where=text("status IN ('ordered', 'partially_received')"),
        ),
    )

    number: Mapped[int] = mapped_column(Identity(start=FIRST_NUMBER))
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("suppliers.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    status: Mapped[PurchaseOrderStatus] = mapped_column(
        named_enum(PurchaseOrderStatus, "status"), default=PurchaseOrderStatus.DRAFT
    )
    currency: Mapped[str] = mapped_column(String(3))
    exchange_rate: Mapped[Decimal | None] = mapped_column(Numeric(18, 8))
    freight: Mapped[int] = mapped_column(BigInteger, default=0)
    expected_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(String(500))
    ordered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(200))


class PurchaseOrderLine(WithId, Base):
    """Units of one variant in a purchase order, as they are called when it is written.

    `received` counts what came, which may be more than `quantity`. `unit_cost` is in minor units
    of the order's currency, without freight.
    """

    __tablename__ = "purchase_order_lines"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "variant_id", name="uq_purchase_order_lines_variant"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("received >= 0", name="received_not_negative"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        Index("ix_purchase_order_lines_variant_id", "variant_id"),
    )

    purchase_order_id: Mapped[UUID] = mapped_column(ForeignKey("purchase_orders.id"))
    position: Mapped[int]
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    sku: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(600))
    supplier_sku: Mapped[str | None] = mapped_column(String(80))
    quantity: Mapped[int]
    unit_cost: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(default=0)


class Receipt(WithId, Timestamped, Base):
    """Goods that came to a location, for a purchase order or without one.

    Undone at most once, by the same units going out again.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone_by_somebody"),
        Index("ix_receipts_purchase_order_id", "purchase_order_id"),
        Index("ix_receipts_location_id", "location_id", "id"),
    )

    purchase_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("purchase_orders.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    reference: Mapped[str | None] = mapped_column(String(60))
    """Number of the delivery note."""
    note: Mapped[str | None] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(200))

    lines: Mapped[list["ReceiptLine"]] = relationship(
        back_populates="receipt", order_by="ReceiptLine.position", lazy="raise"
    )


class ReceiptLine(WithId, Base):
    """Units of one variant that came, and where they were put.

    `over_quantity` of them nobody has ordered. `unit_cost` is what one cost with freight, rounded,
    and `cost` what all of them cost together, in minor units of the shop's currency.
    """

    __tablename__ = "receipt_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("damaged BETWEEN 0 AND quantity", name="damaged_are_of_them"),
        CheckConstraint("over_quantity BETWEEN 0 AND quantity", name="over_are_of_them"),
        CheckConstraint("unit_cost >= 0", name="unit_cost_not_negative"),
        Index("ix_receipt_lines_receipt_id", "receipt_id"),
        Index("ix_receipt_lines_purchase_order_line_id", "purchase_order_line_id"),
    )

    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"))
    position: Mapped[int]
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    sku: Mapped[str] = mapped_column(String(255))
    purchase_order_line_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("purchase_order_lines.id")
    )
    quantity: Mapped[int]
    damaged: Mapped[int] = mapped_column(default=0)
    over_quantity: Mapped[int] = mapped_column(default=0)
    bin_id: Mapped[UUID | None] = mapped_column(ForeignKey("bins.id"))
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    unit_cost: Mapped[int | None] = mapped_column(BigInteger)
    cost: Mapped[int | None] = mapped_column(BigInteger)

    receipt: Mapped[Receipt] = relationship(back_populates="lines", lazy="raise")


class Transfer(WithId, Versioned, Timestamped, Base):
    """Units that go from one location of the shop to another.

    What is in transit is on hand nowhere. A transfer that was cancelled on its way says what became
    of the rest: it was restocked where it came from, or written off.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        UniqueConstraint("number", name="uq_transfers_number"),
        CheckConstraint("from_location_id <> to_location_id", name="goes_elsewhere"),
        Index("ix_transfers_from_location_id", "from_location_id"),
        Index("ix_transfers_to_location_id", "to_location_id"),
        Index(
            "ix_transfers_awaited",
            "id",
            postgresql_where=text("status IN ('in_transit', 'partially_received')"),
        ),
    )

    number: Mapped[int] = mapped_column(Identity(start=FIRST_NUMBER))
    from_location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    to_location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    status: Mapped[TransferStatus] = mapped_column(
        named_enum(TransferStatus, "status"), default=TransferStatus.DRAFT
    )
    note: Mapped[str | None] = mapped_column(String(500))
    shipped_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime | None]
    """When units of it came last."""
    last_receipt: Mapped[list[dict[str, object]] | None] = mapped_column(JSONB(none_as_null=True))
    """What came then, as long as that can be undone: `transfer_receipts.Received` as JSON."""


class TransferLine(WithId, Base):
    """Units of one variant in a transfer.

    `shipped` left, `received` came; once the transfer has ended, `restocked` went back and
    `written_off` are lost, or came although they were not shipped (negative), for `reason`.
    `unit_cost` is what one was worth when it left, in minor units of the shop's currency.
    """

    __tablename__ = "transfer_lines"
    __table_args__ = (
        UniqueConstraint("transfer_id", "variant_id", name="uq_transfer_lines_variant"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "shipped >= 0 AND received >= 0 AND restocked >= 0", name="units_not_negative"
        ),
        CheckConstraint("(written_off = 0) OR (reason IS NOT NULL)", name="differences_explained"),
        Index("ix_transfer_lines_variant_id", "variant_id"),
    )

    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("transfers.id"))
    position: Mapped[int]
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    sku: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(600))
    quantity: Mapped[int]
    shipped: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)
    restocked: Mapped[int] = mapped_column(default=0)
    written_off: Mapped[int] = mapped_column(default=0)
    reason: Mapped[TransferReason | None] = mapped_column(named_enum(TransferReason, "reason"))
    unit_cost: Mapped[int | None] = mapped_column(BigInteger)


class ReorderRule(Timestamped, Base):
    """When a level is ordered again; its minimum is the level's threshold.

    Without a maximum as many are ordered as sell until the next order.
    """

    __tablename__ = "reorder_rules"
    __table_args__ = (
        CheckConstraint("reorder_point >= 0", name="reorder_point_not_negative"),
        CheckConstraint("maximum > reorder_point", name="maximum_above_point"),
    )

    level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id"), primary_key=True)
    reorder_point: Mapped[int]
    maximum: Mapped[int | None]
