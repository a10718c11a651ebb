"""Every way in has a guard, every change names its version, every command its key."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from api.kernel.permissions import Permission
from api.platform.auth import FRESH_CODE, IN_PERSON
from tests.support.contract import document

# Who may come in without showing anything, and why.
PUBLIC = {
    "GET /": "says what this is",
    "GET /docs": "the document for people",
    "GET /docs/problems": "what the codes of refusals mean",
    "GET /docs/<path:asset>": "what its page is made of",
    "GET /openapi.json": "leads to the document of the storefront",
    "GET /openapi/<audience>.json": "the documents for programs",
    "GET /health": "asked by the machine",
    "GET /health/live": "asked by the machine",
    "GET /health/ready": "asked by the machine",
    "GET /metrics": "checks its own token",
    "GET /cron/work": "checks its own secret, and is not there without one",
    "POST /api/v1/auth/register": "nobody is known before",
    "POST /api/v1/auth/login": "nobody is known before",
    "POST /api/v1/auth/refresh": "the refresh token is the proof",
    "POST /api/v1/auth/logout": "the refresh token is the proof",
    "POST /api/v1/auth/forgot-password": "who forgot cannot prove anything",
    "POST /api/v1/auth/reset-password": "the token of the e-mail is the proof",
    "POST /api/v1/auth/verify-email": "the token of the e-mail is the proof",
    "POST /api/v1/admin/auth/login": "nobody is known before",
    "POST /api/v1/admin/auth/refresh": "the refresh token is the proof",
    "POST /api/v1/admin/auth/logout": "the refresh token is the proof",
    "POST /api/v1/admin/auth/accept-invitation": "the code of the e-mail is the proof",
    "POST /api/v1/admin/auth/badge": "a way in",
    "POST /api/v1/admin/auth/enrol-terminal": "the code of the terminal is the proof",
    "GET /api/v1/categories": "the shop window",
    "GET /api/v1/categories/<slug>": "the shop window",
    "GET /api/v1/collections": "the shop window",
    "GET /api/v1/collections/<slug>": "the shop window",
    "GET /api/v1/countries": "for every form",
    "GET /api/v1/markets": "for every storefront",
    "GET /api/v1/countries/<string:code>": "for every form",
    "GET /api/v1/search/suggestions": "the shop window",
    "GET /api/v1/products": "the shop window",
    "GET /api/v1/products/<slug>": "the shop window",
    "GET /api/v1/return-reasons": "for every form",
    "GET /api/v1/shipping-methods": "the shop window",
    "GET /api/v1/withdrawals/texts": "for every storefront",
    "POST /api/v1/withdrawals/<uuid:withdrawal_id>/confirm": "its token is the proof",
    "POST /api/v1/webhooks/stripe": "the signature is the proof",
    "POST /api/v1/webhooks/carriers/<string:token>": "the secret in the URL is the proof",
    "POST /api/v1/gift-cards/balance": "the code is the proof",
    "POST /api/v1/order-links/look-up": "who looks an order up is mailed a link, or nobody is",
    "POST /api/v1/order-links/pay": "the token of the e-mail is the proof",
    "POST /api/v1/stock-requests/cancel": "the token of the e-mail is the proof",
    "GET /media/<path:key>": "the shop window",
}

# What may be changed without If-Match, and why.
WITHOUT_VERSION = {
    "DELETE /api/v1/users/me/sessions/{session_id}": "signing a device out twice is once",
    "DELETE /api/v1/admin/media/{media_id}": "a picture is never edited, and one in use stays",
    "PUT /api/v1/admin/orders/{order_id}/claim": "of two who claim, one is told of the other",
    "DELETE /api/v1/admin/orders/{order_id}/claim": "to let go twice is once",
    "DELETE /api/v1/admin/discount-codes/{code_id}": "a code is never edited",
    "DELETE /api/v1/admin/supplier-items/{item_id}": "removing twice is once",
    "DELETE /api/v1/stock-requests/{request_id}": "to stop waiting twice is once",
}

# Commands on money, stock, parcels: a second press must not do them twice.
WITH_KEY = {
    "/api/v1/checkout",
    "/api/v1/admin/orders/{order_id}/ship",
    "/api/v1/admin/orders/{order_id}/refunds",
    "/api/v1/admin/orders/{order_id}/cancel",
    "/api/v1/admin/orders/{order_id}/mark-paid",
    "/api/v1/admin/orders/{order_id}/edits",
    "/api/v1/admin/orders/{order_id}/pay-link",
    "/api/v1/admin/draft-orders",
    "/api/v1/admin/draft-orders/{draft_id}/reserve",
    "/api/v1/admin/draft-orders/{draft_id}/pay-link",
    "/api/v1/admin/draft-orders/{draft_id}/prices",
    "/api/v1/admin/draft-orders/{draft_id}/mark-paid",
    "/api/v1/admin/orders/{order_id}/fulfilments",
    "/api/v1/admin/fulfilments/{fulfilment_id}/ship",
    "/api/v1/admin/fulfilments/{fulfilment_id}/deliver",
    "/api/v1/admin/fulfilments/{fulfilment_id}/cancel",
    "/api/v1/admin/stock/{level_id}/adjust",
    "/api/v1/admin/imports",
    "/api/v1/admin/store-credit",
    "/api/v1/admin/receipts",
    "/api/v1/admin/orders/{order_id}/returns",
    "/api/v1/admin/orders/{order_id}/withdraw",
    "/api/v1/admin/returns/{return_id}/receive",
    "/api/v1/admin/returns/{return_id}/inspect",
    "/api/v1/admin/returns/{return_id}/refunds",
    "/api/v1/admin/returns/{return_id}/exchange",
    "/api/v1/admin/orders/{order_id}/claims",
    "/api/v1/admin/claims/{claim_id}/resolve",
    "/api/v1/orders/{order_id}/returns",
    "/api/v1/admin/suppliers/{supplier_id}/reorder",
    "/api/v1/admin/transfers/{transfer_id}/ship",
    "/api/v1/admin/transfers/{transfer_id}/receive",
    "/api/v1/admin/transfers/{transfer_id}/close",
    "/api/v1/admin/transfers/{transfer_id}/cancel",
    "/api/v1/admin/receipts/{receipt_id}/undo",
    "/api/v1/admin/fulfilments/{fulfilment_id}/label",
    "/api/v1/admin/labels/{label_id}/settle",
    "/api/v1/admin/labels/{label_id}/void",
}

# The POSTs that take no key; each says why in its description.
WITHOUT_KEY = {
    "/api/v1/auth/verify-email",
    "/api/v1/admin/orders/batch-cancel/preview",
    "/api/v1/admin/discounts/{discount_id}/try",
    "/api/v1/admin/shipping-methods/try",
    "/api/v1/admin/me/step-up",
    "/api/v1/admin/me/recovery-codes",
    "/api/v1/admin/me/second-factor",
    "/api/v1/admin/me/second-factor/confirm",
    "/api/v1/admin/me/second-factor/remove",
    "/api/v1/admin/api-keys",
    "/api/v1/admin/carrier-accounts/{account_id}/webhook-url",
    "/api/v1/webhooks/carriers/{token}",
    "/api/v1/admin/api-keys/{key_id}/rotate",
    "/api/v1/admin/gift-cards",
    "/api/v1/admin/gift-cards/{card_id}/replace-code",
    "/api/v1/gift-cards/balance",
    "/api/v1/admin/auth/accept-invitation",
    "/api/v1/admin/auth/badge",
    "/api/v1/admin/auth/enrol-terminal",
    "/api/v1/admin/terminals",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/logout",
    "/api/v1/admin/auth/login",
    "/api/v1/admin/auth/refresh",
    "/api/v1/admin/auth/logout",
    "/api/v1/checkout/quote",
    "/api/v1/admin/orders/{order_id}/check-vat-id",
    "/api/v1/admin/vat-ids/check",
    "/api/v1/admin/estimates",
    "/api/v1/payments/create-payment-intent",
    "/api/v1/payments/confirm-payment/{order_id}",
    "/api/v1/admin/collections/preview",
    "/api/v1/admin/orders/{order_id}/refunds/quote",
    "/api/v1/admin/orders/{order_id}/edits/preview",
    "/api/v1/order-links/look-up",
    "/api/v1/order-links/pay",
    "/api/v1/order-links/view",
    "/api/v1/admin/returns/{return_id}/refunds/quote",
    "/api/v1/admin/returns/{return_id}/exchange/quote",
    "/api/v1/withdrawals/{withdrawal_id}/confirm",
    "/api/v1/webhooks/stripe",
}


def views(app: Flask) -> Iterator[tuple[str, Any]]:
    """List every way in as `GET /docs` with its view."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.rule}", app.view_functions[rule.endpoint]


def operations(app: Flask) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """List every documented operation as path, METHOD, description."""
    for path, item in document(app)["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield path, method.upper(), operation


def header(operation: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return what an operation says of a header parameter."""
    found = [p for p in operation.get("parameters", []) if p.get("name") == name]
    return found[0] if found else None


def test_every_way_in_has_a_guard(bare_app: Flask) -> None:
    unguarded = [
        name
        for name, view in views(bare_app)
        if not getattr(view, "__guard__", None) and name not in PUBLIC
    ]

    assert unguarded == []


def test_only_what_is_listed_is_public(bare_app: Flask) -> None:
    public = {
        name for name, view in views(bare_app) if getattr(view, "__guard__", "public") == "public"
    }

    assert public == set(PUBLIC)


def test_staff_routes_let_in_staff_alone(bare_app: Flask) -> None:
    permissions = {f"requires:{permission.value}" for permission in Permission}
    permissions |= {
        f"{one}{more}"
        for one in permissions
        for more in (IN_PERSON, FRESH_CODE, FRESH_CODE + IN_PERSON)
    }
    strange = {
        name: view.__guard__
        for name, view in views(bare_app)
        if "/api/v1/admin/" in name
        and name not in PUBLIC
        and view.__guard__ not in permissions | {"staff"}
    }

    assert strange == {}


def test_storefront_routes_ask_for_no_permission(bare_app: Flask) -> None:
    strange = {
        name: view.__guard__
        for name, view in views(bare_app)
        if "/api/v1/" in name
        and "/api/v1/admin/" not in name
        and view.__guard__ not in ("public", "anyone", "customer")
    }

    assert strange == {}


def test_every_change_names_the_version_that_it_is_based_on(bare_app: Flask) -> None:
    unversioned = {
        f"{method} {path}"
        for path, method, operation in operations(bare_app)
        if method in ("PUT", "PATCH", "DELETE")
        and not (header(operation, "If-Match") or {}).get("required")
    }

    assert unversioned == set(WITHOUT_VERSION)


def test_commands_on_money_stock_and_parcels_need_a_key(bare_app: Flask) -> None:
    needing = {
        path
        for path, method, operation in operations(bare_app)
        if method == "POST" and (header(operation, "Idempotency-Key") or {}).get("required")
    }

    assert needing >= WITH_KEY


def test_every_other_post_takes_a_key_or_says_why_it_takes_none(bare_app: Flask) -> None:
    without = {
        path: operation.get("description", "")
        for path, method, operation in operations(bare_app)
        if method == "POST" and header(operation, "Idempotency-Key") is None
    }

    assert set(without) == WITHOUT_KEY
    assert [path for path, told in without.items() if "no `Idempotency-Key`:" not in told] == []


@pytest.mark.parametrize("name", ["Idempotency-Key", "If-Match"])
def test_reads_ask_for_neither_key_nor_version(bare_app: Flask, name: str) -> None:
    assert [
        path for path, method, op in operations(bare_app) if method == "GET" and header(op, name)
    ] == []


def test_there_are_no_two_ways_to_one_view(bare_app: Flask) -> None:
    names = [name for name, _ in views(bare_app)]

    assert sorted(names) == sorted(set(names))
