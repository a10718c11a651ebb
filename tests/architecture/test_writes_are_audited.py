"""Every write of staff records what it changed, and not only that it was asked for."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from api.platform import audit
from tests.support.contract import views
from tests.support.raising import _functions, _mentioned

RECORDS = {audit.record, audit.record_each, audit.leave_out}
BEFORE_ALL = {"api.platform.auth", "api.platform.db"}
"""The guard expects an entry, and each commit writes the expected one: neither is an own one."""
CHANGE_NOTHING = {
    "POST /api/v1/admin/collections/preview",
    "POST /api/v1/admin/discounts/{discount_id}/try",
    "POST /api/v1/admin/estimates",
    "POST /api/v1/admin/shipping-methods/try",
    "POST /api/v1/admin/vat-ids/check",
}
"""These ask with a body. That they were asked is recorded by method and path."""
ASKED_ALONE = {
    "POST /api/v1/admin/carrier-accounts/{account_id}/check": "nothing is changed or bought",
    "POST /api/v1/admin/doctor": "what the doctor finds stands in its run",
    "POST /api/v1/admin/me/step-up": "a code was shown; what it opened is recorded there",
    "POST /api/v1/admin/orders/{order_id}/check-vat-id": "the answer of VIES stands in the order",
}
"""These change nothing of before: method and path say all there is."""


def records(view: Callable[..., Any]) -> bool:
    """Tell whether a view, or what it calls, writes an entry of its own."""
    seen: set[Any] = set()
    waiting = list(_functions(view))
    while waiting:
        function = waiting.pop()
        if function in RECORDS:
            return True
        if function not in seen and function.__module__ not in BEFORE_ALL:
            seen.add(function)
            waiting += _mentioned(function)[1]
    return False


def test_no_write_of_staff_leaves_method_and_path_alone(bare_app: Flask) -> None:
    silent = {
        f"{method} {path}"
        for method, path, view in views(bare_app)
        if method != "GET"
        and str(getattr(view, "__guard__", "")).startswith(("requires:", "staff"))
        and not records(view)
    }

    assert silent == CHANGE_NOTHING | {*ASKED_ALONE}
