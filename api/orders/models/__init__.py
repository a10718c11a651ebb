"""Tables of orders: orders, lines, history and the number counter; `handling` has the others."""

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
from api.orders.models.handling import (
    HoldRule,
    NoteAcknowledgement,
    OrderHold,
    OrderNote,
    OrderView,
)
from api.orders.models.links import OrderLink, OrderLookUp
from api.orders.states import FulfilmentStatus, OrderStatus, PaymentStatus
from api.platform import change_feed
from api.platform.db import Base, Timestamped, Versioned, WithId, append_only, named_enum


class Lexemes(TypeDecorator[list[str]]):
    """A tsvector of words stored as they are, without a text search parser."""

    impl = TSVECTOR
    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[Any]) -> Any:
        """Store a list of words."""
        return func.array_to_tsvector(cast(bindvalue, ARRAY(Text)))


__all__ = [
    "HoldRule",
    "Lexemes",
    "NoteAcknowledgement",
    "Order",
    "OrderCounter",
    "OrderEvent",
    "OrderHold",
    "OrderLine",
    "OrderLink",
    "OrderLookUp",
    "OrderNote",
    "OrderView",
]

PERIOD_DAYS = (1, 4, 16, 64, 256)


def day_of(moment: str) -> str:
    """Return the SQL of the day number of a moment."""
    return f"date_part('day', {moment} - '2020-01-01 00:00:00+00'::timestamptz)::int"


def periods_of(day: str) -> list[str]:
    """Return the SQL of the period numbers that a day is in, one for each length."""
    return [f"{index * 10**6} + {day} / {days}" for index, days in enumerate(PERIOD_DAYS)]


HAS_TAGS = text("tags <> '{}'")

PERIODS = f"(ARRAY[{', '.join(periods_of(day_of('placed_at')))}])"
"""When an order was placed, for the search index: it finds the newest of many hits first."""


class Order(WithId, Versioned, Timestamped, Base):
    """One order of a customer or guest. Amounts are minor units of `currency`."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("total = subtotal + shipping_total", name="total_is_sum_of_parts"),
        CheckConstraint("refunded <= captured", name="refunds_within_captured"),
        CheckConstraint("edit_due >= 0", name="edit_due_not_negative"),
        Index("ix_orders_newest", text("placed_at DESC"), text("id DESC")),
        Index("ix_orders_customer", "customer_id", text("placed_at DESC"), text("id DESC")),
        Index("ix_orders_to_ship", "placed_at", "id", postgresql_where=text("to_ship")),
        Index(
            "ix_orders_to_pick",
            text("coalesce(promised_ship_at, 'infinity')"),
            *("placed_at", "id"),
            postgresql_where=text("to_ship"),
        ),
        Index(
            "ix_orders_to_ship_buyer",
            text("COALESCE(customer_id::text, lower(email::text))"),
            postgresql_where=text("to_ship"),
        ),
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
        Index(
            "ix_orders_guest_email",
            text("lower(email)"),
            postgresql_where=text("customer_id IS NULL"),
        ),
        Index("ix_orders_wordless", "id", postgresql_where=text("length(search) = 0")),
        # The sales to other member states of two years.
        Index("ix_orders_ship_country", "ship_country", "placed_at"),
        Index("ix_orders_status", "status", text("placed_at DESC"), text("id DESC")),
        # Without the orders that have none: an empty array would be an entry of the index too.
        Index("ix_orders_tags", "tags", postgresql_using="gin", postgresql_where=HAS_TAGS),
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
    shipping_tax_lines: Mapped[list[dict[str, object]] | None] = mapped_column(
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
    edit_due: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """What staff added to an order that was paid before, and is still to be paid."""
    exchanged: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """The part of `total` that goods which come back pay; their lines count it as refunded."""
    attempt_open: Mapped[bool] = mapped_column(default=False)
    unit_count: Mapped[int]
    ship_country: Mapped[str] = mapped_column(String(2))
    shipping_address: Mapped[dict[str, Any]]
    billing_address: Mapped[dict[str, object]]
    shipping_method: Mapped[dict[str, Any]]
    payment_method: Mapped[str] = mapped_column(String(20))
    vat_id: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    """The buyer's VAT id and what VIES said of it: `tax.queries.vat_id_fields`."""
    customer_note: Mapped[str | None] = mapped_column(String(500))
    """The customer's note for packing and delivery."""
    gift_message: Mapped[str | None] = mapped_column(String(500))
    """What is to be written on a card in the parcel."""
    gift: Mapped[dict[str, Any] | None]
    """To whom its gift cards are sent: `email`, `message`, `send_at`; empty for the buyer."""
    postal_key: Mapped[str | None] = mapped_column(String(32))
    network_key: Mapped[str | None] = mapped_column(String(32))
    """Keyed hashes of the postal and network address of orders not paid by card; they can only be
    compared for equality."""
    language: Mapped[str | None] = mapped_column(String(35))
    """In which its customer is written to: that of its market; empty for the shop's first one."""
    ip_country: Mapped[str | None] = mapped_column(String(2))
    """Where it was placed from, as the proxy said: `Settings.client_country_header`."""
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    """Words of staff to sort orders by, sorted."""
    pinned_notes: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many of its notes are pinned, so that shipping looks for them only where there are."""
    customer_notes: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many of its notes the customer sees."""
    promised_ship_at: Mapped[datetime | None]
    promised_delivery_at: Mapped[datetime | None]
    """Until when it leaves and arrives: as told when it was placed, or when it was paid later than
    it was to leave."""
    placed_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime | None]
    """When an unpaid order is cancelled; empty once it is paid or cancelled."""
    paid_at: Mapped[datetime | None]
    amended_at: Mapped[datetime | None]
    """When its customer last changed it, before payment, or staff did."""
    picking_started_at: Mapped[datetime | None]
    """Since when units of it are picked; its customer no longer cancels it."""
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None] = mapped_column(String(40))
    search: Mapped[list[str]] = mapped_column(Lexemes, server_default="", deferred=True)
    """The search words of the order: see `search_text.search_words`."""

    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", order_by="OrderLine.position", lazy="raise"
    )

    @property
    def payable(self) -> int:
        """Return what of the total is paid with money: all but what exchanged goods pay."""
        return self.total - (self.exchanged or 0)


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
        CheckConstraint("returned_quantity >= 0", name="returned_not_negative"),
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
    returned_quantity: Mapped[int] = mapped_column(default=0, server_default="0")
    """Units in returns, from their request on; those of rejected returns are taken out again."""
    unit_price: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """What the whole line was reduced by, in the basis of `unit_price`; `total` is after it."""
    total: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    tax_rate_basis_points: Mapped[int]
    tax_class: Mapped[str] = mapped_column(String(40))
    tax_lines: Mapped[list[dict[str, object]] | None] = mapped_column(JSONB(none_as_null=True))
    """The taxes in `total`, as `pricing.totals.TaxLine.snapshot`; None in older orders."""
    note: Mapped[str | None] = mapped_column(String(500))
    """The customer's note about the line."""
    properties: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    """What the customer chose or typed for it, such as an engraving."""
    refunded_amount: Mapped[int] = mapped_column(BigInteger, default=0)
    removed_at: Mapped[datetime | None]
    """When staff took the line off the order: its units are cancelled then, and cost nothing."""

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


class OrderCounter(Base):
    """The last order number; a locked row, because MAX + 1 can give two orders the same one."""

    __tablename__ = "order_counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


append_only(typed(Table, OrderEvent.__table__))
change_feed.watch(Order.__table__, {"order": "id"})
change_feed.watch(OrderEvent.__table__, {"order": "order_id"})
