"""What the doctor writes: its runs, compensating rows, and attention items about money."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from api.doctor.events import DoctorRequested
from api.doctor.invariants import Difference, Finding, Invariant, Remedy, Report, State
from api.inventory import service as inventory_service
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM, Principal
from api.orders import service as orders_service
from api.platform import attention, audit
from api.platform.attention import AttentionKind, Subjects
from api.platform.db import require_transaction, session
from api.platform.doctor_runs import LONGEST_RUN, DoctorRun, DoctorRunNotFound, RunStatus
from api.platform.outbox import emit


def request(*, by: Principal) -> UUID:
    """Request a run by a worker; returns its id, or that of a run that is not done yet."""
    pending_id = session.scalar(
        select(DoctorRun.id)
        .where(
            DoctorRun.status.in_((RunStatus.PENDING, RunStatus.RUNNING)),
            DoctorRun.created_at > clock.now() - LONGEST_RUN,
        )
        .order_by(DoctorRun.id.desc())
        .limit(1)
    )
    if pending_id is not None:
        return pending_id
    run_id = open_run(by=by)
    emit(DoctorRequested(run_id=run_id))
    return run_id


def open_run(*, by: Principal) -> UUID:
    """Store a pending run; returns its id. Needs a transaction."""
    run = DoctorRun(id=new_id(), status=RunStatus.PENDING, requested_by=by.label[:120])
    require_transaction().add(run)
    session.flush()
    return run.id


def begin(run_id: UUID, total: int) -> bool:
    """Mark a run as running; False when it has ended already. Raises `DoctorRunNotFound`."""
    run = _lock(run_id)
    if run.status in (RunStatus.COMPLETED, RunStatus.FAILED):
        return False
    run.status, run.started_at = RunStatus.RUNNING, clock.now()
    run.checked, run.total = 0, total
    return True


def note_progress(run_id: UUID, checked: int) -> None:
    """Store how many invariants of a run are checked."""
    require_transaction().execute(
        update(DoctorRun)
        .where(DoctorRun.id == run_id)
        .values(checked=checked)
        .execution_options(synchronize_session=False)
    )


def finish(run_id: UUID, report: Report) -> None:
    """Store the findings of a run and mark it completed. Locks the run."""
    run = _lock(run_id)
    run.status, run.finished_at = RunStatus.COMPLETED, clock.now()
    run.checked = len(report.findings)
    run.differences, run.failed = report.differences, report.failed
    run.findings = [finding.to_json() for finding in report.findings]


def give_up(run_id: UUID, error: str) -> None:
    """Mark a run as failed, with the reason. Locks the run."""
    run = _lock(run_id)
    run.status, run.finished_at, run.error = RunStatus.FAILED, clock.now(), error[:2000]


def list_discrepancy(invariant: Invariant, finding: Finding) -> None:
    """Put differences of money on the attention list, and remove those that are gone.

    Only the first differences are listed one by one, each order once per invariant.
    """
    if finding.state is State.FAILED:
        return
    current = {f"{invariant.name}/{one.subject}": one for one in finding.shown}
    if len(finding.shown) == finding.differences:
        for reference in attention.open_references(
            AttentionKind.DISCREPANCY, beginning=f"{invariant.name}/"
        ):
            if reference not in current:
                attention.clear(AttentionKind.DISCREPANCY, reference=reference)
    for reference, difference in current.items():
        attention.raise_item(
            AttentionKind.DISCREPANCY,
            reference,
            f"{invariant.name}: {difference}",
            about=Subjects(order_id=difference.order_id),
        )


def fix(remedy: Remedy, difference: Difference) -> bool:
    """Fix one difference by adding rows or recomputing columns; False when that is impossible.

    Needs a transaction. Locks what it changes as the regular commands do. Never changes money.
    """
    subject_id = UUID(difference.subject)
    is_fixed = _REMEDIES[remedy](subject_id)
    if is_fixed:
        audit.record("doctor.mended", by=SYSTEM, subject_id=subject_id, what=str(difference))
    return is_fixed


def _reconcile_level(level_id: UUID) -> bool:
    return inventory_service.reconcile(level_id, by=SYSTEM)


def _mark_variant(variant_id: UUID) -> bool:
    inventory_service.serve_back_orders(variant_id, by=SYSTEM)
    inventory_service.mark_stock_status([variant_id])
    return True


def _release_hold(cart_id: UUID) -> bool:
    inventory_service.release_reservation(cart_id)
    return True


def _derive_order(order_id: UUID) -> bool:
    orders_service.recompute_status(orders_service.lock(order_id))
    return True


_REMEDIES: Final[Mapping[Remedy, Callable[[UUID], bool]]] = {
    Remedy.RECONCILE_LEVEL: _reconcile_level,
    Remedy.MARK_VARIANT: _mark_variant,
    Remedy.RELEASE_HOLD: _release_hold,
    Remedy.DERIVE_ORDER: _derive_order,
}


def _lock(run_id: UUID) -> DoctorRun:
    run = require_transaction().get(DoctorRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise DoctorRunNotFound(run_id=run_id)
    return run
