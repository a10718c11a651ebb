"""Whatever the code behind an operation can raise, the operation names in the API document."""

from typing import Any

import pytest
from flask import Flask

from api.accounts import errors as accounts
from api.catalog import errors as catalogue
from api.catalog.service import integrity
from api.kernel.errors import Conflict, DomainError
from api.packing import flows as packing
from api.platform.openapi_cleanup import resolved
from api.platform.openapi_errors import EVERYWHERE
from api.platform.pagination import CursorInvalid
from api.platform.versioned_rows import RuleImpossible
from api.shipping.errors import ShippingMethodNotFound, ShippingNotAvailable
from api.tax.errors import TaxRuleMissing
from tests.support.contract import document, views
from tests.support.raising import could_raise

# One table says for every constraint of the catalogue what a clash with it means. Which of them a
# route can meet, the tests that meet them know.
OF_SOME_TABLE: set[Any] = {
    *(refusal for refusal in integrity._REFUSALS.values() if isinstance(refusal, type)),
    catalogue.CategoryNotEmpty,
}
# What is mentioned and still not answered, and why.
NOT_ANSWERED: dict[str, dict[Any, str]] = {
    "POST /api/v1/admin/auth/accept-invitation": {
        accounts.AccountNotFound: "whoever has just joined is there",
        accounts.EmailTaken: "told as `invitation_invalid` to whoever is nobody yet",
        accounts.GrantExceedsOwn: "told as `invitation_invalid` to whoever is nobody yet",
        accounts.RoleUnknown: "told as `invitation_invalid` to whoever is nobody yet",
    },
    "POST /api/v1/auth/login": {
        accounts.SecondFactorRequired: "staff alone have one",
        accounts.SecondFactorWrong: "staff alone have one",
    },
    "DELETE /api/v1/admin/tax-rates/{rate_id}": {RuleImpossible: "it writes no values"},
    "PATCH /api/v1/admin/order-views/{view_id}": {RuleImpossible: "no rule is about its values"},
    "POST /api/v1/admin/order-views": {RuleImpossible: "no rule is about its values"},
    "GET /api/v1/admin/orders/{order_id}": {TaxRuleMissing: "explained by the taxes it stores"},
    "GET /api/v1/orders/{order_id}": {TaxRuleMissing: "explained by the taxes it stores"},
    "POST /api/v1/admin/orders/{order_id}/pack-together": {
        ShippingMethodNotFound: "no refund is proposed where the method does not take both orders",
        ShippingNotAvailable: "no refund is proposed where the method does not take both orders",
    },
    "POST /api/v1/admin/packing/sessions/{packing_session_id}/finish": dict.fromkeys(
        packing._NO_LABEL, "told as the `reason` of `label_not_bought`"
    ),
    "GET /api/v1/search/suggestions": {CursorInvalid: "only the mark of a cursor is made there"},
}


ROW_BY_ROW = ("/batch", "/batch-cancel", "/batch-cancel/preview")


def unnamed(app: Flask, method: str, path: str, view: Any) -> set[str]:
    """Name what a view could raise and its description does not hold."""
    operation = document(app)["paths"][path][method.lower()]
    named = {refusal.code for refusal in EVERYWHERE}
    for answer in operation["responses"].values():
        named |= set(resolved(document(app), answer).get("x-problem-codes", ()))
    passed_over = {*OF_SOME_TABLE, *NOT_ANSWERED.get(f"{method} {path}", {})}
    return {e.__name__ for e in could_raise(view) - passed_over if e.code not in named}


def test_every_refusal_that_can_be_raised_is_named(bare_app: Flask) -> None:
    silent = {
        f"{method} {path}": missing
        for method, path, view in views(bare_app)
        # The rows of a batch are refused one by one, inside of its answer.
        if not path.endswith(ROW_BY_ROW) and (missing := unnamed(bare_app, method, path, view))
    }

    assert silent == {}, "name these in the `@refuses(...)` of each view"


class Raised(Conflict):
    """What the helper below raises."""


class Caught(Conflict):
    """What the helper below catches."""


def _helper() -> None:
    try:
        raise Raised
    except Caught:
        pass


def _view() -> None:
    _helper()


def test_a_raise_is_found_behind_other_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_helper, "__module__", "api.somewhere")
    monkeypatch.setattr(_view, "__module__", "api.somewhere")

    found: set[type[DomainError]] = could_raise(_view)

    assert found == {Raised}
