"""Tables of tax rates."""

from datetime import date

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum
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
