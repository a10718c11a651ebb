"""Reads of labels and tracking events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, literal, literal_column, select

from api.carriers import queries as carriers_queries
from api.carriers.models import CarrierAccount
from api.carriers.rules import TERMS, Carrier
from api.fulfilment import queries as fulfilment_queries
from api.fulfilment.carriers import tracking_key
from api.fulfilment.errors import FulfilmentNotFound
from api.fulfilment.models import TRACKING_KEY, Fulfilment, FulfilmentLine
from api.fulfilment.states import TrackingStatus
from api.kernel.principal import Principal
from api.orders.models import Order, OrderLine
from api.platform import sweeps
from api.platform.db import AnyRow, session, table_of
from api.platform.secrets_at_rest import Unreadable, unseal
from api.platform.service_registry import get_service
from api.platform.storage import FileNotFound, Storage
from api.shipping.queries import METHODS
from api.shipping_labels.errors import LabelFileMissing, LabelNotFound
from api.shipping_labels.models import ShippingLabel, TrackingEvent
from api.shipping_labels.rules import ParcelGoods
from api.shipping_labels.states import ACTIVE, LabelState

LABELS: Final = table_of(ShippingLabel)
EVENTS: Final = table_of(TrackingEvent)
_ACCOUNTS: Final = table_of(CarrierAccount)
_PARCELS: Final = table_of(Fulfilment)
_OF_ORDER: tuple[object, ...] = (
    Order.id, Order.currency, Order.shipping_total, Order.shipping_method, Order.shipping_address,
)  # fmt: skip
SEALED_FOR: Final = "shipping-label {}"
"""What the bytes of a label are sealed for: they show a name and an address."""
MOST_EVENTS: Final = 100
_SHOWN: Final = (
    "id", "fulfilment_id", "account_id", "state", "reference", "service", "label_format",
    "weight_grams", "customs", "tracking_number", "error", "created_at", "created_by",
    "bought_at", "voided_at", "version",
)  # fmt: skip
_LABELS: Final = select(
    LABELS, _ACCOUNTS.c.carrier, _ACCOUNTS.c.code.label("account"), _ACCOUNTS.c.mode
).join_from(LABELS, _ACCOUNTS, _ACCOUNTS.c.id == LABELS.c.account_id)
MEDIA_TYPES: Final = {"PDF": "application/pdf", "ZPL": "application/zpl"}


class MethodAccount(NamedTuple):
    """From which account, and as which product, labels of a shipping method are bought."""

    account_id: UUID
    service: str


@dataclass(frozen=True, slots=True)
class ParcelContent:
    """A parcel with what the order says of it. Amounts in minor units of `currency`."""

    number: str
    order_id: UUID
    order_number: str
    currency: str
    shipping_total: int
    shipping_method: dict[str, Any]
    shipping_address: dict[str, Any]
    goods: tuple[ParcelGoods, ...]

    @property
    def weight_grams(self) -> int:
        """The weight of the goods, without a box."""
        return sum(one.weight_grams * one.quantity for one in self.goods)


class LabelFile(NamedTuple):
    """The bytes of a label."""

    content: bytes
    media_type: str
    name: str


def label(label_id: UUID) -> dict[str, object]:
    """Return a label. Raises `LabelNotFound`."""
    row = session.execute(_LABELS.where(LABELS.c.id == label_id)).one_or_none()
    if row is None:
        raise LabelNotFound
    return _shown(row)


def labels_of(fulfilment_id: UUID) -> list[dict[str, object]]:
    """Return all labels of a parcel, oldest first."""
    rows = session.execute(
        _LABELS.where(LABELS.c.fulfilment_id == fulfilment_id).order_by(LABELS.c.id)
    )
    return [_shown(row) for row in rows]


def labels_of_order(order_id: UUID) -> list[dict[str, Any]]:
    """Return the labels of all parcels of an order, newest first; up to a hundred."""
    rows = session.execute(
        _LABELS.join(_PARCELS, _PARCELS.c.id == LABELS.c.fulfilment_id)
        .where(_PARCELS.c.order_id == order_id)
        .order_by(LABELS.c.id.desc())
        .limit(MOST_EVENTS)
    )
    return [_shown(row) for row in rows]


def parcel_of(label_id: UUID) -> UUID:
    """Return the id of a label's parcel, which never changes. Raises `LabelNotFound`."""
    found = session.scalar(select(LABELS.c.fulfilment_id).where(LABELS.c.id == label_id))
    if found is None:
        raise LabelNotFound
    return cast(UUID, found)


def parcel_content(fulfilment_id: UUID) -> ParcelContent:
    """Return what is in a parcel and where it goes; two statements. Raises `FulfilmentNotFound`.

    The value of a unit is what was paid for it, after discounts.
    """
    parcel = session.execute(
        select(_PARCELS.c.number, Order.number.label("order_number"), *_OF_ORDER)
        .join_from(_PARCELS, Order, Order.id == _PARCELS.c.order_id)
        .where(_PARCELS.c.id == fulfilment_id)
    ).one_or_none()
    if parcel is None:
        raise FulfilmentNotFound(fulfilment_id=fulfilment_id)
    lines = session.execute(
        select(
            OrderLine.id, OrderLine.sku, OrderLine.title, OrderLine.weight_grams,
            OrderLine.hs_code, OrderLine.origin_country, OrderLine.total, OrderLine.quantity,
            FulfilmentLine.quantity.label("packed"),
        )
        .join(FulfilmentLine, FulfilmentLine.order_line_id == OrderLine.id)
        .where(FulfilmentLine.fulfilment_id == fulfilment_id)
        .order_by(OrderLine.position)
    )  # fmt: skip
    return ParcelContent(
        number=parcel.number,
        order_id=parcel.id,
        order_number=parcel.order_number,
        currency=parcel.currency,
        shipping_total=parcel.shipping_total,
        shipping_method=parcel.shipping_method,
        shipping_address=parcel.shipping_address,
        goods=tuple(
            ParcelGoods(
                order_line_id=row.id,
                sku=row.sku,
                title=row.title,
                quantity=row.packed,
                unit_value=row.total // row.quantity,
                weight_grams=row.weight_grams,
                hs_code=row.hs_code,
                origin=row.origin_country,
            )
            for row in lines
        ),
    )


def check_seen(label_id: UUID, by: Principal) -> None:
    """Refuse a label of an order that somebody limited to locations does not see.

    Raises `LabelNotFound`.
    """
    try:
        fulfilment_queries.check_seen(parcel_of(label_id), by)
    except FulfilmentNotFound as unseen:
        raise LabelNotFound from unseen


def active_label(fulfilment_id: UUID) -> AnyRow | None:
    """Return the label that counts for a parcel. Read it under the parcel's lock."""
    return session.execute(
        select(LABELS).where(LABELS.c.fulfilment_id == fulfilment_id, LABELS.c.state.in_(ACTIVE))
    ).one_or_none()


def bought_label(fulfilment_id: UUID) -> UUID | None:
    """Return the label that was bought for a parcel, unless it was voided."""
    return session.scalar(
        select(LABELS.c.id).where(
            LABELS.c.fulfilment_id == fulfilment_id, LABELS.c.state == LabelState.BOUGHT
        )
    )


def file_of(label_id: UUID) -> LabelFile:
    """Return the bytes of a label. Raises `LabelNotFound`, `LabelFileMissing`."""
    row = session.execute(select(LABELS).where(LABELS.c.id == label_id)).one_or_none()
    if row is None:
        raise LabelNotFound
    missing = LabelFileMissing(reference=row.reference)
    if row.file_key is None:
        raise missing
    storage: Storage = get_service(Storage)
    session.rollback()
    try:
        content = unseal(storage.read(row.file_key).decode(), SEALED_FOR.format(label_id))
    except (FileNotFound, Unreadable) as error:
        raise missing from error
    ending = row.label_format.lower()
    return LabelFile(content, MEDIA_TYPES[row.label_format], f"{row.reference}.{ending}")


def method_account(code: str, currency: str) -> MethodAccount | None:
    """Return the account of a shipping method as it is now; None without one."""
    row = session.execute(
        select(METHODS.c.carrier_account_id, METHODS.c.carrier_service).where(
            METHODS.c.code == code, METHODS.c.currency == currency
        )
    ).one_or_none()
    if row is None or row.carrier_account_id is None:
        return None
    return MethodAccount(row.carrier_account_id, row.carrier_service)


def buys_label(shipping_method: Mapping[str, Any], currency: str) -> bool:
    """Whether labels of an order are bought: its method has an account that is in use."""
    if shipping_method.get("kind") == "pickup" or "code" not in shipping_method:
        return False
    account = method_account(shipping_method["code"], currency)
    return account is not None and carriers_queries.is_usable(account.account_id)


def parcels_by_number(numbers: list[str], carrier: str | None = None) -> dict[str, UUID]:
    """Return the newest parcel that left with each tracking number, by the number's key.

    With a carrier, only its parcels: the webhook of one account tells nothing about others.
    """
    keys = literal([tracking_key(number) for number in numbers], ARRAY(Text))
    key: Any = literal_column(TRACKING_KEY)
    query = (
        select(key.label("key"), _PARCELS.c.id)
        .where(
            _PARCELS.c.tracking_number.is_not(None),
            _PARCELS.c.voided_at.is_(None),
            key == any_(keys),
        )
        .order_by(_PARCELS.c.id)
    )
    if carrier is not None:
        query = query.where(_PARCELS.c.carrier == carrier)
    return {row.key: row.id for row in session.execute(query)}


def tracking(fulfilment_id: UUID) -> list[dict[str, object]]:
    """Return what the carrier said of a parcel, the newest first; up to a hundred events."""
    rows = session.execute(
        select(
            EVENTS.c.id,
            EVENTS.c.status,
            EVENTS.c.occurred_at,
            EVENTS.c.description,
            EVENTS.c.source,
        )
        .where(EVENTS.c.fulfilment_id == fulfilment_id)
        .order_by(EVENTS.c.occurred_at.desc(), EVENTS.c.id.desc())
        .limit(MOST_EVENTS)
    )
    return [dict(row._mapping) for row in rows]


def comes_back(fulfilment_id: UUID, at: datetime) -> bool:
    """Whether a parcel was on its way back to the shop at a moment, by its carrier."""
    found = session.scalar(
        select(EVENTS.c.id)
        .where(
            EVENTS.c.fulfilment_id == fulfilment_id,
            EVENTS.c.status == TrackingStatus.RETURN_TO_SENDER,
            EVENTS.c.occurred_at <= at,
        )
        .limit(1)
    )
    return found is not None


def left_unclear(sweep: str, before: datetime, limit: int) -> list[UUID]:
    """Return labels that were asked for before a moment and about which nothing is known."""
    return list(
        session.scalars(
            select(LABELS.c.id)
            .where(
                # Literal, as the partial index is.
                literal_column("state") == literal_column("'requested'"),
                LABELS.c.created_at < before,
                LABELS.c.error.is_(None),
                ~sweeps.waits(sweep, LABELS.c.id),
            )
            .order_by(LABELS.c.created_at)
            .limit(limit)
        )
    )


def _shown(row: AnyRow) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in _SHOWN},
        "has_file": row.file_key is not None,
        "carrier": TERMS[Carrier(row.carrier)].name,
        "account": row.account,
        "is_test": row.mode == "test",
    }
