"""Tables of links that open one order without signing in, and of who asked for one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from api.orders.states import LinkKind
from api.platform.db import Base, Timestamped, WithId, named_enum


class OrderLink(WithId, Timestamped, Base):
    """A link that was mailed to a customer: it opens one order, once, until it expires or is void.

    Only hashes are stored: of the secret in the e-mail, and of the token that opening it gives
    (`access_key`), which reads and pays the order like the cart token that it was placed with. A
    link to a draft has no order until it is opened.
    """

    __tablename__ = "order_links"
    __table_args__ = (
        CheckConstraint("order_id IS NOT NULL OR draft_id IS NOT NULL", name="opens_something"),
        CheckConstraint("(opened_at IS NULL) = (access_key IS NULL)", name="opened_gives_access"),
        Index("ix_order_links_order", "order_id", "id"),
        Index("ix_order_links_draft", "draft_id", postgresql_where=text("draft_id IS NOT NULL")),
        Index("ix_order_links_expires_at", "expires_at"),
    )

    kind: Mapped[LinkKind] = mapped_column(named_enum(LinkKind, "kind"))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    draft_id: Mapped[UUID | None]
    email: Mapped[str] = mapped_column(String(254))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Set when its e-mail is written."""
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    access_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    access_until: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    """When the order was changed after it: what it asks for is out of date."""
    created_by: Mapped[str] = mapped_column(String(200))


class OrderLookUp(WithId, Timestamped, Base):
    """Somebody asked for a link to an order by its number and e-mail; perhaps there is none.

    Whether there is one is only found out when the e-mail is written.
    """

    __tablename__ = "order_look_ups"
    __table_args__ = (Index("ix_order_look_ups_created_at", "created_at"),)

    number: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(254))
