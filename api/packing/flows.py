"""Packing over packages: a verified parcel is claimed for its label, and leaves as a fulfilment.

It runs in the transaction of the caller, except for what buys or prints a label: a carrier is asked
outside of any. The order is locked first, then the session, then what `fulfilment.flows` locks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from api.carriers.errors import CarrierAccountNotFound, CredentialsUnreadable
from api.documents import parcel_label
from api.documents.slips import Slip
from api.fulfilment import flows as fulfilment_flows
from api.fulfilment import queries as fulfilment_queries
from api.fulfilment.flows import HandOver
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.service import Order
from api.packing import queries, service
from api.packing.errors import CarrierMissing, LabelNotBought, ParcelNotReady
from api.packing.queries import Missing
from api.packing.service import ScanAnswer
from api.packing.states import OPEN_SESSION, PackingStatus, Paper
from api.platform import audit
from api.platform.auth import PermissionMissing
from api.platform.db import AnyRow, transaction
from api.printing import service as printing_service
from api.printing.service import Makers, slip_makers
from api.printing.states import PaperKind, PrintFormat
from api.shipping_labels import flows as label_flows
from api.shipping_labels import queries as label_queries
from api.shipping_labels.errors import (
    CarrierCannotDo,
    CarrierNotReached,
    CustomsDataMissing,
    LabelInProgress,
    LabelOutcomeUnknown,
    LabelRefused,
    NoCarrierAccount,
    ParcelWithoutWeight,
    SenderAddressMissing,
)
from api.shipping_labels.flows import LabelWish
from api.shipping_labels.queries import LabelFile

_NO_LABEL = (
    CarrierAccountNotFound, CarrierCannotDo, CarrierNotReached, CredentialsUnreadable,
    CustomsDataMissing, LabelInProgress, LabelOutcomeUnknown, LabelRefused, NoCarrierAccount,
    ParcelWithoutWeight, SenderAddressMissing,
)  # fmt: skip
"""Why a parcel gets no label now, though it may be packed."""

_KINDS: Final = {
    Paper.PACKING_SLIP: PaperKind.PACKING_SLIP,
    Paper.PRICED_SLIP: PaperKind.PACKING_SLIP,
    Paper.RETURN_SLIP: PaperKind.RETURN_SLIP,
    Paper.SHIPPING_LABEL: PaperKind.SHIPPING_LABEL,
}
_TITLES: Final = {
    Paper.PACKING_SLIP: "Slip",
    Paper.PRICED_SLIP: "Slip with prices",
    Paper.RETURN_SLIP: "Return slip",
    Paper.SHIPPING_LABEL: "Label",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """How a parcel leaves."""

    is_partial: bool = False
    """Only the verified units; the rest goes into another parcel."""
    carrier: str | None = None
    tracking_number: str | None = None
    override_reason: str | None = None
    acknowledged_notes: Collection[UUID] = ()
    buys_label: bool = True
    """Whether its label is bought, where the method has an account and no label was scanned."""


@dataclass(frozen=True, slots=True)
class Started:
    """A session that was opened; without one, an item of the tote is to be scanned."""

    session_id: UUID | None
    answer: ScanAnswer | None = None


def start(code: str, *, tote: str | None, station: str, take_over: bool, by: Principal) -> Started:
    """Begin to pack what was scanned: an order, a tote, or an item of a tote with single items.

    The item that found its order is verified with that. Raises `NothingToPack`, and what
    `service.open_session` raises.
    """
    found = queries.find_start(code, tote, by)
    if found.order_id is None:
        return Started(None)
    session_id = service.open_session(
        found.order_id, station=station, tote_id=found.tote_id, take_over=take_over, by=by
    )
    if found.item is None:
        return Started(session_id)
    return Started(session_id, service.scan(session_id, found.item, 1, by=by))


def pack(session_id: UUID, *, is_partial: bool, override_reason: str | None, by: Principal) -> None:
    """Claim the units of a parcel that is ready, so that it can get its label and its slip.

    Repeating changes nothing. Raises `SessionNotFound`, `SessionClaimNeeded`, `InvalidState`,
    `ParcelNotReady` with what is missing, `PermissionMissing` for an override, and what
    `fulfilment.flows.open_fulfilment` raises.
    """
    row = _locked_with_order(session_id)
    if row.status is PackingStatus.PACKED:
        service.check_claim(row, by)
        return
    order, row = service.lock_session(session_id, "pack", by=by)
    _check_ready(row, is_partial=is_partial, override_reason=override_reason, by=by)
    units = _units(session_id, is_partial=is_partial)
    fulfilment_id = fulfilment_flows.open_fulfilment(order.id, units, by=by)
    service.set_state(
        session_id,
        PackingStatus.PACKED,
        fulfilment_id=fulfilment_id,
        override_reason=override_reason,
    )


def reopen(session_id: UUID, *, by: Principal) -> None:
    """Open a packed parcel again: its claimed units are free, and what was verified stays.

    Raises `SessionNotFound`, `SessionClaimNeeded` and `InvalidState`.
    """
    _, row = service.lock_session(session_id, "reopen", by=by)
    _free_units(row, by=by)
    service.set_state(session_id, PackingStatus.OPEN, fulfilment_id=None, override_reason=None)


def cancel(session_id: UUID, *, by: Principal) -> None:
    """Give a parcel in the making up; its units are open again. Raises as `reopen`."""
    _, row = service.lock_session(session_id, "cancel", by=by)
    _free_units(row, by=by)
    service.close_session(session_id, by=by)


def finish(session_id: UUID, how: Finish, *, by: Principal) -> UUID:
    """Ship the parcel of a session; returns the parcel, the same one however often it is asked.

    Where labels are bought, its label is bought first, once: not to be called in a transaction. A
    carrier that gives none leaves the parcel packed (`LabelNotBought`), and asking again goes on
    there. An order that is picked up waits for its customer instead. Raises `SessionNotFound`,
    `SessionClaimNeeded`, `InvalidState`, `ParcelNotReady` with what is missing,
    `PermissionMissing` for an override, `CarrierMissing`, and what
    `fulfilment.flows.ship_order` raises.
    """
    if how.buys_label and how.tracking_number is None:
        _buy_label(session_id, how, by=by)
    with transaction():
        return _ship(session_id, how, by=by)


def _buy_label(session_id: UUID, how: Finish, *, by: Principal) -> None:
    """Pack a parcel and buy its label, where its shipping method has an account."""
    with transaction():
        order = orders_service.lock(queries.order_of(session_id))
        row = queries.row_of(session_id)
        is_bought = label_queries.buys_label(order.shipping_method, order.currency)
        if row.status not in OPEN_SESSION or not is_bought:
            audit.leave_out()
            return
        orders_service.check_notes_read(order, how.acknowledged_notes, by=by)
        weight = queries.label_weight(row, is_partial=how.is_partial)
        if not weight:
            detail = "It has no weight: weigh it for its label."
            _refuse_missing(
                [{"pointer": "/weight_grams", "code": "weight_missing", "detail": detail}]
            )
        pack(session_id, is_partial=how.is_partial, override_reason=how.override_reason, by=by)
        row = queries.row_of(session_id)
        box = queries.box_of(row.box_type_id)
    sides = sorted((box.length_mm, box.width_mm, box.height_mm)) if box else None
    size = (sides[2], sides[1], sides[0]) if sides else None
    wish = LabelWish(weight_grams=weight, size_mm=size)
    try:
        label_flows.buy_label(row.fulfilment_id, wish, by=by)
    except _NO_LABEL as error:
        number = fulfilment_queries.fulfilment(row.fulfilment_id)["number"]
        words = error.detail.rstrip(".") + "."
        raise LabelNotBought(number=number, words=words, reason=error.code) from error


def _ship(session_id: UUID, how: Finish, *, by: Principal) -> UUID:
    row = _locked_with_order(session_id)
    if row.status is PackingStatus.SHIPPED:
        return UUID(str(row.fulfilment_id))
    order, row = service.lock_session(session_id, "ship", by=by)
    is_partial, reason = how.is_partial, how.override_reason or row.override_reason
    if row.status is PackingStatus.OPEN:
        _check_ready(row, is_partial=is_partial, override_reason=reason, by=by)
        units = _units(session_id, is_partial=is_partial)
    else:
        parcel = fulfilment_queries.fulfilment(row.fulfilment_id)
        units = {line["order_line_id"]: line["quantity"] for line in parcel["lines"]}
    verified = _units(session_id, is_partial=True)
    fulfilment_id = _leave(order, row, units, verified, how, reason, by=by)
    variants = {line.id: line.variant_id for line in order.lines}
    by_variant: dict[UUID, int] = {}
    for line_id, count in units.items():
        by_variant[variants[line_id]] = by_variant.get(variants[line_id], 0) + count
    service.record_parcel(row, fulfilment_id, by_variant, order.ship_country)
    audit.record("packing.shipped", by=by, subject_id=order.id, station=row.station,
                 weight_grams=row.weight_grams)  # fmt: skip
    return fulfilment_id


def check_ready(session_id: UUID) -> UUID:
    """Return the parcel of a session for its label or slip.

    Before everything is verified both are refused (`ParcelNotReady`, with what is missing); then
    the parcel must be packed first, which claims its units (`InvalidState`).
    """
    row = queries.row_of(session_id)
    if row.fulfilment_id is not None:
        return UUID(str(row.fulfilment_id))
    _refuse_missing(queries.missing(row))
    raise ParcelNotReady(
        missing="it is not packed yet: POST .../pack",
        errors=[{"pointer": "/status", "code": "not_packed", "detail": "Pack the parcel first."}],
    )


def slip_of(fulfilment_id: UUID, paper: Paper) -> Slip:
    """Return a slip of a parcel. Raises `FulfilmentNotFound`."""
    if paper is Paper.RETURN_SLIP:
        return queries.return_slip_of(fulfilment_id)
    return queries.slip_of(fulfilment_id, has_prices=paper is Paper.PRICED_SLIP)


def label_file(session_id: UUID) -> LabelFile:
    """Return the label of a packed parcel: the one that was bought, else ours with its address.

    Not to be called in a transaction. Raises what `check_ready` raises, `LabelFileMissing`, and
    `StorageUnavailable`.
    """
    fulfilment_id = check_ready(session_id)
    bought = label_queries.bought_label(fulfilment_id)
    if bought is not None:
        return label_queries.file_of(bought)
    content = parcel_label.label(queries.label_of(fulfilment_id))
    return LabelFile(content, label_queries.MEDIA_TYPES["PDF"], "label.pdf")


def print_papers(
    session_id: UUID, papers: Collection[Paper], *, station: str | None, by: Principal
) -> list[UUID]:
    """Print papers of a parcel at its station, or another; returns the print jobs.

    The label is the one that was bought for it, else ours with its address. Each is printed once
    however often it is asked, also when the printer is dead for hours: then it waits. Another copy
    is a reprint of its job. Not to be called in a transaction. Raises what `check_ready` and
    `shipping_labels.flows.print_label` raise.
    """
    fulfilment_id = check_ready(session_id)
    at = station or queries.row_of(session_id).station
    number = fulfilment_queries.fulfilment(fulfilment_id)["number"]
    jobs = []
    for paper in sorted(set(papers)):
        is_label = paper is Paper.SHIPPING_LABEL
        bought = label_queries.bought_label(fulfilment_id) if is_label else None
        if bought is not None:
            jobs.append(label_flows.print_label(bought, station=at, by=by))
            continue
        with transaction():
            jobs.append(
                printing_service.print_drawn(
                    at,
                    _KINDS[paper],
                    _makers(fulfilment_id, paper),
                    title=f"{_TITLES[paper]} {number}",
                    by=by,
                    subject_id=fulfilment_id,
                    once_key=f"{paper.value}:{fulfilment_id}",
                )
            )
    return jobs


def _makers(fulfilment_id: UUID, paper: Paper) -> Makers:
    if paper is Paper.SHIPPING_LABEL:
        label = queries.label_of(fulfilment_id)
        return {
            PrintFormat.PDF: lambda _: parcel_label.label(label),
            PrintFormat.ZPL: lambda device: parcel_label.zpl(label, device),
        }
    return slip_makers(slip_of(fulfilment_id, paper))


def _free_units(row: AnyRow, *, by: Principal) -> None:
    """Cancel the parcel of a locked session, unless that was done on the order's page."""
    if row.fulfilment_id is not None and queries.is_parcel_open(row.fulfilment_id):
        fulfilment_flows.cancel_fulfilment(row.fulfilment_id, by=by)


def _locked_with_order(session_id: UUID) -> AnyRow:
    """Lock a session's order and read the session: of two who ask at once, one sees the other."""
    orders_service.lock(queries.order_of(session_id))
    return queries.row_of(session_id)


def _leave(
    order: Order,
    row: AnyRow,
    units: Mapping[UUID, int],
    verified: Mapping[UUID, int],
    how: Finish,
    reason: str | None,
    *,
    by: Principal,
) -> UUID:
    inside = {line_id: min(count, units[line_id]) for line_id, count in verified.items()
              if line_id in units}  # fmt: skip
    if order.shipping_method.get("kind") == "pickup":
        if row.fulfilment_id is not None:
            fulfilment_flows.cancel_fulfilment(row.fulfilment_id, by=by)
        return fulfilment_flows.prepare_pickup(
            order.id,
            units,
            verified=inside,
            override_reason=reason,
            acknowledged_notes=how.acknowledged_notes,
            by=by,
        )
    known = row.fulfilment_id and fulfilment_queries.fulfilment(row.fulfilment_id)
    number, carrier = how.tracking_number, how.carrier
    if known and known["tracking_number"] and number is None:
        # The label that was bought tells both, whatever the shipping method proposes.
        number, carrier = known["tracking_number"], known["carrier"]
    carrier = carrier or fulfilment_queries.carrier_of(order.shipping_method)
    if not carrier:
        raise CarrierMissing(order_id=order.id)
    hand_over = HandOver(
        carrier=carrier,
        tracking_number=number,
        verified=inside,
        override_reason=reason,
        acknowledged_notes=how.acknowledged_notes,
    )
    if row.fulfilment_id is None:
        return fulfilment_flows.ship_order(order.id, units, hand_over, by=by)
    fulfilment_flows.ship_fulfilment(row.fulfilment_id, hand_over, by=by)
    return UUID(str(row.fulfilment_id))


def _check_ready(
    row: AnyRow, *, is_partial: bool, override_reason: str | None, by: Principal
) -> None:
    _refuse_missing(
        queries.missing(row, is_partial=is_partial, is_overridden=bool(override_reason))
    )
    if override_reason and not by.may(Permission.FULFILMENT_OVERRIDE):
        unverified = queries.missing(row, is_partial=is_partial)
        if unverified:
            raise PermissionMissing(permission=Permission.FULFILMENT_OVERRIDE)


def _refuse_missing(missing: Sequence[Missing]) -> None:
    if missing:
        raise ParcelNotReady(
            missing=" ".join(part["detail"] for part in missing).rstrip("."), errors=missing
        )


def _units(session_id: UUID, *, is_partial: bool) -> dict[UUID, int]:
    """Return the units of a parcel by order line; of a partial one the verified units."""
    return queries.units_by_line(session_id, is_partial=is_partial)
