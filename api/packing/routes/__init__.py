"""Packing, for staff."""

from api.packing.routes.boxes import blueprint as boxes
from api.packing.routes.manifests import blueprint as manifests
from api.packing.routes.sessions import blueprint as sessions

blueprints = (boxes, sessions, manifests)

__all__ = ["blueprints"]
