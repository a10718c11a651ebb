"""Tables of orders: orders, lines, history, holds and the number counter."""

from datetime import datetime
from typing import Any
from typing import cast as typed
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    cast,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.kernel import clock
from api.orders.states import FulfilmentStatus, HoldReason, OrderStatus, PaymentStatus
from api.platform import change_feed
from api.platform.db import Base, Timestamped, Versioned, WithId, append_only, named_enum


class Lexemes(TypeDecorator[list[str]]):
    """A tsvector of words stored as they are, without a text search parser."""

    impl = TSVECTOR
    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[Any]) -> Any:
        """Store a list of words."""
        return func.array_to_tsvector(cast(bindvalue, ARRAY(Text)))


PERIOD_DAYS = (1, 4, 16, 64, 256)


def day_of(moment: str) -> str:
    """Return the SQL of the day number of a moment."""
    return f"date_part('day', {moment} - '2020-01-01 00:00:00+00'::timestamptz)::int"


def periods_of(day: str) -> list[str]:
    """Return the SQL of the period numbers that a day is in, one for each length."""
    return [f"{index * 10**6} + {day} / {days}" for index, days in enumerate(PERIOD_DAYS)]


PERIODS = f"(ARRAY[{', '.join(periods_of(day_of('placed_at')))}])"
"""When an order was placed, for the search index: it finds the newest of many hits first."""


class Order(WithId, Versioned, Timestamped, Base):
    """One order of a customer or guest. Amounts are minor units of `currency`."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("total = subtotal + shipping_total", name="total_is_sum_of_parts"),
        CheckConstraint("refunded <= captured", name="refunds_within_captured"),
        Index("ix_orders_newest", text("placed_at DESC"), text("id DESC")),
        Index("ix_orders_customer", "customer_id", text("placed_at DESC"), text("id DESC")),
        Index("ix_orders_to_ship", "placed_at", "id", postgresql_where=text("to_ship")),
        Index("ix_orders_on_hold", "placed_at", "id", postgresql_where=text("on_hold")),
        Index(
            "ix_orders_awaiting_payment",
            "expires_at",
            postgresql_where=text("expires_at IS NOT NULL"),
        ),
        Index(
            "ix_orders_unpaid_manual",
            "id",
            postgresql_where=text("payment_method = 'manual' AND expires_at IS NOT NULL"),
        ),
        Index(
            "ix_orders_payment_status", "payment_status", text("placed_at DESC"), text("id DESC")
        ),
        Index(
            "ix_orders_fulfilment_status",
            "fulfilment_status",
            text("placed_at DESC"),
            text("id DESC"),
        ),
        Index(
            "ix_orders_found",
            "search",
            text(PERIODS),
            postgresql_using="gin",
            # In kB, and the least: each search reads this list several times. Writing costs the
            # same; only the default of 4 MB made a search take milliseconds more.
            postgresql_with={"gin_pending_list_limit": 64},
        ),
        Index("ix_orders_wordless", "id", postgresql_where=text("length(search) = 0")),
        Index("ix_orders_status", "status", text("placed_at DESC"), text("id DESC")),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    cart_id: Mapped[UUID | None] = mapped_column(unique=True)
    """The cart that became this order; unique, so that a cart cannot become two orders."""
    checkout_fingerprint: Mapped[bytes | None]
    """Hash of the checkout form: the same form sent again returns this order."""
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    guest_key: Mapped[str | None] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(String(254))
    customer_name: Mapped[str] = mapped_column(String(200))
    status: Mapped[OrderStatus] = mapped_column(
        named_enum(OrderStatus, "status"), default=OrderStatus.PLACED
    )
    payment_status: Mapped[PaymentStatus] = mapped_column(
        named_enum(PaymentStatus, "payment_status"), default=PaymentStatus.UNPAID
    )
    fulfilment_status: Mapped[FulfilmentStatus] = mapped_column(
        named_enum(FulfilmentStatus, "fulfilment_status"), default=FulfilmentStatus.UNFULFILLED
    )
    to_ship: Mapped[bool] = mapped_column(default=False)
    """Derived: paid for, not cancelled, not on hold, and something is left to ship."""
    on_hold: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Derived: at least one of its holds is not released."""
    currency: Mapped[str] = mapped_column(String(3))
    subtotal: Mapped[int] = mapped_column(BigInteger)
    shipping_total: Mapped[int] = mapped_column(BigInteger)
    tax_total: Mapped[int] = mapped_column(BigInteger)
    """Contained in `total`."""
    total: Mapped[int] = mapped_column(BigInteger)
    discount_total: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """What lines and shipping were reduced by; `total` is what is left."""
    shipping_discount: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    shipping_tax: Mapped[int] = mapped_column(BigInteger, default=0)
    shipping_rate_basis_points: Mapped[int] = mapped_column(default=0)
    shipping_tax_lines: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSONB(none_as_null=True)
    )
    """The taxes in `shipping_total`, as `pricing.totals.TaxLine.snapshot`; None in older orders."""
    prices_include_tax: Mapped[bool] = mapped_column(default=True, server_default="true")
    """Whether unit prices and discounts contain tax; totals always do."""
    shipping_refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    authorized: Mapped[int] = mapped_column(BigInteger, default=0)
    captured: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    refund_pending: Mapped[int] = mapped_column(BigInteger, default=0)
    charged_back: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Amount lost in disputes."""
    tendered: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """The part of `captured` that gift cards and store credit paid."""
    attempt_open: Mapped[bool] = mapped_column(default=False)
    unit_count: Mapped[int]
    ship_country: Mapped[str] = mapped_column(String(2))
    shipping_address: Mapped[dict[str, Any]]
    billing_address: Mapped[dict[str, Any]]
    shipping_method: Mapped[dict[str, Any]]
    payment_method: Mapped[str] = mapped_column(String(20))
    vat_id: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The buyer's VAT id and what VIES said of it: `tax.queries.vat_id_fields`."""
    customer_note: Mapped[str | None] = mapped_column(String(500))
    """The customer's note for packing and delivery."""
    gift: Mapped[dict[str, Any] | None]
    """To whom its gift cards are sent: `email`, `message`, `send_at`; empty for the buyer."""
    postal_key: Mapped[str | None] = mapped_column(String(32))
    network_key: Mapped[str | None] = mapped_column(String(32))
    """Keyed hashes of the postal and network address of orders not paid by card; they can only be
    compared for equality."""
    promised_ship_at: Mapped[datetime | None]
    promised_delivery_at: Mapped[datetime | None]
    """Until when it leaves and arrives, as the customer was told when it was placed."""
    placed_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime | None]
    """When an unpaid order is cancelled; empty once it is paid or cancelled."""
    paid_at: Mapped[datetime | None]
    amended_at: Mapped[datetime | None]
    """When the customer last changed it, before payment."""
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None] = mapped_column(String(40))
    search: Mapped[list[str]] = mapped_column(Lexemes, server_default="", deferred=True)
    """The search words of the order: see `search_text.search_words`."""

    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", order_by="OrderLine.position", lazy="raise"
    )


IS_NOT_INDEXED = func.length(Order.search) == 0
"""True for orders written by an older release, whose search words are added later."""


class OrderLine(WithId, Base):
    """One order line: a copy of the variant as sold, and its quantities in units."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("shipped_quantity + cancelled_quantity <= quantity", name="within_ordered"),
        CheckConstraint("refunded_quantity <= quantity", name="refunded_within_ordered"),
        CheckConstraint("refunded_amount <= total", name="refunded_within_total"),
        UniqueConstraint("order_id", "position"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), index=True)
    product_id: Mapped[UUID]
    sku: Mapped[str] = mapped_column(String(100))
    barcode: Mapped[str | None] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(300))
    variant_title: Mapped[str] = mapped_column(String(300))
    image_url: Mapped[str | None] = mapped_column(Text)
    weight_grams: Mapped[int] = mapped_column(default=0)
    hs_code: Mapped[str] = mapped_column(String(14), default="", server_default="")
    origin_country: Mapped[str] = mapped_column(String(2), default="", server_default="")
    """What customs asked of the variant when it was sold."""
    quantity: Mapped[int]
    shipped_quantity: Mapped[int] = mapped_column(default=0)
    delivered_quantity: Mapped[int] = mapped_column(default=0)
    cancelled_quantity: Mapped[int] = mapped_column(default=0)
    refunded_quantity: Mapped[int] = mapped_column(default=0)
    unit_price: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """What the whole line was reduced by, in the basis of `unit_price`; `total` is after it."""
    total: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    tax_rate_basis_points: Mapped[int]
    tax_class: Mapped[str] = mapped_column(String(40))
    tax_lines: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    """The taxes in `total`, as `pricing.totals.TaxLine.snapshot`; None in older orders."""
    refunded_amount: Mapped[int] = mapped_column(BigInteger, default=0)

    order: Mapped[Order] = relationship(back_populates="lines", lazy="raise")

    @property
    def open_quantity(self) -> int:
        """Units still to be shipped."""
        return self.quantity - self.shipped_quantity - self.cancelled_quantity


class OrderEvent(WithId, Base):
    """One entry of an order's history; append-only."""

    __tablename__ = "order_entries"
    __table_args__ = (Index("ix_order_entries_order", "order_id", "at", "id"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(200))
    actor_key: Mapped[str] = mapped_column(String(120))


class OrderHold(WithId, Timestamped, Base):
    """One reason not to ship an order yet. An order may have several; each is released separately.

    `reference` is the dispute, warning or refund that caused it. It is unique per order, so that
    a repeated webhook does not restore a hold that staff released.
    """

    __tablename__ = "order_holds"
    __table_args__ = (
        UniqueConstraint("order_id", "reference"),
        Index("ix_order_holds_order", "order_id", "id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    reason: Mapped[HoldReason] = mapped_column(named_enum(HoldReason, "reason"))
    note: Mapped[str | None] = mapped_column(String(500))
    reference: Mapped[str | None] = mapped_column(String(160))
    created_by: Mapped[str] = mapped_column(String(200))
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(String(200))


class OrderCounter(Base):
    """The last order number; a locked row, because MAX + 1 can give two orders the same one."""

    __tablename__ = "order_counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


append_only(typed(Table, OrderEvent.__table__))
change_feed.watch(Order.__table__, {"order": "id"})
change_feed.watch(OrderEvent.__table__, {"order": "order_id"})
change_feed.watch(OrderHold.__table__, {"order": "order_id"})
