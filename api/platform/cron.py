"""The worker's tasks by HTTP request, for serverless hosts without processes, such as Vercel.

A scheduler calls it once a minute. Short tasks are done: events, deliveries, periodic jobs. What
takes minutes (imports, exports, backups, back-fills) needs `python -m api.worker` somewhere.
"""

import hmac
import time
from contextlib import suppress

from flask import Blueprint, Flask, Response, current_app, request
from redis.exceptions import RedisError

from api.kernel.errors import Forbidden, NotFound
from api.platform import deliveries, health, jobs
from api.platform.auth import public
from api.platform.deliveries import ClaimedDeliveries
from api.platform.http import json_response
from api.platform.outbox import Lane
from api.platform.settings import Settings

BUDGET_SECONDS = 25.0
"""Nothing starts after that; what runs then has the rest of the minute that a function lives."""

cron = Blueprint("cron", __name__)


@cron.get("/cron/work")
@public
def work() -> Response:
    """Work for up to 25 seconds. Needs CRON_SECRET as bearer token; 404 where none is set."""
    settings: Settings = current_app.extensions["stockroom_settings"]
    if not settings.cron_secret:
        raise NotFound
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(token.encode(), settings.cron_secret.encode()):
        raise Forbidden("Send CRON_SECRET as a bearer token.")
    ends_at = time.monotonic() + BUDGET_SECONDS
    return json_response(work_until(ends_at))


def work_until(ends_at: float) -> dict[str, int | bool]:
    """Do what is due until a time of the monotonic clock; returns counts, and if all was done."""

    def is_over() -> bool:
        return time.monotonic() >= ends_at

    done = {"facts": 0, "deliveries": 0, "periodic": 0}
    with suppress(RedisError):  # only the heartbeat needs Redis here
        health.report_worker()
    for job in jobs.claim_due_periodics(short_alone=True):
        if is_over():
            break  # it comes due again with the next minutes
        done["periodic"] += jobs.run_periodic(job.name)
    more = True
    while more and not is_over():
        events = jobs.relay_once()
        carried = sum(
            deliveries.carry_out_due(lane, ClaimedDeliveries(), is_over)
            for lane in Lane
            if lane is not Lane.LONG and not is_over()
        )
        done["facts"] += events
        done["deliveries"] += carried
        more = bool(events or carried)
    return {**done, "is_finished": not more}


def init_app(app: Flask) -> None:
    """Register the route."""
    app.register_blueprint(cron)
