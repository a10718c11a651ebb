"""The public route of pictures in the media folder; in production the proxy serves them."""

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
    """Serve a picture from the media folder; it never changes under its URL.

    Only valid keys of pictures are served, anything else is a 404. Range and If-None-Match are
    supported.
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
    # Storefronts on other origins show these pictures.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def init_app(app: Flask) -> None:
    """Register the route, if pictures are stored in a folder."""
    app.register_blueprint(files)
