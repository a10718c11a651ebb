"""Error reports to Sentry, if `SENTRY_DSN` is set: what failed, in which release and request.

No personal data is sent: no address, header, body, query, argument or local variable, and error
messages without e-mail addresses and without what PostgreSQL quotes from a row. Sentry's package
is imported only if it is used: that takes a tenth of a second.
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
"""The values of a log line that are sent along: they contain no personal data."""
_EMAIL = re.compile(r"[^\s@<>\"'=(]+@[^\s@<>\"')]+")
_LONGEST = 500


def init(dsn: str, environment: str) -> None:
    """Start to report errors of this process. Does nothing without a DSN."""
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
        # The other integrations read arguments, headers and earlier log lines.
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
    """Report log lines of level error; a structlog processor. Outages are not reported."""
    if method not in ("error", "exception", "critical"):
        return line
    import sentry_sdk  # noqa: PLC0415

    exc_info = line.get("exc_info")
    error = sys.exc_info()[1] if exc_info is True else exc_info
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


def _without_people(event: Any, hint: Mapping[str, object]) -> Any:
    """Reduce a Sentry event to an allow-list of fields, without personal data in its messages."""
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
