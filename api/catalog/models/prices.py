"""What things cost, what they cost before, and what they will cost."""

from datetime import date, datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, Versioned, WithId, append_only, named_enum


class VariantPrice(Base):
    """What a variant costs in one currency, in minor units; no row means not for sale in it.

    While it is reduced, `reduced_since` says since when without a break, and `prior_price` the
    lowest price of the 30 days before that moment (Directive 98/6/EC, Article 6a); None when
    nothing was asked for it before.
    """

    __tablename__ = "variant_prices"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("compare_at > amount", name="compare_at_above_amount"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_a_code"),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    compare_at: Mapped[int | None] = mapped_column(BigInteger)
    reduced_since: Mapped[datetime | None]
    prior_price: Mapped[int | None] = mapped_column(BigInteger)


class PriceRange(Base):
    """From which price on a product is sold in one currency; follows from its variants' prices.

    `compare_at` and `prior_price` are those of the variant with the lowest price.
    """

    __tablename__ = "product_price_ranges"
    __table_args__ = (
        Index("ix_product_price_ranges_by_price", "currency", "lowest", "product_id"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    lowest: Mapped[int] = mapped_column(BigInteger)
    highest: Mapped[int] = mapped_column(BigInteger)
    compare_at: Mapped[int | None] = mapped_column(BigInteger)
    prior_price: Mapped[int | None] = mapped_column(BigInteger)


class PriceList(WithId, Versioned, Timestamped, Base):
    """Other prices for a group, markets and a time; where one has no price, the usual one holds.

    Without a group it is for everybody in its markets, without markets for its group everywhere;
    one of both it has. Of several lists that fit a customer, the one with the lowest `priority`
    that has the variant decides; days are those of the shop's time zone.
    """

    __tablename__ = "price_lists"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_it_starts"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_a_code"),
    )

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    group_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer_groups.id"))
    markets: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """Codes of markets."""
    priority: Mapped[int] = mapped_column(default=100)
    is_active: Mapped[bool] = mapped_column(default=True)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]


class ListedPrice(Base):
    """The price of a variant in a price list, from a quantity on; minor units."""

    __tablename__ = "price_list_prices"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("min_quantity BETWEEN 1 AND 999", name="min_quantity_in_range"),
        Index("ix_price_list_prices_variant_id", "variant_id"),
    )

    list_id: Mapped[UUID] = mapped_column(
        ForeignKey("price_lists.id", ondelete="CASCADE"), primary_key=True
    )
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    min_quantity: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)


class PriceHistoryEntry(WithId, Base):
    """From when on a variant cost what; an `amount` of None means no longer for sale."""

    __tablename__ = "price_history"
    __table_args__ = (Index("ix_price_history_in_order", "variant_id", "currency", "since"),)

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    compare_at: Mapped[int | None] = mapped_column(BigInteger)
    since: Mapped[datetime]


append_only(cast(Table, PriceHistoryEntry.__table__))


class GeneralReduction(WithId, Base):
    """What an automatic discount took off for everybody, and when: a price that was asked.

    `products` and `collections` are ids; without any it was taken off all goods. `amount` is minor
    units of `currency` off each unit.
    """

    __tablename__ = "general_reductions"
    __table_args__ = (Index("ix_general_reductions_discount_id", "discount_id"),)

    discount_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    priority: Mapped[int]
    is_exclusive: Mapped[bool]
    stack_group: Mapped[str | None] = mapped_column(String(40))
    currency: Mapped[str | None] = mapped_column(String(3))
    basis_points: Mapped[int | None]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    products: Mapped[list[str]]
    collections: Mapped[list[str]]


class ScheduleState(StrEnum):
    """A price to come: waiting for its moment, in force, over, or called off."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


class ScheduledPrice(WithId, Versioned, Timestamped, Base):
    """A price that comes by itself, and goes by itself when `ends_at` says so.

    `before_amount` and `before_compare_at` are what it replaced, to be put back at the end.
    """

    __tablename__ = "scheduled_prices"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("compare_at > amount", name="compare_at_above_amount"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        Index("ix_scheduled_prices_variant_id", "variant_id"),
        Index("ix_scheduled_prices_to_start", "starts_at", postgresql_where="state = 'waiting'"),
        Index(
            "ix_scheduled_prices_to_end",
            "ends_at",
            postgresql_where="state = 'running' AND ends_at IS NOT NULL",
        ),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(BigInteger)
    compare_at: Mapped[int | None] = mapped_column(BigInteger)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    state: Mapped[ScheduleState] = mapped_column(
        named_enum(ScheduleState, "schedule_state"), default=ScheduleState.WAITING
    )
    before_amount: Mapped[int | None] = mapped_column(BigInteger)
    before_compare_at: Mapped[int | None] = mapped_column(BigInteger)
