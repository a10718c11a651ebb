"""Tables of tax rates, markets, exempt customers and checked VAT ids."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import (
    Base,
    Timestamped,
    Versioned,
    WithId,
    append_only,
    named_enum,
    table_of,
)
from api.tax.rules import Treatment


class TaxRate(WithId, Versioned, Timestamped, Base):
    """One tax of a tax class in a country, region or range of postal codes, for a period.

    1900 basis points are 19 %; `extra_millionths` (0 to 99) add what is finer than a basis point.
    `valid_to` is the last day. The rows that differ only in their period are one series, without
    overlaps and holes. Rates of different `jurisdiction`s are added up on a line; of one
    jurisdiction the narrowest applies: postal codes, then region, then country. The country `*`
    is every country without a rate of its own; see `rules.is_rest_of_world`.
    """

    __tablename__ = "tax_rates"
    __table_args__ = (
        UniqueConstraint(
            "country", "region", "postal_from", "postal_to", "jurisdiction", "tax_class",
            "valid_from", name="uq_tax_rates_begin",
        ),
        CheckConstraint("basis_points BETWEEN 0 AND 10000", name="basis_points_in_range"),
        CheckConstraint("extra_millionths BETWEEN 0 AND 99", name="extra_millionths_in_range"),
        CheckConstraint("country ~ '^([A-Z]{2}|[*])$'", name="country_is_a_code"),
        CheckConstraint("valid_to >= valid_from", name="ends_after_it_begins"),
        CheckConstraint("(postal_from = '') = (postal_to = '')", name="postal_range_is_whole"),
    )  # fmt: skip

    country: Mapped[str] = mapped_column(String(2))
    region: Mapped[str] = mapped_column(String(40), default="")
    postal_from: Mapped[str] = mapped_column(String(16), default="", server_default="")
    postal_to: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """First and last postal code, or beginnings of codes, as `rules.normalize_postal_code`."""
    jurisdiction: Mapped[str] = mapped_column(String(80), default="", server_default="")
    tax_class: Mapped[str] = mapped_column(String(40))
    basis_points: Mapped[int]
    extra_millionths: Mapped[int] = mapped_column(default=0, server_default="0")
    name: Mapped[str] = mapped_column(String(120))
    code: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """The code of the owner's books for this tax; printed on tax lines."""
    treatment: Mapped[Treatment] = mapped_column(
        named_enum(Treatment, "treatment"), default=Treatment.STANDARD, server_default="standard"
    )
    reason: Mapped[str | None] = mapped_column(String(200))
    to_check: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Written by a migration, not by the owner: the doctor lists it until it is edited."""
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Market(WithId, Versioned, Timestamped, Base):
    """Countries that are sold to on the same terms. `*` is every country that no market names.

    A country belongs to one active market at most; a shop without markets sells to all that a
    shipping method reaches, at prices that include tax.
    """

    __tablename__ = "markets"
    __table_args__ = (
        UniqueConstraint("code", name="uq_markets_code"),
        CheckConstraint("jsonb_array_length(countries) > 0", name="leads_somewhere"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_a_code"),
    )

    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    countries: Mapped[list[str]]
    currency: Mapped[str] = mapped_column(String(3))
    language: Mapped[str] = mapped_column(String(35))
    prices_include_tax: Mapped[bool]
    payment_methods: Mapped[list[str]]
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    gift_card_min_days: Mapped[int | None]
    """How long a gift card is valid there at least; empty for the shop's own minimum."""


class TaxExemption(WithId, Versioned, Timestamped, Base):
    """A customer who owes no tax, in one country or, with an empty `country`, in all."""

    __tablename__ = "tax_exemptions"
    __table_args__ = (
        UniqueConstraint("customer_id", "country", name="uq_tax_exemptions_customer_country"),
        CheckConstraint("valid_to >= valid_from", name="ends_after_it_begins"),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    country: Mapped[str] = mapped_column(String(2), default="", server_default="")
    reason: Mapped[str] = mapped_column(String(200))
    certificate: Mapped[str] = mapped_column(String(80), default="", server_default="")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class VatIdCheck(WithId, Base):
    """An answer of VIES about a VAT id; append-only. `is_valid` is None when it did not answer."""

    __tablename__ = "vat_id_checks"
    __table_args__ = (Index("ix_vat_id_checks_vat_id", "vat_id", "checked_at"),)

    vat_id: Mapped[str] = mapped_column(String(20))
    checked_at: Mapped[datetime]
    is_valid: Mapped[bool | None]
    name: Mapped[str | None] = mapped_column(String(200))
    """The name that VIES has for it, where the member state tells it."""
    consultation: Mapped[str | None] = mapped_column(String(40))
    """The number by which VIES can prove the answer; only for a shop that gives its own id."""


append_only(table_of(VatIdCheck))
