"""The application factory: `create_app(settings)` connects all packages; none imports it."""

from collections.abc import Callable, Sequence

import click
from flask import Flask, Response
from flask.cli import AppGroup
from werkzeug.middleware.proxy_fix import ProxyFix

from api import event_handlers
from api.accounts import service as accounts_service
from api.carriers.gateways.registry import CarrierGateways
from api.catalog.queries.price_lists import NetPrices
from api.doctor.queries import gauges
from api.fulfilment import queries as fulfilment_queries
from api.kernel.release import VERSION
from api.orders import queries as orders_queries
from api.orders.queries import handling as order_notes_queries
from api.packing import queries as packing_queries
from api.payments.gateways import PaymentGateway
from api.payments.gateways.stripe import StripeGateway
from api.platform import (
    approvals,
    auth,
    cors,
    cron,
    db,
    docs,
    jobs,
    media_files,
    meta_routes,
    metrics,
    observability,
    openapi,
    problems,
    rate_limits,
    redis,
    request_parsing,
    service_registry,
    storage,
    storefronts,
)
from api.platform.body_limits import FILES, MEGABYTE
from api.platform.http import Blueprint, NoCookies
from api.platform.mail import Mailer, SmtpMailer
from api.platform.routing import MatchedRule
from api.platform.settings import Settings
from api.platform.storage import Storage
from api.purchasing import queries as purchasing_queries
from api.returns.queries import claims as claim_queries
from api.shipping_labels import queries as label_queries
from api.tax.gateways import VatIdChecker
from api.tax.gateways.vies import ViesChecker
from api.tax.queries import net_of


def create_app(
    settings: Settings,
    *,
    mailer: Mailer | None = None,
    gateway: PaymentGateway | None = None,
    answers_requests: bool = True,
) -> Flask:
    """Build the app; `mailer` and `gateway` replace the real SMTP and Stripe clients in tests.

    The worker and most commands answer no requests, and so load no routes and no schemas.
    """
    observability.configure_logging(settings)
    app = SynchronousFlask("api", static_folder=None)
    app.config.update(_config(settings))
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    # Two slashes enclose an empty name: a 404, and not a redirect.
    app.url_map.merge_slashes = False
    app.session_interface = NoCookies()
    app.extensions["stockroom_settings"] = settings
    service_registry.register(app, Settings, settings)
    service_registry.register(app, Mailer, mailer or SmtpMailer(settings))
    service_registry.register(app, PaymentGateway, gateway or StripeGateway(settings))
    service_registry.register(app, NetPrices, net_of)
    service_registry.register(app, VatIdChecker, ViesChecker(settings))
    service_registry.register(app, Storage, storage.open_storage(settings))
    service_registry.register(app, CarrierGateways, CarrierGateways())
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    observability.init_app(app)
    db.init_app(app, settings)
    redis.init_app(app, settings)
    problems.init_app(app)
    request_parsing.init_app(app)
    approvals.init_app(app, accounts_service.active_staff)
    auth.init_app(app, settings, accounts_service.load_principal, accounts_service.load_key)
    auth.check_subjects(
        app,
        {
            "order_id": orders_queries.check_seen,
            "hold_id": orders_queries.check_hold_seen,
            "note_id": order_notes_queries.check_note_seen,
            "fulfilment_id": fulfilment_queries.check_seen,
            "packing_session_id": packing_queries.check_seen,
            "label_id": label_queries.check_seen,
            "claim_id": claim_queries.check_seen,
            "purchase_order_id": purchasing_queries.check_order_seen,
            "receipt_id": purchasing_queries.check_receipt_seen,
            "transfer_id": purchasing_queries.check_transfer_seen,
        },
    )
    storefronts.init_app(app, settings, accounts_service.check_publishable)
    rate_limits.init_app(app, settings)
    jobs.init_app(app, event_handlers.WORK)
    metrics.init_app(app, gauges.stock)
    meta_routes.init_app(app)
    cron.init_app(app)
    docs.init_app(app)
    media_files.init_app(app)
    cors.init_app(app, settings)
    if settings.env == "production":
        app.after_request(_require_https)
    app.cli = Commands(app.name)
    app.extensions["migrate"] = Migrations(app)
    openapi.init_app(app, _blueprints() if answers_requests else (), release=VERSION)
    return app


def _blueprints() -> Sequence[Blueprint]:
    from api.blueprints import BLUEPRINTS  # noqa: PLC0415 - 30 MB that answering alone needs

    return BLUEPRINTS


class Migrations:
    """flask-migrate, loaded with the first migration: 8 MB that serving needs none of."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __getattr__(self, name: str) -> object:
        """Return what flask-migrate knows of itself, which takes this object's place."""
        from flask_migrate import Migrate  # noqa: PLC0415 - see above

        _blueprints()  # with all tables, also those that only routes use
        Migrate(self._app, db.db, directory="migrations", compare_type=True)
        return getattr(self._app.extensions["migrate"], name)


class Commands(AppGroup):
    """The commands of the `flask` program; what only they use is loaded with the first of them."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        return self._loaded().get(cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(self._loaded())

    def _loaded(self) -> dict[str, click.Command]:
        from api.cli import commands  # noqa: PLC0415

        return {**{str(command.name): command for command in commands}, **self.commands}


class SynchronousFlask(Flask):
    """Flask without the check, for each function at each request, whether it is a coroutine."""

    url_rule_class = MatchedRule

    def ensure_sync(self, func: Callable[..., object]) -> Callable[..., object]:
        """Return the function unchanged: the shop has no coroutines."""
        return func


def _require_https(response: Response) -> Response:
    """Tell browsers to use HTTPS for a year, whichever proxy terminates it (RFC 6797)."""
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.env == "test",
        "MAX_CONTENT_LENGTH": max(FILES, (settings.media_most_megabytes + 1) * MEGABYTE),
    }
