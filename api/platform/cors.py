"""CORS: which web pages may call the storefront API from a browser (WHATWG Fetch 3.3).

Only origins of the allow-list, and never for staff routes: the console is no web page. The shop
uses no cookies, so credentials are never allowed.
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
    """Add CORS headers to every answer of the storefront API, for allowed origins."""
    allowed = frozenset(settings.cors_origins)
    if not allowed:
        return

    @app.after_request
    def tell(response: Response) -> Response:
        path = request.path
        if not path.startswith(STOREFRONT) or path.startswith(STAFF):
            return response
        # Also for other origins: a cache must keep one answer for each origin.
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
