"""Tables of returns: the goods that come back, what becomes of them, and their photos."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.kernel import clock
from api.platform.db import (
    Base,
    Timestamped,
    Versioned,
    WithId,
    append_only,
    named_enum,
    table_of,
)
from api.pricing.totals import refund_share
from api.returns.states import Disposition, GoodsCondition, ReturnKind, ReturnState


class Return(WithId, Versioned, Timestamped, Base):
    """Goods of one order that are to come back.

    `number` is on the slip as a barcode. A withdrawal (`withdrawn_at`) needs no approval and its
    refund is due at `refund_due_at`. `language` is that of its slip and e-mails.
    """

    __tablename__ = "returns"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'withdrawal') = (withdrawn_at IS NOT NULL)", name="withdrawn_at_some_moment"
        ),
        Index("uq_returns_number", "number", unique=True),
        Index("ix_returns_order_id", "order_id", "id"),
        Index("ix_returns_status", "status", "id"),
        Index(
            "ix_returns_open",
            "id",
            postgresql_where=text("status NOT IN ('closed', 'rejected', 'cancelled')"),
        ),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[str] = mapped_column(String(40))
    """`R-`, the order's number and a running number, as in `R-1001-1`."""
    kind: Mapped[ReturnKind] = mapped_column(named_enum(ReturnKind, "kind"))
    status: Mapped[ReturnState] = mapped_column(named_enum(ReturnState, "status"))
    language: Mapped[str] = mapped_column(String(35))
    to_store_credit: Mapped[bool] = mapped_column(default=False)
    """Whether the customer asked for store credit instead of money."""
    note: Mapped[str | None] = mapped_column(String(500))
    decision: Mapped[str | None] = mapped_column(String(500))
    """Why it was approved against the policy, rejected or cancelled."""
    advice: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """What the policy says against it; staff opened it all the same."""
    carrier: Mapped[str | None] = mapped_column(String(60))
    tracking_number: Mapped[str | None] = mapped_column(String(100))
    posted_at: Mapped[datetime | None]
    """When the customer proved to have sent the goods."""
    received_at: Mapped[datetime | None]
    """When the first of the goods came."""
    withdrawn_at: Mapped[datetime | None]
    refund_due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(200))

    lines: Mapped[list["ReturnLine"]] = relationship(
        back_populates="parent", order_by="ReturnLine.id", lazy="raise"
    )


class ReturnLine(WithId, Base):
    """Units of one variant in a return.

    `quantity` units are expected, and `cancelled_quantity` more were never shipped: their contract
    was withdrawn from. What came without being expected has lines with a quantity of 0; without an
    `order_line_id` it is no article of the order. `disposed_quantity` is the sum of dispositions,
    of which `missing_quantity` units never came.
    """

    __tablename__ = "return_lines"
    __table_args__ = (
        CheckConstraint(
            "quantity >= 0 AND cancelled_quantity >= 0 AND received_quantity >= 0"
            " AND missing_quantity >= 0 AND refunded_quantity >= 0",
            name="quantities_not_negative",
        ),
        CheckConstraint(
            "disposed_quantity - missing_quantity BETWEEN 0 AND received_quantity",
            name="disposed_of_what_came",
        ),
        Index("ix_return_lines_return_id", "return_id", "id"),
        Index("ix_return_lines_order_line_id", "order_line_id"),
    )

    return_id: Mapped[UUID] = mapped_column(ForeignKey("returns.id"))
    order_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_lines.id"))
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    sku: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(600))
    reason: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(500))
    quantity: Mapped[int] = mapped_column(default=0)
    cancelled_quantity: Mapped[int] = mapped_column(default=0)
    received_quantity: Mapped[int] = mapped_column(default=0)
    disposed_quantity: Mapped[int] = mapped_column(default=0)
    missing_quantity: Mapped[int] = mapped_column(default=0)
    refunded_quantity: Mapped[int] = mapped_column(default=0)
    condition: Mapped[GoodsCondition | None] = mapped_column(
        named_enum(GoodsCondition, "condition")
    )
    """In which condition its customer says that the units are."""
    exchange_amount: Mapped[int | None] = mapped_column(BigInteger)
    """What other goods cost that its customer gets instead."""
    exchange_share: Mapped[int | None] = mapped_column(BigInteger)
    """What its units are worth of their order line; what the others cost less goes back."""
    exchange_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_lines.id"))
    """The order line of those other goods."""
    exchange_case_id: Mapped[UUID | None] = mapped_column(ForeignKey("refund_cases.id"))
    """The refund request by which its units pay for them; no money moves with it."""

    parent: Mapped[Return] = relationship(back_populates="lines", lazy="raise")

    @property
    def waiting_quantity(self) -> int:
        """Units that came and have no disposition yet."""
        return self.received_quantity - (self.disposed_quantity - self.missing_quantity)

    @property
    def outstanding_quantity(self) -> int:
        """Units that are expected and have neither come nor been given up."""
        return max(0, self.quantity - self.received_quantity - self.missing_quantity)

    @property
    def exchange_rest(self) -> int:
        """Return what goes back of its units that have come, because the other goods cost less."""
        rest = max(0, (self.exchange_share or 0) - (self.exchange_amount or 0))
        came = min(self.received_quantity, self.quantity)
        return refund_share(rest, self.quantity, 0, came) if rest else 0


class ReturnDisposition(WithId, Base):
    """What became of returned units; append-only, the journal of a return.

    `bin_id` is where they were put; units that were discarded or are missing are nowhere.
    """

    __tablename__ = "return_dispositions"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_return_dispositions_return_line_id", "return_line_id", "id"),
    )

    return_line_id: Mapped[UUID] = mapped_column(ForeignKey("return_lines.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    disposition: Mapped[Disposition] = mapped_column(named_enum(Disposition, "disposition"))
    quantity: Mapped[int]
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    bin_id: Mapped[UUID | None] = mapped_column(ForeignKey("bins.id"))
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    note: Mapped[str | None] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(200))


class ReturnPhoto(WithId, Timestamped, Base):
    """A photo of goods: a file of the shop (`key`), or a link that the customer gave (`url`).

    An uploaded one belongs to an order until a return or a claim takes it.
    """

    __tablename__ = "return_photos"
    __table_args__ = (
        CheckConstraint("(key IS NULL) <> (url IS NULL)", name="file_or_link"),
        Index("ix_return_photos_order_id", "order_id", "id"),
        Index("ix_return_photos_return_id", "return_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    return_id: Mapped[UUID | None] = mapped_column(ForeignKey("returns.id"))
    claim_id: Mapped[UUID | None]
    key: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(Text)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)


append_only(table_of(ReturnDisposition))
