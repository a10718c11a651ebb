"""Jobs of the doctor: a requested run, and the nightly one."""

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
"""The hours (UTC) in which the nightly run starts."""
_ONCE_A_NIGHT: Final = timedelta(hours=12)
_AT_THE_LATEST: Final = timedelta(hours=36)


@long_running
@manages_own_transactions
def on_doctor_requested(event: DoctorRequested) -> None:
    """Carry out a run that somebody requested."""
    flows.carry_out(event.run_id)


def run_nightly() -> None:
    """Run all checks once a night; called every hour, it decides whether a run is due."""
    checked_at, now = doctor_runs.status_light()["checked_at"], clock.now()
    session.rollback()
    age = None if checked_at is None else now - checked_at
    is_night = now.hour in _NIGHT and (age is None or age > _ONCE_A_NIGHT)
    if is_night or (age is not None and age > _AT_THE_LATEST):
        flows.run(SYSTEM)
