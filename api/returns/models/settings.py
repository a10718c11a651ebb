"""Tables of what the shop says about returns: reasons, policies and sentences."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum
from api.returns.states import Condition, Exclusion, ShippingRule


class ReturnReason(Versioned, Timestamped, Base):
    """A reason of returns, by its code; takes the place of the built-in one with that code.

    `labels` are by language. One that counts as a defect is reported to suppliers.
    """

    __tablename__ = "return_reasons"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    labels: Mapped[dict[str, str]] = mapped_column(JSONB)
    counts_as_defect: Mapped[bool]
    is_active: Mapped[bool]
    position: Mapped[int]


class ReturnPolicy(WithId, Versioned, Timestamped, Base):
    """How returns of a product in a market are handled; without either, of all of them.

    The product counts more than the market. Shares are in basis points. `withdrawal_exclusion`
    says why the law gives no right of withdrawal.
    """

    __tablename__ = "return_policies"
    __table_args__ = (
        Index(
            "uq_return_policies_scope",
            text("coalesce(product_id, '00000000-0000-0000-0000-000000000000')"),
            text("coalesce(market_id, '00000000-0000-0000-0000-000000000000')"),
            unique=True,
        ),
        CheckConstraint("window_days BETWEEN 0 AND 3650", name="window_in_range"),
        CheckConstraint(
            "restocking_fee BETWEEN 0 AND 10000 AND credit_bonus BETWEEN 0 AND 10000",
            name="shares_in_range",
        ),
    )

    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    market_id: Mapped[UUID | None] = mapped_column(ForeignKey("markets.id"))
    window_days: Mapped[int]
    is_final_sale: Mapped[bool] = mapped_column(default=False)
    condition: Mapped[Condition] = mapped_column(named_enum(Condition, "condition"))
    restocking_fee: Mapped[int] = mapped_column(BigInteger, default=0)
    credit_bonus: Mapped[int] = mapped_column(BigInteger, default=0)
    shipping_rule: Mapped[ShippingRule] = mapped_column(named_enum(ShippingRule, "shipping_rule"))
    withdrawal_exclusion: Mapped[Exclusion | None] = mapped_column(
        named_enum(Exclusion, "withdrawal_exclusion")
    )


class PublicHoliday(WithId, Timestamped, Base):
    """A public holiday of a market, or of all: no period of withdrawal ends on it."""

    __tablename__ = "public_holidays"
    __table_args__ = (
        Index(
            "uq_public_holidays_day",
            "day",
            text("coalesce(market_id, '00000000-0000-0000-0000-000000000000')"),
            unique=True,
        ),
    )

    market_id: Mapped[UUID | None] = mapped_column(ForeignKey("markets.id"))
    day: Mapped[date]
    name: Mapped[str] = mapped_column(String(120))


class ReturnTexts(Versioned, Timestamped, Base):
    """The sentences of slips, e-mails and the withdrawal function in one language, by name."""

    __tablename__ = "return_texts"

    language: Mapped[str] = mapped_column(String(35), primary_key=True)
    texts: Mapped[dict[str, str]] = mapped_column(JSONB)
