"""Errors told to Sentry, where `SENTRY_DSN` is set: what failed, in which release and request.

Nothing about people leaves: no address, header, body, query, argument or local variable, and of
what an error says neither an e-mail address nor what PostgreSQL quotes from a row. Sentry's package
is loaded only where it is used: it takes a tenth of a second.
"""

import re
import sys
from collections.abc import Mapping
from typing import Any

from structlog.typing import EventDict

from api.kernel.errors import DomainError
from api.kernel.release import VERSION

_KEPT = ("event_id", "timestamp", "platform", "level", "release", "environment", "sdk", "contexts")
_TOLD = ("job", "sweep", "error", "lane", "facts")
"""What of a log line is sent along: names of ours."""
_EMAIL = re.compile(r"[^\s@<>\"'=(]+@[^\s@<>\"')]+")
_LONGEST = 500


def init(dsn: str, environment: str) -> None:
    """Begin to send what goes wrong in this process. Does nothing without a DSN."""
    if not dsn:
        return
    import sentry_sdk  # noqa: PLC0415
    from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.dedupe import DedupeIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.threading import ThreadingIntegration  # noqa: PLC0415

    sentry_sdk.init(
        dsn=dsn,
        release=f"stockroom@{VERSION}",
        environment=environment,
        # The others read arguments, headers and what was logged before.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda pending, timeout: None),
            DedupeIntegration(),
            ExcepthookIntegration(),
            ThreadingIntegration(),
        ],
        include_local_variables=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=_without_people,
    )


def report(logger: object, method: str, line: EventDict) -> EventDict:
    """Send what is logged as an error; a step of structlog. Refusals and outages are no errors."""
    if method not in ("error", "exception", "critical"):
        return line
    import sentry_sdk  # noqa: PLC0415

    given = line.get("exc_info")
    error = sys.exc_info()[1] if given is True else given
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("event", str(line.get("event")))
        scope.set_tag("request_id", str(line.get("request_id", "-")))
        for name in _TOLD:
            if name in line:
                scope.set_tag(name, str(line[name])[:200])
        if not isinstance(error, BaseException):
            scope.capture_message(str(line.get("event")), level="error")
        elif not isinstance(error, DomainError):
            scope.capture_exception(error)
    return line


def _without_people(event: Any, hint: Mapping[str, Any]) -> Any:
    """Keep of an event what is named here, and of what it says nothing about people."""
    kept = {name: event[name] for name in _KEPT if name in event}
    kept["tags"] = dict(event.get("tags") or {})
    if "message" in event:
        kept["message"] = _scrubbed(event["message"])
    if "exception" in event:
        kept["exception"] = event["exception"]
        for one in kept["exception"].get("values", ()):
            one["value"] = _scrubbed(one.get("value") or "")
    return kept


def _scrubbed(text: str) -> str:
    lines = [line for line in str(text).splitlines() if not line.startswith("DETAIL:")]
    return _EMAIL.sub("<e-mail>", "\n".join(lines))[:_LONGEST]
