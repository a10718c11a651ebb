"""Reports crashes to Sentry where `SENTRY_DSN` is set; no personal data is sent.

Sentry's package is loaded when something has gone wrong, and not before: for the first frame.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.settings import VERSION

_KEPT = ("event_id", "timestamp", "platform", "level", "release", "environment", "sdk", "tags")
_EMAIL = re.compile(r"[^\s@<>\"'=(]+@[^\s@<>\"')]+")
_LONGEST = 500
_PATIENCE_SECONDS = 2.0


def report(dsn: str, error: BaseException, *, request_id: str) -> None:
    """Tell of a crash, with the last request to the shop; returns when it was sent, or not."""
    import sentry_sdk  # noqa: PLC0415

    sentry_sdk.init(
        dsn=dsn,
        release=f"stockroom-console@{VERSION}",
        environment="console",
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=_without_people,
    )
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("request_id", request_id)
        scope.capture_exception(error)
    sentry_sdk.flush(timeout=_PATIENCE_SECONDS)


def _without_people(event: Any, hint: Mapping[str, Any]) -> Any:
    kept = {name: event[name] for name in _KEPT if name in event}
    kept["exception"] = event["exception"]
    for one in kept["exception"].get("values", ()):
        one["value"] = _EMAIL.sub("<e-mail>", str(one.get("value") or ""))[:_LONGEST]
    return kept
