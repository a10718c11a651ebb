"""What happens with the doctor, as facts."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DoctorRequested(Event):
    """Somebody wants to know whether the shop's books balance."""

    run_id: UUID
