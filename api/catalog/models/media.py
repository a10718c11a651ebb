"""Pictures: the files that the shop keeps itself, and which product shows which."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, WithId, named_enum


class MediaState(StrEnum):
    """Stored and waiting for its sizes, ready, or not to be read after all."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class Media(WithId, Timestamped, Base):
    """A picture that was uploaded, known by its bytes: the same file twice is one picture.

    `sizes` are `{"name", "url", "width", "height"}`, made by a job.
    """

    __tablename__ = "media"

    checksum: Mapped[str] = mapped_column(String(64), unique=True)
    content_type: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    storage_key: Mapped[str] = mapped_column(String(255))
    sizes: Mapped[list[dict[str, object]]] = mapped_column(default=list)
    state: Mapped[MediaState] = mapped_column(
        named_enum(MediaState, "media_state"), default=MediaState.WAITING
    )
    error: Mapped[str | None] = mapped_column(Text)


class ProductImage(WithId, Base):
    """A picture of a product, known by its address within it.

    One that was uploaded has `media_id`, and `sizes` as its media has them; one by address alone
    has neither.
    """

    __tablename__ = "product_images"
    __table_args__ = (
        UniqueConstraint("product_id", "url"),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    url: Mapped[str] = mapped_column(String(2000))
    alt: Mapped[str] = mapped_column(String(500), default="")
    position: Mapped[int] = mapped_column(default=0)
    media_id: Mapped[UUID | None] = mapped_column(ForeignKey("media.id"), index=True)
    width: Mapped[int | None]
    height: Mapped[int | None]
    sizes: Mapped[list[dict[str, object]]] = mapped_column(default=list, server_default="[]")
