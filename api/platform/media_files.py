"""The files of the folder, for everyone: pictures in production come from the proxy instead."""

from pathlib import Path

from flask import Blueprint, Flask, Response, send_file

from api.kernel.errors import NotFound
from api.platform.auth import public
from api.platform.service_registry import get_service
from api.platform.storage import FOR_EVER, TYPES, FolderStorage, Storage

files = Blueprint("files", __name__)


@files.get("/media/<path:key>")
@public
def media(key: str) -> Response:
    """Give out a picture that is kept on this machine; it never changes under its address.

    Only what the shop itself wrote has such a name, and only pictures are given out: anything
    else is not there. Parts (Range) and questions for news (If-None-Match) are answered.
    """
    storage: Storage = get_service(Storage)
    kind = TYPES.get(Path(key).suffix)
    if kind is None or not isinstance(storage, FolderStorage):
        raise NotFound
    try:
        file = storage.path(key)
    except ValueError as no_key:
        raise NotFound from no_key
    if not file.is_file():
        raise NotFound
    response = send_file(file, mimetype=kind, conditional=True, etag=True)
    response.headers["Cache-Control"] = FOR_EVER
    # Storefronts show them on pages of their own.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def init_app(app: Flask) -> None:
    """Open the folder to readers."""
    app.register_blueprint(files)
