"""The table of claims: who has which order open."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base


class OrderClaim(Base):
    """A claim on an order by somebody who works on it. It expires at `claimed_until`."""

    __tablename__ = "order_claims"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    claimed_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    claimed_by_name: Mapped[str] = mapped_column(String(200))
    claimed_at: Mapped[datetime]
    claimed_until: Mapped[datetime]
