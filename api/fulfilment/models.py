"""Tables of fulfilments: parcels and their lines."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.fulfilment.states import FulfilmentState, TrackingStatus
from api.platform import change_feed
from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum

HAS_TRACKING = "tracking_number IS NOT NULL"
TRACKING_KEY = "upper(regexp_replace(tracking_number, '[^0-9A-Za-z]', '', 'g'))"
"""The normalized tracking number, as `carriers.tracking_key` returns it."""


class Fulfilment(WithId, Versioned, Timestamped, Base):
    """One parcel of one order. `tracking_url` is the page that the customer was sent.

    Units of two orders in one box are two parcels, of which one has `packed_in_id`: the other one
    has the box and its label, and both have its tracking number.
    """

    __tablename__ = "fulfilments"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint(
            "(status IN ('shipped', 'delivered', 'picked_up', 'voided'))"
            " = (shipped_at IS NOT NULL)",
            name="shipped_at_tells_that_it_left",
        ),
        CheckConstraint(
            "(status = 'delivered') = (delivered_at IS NOT NULL)",
            name="delivered_at_tells_that_it_arrived",
        ),
        CheckConstraint("shipped_at IS NULL OR carrier IS NOT NULL", name="carrier_took_it"),
        Index("ix_fulfilments_order_id", "order_id", "id"),
        Index("ix_fulfilments_tracking", text(TRACKING_KEY), postgresql_where=text(HAS_TRACKING)),
        Index(
            "ix_fulfilments_shipped_at",
            "shipped_at",
            postgresql_where=text("shipped_at IS NOT NULL"),
        ),
        Index(
            "uq_fulfilments_packed_in_id",
            "packed_in_id",
            unique=True,
            postgresql_where=text("packed_in_id IS NOT NULL"),
        ),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[str] = mapped_column(String(40))
    """The order's number and a running number, as in `1001-F1`."""
    status: Mapped[FulfilmentState] = mapped_column(
        named_enum(FulfilmentState, "status"), default=FulfilmentState.OPEN
    )
    carrier: Mapped[str | None] = mapped_column(String(60))
    tracking_number: Mapped[str | None] = mapped_column(String(100))
    tracking_url: Mapped[str | None] = mapped_column(Text)
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    override_reason: Mapped[str | None] = mapped_column(String(300))
    """Why it shipped with units that were not scanned, if the shop requires scanning."""
    created_by: Mapped[str] = mapped_column(String(200))
    packed_in_id: Mapped[UUID | None] = mapped_column(ForeignKey("fulfilments.id"))
    """The parcel of another order of the same customer in whose box its units go."""
    tracking_status: Mapped[TrackingStatus] = mapped_column(
        named_enum(TrackingStatus, "tracking_status"),
        default=TrackingStatus.UNKNOWN,
        server_default="unknown",
    )
    """What the carrier said last, by `shipping_labels`."""
    tracking_status_at: Mapped[datetime | None]

    lines: Mapped[list["FulfilmentLine"]] = relationship(
        back_populates="fulfilment", order_by="FulfilmentLine.id", lazy="raise"
    )

    def quantities(self) -> dict[UUID, int]:
        """Return the units in the parcel by order line."""
        return {line.order_line_id: line.quantity for line in self.lines}


class FulfilmentLine(WithId, Base):
    """Units of one order line inside one parcel."""

    __tablename__ = "fulfilment_lines"
    __table_args__ = (
        UniqueConstraint("fulfilment_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("verified_quantity >= 0", name="verified_not_negative"),
    )

    fulfilment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfilments.id"))
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"))
    quantity: Mapped[int]
    verified_quantity: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many of them were scanned into the parcel."""

    fulfilment: Mapped[Fulfilment] = relationship(back_populates="lines", lazy="raise")


change_feed.watch(Fulfilment.__table__, {"order": "order_id"})
