"""Which web pages a browser may let talk to the shop (CORS, WHATWG Fetch 3.3).

Storefronts only, by an allow-list, and never for staff: the counter is no web page. Without cookies
there is nothing that a page could do in someone else's name, so credentials are never allowed.
"""

from flask import Flask, Response, request

from api.platform.settings import Settings

STOREFRONT, STAFF = "/api/v1/", "/api/v1/admin/"
READABLE = (
    "ETag, Location, Link, X-Request-ID, Idempotent-Replayed, Retry-After, Deprecation, Sunset"
)
SENDABLE = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
    "Stockroom-Publishable-Key, X-Cart-Token, X-Request-ID"
)
METHODS = "GET, POST, PUT, PATCH, DELETE"
REMEMBERED_SECONDS = "600"


def init_app(app: Flask, settings: Settings) -> None:
    """Tell browsers, with every answer of the storefront, whose pages may read it."""
    allowed = frozenset(settings.cors_origins)
    if not allowed:
        return

    @app.after_request
    def tell(response: Response) -> Response:
        path = request.path
        if not path.startswith(STOREFRONT) or path.startswith(STAFF):
            return response
        # Also for the pages that may not: whoever keeps answers must keep one for each page.
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin not in allowed:
            return response
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = READABLE
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response.headers["Access-Control-Allow-Methods"] = METHODS
            response.headers["Access-Control-Allow-Headers"] = SENDABLE
            response.headers["Access-Control-Max-Age"] = REMEMBERED_SECONDS
        return response
