"""Pictures for staff: hand one in, see its sizes, let it go."""

from typing import Unpack
from uuid import UUID

from flask import request

from api.catalog import flows
from api.catalog.errors.media import (
    MediaInUse,
    MediaNotFound,
    PictureMissing,
    PictureTooLarge,
    PictureTooManyPixels,
    PictureUnreadable,
)
from api.catalog.queries import media as media_queries
from api.catalog.schemas.media import MediaQuerySchema, MediaSchema
from api.catalog.service import media as media_service
from api.kernel.packages import PackageMissing
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.body_limits import FILES, body_limit
from api.platform.db import transaction
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent_steps
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.settings import current_settings

blueprint = Blueprint(
    "admin-media",
    __name__,
    url_prefix="/api/v1/admin/media",
    description="Pictures that the shop keeps, for staff.",
)

_FILE = {"type": "string", "format": "binary"}
_RAW = ("image/jpeg", "image/png", "image/webp", "application/octet-stream")
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": _FILE}, "required": ["file"]}
        },
        **{kind: {"schema": _FILE} for kind in _RAW},
    },
}
_MEGABYTE = 1024 * 1024
_AROUND_A_FILE = 64 * 1024
"""What a form may add to the file in it."""


@blueprint.route("", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@body_limit(FILES)
@may_answer(
    *(MediaNotFound, PackageMissing, PictureMissing, PictureTooLarge, PictureTooManyPixels),
    PictureUnreadable,
)
@idempotent_steps()
@blueprint.doc(requestBody=_BODY)
@blueprint.response(201, MediaSchema, headers=LOCATED)
def create_media() -> object:
    """Hand in a picture: JPEG, PNG or WebP, as the part `file` of a form or as the body.

    The same file again is the same picture, so this may be repeated. A worker makes the sizes;
    until `state` is `ready`, storefronts show the picture as it is.
    """
    media_id = flows.add_picture(_file(), by=principal())
    return media_queries.get_media(media_id), {"Location": f"{blueprint.url_prefix}/{media_id}"}


@blueprint.route("", methods=["GET"])
@requires(Permission.CATALOG_READ)
@blueprint.arguments(MediaQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(MediaSchema))
def list_media(state: str | None, **page: Unpack[PageQuery]) -> object:
    """List pictures, the newest first."""
    return media_queries.list_media(state=state, **page)


@blueprint.route("/<uuid:media_id>", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(MediaNotFound)
@blueprint.response(200, MediaSchema)
def get_media(media_id: UUID) -> object:
    """Read one picture: whether its sizes are made, and where they are."""
    return media_queries.get_media(media_id)


@blueprint.route("/<uuid:media_id>", methods=["DELETE"])
@requires(Permission.CATALOG_WRITE)
@may_answer(MediaInUse, MediaNotFound)
@blueprint.response(204)
def delete_media(media_id: UUID) -> None:
    """Forget a picture that no product shows."""
    with transaction():
        media_service.remove_media(media_id, by=principal())


def _file() -> bytes:
    """Return what was handed in, as a part of a form or as the body itself."""
    settings = current_settings()
    most = settings.media_most_megabytes * _MEGABYTE
    # Without a length, reading stops there.
    request.max_content_length = most + _AROUND_A_FILE
    # Refused before it is read, by what the sender says of it.
    if (request.content_length or 0) > most + _AROUND_A_FILE:
        raise PictureTooLarge(most_megabytes=settings.media_most_megabytes)
    if request.mimetype == "multipart/form-data":
        uploaded = request.files.get("file")
        if uploaded is None:
            raise PictureMissing
        content: bytes = uploaded.read(most + 1)
    elif request.mimetype in _RAW:
        content = request.get_data(cache=False)
    else:
        raise PictureMissing(content_type=request.mimetype)
    if len(content) > most:
        raise PictureTooLarge(most_megabytes=settings.media_most_megabytes)
    if not content:
        raise PictureMissing
    return content
