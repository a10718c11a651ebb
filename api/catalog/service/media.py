"""Keep pictures: which file is which, what was made of it, and which products show it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from api.catalog.errors.media import MediaInUse, MediaNotFound, MediaUnknown, PictureTwice
from api.catalog.events import CatalogChanged, MediaRemoved, MediaUploaded
from api.catalog.models.media import Media, MediaState, ProductImage
from api.catalog.models.products import Product, Variant
from api.catalog.service.inputs import ImageInput
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.bulk_sql import any_of
from api.platform.db import require_transaction, session
from api.platform.outbox import emit
from api.platform.service_registry import get_service
from api.platform.storage import Storage

if TYPE_CHECKING:
    from api.catalog.service.thumbnails import ImageInfo

_LONGEST_ERROR = 500


def create_media(
    media_id: UUID, picture: "ImageInfo", *, checksum: str, key: str, by: Principal
) -> UUID:
    """Write down a picture whose file is stored; returns its id, or that of the same file before.

    A worker is told to make its sizes; of a file that failed before, once more.
    """
    require_transaction()
    kept: UUID | None = session.scalar(
        insert(Media)
        .values(
            id=media_id or new_id(),
            created_at=clock.now(),
            checksum=checksum,
            content_type=picture.content_type,
            width=picture.width,
            height=picture.height,
            size_bytes=len(picture.content),
            storage_key=key,
            sizes=[],
            state=MediaState.WAITING,
        )
        .on_conflict_do_nothing(constraint="uq_media_checksum")
        .returning(Media.id)
    )
    if kept is None:
        same = session.execute(
            select(Media.id, Media.state).where(Media.checksum == checksum).with_for_update()
        ).first()
        if same is None:  # removed at this very moment: as if it had never been there
            raise MediaNotFound
        if same.state is MediaState.FAILED:
            session.execute(
                update(Media)
                .where(Media.id == same.id)
                .values(state=MediaState.WAITING, error=None)
                .execution_options(synchronize_session=False)
            )
            emit(MediaUploaded(media_id=same.id))
        found: UUID = same.id
        return found
    audit.record("media.added", by=by, subject_id=kept, checksum=checksum)
    emit(MediaUploaded(media_id=kept))
    return kept


def attach_thumbnails(media_id: UUID, sizes: Sequence[Mapping[str, object]]) -> bool:
    """Write down the sizes of a picture, also with every product that shows it.

    False when the picture is gone or has its sizes already. Locks the picture: a product that
    takes it at this moment has to wait, and then has the sizes.
    """
    require_transaction()
    media = session.execute(
        update(Media)
        .where(Media.id == media_id, Media.state == MediaState.WAITING)
        .values(state=MediaState.READY, sizes=list(sizes), error=None)
        .returning(Media.width, Media.height)
        .execution_options(synchronize_session=False)
    ).first()
    if media is None:
        return False
    product_ids = session.scalars(
        update(ProductImage)
        .where(ProductImage.media_id == media_id)
        .values(sizes=list(sizes), width=media.width, height=media.height)
        .returning(ProductImage.product_id)
        .execution_options(synchronize_session=False)
    ).all()
    if product_ids:
        slugs = session.scalars(select(Product.slug).where(Product.id.in_(product_ids)))
        emit(CatalogChanged(slugs=tuple(sorted(set(slugs)))))
    return True


def mark_failed(media_id: UUID, error: str) -> None:
    """Write down that no sizes can be made of a picture, and why; products show it as it is."""
    require_transaction().execute(
        update(Media)
        .where(Media.id == media_id, Media.state == MediaState.WAITING)
        .values(state=MediaState.FAILED, error=error[:_LONGEST_ERROR])
        .execution_options(synchronize_session=False)
    )


def remove_media(media_id: UUID, *, by: Principal) -> None:
    """Forget a picture that no product shows; its files are deleted a moment later.

    Locks it: a product that takes it at this moment finds it gone. Refuses one in use.
    """
    require_transaction()
    media = session.execute(
        select(Media.storage_key, Media.sizes, Media.checksum)
        .where(Media.id == media_id)
        .with_for_update()
    ).first()
    if media is None:
        raise MediaNotFound(media_id=media_id)
    if session.scalar(select(exists().where(ProductImage.media_id == media_id))):
        raise MediaInUse(media_id=media_id)
    session.execute(delete(Media).where(Media.id == media_id))
    audit.record("media.removed", by=by, subject_id=media_id, checksum=media.checksum)
    emit(MediaRemoved(media_id=media_id, key=media.storage_key))


def remove_images(image_ids: Sequence[UUID]) -> None:
    """Take pictures off their products, which are locked, and off the variants that show them."""
    if not image_ids:
        return
    # Named here and not left to the foreign key, so that versions of variants tell of it.
    session.execute(
        update(Variant)
        .where(any_of(Variant.image_id, image_ids))
        .values(image_id=None, version=Variant.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(ProductImage)
        .where(any_of(ProductImage.id, image_ids))
        .execution_options(synchronize_session=False)
    )


def resolve_media(images: Sequence[ImageInput]) -> list[ImageInput]:
    """Fill pictures that are named by their media with its address and sizes.

    One that is named by the address of a picture that the shop keeps means that picture: it comes
    back so from an export. Locks the media until the end, so that none is removed or gets its
    sizes meanwhile. Refuses media that is not there, and one that is named twice.
    """
    storage: Storage = get_service(Storage)
    meant = [image.media_id or _kept_at(image.url, storage) for image in images]
    wanted = sorted({media_id for media_id in meant if media_id})
    if not wanted:
        return list(images)
    require_transaction()
    rows = session.execute(
        select(Media.id, Media.storage_key, Media.sizes, Media.width, Media.height)
        .where(Media.id.in_(wanted))
        .order_by(Media.id)
        .with_for_update(read=True)
    )
    known = {row.id: row for row in rows}
    filled = []
    for place, (image, media_id) in enumerate(zip(images, meant, strict=True)):
        media = known.get(media_id) if media_id else None
        if image.media_id is None and (
            media is None or storage.url(media.storage_key) != image.url
        ):
            filled.append(image)
            continue
        if media is None:
            raise MediaUnknown(
                media_id=image.media_id,
                errors=[_at(place, "Hand the picture in first, or leave it out.")],
            )
        filled.append(
            replace(
                image,
                media_id=media_id,
                url=storage.url(media.storage_key),
                width=media.width,
                height=media.height,
                sizes=tuple(media.sizes),
            )
        )
    urls = [image.url for image in filled]
    for place, url in enumerate(urls):
        if url in urls[:place]:
            raise PictureTwice(url=url, errors=[_at(place, "It is named before.")])
    return filled


def _kept_at(url: str, storage: Storage) -> UUID | None:
    """Read from an address which picture of the shop it may be."""
    ours = storage.url("x.jpg").removesuffix("x.jpg")
    folders = url.removeprefix(ours).split("/") if url.startswith(ours) else []
    try:
        return UUID(hex=folders[-2]) if len(folders) > 1 else None
    except ValueError:
        return None


def _at(place: int, detail: str) -> dict[str, str]:
    """Point at one of the pictures that were sent."""
    return {
        "pointer": f"/images/{place}/media_id",
        "in": "body",
        "code": "invalid",
        "detail": detail,
    }
