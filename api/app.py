"""The roof: `create_app(settings)` plugs everything together and is imported by nobody below."""

from typing import Any

from flask import Flask
from flask_cors import CORS
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from api import subscriptions
from api.accounts import service as accounts
from api.catalog.admin_routes import blueprint as catalog_admin
from api.catalog.routes import blueprint as catalog
from api.cli import commands
from api.platform import auth, db, jobs, limits, observability, pages, problems, redis
from api.platform.http import Api, Blueprint
from api.platform.mail import Mailer, SmtpMailer
from api.platform.settings import Settings

LARGEST_BODY = 32 * 1024 * 1024
EXPOSED_HEADERS = ("ETag", "Location", "X-Request-ID", "Idempotent-Replayed", "Retry-After")

BLUEPRINTS: tuple[Blueprint, ...] = (
    catalog,
    catalog_admin,
)


def create_app(settings: Settings, *, mailer: Mailer | None = None) -> Flask:
    """Build the shop; what reaches outside may be given, and is the real thing by default."""
    observability.configure_logging(settings)
    app = Flask("api", static_folder=None)
    app.config.update(_config(settings))
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.extensions["stockroom_settings"] = settings
    app.extensions["stockroom_mailer"] = mailer or SmtpMailer(settings)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    observability.init_app(app)
    db.init_app(app, settings)
    redis.init_app(app, settings)
    problems.init_app(app)
    auth.init_app(app, settings, accounts.load_principal)
    limits.init_app(app, settings)
    jobs.init_app(app, subscriptions.WORK)
    pages.init_app(app)
    CORS(
        app,
        resources={r"/api/v1/(?!admin/).*": {"origins": list(settings.cors_origins)}},
        expose_headers=list(EXPOSED_HEADERS),
        max_age=600,
    )
    Migrate(app, db.db, directory="migrations", compare_type=True)
    api = Api(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    for command in commands:
        app.cli.add_command(command)
    return app


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.env == "test",
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "API_TITLE": "Stockroom",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.0.3",
        "OPENAPI_URL_PREFIX": "/",
        "API_SPEC_OPTIONS": {
            "info": {"description": "The back room of a shop, over REST."},
            "components": {
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                    "cart": {"type": "apiKey", "in": "header", "name": auth.CART_TOKEN_HEADER},
                }
            },
        },
    }
