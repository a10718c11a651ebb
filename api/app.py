"""The application factory: `create_app(settings)` connects all packages; none imports it."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from api import event_handlers
from api.accounts import admin_routes as account_admin_routes
from api.accounts import routes as account_routes
from api.accounts import service as accounts_service
from api.approvals import routes as approval_routes
from api.attention import routes as attention_routes
from api.back_in_stock import routes as back_in_stock_routes
from api.cart import routes as cart_routes
from api.catalog import admin_routes as catalog_admin_routes
from api.catalog import routes as catalog_routes
from api.checkout import routes as checkout_routes
from api.cli import commands
from api.doctor import routes as doctor_routes
from api.doctor.queries import gauges
from api.fulfilment import routes as fulfilment_routes
from api.imports import admin_routes as import_routes
from api.inventory import routes as inventory_routes
from api.kernel.release import VERSION
from api.notifications import routes as notification_routes
from api.order_details import admin_routes as order_details_admin_routes
from api.order_details import routes as order_details_routes
from api.orders import admin_routes as order_admin_routes
from api.orders import routes as order_routes
from api.payments import routes as payment_routes
from api.payments.gateways import PaymentGateway
from api.payments.gateways.stripe import StripeGateway
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
from api.promotions import admin_routes as promotion_admin_routes
from api.purchasing import admin_routes as purchasing_routes
from api.returns import routes as return_routes
from api.scan import routes as scan_routes
from api.shipping import admin_routes as shipping_admin_routes
from api.shipping import routes as shipping_routes
from api.stored_value import admin_routes as stored_value_admin_routes
from api.stored_value import routes as stored_value_routes
from api.tax import admin_routes as tax_admin_routes
from api.tax import routes as tax_routes
from api.tax.gateways import VatIdChecker
from api.tax.gateways.vies import ViesChecker
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
    order_admin_routes.blueprint,
    order_admin_routes.holds,
    checkout_routes.admin,
    checkout_routes.estimates_blueprint,
    return_routes.blueprint,
    fulfilment_routes.blueprint,
    fulfilment_routes.dashboard,
    scan_routes.blueprint,
    warehouse_routes.blueprint,
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
    service_registry.register(app, VatIdChecker, ViesChecker(settings))
    service_registry.register(app, Storage, storage.open_storage(settings))
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
    Migrate(app, db.db, directory="migrations", compare_type=True)
    openapi.init_app(app, BLUEPRINTS, release=VERSION)
    for command in commands:
        app.cli.add_command(command)
    return app


class SynchronousFlask(Flask):
    """Flask without the check, for each function at each request, whether it is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function unchanged: the shop has no coroutines."""
        return func


def _require_https(response: Response) -> Response:
    """Tell browsers to use HTTPS for a year, whichever proxy terminates it (RFC 6797)."""
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.env == "test",
        "MAX_CONTENT_LENGTH": max(FILES, (settings.media_most_megabytes + 1) * MEGABYTE),
    }
