"""Packed parcels: what they were packed in, and whether the right label is on them."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from api.fulfilment import queries as fulfilment_queries
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.packing import queries
from api.packing.errors import ParcelNotPacked
from api.packing.models import PackedParcel
from api.packing.service.sessions import set_state
from api.packing.service.weighing import learn
from api.packing.states import LabelResult, PackingStatus
from api.platform import audit
from api.platform.db import AnyRow, require_transaction


def record_parcel(
    row: AnyRow, fulfilment_id: UUID, units: Mapping[UUID, int], country: str
) -> None:
    """Close a locked session with the parcel that left, and keep what it was packed in.

    `units` are by variant. Their weights are learnt from a parcel that was weighed.
    """
    box = queries.box_of(row.box_type_id)
    require_transaction().execute(
        insert(PackedParcel)
        .values(
            id=new_id(),
            created_at=clock.now(),
            fulfilment_id=fulfilment_id,
            session_id=row.id,
            country=country,
            box_name=box.name if box else None,
            box_grams=box.weight_grams if box else 0,
            materials=box.materials if box else {},
            weight_grams=row.weight_grams,
            expected_grams=queries.expected_of(units, row.box_type_id),
        )
        .on_conflict_do_nothing()
    )
    learn(row, units)
    set_state(row.id, PackingStatus.SHIPPED, fulfilment_id=fulfilment_id)


def check_label(fulfilment_id: UUID, code: str, *, by: Principal) -> tuple[LabelResult, str]:
    """Compare a label that was scanned back with its parcel; returns the result, in words too.

    The right one is remembered with the time; a wrong one is in the audit log, for the label of
    another order on this parcel is a parcel to the wrong person. Raises `FulfilmentNotFound`, and
    `ParcelNotPacked` for a parcel that was not packed at a station.
    """
    parcel = fulfilment_queries.fulfilment(fulfilment_id)
    number = parcel["number"]
    if fulfilment_queries.is_label_of(code, parcel["tracking_number"], number):
        done = require_transaction().execute(
            update(PackedParcel)
            .where(PackedParcel.fulfilment_id == fulfilment_id)
            .values(label_checked_at=clock.now())
            .returning(PackedParcel.id)
        )
        if done.first() is None:
            raise ParcelNotPacked(number=number)
        audit.record("parcel.label_checked", by=by, subject_id=fulfilment_id, number=number)
        return LabelResult.OK, f"{number}: the right label"
    audit.record("parcel.wrong_label", by=by, subject_id=fulfilment_id, number=number, code=code)
    other = fulfilment_queries.find_by_label(code)
    belongs = f"It belongs to {other.number}." if other is not None else "No parcel has it."
    return LabelResult.WRONG_LABEL, f"Wrong label for {number}. {belongs} Take it off."
