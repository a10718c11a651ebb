"""Writes of labels and tracking events. Callers hold the lock on the order, then the parcel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from api.fulfilment import service as fulfilment_service
from api.fulfilment.carriers import tracking_key
from api.fulfilment.service import Fulfilment
from api.fulfilment.states import FulfilmentState, TrackingStatus
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import attention
from api.platform.attention import AttentionKind, Subjects
from api.platform.db import require_transaction
from api.shipping_labels import queries
from api.shipping_labels.errors import LabelNotFound
from api.shipping_labels.formats import CarrierEvent
from api.shipping_labels.models import ShippingLabel, TrackingEvent
from api.shipping_labels.queries import EVENTS, LABELS
from api.shipping_labels.rules import event_key, latest
from api.shipping_labels.states import LABEL, LabelState

ANSWERS_WITHIN: Final = timedelta(seconds=90)
"""A request without an answer for so long is not under way any more: whoever asked has died."""

_TRAVELS: Final = (FulfilmentState.OPEN, FulfilmentState.SHIPPED, FulfilmentState.DELIVERED)


def request_label(
    parcel: Fulfilment,
    *,
    account_id: UUID,
    service: str,
    label_format: str,
    weight_grams: int,
    customs: dict[str, object] | None,
    by: Principal,
) -> tuple[UUID, str]:
    """Store that a label is asked for; returns its id and its reference at the carrier.

    The reference counts all labels that the parcel ever had, so that it never comes twice.
    """
    current = require_transaction()
    before = current.scalar(
        select(func.count()).select_from(LABELS).where(LABELS.c.fulfilment_id == parcel.id)
    )
    label_id, reference = new_id(), f"{parcel.number}-L{(before or 0) + 1}"
    current.execute(
        insert(ShippingLabel).values(
            id=label_id,
            created_at=clock.now(),
            version=1,
            fulfilment_id=parcel.id,
            account_id=account_id,
            state=LabelState.REQUESTED,
            reference=reference,
            service=service,
            label_format=label_format,
            weight_grams=weight_grams,
            customs=customs,
            created_by=by.label,
        )
    )
    return label_id, reference


def lock(label_id: UUID) -> Any:
    """Lock a label and return it. Raises `LabelNotFound`."""
    row = (
        require_transaction()
        .execute(select(LABELS).where(LABELS.c.id == label_id).with_for_update())
        .one_or_none()
    )
    if row is None:
        raise LabelNotFound
    return row


def record(
    label_id: UUID, parcel: Fulfilment, *, carrier: str, tracking_number: str, **bought: object
) -> None:
    """Store what was bought: its number, the carrier's id, the key of its file.

    The parcel has its carrier and number from then on. Raises `InvalidState` for a label that is
    settled already.
    """
    _move(
        label_id, "record", bought_at=clock.now(), error=None, tracking_number=tracking_number,
        **bought,
    )  # fmt: skip
    fulfilment_service.put_label(parcel, carrier=carrier, tracking_number=tracking_number)
    attention.clear(AttentionKind.LABEL_UNCLEAR, reference=label_id)


def fail(label_id: UUID, words: str) -> None:
    """Store that nothing was bought, and why. Raises `InvalidState`."""
    _move(label_id, "fail", error=words[:500])
    attention.clear(AttentionKind.LABEL_UNCLEAR, reference=label_id)


def void(label_id: UUID, parcel: Fulfilment) -> None:
    """Store that a label does not count any more. Raises `InvalidState`."""
    _move(label_id, "void", voided_at=clock.now())
    fulfilment_service.take_label_off(parcel)
    attention.clear(AttentionKind.LABEL_UNUSED, reference=label_id)


def refuse_unbought(label: Any, command: str) -> None:
    """Refuse to `void` or `print` a label that is not bought. Raises `InvalidState`."""
    LABEL.next(label.state, command)


def note_unclear(label_id: UUID, reference: str, order_id: UUID, words: str) -> None:
    """Store why it is not known whether a label was bought, and have a person look."""
    require_transaction().execute(
        update(LABELS)
        .where(LABELS.c.id == label_id, LABELS.c.state == LabelState.REQUESTED)
        .values(error=words[:500])
    )
    attention.raise_item(
        AttentionKind.LABEL_UNCLEAR,
        label_id,
        f"The label {reference} may be bought or not: {words}",
        about=Subjects(order_id=order_id),
    )


def note_use(parcel: Fulfilment) -> None:
    """Have a person void a label that was bought and does not travel; locks it.

    Its parcel was cancelled or voided, or left with another label.
    """
    found = queries.active_label(parcel.id)
    label = found and lock(found.id)
    if label is None or label.state is not LabelState.BOUGHT:
        return
    is_its = tracking_key(parcel.tracking_number or "") == tracking_key(label.tracking_number)
    if parcel.status in _TRAVELS and is_its:
        attention.clear(AttentionKind.LABEL_UNUSED, reference=label.id)
        return
    left = "left with another label" if parcel.status in _TRAVELS else f"is {parcel.status}"
    attention.raise_item(
        AttentionKind.LABEL_UNUSED,
        label.id,
        f"The label {label.reference} ({label.tracking_number}) was bought, and {parcel.number} "
        f"{left}: void it",
        about=Subjects(order_id=parcel.order_id),
    )


def add_events(parcel: Fulfilment, events: Sequence[CarrierEvent], *, source: str) -> int:
    """Store events of a parcel that are new, and what counts of all; returns how many were.

    An event that came before is ignored, whatever came in between. A parcel that comes back needs
    a person.
    """
    fulfilment_id = parcel.id
    current = require_transaction()
    rows = {event_key(one.status, one.occurred_at, one.description): one for one in events}
    added = current.scalars(
        upsert(TrackingEvent)
        .values(
            [
                {
                    "id": new_id(),
                    "created_at": clock.now(),
                    "fulfilment_id": fulfilment_id,
                    "key": key,
                    "status": one.status,
                    "occurred_at": one.occurred_at,
                    "description": one.description,
                    "source": source,
                }
                for key, one in rows.items()
            ]
        )
        .on_conflict_do_nothing(index_elements=["fulfilment_id", "key"])
        .returning(EVENTS.c.id)
    ).all()
    if added:
        newest = current.execute(
            select(EVENTS.c.occurred_at, EVENTS.c.status)
            .where(EVENTS.c.fulfilment_id == fulfilment_id)
            .order_by(EVENTS.c.occurred_at.desc())
            .limit(20)
        )
        moment, status = latest([(row.occurred_at, row.status) for row in newest])
        fulfilment_service.note_tracking(fulfilment_id, status, at=moment)
    if any(one.status is TrackingStatus.RETURN_TO_SENDER for one in events):
        attention.raise_item(
            AttentionKind.PARCEL_RETURNING,
            fulfilment_id,
            f"{parcel.number} comes back to us, its carrier says: send it again, or give the money "
            "back once it is here",
            about=Subjects(order_id=parcel.order_id),
        )
    return len(added)


def is_under_way(requested_at: datetime) -> bool:
    """Whether an answer may still come to whoever asked."""
    return clock.now() - requested_at < ANSWERS_WITHIN


def _move(label_id: UUID, command: str, **columns: object) -> None:
    row = lock(label_id)
    state = LabelState(LABEL.next(row.state, command))
    require_transaction().execute(
        update(LABELS)
        .where(LABELS.c.id == label_id)
        .values(state=state, version=LABELS.c.version + 1, **columns)
    )
