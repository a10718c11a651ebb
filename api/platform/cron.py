"""The worker's work by request, for hosts that run functions and no processes, such as Vercel.

A scheduler asks once a minute. What is short is done: facts, deliveries, the timetable. What takes
minutes (imports, exports, backups, back-fills) needs `python -m api.worker` somewhere.
"""

import hmac
import time
from contextlib import suppress

from flask import Blueprint, Flask, Response, current_app, request
from redis.exceptions import RedisError

from api.kernel.errors import Forbidden, NotFound
from api.platform import deliveries, health, jobs
from api.platform.auth import public
from api.platform.deliveries import Hand
from api.platform.http import json_response
from api.platform.outbox import Lane
from api.platform.settings import Settings

BUDGET_SECONDS = 25.0
"""Nothing is begun after that; what runs then has the rest of the minute that a function lives."""

cron = Blueprint("cron", __name__)


@cron.get("/cron/work")
@public
def work() -> Response:
    """Work for up to 25 seconds; for the holder of CRON_SECRET alone, and not there without one."""
    settings: Settings = current_app.extensions["stockroom_settings"]
    if not settings.cron_secret:
        raise NotFound
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), settings.cron_secret.encode()):
        raise Forbidden("Send CRON_SECRET as a bearer token.")
    ends_at = time.monotonic() + BUDGET_SECONDS
    return json_response(work_until(ends_at))


def work_until(ends_at: float) -> dict[str, int | bool]:
    """Do what is due until a moment of the monotonic clock; tells how much, and if all of it."""

    def is_over() -> bool:
        return time.monotonic() >= ends_at

    done = {"facts": 0, "deliveries": 0, "periodic": 0}
    with suppress(RedisError):  # whether anybody hears of us or not, the work is done
        health.report_worker()
    for job in jobs.claim_due_periodics(short_alone=True):
        if is_over():
            break  # it comes due again with the next minutes
        done["periodic"] += jobs.run_periodic(job.name)
    more = True
    while more and not is_over():
        facts = jobs.relay_once()
        carried = sum(
            deliveries.work_off(lane, Hand(), is_over)
            for lane in Lane
            if lane is not Lane.LONG and not is_over()
        )
        done["facts"] += facts
        done["deliveries"] += carried
        more = bool(facts or carried)
    return {**done, "is_finished": not more}


def init_app(app: Flask) -> None:
    """Put the route up."""
    app.register_blueprint(cron)
