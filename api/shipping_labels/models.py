"""Tables of labels and tracking events."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.fulfilment.states import TrackingStatus
from api.platform.db import Base, Timestamped, Versioned, WithId, append_only, named_enum
from api.shipping_labels.states import LabelState

IS_ACTIVE = "state IN ('requested', 'bought')"
IS_REQUESTED = "state = 'requested'"


class ShippingLabel(WithId, Versioned, Timestamped, Base):
    """One label, from the request on. Its bytes are in the storage, sealed, under `file_key`."""

    __tablename__ = "shipping_labels"
    __table_args__ = (
        UniqueConstraint("reference", name="uq_shipping_labels_reference"),
        CheckConstraint(
            "state NOT IN ('bought', 'voided') OR tracking_number IS NOT NULL",
            name="bought_has_a_number",
        ),
        CheckConstraint("weight_grams > 0", name="weight_positive"),
        # The last word on buying once: a parcel has one label that counts.
        Index(
            "uq_shipping_labels_active",
            "fulfilment_id",
            unique=True,
            postgresql_where=text(IS_ACTIVE),
        ),
        Index("ix_shipping_labels_fulfilment_id", "fulfilment_id", "id"),
        Index("ix_shipping_labels_account_id", "account_id"),
        Index("ix_shipping_labels_requested", "created_at", postgresql_where=text(IS_REQUESTED)),
    )

    fulfilment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfilments.id", ondelete="RESTRICT"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("carrier_accounts.id", ondelete="RESTRICT"))
    state: Mapped[LabelState] = mapped_column(named_enum(LabelState, "state"))
    reference: Mapped[str] = mapped_column(String(60))
    """What the carrier knows it by: the parcel's number and a running number, `1001-F1-L1`."""
    service: Mapped[str] = mapped_column(String(40))
    label_format: Mapped[str] = mapped_column(String(3))
    weight_grams: Mapped[int]
    customs: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    """What customs was told, as `rules.customs_form` returns it."""
    tracking_number: Mapped[str | None] = mapped_column(String(100))
    shipment_id: Mapped[str | None] = mapped_column(String(100))
    file_key: Mapped[str | None] = mapped_column(String(255))
    error: Mapped[str | None] = mapped_column(String(500))
    created_by: Mapped[str] = mapped_column(String(200))
    bought_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]


class TrackingEvent(WithId, Timestamped, Base):
    """What a carrier said of a parcel, once; append-only. `key` names it among those of the parcel.

    Events may come twice, late and in any order: the newest by `occurred_at` counts.
    """

    __tablename__ = "tracking_events"
    __table_args__ = (
        UniqueConstraint("fulfilment_id", "key", name="uq_tracking_events_key"),
        Index("ix_tracking_events_latest", "fulfilment_id", "occurred_at", "id"),
    )

    fulfilment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfilments.id", ondelete="RESTRICT"))
    key: Mapped[str] = mapped_column(String(64))
    status: Mapped[TrackingStatus] = mapped_column(named_enum(TrackingStatus, "status"))
    occurred_at: Mapped[datetime]
    description: Mapped[str] = mapped_column(String(300), default="", server_default="")
    source: Mapped[str] = mapped_column(String(20))
    """`file` or `webhook`."""


append_only(cast(Table, TrackingEvent.__table__))
