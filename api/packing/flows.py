"""Packing over packages: a verified parcel is claimed for its label, and leaves as a fulfilment.

All of it runs in the transaction of the caller. The order is locked first, then the session, then
what `fulfilment.flows` locks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

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
from api.packing.errors import CarrierMissing, ParcelNotReady
from api.packing.queries import Missing
from api.packing.service import ScanAnswer
from api.packing.states import PackingStatus, Paper
from api.platform import audit
from api.platform.auth import PermissionMissing
from api.platform.db import AnyRow
from api.printing import service as printing_service
from api.printing.service import Makers, slip_makers
from api.printing.states import PaperKind, PrintFormat

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

    An order that is picked up waits for its customer instead. Raises `SessionNotFound`,
    `SessionClaimNeeded`, `InvalidState`, `ParcelNotReady` with what is missing,
    `PermissionMissing` for an override, `CarrierMissing`, and what
    `fulfilment.flows.ship_order` raises.
    """
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


def print_papers(
    session_id: UUID, papers: Collection[Paper], *, station: str | None, by: Principal
) -> list[UUID]:
    """Print papers of a parcel at its station, or another; returns the print jobs.

    Each is printed once however often it is asked, also when the printer is dead for hours: then
    it waits. Another copy is a reprint of its job. Raises what `check_ready` raises, and
    `StationHasNoPrinter` and `PrinterFormatWrong`.
    """
    fulfilment_id = check_ready(session_id)
    number = fulfilment_queries.fulfilment(fulfilment_id)["number"]
    return [
        printing_service.print_drawn(
            station or queries.row_of(session_id).station,
            _KINDS[paper],
            _makers(fulfilment_id, paper),
            title=f"{_TITLES[paper]} {number}",
            by=by,
            subject_id=fulfilment_id,
            once_key=f"{paper.value}:{fulfilment_id}",
        )
        for paper in sorted(set(papers))
    ]


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
    # A label that was bought for the packed parcel has told both already.
    known = row.fulfilment_id and fulfilment_queries.fulfilment(row.fulfilment_id)
    carrier = (
        how.carrier
        or (known and known["carrier"])
        or fulfilment_queries.carrier_of(order.shipping_method)
    )
    if not carrier:
        raise CarrierMissing(order_id=order.id)
    hand_over = HandOver(
        carrier=carrier,
        tracking_number=how.tracking_number or (known["tracking_number"] if known else None),
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
