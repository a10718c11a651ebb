"""The table of carrier accounts."""

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.carriers.rules import AccountMode, Carrier
from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum


class CarrierAccount(WithId, Versioned, Timestamped, Base):
    """An account of the shop at a carrier.

    `credentials` are sealed (`platform.secrets_at_rest`), for this account alone; of the token in
    the URL of its webhook only the hash is kept.
    """

    __tablename__ = "carrier_accounts"
    __table_args__ = (
        UniqueConstraint("code", name="uq_carrier_accounts_code"),
        UniqueConstraint("webhook_token", name="uq_carrier_accounts_webhook_token"),
    )

    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    carrier: Mapped[Carrier] = mapped_column(named_enum(Carrier, "carrier"))
    mode: Mapped[AccountMode] = mapped_column(named_enum(AccountMode, "mode"))
    credentials: Mapped[str] = mapped_column(Text)
    label_format: Mapped[str] = mapped_column(String(3), default="PDF", server_default="PDF")
    webhook_token: Mapped[str | None] = mapped_column(String(64))
    is_active: Mapped[bool] = mapped_column(default=True)
