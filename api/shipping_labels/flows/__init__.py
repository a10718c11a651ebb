"""Buying, voiding and settling labels.

A label is bought in three steps, so that a crash between any two is seen: the request is stored
under the parcel's lock, the carrier is asked without a transaction, the answer is stored. A request
without an answer is never repeated by itself, for it may have been carried out: a person looks it
up by its reference and settles it.
"""

from dataclasses import dataclass
from uuid import UUID

from api.carriers import queries as carriers_queries
from api.carriers import service as carriers_service
from api.carriers.gateways import (
    BoughtLabel,
    CarrierRefused,
    CarrierUnclear,
    CarrierUnreachable,
    LabelOrder,
    NotOffered,
    Party,
)
from api.carriers.gateways.registry import CarrierGateways
from api.fulfilment import queries as fulfilment_queries
from api.fulfilment import service as fulfilment_service
from api.fulfilment.carriers import tracking_key
from api.fulfilment.service import Fulfilment
from api.fulfilment.states import FulfilmentState
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.platform import audit
from api.platform.addresses import labelled
from api.platform.db import session, transaction
from api.platform.secrets_at_rest import seal
from api.platform.service_registry import get_service
from api.platform.storage import Storage, StorageUnavailable
from api.printing import service as printing_service
from api.printing.states import PaperKind, PrintFormat
from api.shipping_labels import queries, service
from api.shipping_labels.errors import (
    CarrierCannotDo,
    CarrierNotReached,
    LabelInProgress,
    LabelNotForPickup,
    LabelOutcomeUnknown,
    LabelRefused,
    LabelShipped,
    ParcelWithoutWeight,
)
from api.shipping_labels.flows import content
from api.shipping_labels.flows.content import customs_form, customs_paper_of, print_customs
from api.shipping_labels.flows.tracking import import_tracking, receive_tracking
from api.shipping_labels.states import LabelState

__all__ = [
    "LabelWish",
    "buy_label",
    "check_use",
    "customs_form",
    "customs_paper_of",
    "import_tracking",
    "print_customs",
    "print_label",
    "receive_tracking",
    "settle_label",
    "void_label",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelWish:
    """What the label is for; what is left out follows from the order and its parcel."""

    account: str | None = None
    """The code of another account than that of the shipping method."""
    service: str | None = None
    weight_grams: int | None = None
    """As weighed; by default the sum of the goods."""
    size_mm: tuple[int, int, int] | None = None
    location_id: UUID | None = None
    """Where it is sent from; by default where most of its units are allocated."""


@dataclass(frozen=True, slots=True)
class _Asked:
    label_id: UUID
    order_id: UUID
    fulfilment_id: UUID
    account_id: UUID
    order: LabelOrder


def buy_label(fulfilment_id: UUID, wish: LabelWish | None = None, *, by: Principal) -> UUID:
    """Buy the label of an open parcel; returns its id.

    Asked again, it returns the label that was bought before, whatever the wish: one parcel has one
    label. Opens transactions of its own and calls the carrier between them; locks the order and
    the parcel. Raises `LabelInProgress` while somebody else asks, `LabelOutcomeUnknown` when an
    earlier answer never came, `LabelRefused`, `CarrierNotReached` and `CarrierCannotDo` after which
    nothing was bought, and, before anything is sent, `LabelNotForPickup`, `NoCarrierAccount`,
    `CarrierAccountNotFound`, `CredentialsUnreadable`, `SenderAddressMissing`,
    `ParcelWithoutWeight`, `CustomsDataMissing` and what `check_shippable` raises.
    """
    with transaction():
        asked = _ask(fulfilment_id, wish or LabelWish(), by=by)
    if isinstance(asked, UUID):
        return asked
    try:
        connection = carriers_service.connection(asked.account_id)
        session.rollback()
        gateways: CarrierGateways = get_service(CarrierGateways)
        bought = gateways.of(connection.carrier).buy(connection, asked.order)
    except (CarrierRefused, NotOffered) as error:
        _give_up(asked, str(error), by=by)
        refusal = CarrierCannotDo if isinstance(error, NotOffered) else LabelRefused
        raise refusal(words=str(error)) from error
    except CarrierUnreachable as error:
        _give_up(asked, str(error), by=by)
        raise CarrierNotReached(words=str(error)) from error
    except CarrierUnclear as error:
        reference = asked.order.reference
        with transaction():
            service.note_unclear(asked.label_id, reference, asked.order_id, str(error))
            audit.record("label.unclear", by=by, subject_id=asked.label_id, reference=reference)
        raise LabelOutcomeUnknown(reference=reference) from error
    _store(asked, bought, by=by)
    return asked.label_id


def void_label(label_id: UUID, *, is_voided_elsewhere: bool = False, by: Principal) -> None:
    """Void a label that is not on its way, at the carrier and here.

    `is_voided_elsewhere`: somebody did so on the carrier's own pages, so it is not asked. Repeating
    it after a crash asks the carrier again, which takes a label that is void already. Raises
    `LabelNotFound`, `InvalidState`, `LabelShipped`, and what `buy_label` raises of the carrier.
    """
    fulfilment_id = queries.parcel_of(label_id)
    order_id = fulfilment_queries.order_of(fulfilment_id)
    with transaction():
        orders_service.lock(order_id)
        parcel = fulfilment_service.lock(fulfilment_id)
        label = service.lock(label_id)
        service.refuse_unbought(label, "void")
        _refuse_shipped(parcel, label.tracking_number)
    if not is_voided_elsewhere:
        connection = carriers_service.connection(label.account_id)
        session.rollback()
        gateways: CarrierGateways = get_service(CarrierGateways)
        try:
            gateways.of(connection.carrier).void(
                connection,
                tracking_number=label.tracking_number,
                shipment_id=label.shipment_id or label.tracking_number,
            )
        except NotOffered as error:
            raise CarrierCannotDo(words=str(error)) from error
        except CarrierRefused as error:
            raise LabelRefused(words=str(error)) from error
        except (CarrierUnreachable, CarrierUnclear) as error:
            raise CarrierNotReached(
                f"The carrier gave no answer; the label counts as bought. Try again. ({error})"
            ) from error
    with transaction():
        orders_service.lock(order_id)
        parcel = fulfilment_service.lock(fulfilment_id)
        service.void(label_id, parcel)
        text = f"{parcel.number}: label {label.tracking_number} voided."
        orders_service.add_event(order_id, "label_voided", text, by=by)
        audit.record("label.voided", by=by, subject_id=label_id, reference=label.reference)


def settle_label(label_id: UUID, *, tracking_number: str | None, by: Principal) -> None:
    """Say what became of a request without an answer: its tracking number, or that it failed.

    Nothing is asked of the carrier; a label that was bought has no file here. Raises
    `LabelNotFound`, `LabelInProgress` while an answer may still come, and `InvalidState`.
    """
    fulfilment_id = queries.parcel_of(label_id)
    order_id = fulfilment_queries.order_of(fulfilment_id)
    orders_service.lock(order_id)
    parcel = fulfilment_service.lock(fulfilment_id)
    label = service.lock(label_id)
    is_open = label.state is LabelState.REQUESTED
    if is_open and label.error is None and service.is_under_way(label.created_at):
        raise LabelInProgress(number=parcel.number)
    if tracking_number is None:
        service.fail(label_id, "Not bought, as somebody saw on the carrier's pages.")
    else:
        service.record(
            label_id,
            parcel,
            carrier=carriers_queries.carrier_of(label.account_id),
            tracking_number=tracking_number,
            shipment_id=tracking_number,
        )
        service.note_use(parcel)
    what = f"bought, {tracking_number}" if tracking_number else "not bought"
    orders_service.add_event(
        order_id, "label_settled", f"{parcel.number}: label {label.reference} {what}.", by=by
    )
    audit.record("label.settled", by=by, subject_id=label_id, tracking_number=tracking_number)


def print_label(label_id: UUID, *, station: str, by: Principal) -> UUID:
    """Print a bought label at a station; returns the print job.

    Once, however often it is asked: another copy is a reprint of its job. Reads the storage, then
    opens a transaction. Raises `LabelNotFound`, `LabelFileMissing`, `InvalidState` for a label that
    is not bought, `StationHasNoPrinter`, and `PrinterFormatWrong` where the printer takes no PDF or
    no ZPL.
    """
    file = queries.file_of(label_id)
    with transaction():
        label = service.lock(label_id)
        service.refuse_unbought(label, "print")
        return printing_service.print_document(
            station,
            PaperKind.SHIPPING_LABEL,
            file.content,
            given=PrintFormat(label.label_format.lower()),
            title=f"Label {label.reference}",
            by=by,
            subject_id=label.fulfilment_id,
            once_key=f"{PaperKind.SHIPPING_LABEL}:{label_id}",
        )


def check_use(fulfilment_id: UUID, order_id: UUID) -> None:
    """Have a person void the label of a parcel that does not travel with it; needs a transaction.

    Locks the order and the parcel of one that has a label.
    """
    if queries.bought_label(fulfilment_id) is not None:
        orders_service.lock(order_id)
        service.note_use(fulfilment_service.lock(fulfilment_id))


def _ask(fulfilment_id: UUID, wish: LabelWish, *, by: Principal) -> _Asked | UUID:
    """Store a request for a label, or return the label that there is."""
    order = orders_service.lock(fulfilment_queries.order_of(fulfilment_id))
    parcel = fulfilment_service.lock(fulfilment_id)
    existing = queries.active_label(fulfilment_id)
    if existing is not None:
        if existing.state is LabelState.BOUGHT:
            audit.leave_out()
            label_id: UUID = existing.id
            return label_id
        if existing.error is None and service.is_under_way(existing.created_at):
            raise LabelInProgress(number=parcel.number)
        raise LabelOutcomeUnknown(reference=existing.reference)
    if parcel.packed_in_id is not None:
        raise LabelNotForPickup(number=parcel.number, status="packed in another parcel")
    if parcel.status is not FulfilmentState.OPEN or order.shipping_method.get("kind") == "pickup":
        raise LabelNotForPickup(number=parcel.number, status=parcel.status.value)
    orders_service.check_shippable(order)
    goods = queries.parcel_content(fulfilment_id)
    account_id, carrier_service = content.account_of(goods, wish.account, wish.service)
    sender = content.sender_of(goods, wish.location_id)
    weight = wish.weight_grams or goods.weight_grams
    if weight <= 0:
        raise ParcelWithoutWeight(number=parcel.number)
    declaration = content.declaration_of(goods, sender)
    label_format = carriers_queries.label_format_of(account_id)
    label_id, reference = service.request_label(
        parcel,
        account_id=account_id,
        service=carrier_service,
        label_format=label_format,
        weight_grams=weight,
        customs=None if declaration is None else content.snapshot_of(declaration),
        by=by,
    )
    audit.record("label.requested", by=by, subject_id=label_id, reference=reference)
    return _Asked(
        label_id,
        order.id,
        fulfilment_id,
        account_id,
        LabelOrder(
            reference=reference,
            service=carrier_service,
            sender=Party.of(labelled(sender)),
            recipient=Party.of(labelled(order.shipping_address), email=order.email),
            weight_grams=weight,
            size_mm=wish.size_mm,
            customs=declaration,
            label_format=label_format,
        ),
    )


def _store(asked: _Asked, bought: BoughtLabel, *, by: Principal) -> None:
    """Store a label that was bought: its bytes, then its number. Without storage no bytes."""
    key: str | None = f"labels/{asked.label_id.hex[-2:]}/{asked.label_id.hex}.label"
    storage: Storage = get_service(Storage)
    sealed = seal(bought.content, queries.SEALED_FOR.format(asked.label_id))
    try:
        storage.put(str(key), sealed.encode())
    except StorageUnavailable:
        # It is paid for: better without its file than not known at all.
        key = None
    with transaction():
        orders_service.lock(asked.order_id)
        parcel = fulfilment_service.lock(asked.fulfilment_id)
        carrier = carriers_queries.carrier_of(asked.account_id)
        service.record(
            asked.label_id,
            parcel,
            carrier=carrier,
            tracking_number=bought.tracking_number,
            shipment_id=bought.shipment_id,
            label_format=bought.label_format,
            file_key=key,
        )
        service.note_use(parcel)
        text = f"{parcel.number}: label bought from {carrier}, {bought.tracking_number}."
        orders_service.add_event(asked.order_id, "label_bought", text, by=by)
        audit.record(
            "label.bought", by=by, subject_id=asked.label_id,
            reference=asked.order.reference, tracking_number=bought.tracking_number,
        )  # fmt: skip


def _give_up(asked: _Asked, words: str, *, by: Principal) -> None:
    with transaction():
        service.fail(asked.label_id, words)
        audit.record("label.failed", by=by, subject_id=asked.label_id, words=words[:200])


def _refuse_shipped(parcel: Fulfilment, tracking_number: str) -> None:
    has_left = parcel.status in (FulfilmentState.SHIPPED, FulfilmentState.DELIVERED)
    if has_left and tracking_key(parcel.tracking_number or "") == tracking_key(tracking_number):
        raise LabelShipped(number=parcel.number)
