"""Pictures on their way, and all products looked at anew.

A picture comes from a request into the storage, and from there into its sizes.

The storage may be on the network, so each step has a transaction of its own. A file that was
stored and never written down does no harm; a row without its file would, so files come first.
"""

from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

import structlog

from api.catalog.errors.media import PictureTooManyPixels, PictureUnreadable
from api.catalog.queries import media as media_queries
from api.catalog.service import media as media_service
from api.catalog.service import reindex
from api.catalog.service.image_sizes import SIZES, size_file
from api.kernel import packages
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.db import end_read_transaction, session, transaction
from api.platform.service_registry import get_service
from api.platform.storage import FileNotFound, Storage

_log = structlog.get_logger("api.catalog")


def add_picture(content: bytes, *, by: Principal) -> UUID:
    """Take a picture in; returns its id, which is that of the same file before if there was one.

    Refuses what is no picture or too large a one; raises `PackageMissing`. A worker makes its
    sizes. The file of one that failed is stored once more in its old place.
    """
    checksum = sha256(content).hexdigest()
    known = media_queries.find_media(checksum)
    end_read_transaction()
    if known is not None and not known.has_failed:
        return known.id
    packages.require("pictures")
    from api.catalog.service import thumbnails  # noqa: PLC0415 - 4 MB that only pictures need

    picture = thumbnails.inspect_image(content)
    media_id = known.id if known else new_id()
    key = known.key if known else f"{folder_of(media_id)}/original{picture.suffix}"
    storage: Storage = get_service(Storage)
    storage.put(key, picture.content)
    with transaction():
        kept = media_service.create_media(media_id, picture, checksum=checksum, key=key, by=by)
    if kept != media_id:
        storage.delete(key)  # somebody else handed the same file in meanwhile
    return kept


def make_sizes(media_id: UUID) -> None:
    """Make the sizes of a picture and tell them to the products that show it.

    May run twice and be killed anywhere: the files are written under the same names again, and
    the row is written last. Raises `StorageUnavailable` or `PackageMissing`; then it is to be tried
    again.
    """
    key = media_queries.waiting_media(media_id)
    end_read_transaction()
    if key is None:
        return
    packages.require("pictures")
    from api.catalog.service import thumbnails  # noqa: PLC0415 - as above

    storage: Storage = get_service(Storage)
    try:
        made = thumbnails.make_thumbnails(storage.read(key))
    except (PictureUnreadable, PictureTooManyPixels, FileNotFound) as broken:
        with transaction():
            media_service.mark_failed(media_id, f"{type(broken).__name__}: {broken}")
        _log.warning("media_failed", media=str(media_id), error=type(broken).__name__)
        return
    folder = folder_of(media_id)
    for file, size in {size.file: size for size in made}.items():
        storage.put(f"{folder}/{file}", size.content)
    sizes = [
        {
            "name": size.name,
            "url": storage.url(f"{folder}/{size.file}"),
            "width": size.width,
            "height": size.height,
        }
        for size in made
    ]
    with transaction():
        is_kept = media_service.attach_thumbnails(media_id, sizes)
    if not is_kept and media_queries.is_media_gone(media_id):
        end_read_transaction()
        forget_files(media_id, key)  # removed while its sizes were being made


def forget_files(media_id: UUID, key: str) -> None:
    """Delete the file of a removed picture and all that was made of it. May run twice."""
    storage: Storage = get_service(Storage)
    folder = folder_of(media_id)
    storage.delete(key)
    for name, _ in SIZES:
        storage.delete(f"{folder}/{size_file(name)}")


class _LookedOnly(Exception):
    """Rolls back what a batch that was only looked at would have written."""


def refresh(*, keeping: bool) -> Iterator[tuple[list[UUID], set[UUID]]]:
    """Reindex all products, a few hundred in a transaction.

    Yields the products of each batch, and those of them that were wrong. Without `keeping`, each
    batch is rolled back. It can be stopped and repeated; what is right already is only read.
    """
    after: UUID | None = None
    while True:
        try:
            with transaction():
                product_ids, changed = reindex.reindex_batch(after)
                if not keeping:
                    raise _LookedOnly
        except _LookedOnly:
            pass
        session.remove()
        if not product_ids:
            break
        yield product_ids, changed
        after = product_ids[-1]
    if keeping:
        for step in reindex.AT_THE_END:
            with transaction():
                step()


def folder_of(media_id: UUID) -> str:
    """Return where the files of a picture lie; the end of the id spreads them over folders."""
    return f"{media_id.hex[-2:]}/{media_id.hex}"
