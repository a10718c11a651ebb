"""Events of the doctor."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DoctorRequested(Event):
    """Somebody requested a run of the doctor."""

    run_id: UUID
