"""Routes of the doctor: its last result, and requests for a new run."""

from uuid import UUID

from api.doctor import service
from api.doctor.schemas import DoctorRunSchema
from api.kernel.permissions import Permission
from api.platform import doctor_runs
from api.platform.auth import principal, requires
from api.platform.doctor_runs import DoctorRunNotFound
from api.platform.http import LOCATED, Blueprint
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer

blueprint = Blueprint(
    "doctor",
    __name__,
    url_prefix="/api/v1/admin/doctor",
    description="Whether goods, orders and money add up.",
)


@blueprint.route("", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(DoctorRunNotFound)
@blueprint.response(200, DoctorRunSchema)
def get_last_doctor_run() -> object:
    """Show the result of the last complete run of the doctor; 404 before its first run.

    It runs every night by itself.
    """
    return doctor_runs.run(doctor_runs.latest_id())


@blueprint.route("", methods=["POST"])
@requires(Permission.JOBS_WRITE)
@may_answer(DoctorRunNotFound)
@idempotent(required=False)
@blueprint.response(202, DoctorRunSchema, headers=LOCATED)
def create_doctor_run() -> object:
    """Request a run of the doctor by a worker. Follow Location to see its progress.

    While a run is not done, another request answers with that run. Nothing is changed, but
    differences of money are put on the attention list.
    """
    run_id = service.request(by=principal())
    return doctor_runs.run(run_id), {"Location": f"{blueprint.url_prefix}/{run_id}"}


@blueprint.route("/<uuid:run_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(DoctorRunNotFound)
@blueprint.response(200, DoctorRunSchema)
def get_doctor_run(run_id: UUID) -> object:
    """Show the progress of a run, and its findings."""
    return doctor_runs.run(run_id)
