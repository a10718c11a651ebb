"""Questions about pictures that the shop keeps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Unpack
from uuid import UUID

from sqlalchemy import exists, func, select

from api.catalog.errors.media import MediaNotFound
from api.catalog.models.media import Media, MediaState, ProductImage
from api.platform import pagination
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort
from api.platform.service_registry import get_service
from api.platform.storage import Storage

_USES = (
    select(func.count())
    .select_from(ProductImage)
    .where(ProductImage.media_id == Media.id)
    .correlate(Media)
    .scalar_subquery()
)
_CARD: tuple[Any, ...] = (
    *(Media.id, Media.storage_key, Media.content_type, Media.width, Media.height),
    *(Media.size_bytes, Media.state, Media.error, Media.sizes, Media.created_at),
    _USES.label("used_by"),
)


@dataclass(frozen=True, slots=True)
class MediaFound:
    """A picture that is there already, and where its file lies."""

    id: UUID
    key: str
    has_failed: bool


def find_media(checksum: str) -> MediaFound | None:
    """Return the picture that was handed in with just these bytes."""
    row = session.execute(
        select(Media.id, Media.storage_key, Media.state).where(Media.checksum == checksum)
    ).first()
    if row is None:
        return None
    return MediaFound(row.id, row.storage_key, row.state is MediaState.FAILED)


def waiting_media(media_id: UUID) -> str | None:
    """Return where the file of a picture is that has no sizes yet; None when nothing waits."""
    return session.scalar(
        select(Media.storage_key).where(Media.id == media_id, Media.state == MediaState.WAITING)
    )


def is_media_gone(media_id: UUID) -> bool:
    """Tell whether a picture was removed."""
    return not session.scalar(select(exists().where(Media.id == media_id)))


def get_media(media_id: UUID) -> dict[str, object]:
    """Return a picture with its sizes. Raises MediaNotFound."""
    row = session.execute(select(*_CARD).where(Media.id == media_id)).first()
    if row is None:
        raise MediaNotFound(media_id=media_id)
    return _card(row)


def list_media(*, state: str | None = None, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of pictures, the newest first."""
    statement = select(*_CARD)
    if state is not None:
        statement = statement.where(Media.state == MediaState(state))
    return pagination.page_response(
        statement, Sort((Media.id,), descending=True), _card, filters=(state,), **asked
    )


def _card(row: AnyRow) -> dict[str, object]:
    storage: Storage = get_service(Storage)
    card = {column.key: getattr(row, column.key) for column in _CARD}
    key = card.pop("storage_key")
    return {**card, "url": storage.url(key)}


def warnings(place: int, image: AnyRow) -> Iterator[dict[str, str]]:
    """Say what would be better about a product's picture; nothing of it stops anybody."""
    if not image.alt:
        yield {
            "code": "image_alt_missing",
            "pointer": f"/images/{place}/alt",
            "detail": "Say in words what this picture shows, for those who cannot see it.",
        }
    if image.error is not None:
        yield {
            "code": "image_without_sizes",
            "pointer": f"/images/{place}/media_id",
            "detail": "No smaller pictures could be made of this one. Hand it in again.",
        }
