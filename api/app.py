"""The application factory: `create_app(settings)` connects all packages; none imports it."""

from collections.abc import Callable
from typing import Any

import click
from flask import Flask, Response
from flask.cli import AppGroup
from werkzeug.middleware.proxy_fix import ProxyFix

from api import event_handlers
from api.accounts import admin_routes as account_admin_routes
from api.accounts import routes as account_routes
from api.accounts import service as accounts_service
from api.approvals import routes as approval_routes
from api.attention import routes as attention_routes
from api.back_in_stock import routes as back_in_stock_routes
from api.carriers import admin_routes as carrier_routes
from api.carriers.gateways.registry import CarrierGateways
from api.cart import routes as cart_routes
from api.catalog import admin_routes as catalog_admin_routes
from api.catalog import routes as catalog_routes
from api.catalog.queries.price_lists import NetPrices
from api.checkout import routes as checkout_routes
from api.customers import admin_routes as customer_admin_routes
from api.doctor import routes as doctor_routes
from api.doctor.queries import gauges
from api.draft_orders import admin_routes as draft_order_admin_routes
from api.draft_orders import routes as draft_order_routes
from api.fulfilment import queries as fulfilment_queries
from api.fulfilment import routes as fulfilment_routes
from api.imports import admin_routes as import_routes
from api.inventory import routes as inventory_routes
from api.kernel.release import VERSION
from api.notifications import routes as notification_routes
from api.order_details import admin_routes as order_details_admin_routes
from api.order_details import routes as order_details_routes
from api.order_edits import admin_routes as order_edit_routes
from api.order_edits import routes as own_order_routes
from api.orders import admin_routes as order_admin_routes
from api.orders import queries as orders_queries
from api.orders import routes as order_routes
from api.orders.queries import handling as order_notes_queries
from api.packing import queries as packing_queries
from api.packing import routes as packing_routes
from api.payments import routes as payment_routes
from api.payments.gateways import PaymentGateway
from api.payments.gateways.stripe import StripeGateway
from api.picking import routes as picking_routes
from api.platform import (
    approvals,
    auth,
    cors,
    country_routes,
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
from api.platform.settings import Settings
from api.platform.storage import Storage
from api.presence import routes as presence_routes
from api.printing import admin_routes as printing_routes
from api.promotions import admin_routes as promotion_admin_routes
from api.purchasing import admin_routes as purchasing_routes
from api.returns import admin_routes as return_admin_routes
from api.returns import routes as return_routes
from api.scan import routes as scan_routes
from api.shared_parcels import admin_routes as shared_parcel_routes
from api.shipping import admin_routes as shipping_admin_routes
from api.shipping import routes as shipping_routes
from api.shipping_labels import admin_routes as label_admin_routes
from api.shipping_labels import queries as label_queries
from api.shipping_labels import routes as label_routes
from api.stored_value import admin_routes as stored_value_admin_routes
from api.stored_value import routes as stored_value_routes
from api.tax import admin_routes as tax_admin_routes
from api.tax import routes as tax_routes
from api.tax.gateways import VatIdChecker
from api.tax.gateways.vies import ViesChecker
from api.tax.queries import net_of
from api.warehouse import admin_routes as warehouse_admin_routes
from api.warehouse import routes as warehouse_routes

BLUEPRINTS: tuple[Blueprint, ...] = (
    country_routes.blueprint,
    account_routes.blueprint,
    account_routes.users,
    *account_admin_routes.blueprints,
    catalog_routes.blueprint,
    *catalog_admin_routes.blueprints,
    *import_routes.blueprints,
    inventory_routes.blueprint,
    shipping_routes.blueprint,
    shipping_admin_routes.blueprint,
    carrier_routes.blueprint,
    label_admin_routes.blueprint,
    label_routes.blueprint,
    stored_value_routes.gift_cards,
    stored_value_routes.store_credit,
    stored_value_admin_routes.blueprint,
    promotion_admin_routes.blueprint,
    tax_admin_routes.blueprint,
    *purchasing_routes.blueprints,
    tax_routes.blueprint,
    cart_routes.blueprint,
    checkout_routes.checkout,
    checkout_routes.payments,
    checkout_routes.orders_blueprint,
    order_routes.blueprint,
    payment_routes.blueprint,
    *order_admin_routes.blueprints,
    customer_admin_routes.blueprint,
    checkout_routes.admin,
    checkout_routes.estimates_blueprint,
    *return_admin_routes.blueprints,
    *return_routes.blueprints,
    fulfilment_routes.blueprint,
    fulfilment_routes.dashboard,
    scan_routes.blueprint,
    *picking_routes.blueprints,
    printing_routes.blueprint,
    *packing_routes.blueprints,
    warehouse_routes.blueprint,
    order_edit_routes.blueprint,
    shared_parcel_routes.blueprint,
    own_order_routes.blueprint,
    draft_order_admin_routes.blueprint,
    draft_order_admin_routes.pay_links,
    draft_order_routes.blueprint,
    warehouse_admin_routes.blueprint,
    order_details_admin_routes.blueprint,
    order_details_routes.blueprint,
    approval_routes.blueprint,
    attention_routes.blueprint,
    presence_routes.blueprint,
    doctor_routes.blueprint,
    notification_routes.blueprint,
    back_in_stock_routes.blueprint,
    back_in_stock_routes.admin,
)


def create_app(
    settings: Settings,
    *,
    mailer: Mailer | None = None,
    gateway: PaymentGateway | None = None,
) -> Flask:
    """Build the app; `mailer` and `gateway` replace the real SMTP and Stripe clients in tests."""
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
    openapi.init_app(app, BLUEPRINTS, release=VERSION)
    return app


class Migrations:
    """flask-migrate, loaded with the first migration: 8 MB that serving needs none of."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __getattr__(self, name: str) -> Any:
        """Return what flask-migrate knows of itself, which takes this object's place."""
        from flask_migrate import Migrate  # noqa: PLC0415 - see above

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

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
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
