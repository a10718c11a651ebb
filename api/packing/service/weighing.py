"""The weight of a parcel: compared with what past parcels let expect, and learnt from."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from api.kernel import clock
from api.kernel.principal import Principal
from api.packing import calculation, queries
from api.packing.models import UnitWeight
from api.packing.service.sessions import lock_alone, update_session
from api.packing.service.units import log
from api.packing.states import PackScanResult
from api.platform import audit
from api.platform.db import AnyRow, require_transaction


@dataclass(frozen=True, slots=True)
class WeighAnswer:
    """Whether the parcel must be looked into, and why, in words."""

    is_off: bool
    message: str
    expected_grams: int | None


def weigh(session_id: UUID, grams: int, *, is_rechecked: bool, by: Principal) -> WeighAnswer:
    """Record what a parcel weighs, with its box.

    More than 3 % and more than 20 g away from what past parcels let expect, somebody must look into
    the parcel and say so with `is_rechecked`, which is on record. Locks the session. Raises as
    `scan`.
    """
    row = lock_alone(session_id, "scan", by=by)
    units = queries.units_of(session_id, is_partial=queries.is_begun(session_id))
    should_be = queries.expected_of(units, row.box_type_id)
    is_off = calculation.is_off(grams, should_be)
    update_session(session_id, weight_grams=grams, is_rechecked=is_off and is_rechecked)
    audit.record("packing.weighed", by=by, subject_id=row.order_id, grams=grams)
    if not is_off:
        return WeighAnswer(False, f"{grams} g", should_be)
    result = PackScanResult.RECHECKED if is_rechecked else PackScanResult.WEIGHT_OFF
    log(row, result, f"{grams} g", 0, by=by)
    words = f"{grams} g instead of {should_be} g."
    told = f"{words} Noted as checked." if is_rechecked else f"{words} Look what is in the parcel."
    return WeighAnswer(not is_rechecked, told, should_be)


def learn(row: AnyRow, units: Mapping[UUID, int]) -> None:
    """Learn the weight of units from a parcel that leaves; without a weight there is nothing."""
    if row.weight_grams is None:
        return
    learnt = queries.learnt_weights(units, is_locked=True)
    seen = calculation.observed(
        row.weight_grams,
        units,
        queries.box_grams(row.box_type_id),
        learnt,
        queries.catalogue_weights(units),
    )
    # By id, so that two parcels with the same goods wait for each other and never deadlock.
    for variant_id in sorted(seen):
        after = calculation.with_parcel(learnt.get(variant_id), seen[variant_id])
        values = {"grams": after.grams, "parcels": after.parcels, "updated_at": clock.now()}
        require_transaction().execute(
            insert(UnitWeight)
            .values(variant_id=variant_id, **values)
            .on_conflict_do_update(index_elements=[UnitWeight.variant_id], set_=values)
        )
