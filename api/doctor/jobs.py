"""The doctor's alarm clock."""

from datetime import timedelta
from typing import Final

from api.doctor import flows
from api.doctor.events import DoctorRequested
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform import doctor_runs
from api.platform.db import session
from api.platform.jobs import long_running, manages_own_transactions

_NIGHT: Final = range(1, 5)
"""The hours, in UTC, in which the shop is asked everything."""
_ONCE_A_NIGHT: Final = timedelta(hours=12)
_AT_THE_LATEST: Final = timedelta(hours=36)


@long_running
@manages_own_transactions
def on_doctor_requested(fact: DoctorRequested) -> None:
    """Ask everything because somebody wants to know."""
    flows.carry_out(fact.run_id)


def run_nightly() -> None:
    """Ask everything once a night; the timetable asks each hour whether it is time."""
    checked_at, now = doctor_runs.status_light()["checked_at"], clock.now()
    session.rollback()
    age = None if checked_at is None else now - checked_at
    is_night = now.hour in _NIGHT and (age is None or age > _ONCE_A_NIGHT)
    if is_night or (age is not None and age > _AT_THE_LATEST):
        flows.run(SYSTEM)
