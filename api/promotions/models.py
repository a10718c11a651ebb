"""Tables of discounts, their codes, how often they were used, and what they took off orders."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum, table_of
from api.promotions.states import DiscountKind, Target


class DiscountRow(WithId, Versioned, Timestamped, Base):
    """A discount; see `calculation.Discount`. Amounts are minor units of `currency`.

    `uses` counts the orders that have it and keep it, whether it has a limit or not.
    """

    __tablename__ = "discounts"
    __table_args__ = (
        CheckConstraint("basis_points BETWEEN 1 AND 10000", name="basis_points_in_range"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("uses >= 0", name="uses_not_negative"),
        CheckConstraint("uses <= max_uses", name="uses_within_limit"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_it_starts"),
    )

    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[DiscountKind] = mapped_column(named_enum(DiscountKind, "kind"))
    target: Mapped[Target] = mapped_column(named_enum(Target, "target"))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_automatic: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int] = mapped_column(default=100)
    is_exclusive: Mapped[bool] = mapped_column(default=False)
    stack_group: Mapped[str | None] = mapped_column(String(40))
    currency: Mapped[str | None] = mapped_column(String(3))
    basis_points: Mapped[int | None]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    tiers: Mapped[list[dict[str, object]]] = mapped_column(default=list)
    buy_quantity: Mapped[int | None]
    get_quantity: Mapped[int | None]
    max_times: Mapped[int | None]
    get_products: Mapped[list[str]] = mapped_column(default=list)
    get_collections: Mapped[list[str]] = mapped_column(default=list)
    products: Mapped[list[str]] = mapped_column(default=list)
    collections: Mapped[list[str]] = mapped_column(default=list)
    groups: Mapped[list[str]] = mapped_column(default=list)
    markets: Mapped[list[str]] = mapped_column(default=list)
    min_amount: Mapped[int | None] = mapped_column(BigInteger)
    min_quantity: Mapped[int | None]
    first_order: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    """First and last day, in the shop's time zone."""
    max_uses: Mapped[int | None]
    max_uses_per_customer: Mapped[int | None]
    uses: Mapped[int] = mapped_column(default=0)


class DiscountCode(WithId, Timestamped, Base):
    """A code of a discount. `folded` is how it is looked up: look-alikes are one code."""

    __tablename__ = "discount_codes"
    __table_args__ = (
        CheckConstraint("uses >= 0", name="uses_not_negative"),
        CheckConstraint("uses <= max_uses", name="uses_within_limit"),
        Index("ix_discount_codes_of_discount", "discount_id", "id"),
    )

    discount_id: Mapped[UUID] = mapped_column(ForeignKey("discounts.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(40))
    folded: Mapped[str] = mapped_column(String(40), unique=True)
    max_uses: Mapped[int | None]
    uses: Mapped[int] = mapped_column(default=0)


class CustomerUse(Base):
    """How often one person used a discount; `person` is a keyed hash of an account or e-mail."""

    __tablename__ = "discount_customer_uses"
    __table_args__ = (CheckConstraint("uses >= 0", name="uses_not_negative"),)

    discount_id: Mapped[UUID] = mapped_column(
        ForeignKey("discounts.id", ondelete="CASCADE"), primary_key=True
    )
    person: Mapped[str] = mapped_column(String(32), primary_key=True)
    uses: Mapped[int] = mapped_column(default=0)


class OrderDiscount(WithId, Timestamped, Base):
    """What one discount took off one order: a copy, as the lines of the order are.

    `shares` are the minor units by order line; `shipping_rule` is how it reduces the shipping, so
    that another shipping method of the unpaid order is reduced the same way. A discount that staff
    gave has no `discount_id`, but a `reason` and who gave it. `released_at`: its use was given
    back, as the order was cancelled.
    """

    __tablename__ = "order_discounts"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        Index("ix_order_discounts_of_discount", "discount_id", "id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    discount_id: Mapped[UUID | None]
    code_id: Mapped[UUID | None]
    name: Mapped[str] = mapped_column(String(120))
    code: Mapped[str | None] = mapped_column(String(40))
    amount: Mapped[int] = mapped_column(BigInteger)
    shipping_amount: Mapped[int] = mapped_column(BigInteger, default=0)
    shares: Mapped[dict[str, object]]
    shipping_rule: Mapped[dict[str, object]]
    persons: Mapped[list[str]]
    reason: Mapped[str | None] = mapped_column(String(200))
    given_by: Mapped[str | None] = mapped_column(String(200))
    released_at: Mapped[datetime | None]


class DiscountsState(Base):
    """One row: a random token that changes with every discount; null while none is active.

    Carts read it with their own row, so that a process reads the discounts only when they changed.
    """

    __tablename__ = "discounts_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[UUID | None]


_STATE = table_of(DiscountsState)
TOKEN: Final = select(_STATE.c.token).where(_STATE.c.id == text("1")).scalar_subquery()
"""The current token, as a column of another statement."""
