"""The table of shipping methods. Amounts are minor units."""

from sqlalchemy import BigInteger, CheckConstraint, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, Versioned, WithId

REST_OF_WORLD = "*"


class ShippingMethod(WithId, Versioned, Timestamped, Base):
    """A shipping method and its price, tax included.

    `countries` are ISO 3166 codes, or `*` for all countries that no other method in this
    currency names.
    """

    __tablename__ = "shipping_methods"
    __table_args__ = (
        UniqueConstraint("code", "currency", name="uq_shipping_methods_code_currency"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("free_above >= 0", name="free_above_not_negative"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_a_code"),
        CheckConstraint("jsonb_array_length(countries) > 0", name="leads_somewhere"),
        CheckConstraint(
            "min_delivery_days >= 0 AND max_delivery_days >= min_delivery_days",
            name="delivery_days_in_order",
        ),
    )

    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    countries: Mapped[list[str]] = mapped_column(JSONB)
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(BigInteger)
    free_above: Mapped[int | None] = mapped_column(BigInteger)
    tax_class: Mapped[str] = mapped_column(String(40), default="standard")
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    min_delivery_days: Mapped[int] = mapped_column(default=1)
    max_delivery_days: Mapped[int] = mapped_column(default=5)
    carrier: Mapped[str | None] = mapped_column(String(60))
    """The carrier; copied into orders and suggested when they ship."""
