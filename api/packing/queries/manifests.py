"""Manifests with their parcels, and what is packed but was not handed over."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import func, select

from api.documents.manifest import ManifestPaper, ManifestRow
from api.fulfilment import queries as fulfilment_queries
from api.fulfilment.models import Fulfilment, FulfilmentLine
from api.fulfilment.states import FulfilmentState
from api.kernel import clock
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders.models import Order
from api.packing.errors import ManifestNotFound
from api.packing.models import Manifest, ManifestParcel, PackedParcel
from api.packing.states import ManifestStatus
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import PageQuery, Sort, page_response
from api.platform.settings import current_settings

DAYS: Final = 14
"""A parcel that was shipped longer ago is with its carrier, or nobody looks for it here."""
_MOST: Final = 500
_NEWEST = Sort((Manifest.id,), descending=True)


class ParcelRead(TypedDict):
    """A parcel that is handed over, or is to be."""

    fulfilment_id: UUID
    number: str
    order_id: UUID
    order_number: str
    carrier: str
    tracking_number: str | None
    country: str
    unit_count: int
    weight_grams: int | None
    shipped_at: datetime
    is_label_checked: bool
    is_voided: bool


def manifest_page(
    *, status: ManifestStatus | None, carrier: str | None, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return a page of manifests, the newest first."""
    statement = _manifests()
    if status is not None:
        statement = statement.where(Manifest.status == status)
    if carrier is not None:
        carrier = fulfilment_queries.carrier_name(carrier)
        statement = statement.where(Manifest.carrier == carrier)
    return page_response(statement, _NEWEST, _manifest, filters=(status, carrier), **asked)


def manifest(manifest_id: UUID) -> dict[str, Any]:
    """Return a manifest with its parcels as they were scanned. Raises `ManifestNotFound`."""
    row = session.execute(_manifests().where(Manifest.id == manifest_id)).one_or_none()
    if row is None:
        raise ManifestNotFound(manifest_id=manifest_id)
    return {**_manifest(row), "parcels": parcels_on(manifest_id)}


def manifest_paper(manifest_id: UUID) -> ManifestPaper:
    """Return what is printed of a manifest, for the carrier to sign. Raises `ManifestNotFound`."""
    of = manifest(manifest_id)
    parcels = [one for one in of["parcels"] if not one["is_voided"]]
    return ManifestPaper(
        shop=current_settings().shop_name,
        number=of["number"],
        carrier=of["carrier"],
        day=f"{of['closed_at'] or of['created_at']:%Y-%m-%d}",
        is_closed=of["closed_at"] is not None,
        closed_by=of["closed_by"] or "",
        rows=[
            ManifestRow(
                parcel=one["number"],
                tracking=one["tracking_number"] or "",
                country=one["country"],
                units=one["unit_count"],
                grams=one["weight_grams"],
            )
            for one in parcels
        ],
    )


def parcels_on(manifest_id: UUID) -> list[ParcelRead]:
    """Return the parcels of a manifest, in the order of their scans."""
    rows = session.execute(
        _parcels()
        .join(ManifestParcel, ManifestParcel.fulfilment_id == Fulfilment.id)
        .where(ManifestParcel.manifest_id == manifest_id)
        .order_by(ManifestParcel.id)
    )
    return [_parcel(row) for row in rows]


def voided_on(manifest_id: UUID) -> Sequence[UUID]:
    """Return the parcels of a manifest that are no longer on their way."""
    return session.scalars(
        select(Fulfilment.id)
        .join(ManifestParcel, ManifestParcel.fulfilment_id == Fulfilment.id)
        .where(
            ManifestParcel.manifest_id == manifest_id,
            Fulfilment.status == FulfilmentState.VOIDED,
        )
    ).all()


def manifest_of(fulfilment_id: UUID) -> AnyRow | None:
    """Return the manifest that a parcel is on, or None."""
    return session.execute(
        select(Manifest.id, Manifest.number)
        .join(ManifestParcel, ManifestParcel.manifest_id == Manifest.id)
        .where(ManifestParcel.fulfilment_id == fulfilment_id)
    ).one_or_none()


def not_handed_over(carrier: str | None, by: Principal) -> list[ParcelRead]:
    """List parcels that were shipped in the last 14 days and are on no manifest, oldest first.

    At most 500. Gift cards by e-mail and parcels that customers picked up are none. Somebody
    limited to locations gets the parcels of orders that they see.
    """
    on_manifest = (
        select(ManifestParcel.id).where(ManifestParcel.fulfilment_id == Fulfilment.id).exists()
    )
    statement = _parcels().where(
        Fulfilment.shipped_at >= clock.now() - timedelta(days=DAYS),
        Fulfilment.status == FulfilmentState.SHIPPED,
        Fulfilment.carrier != fulfilment_queries.BY_EMAIL,
        ~on_manifest,
        *orders_queries.seen_by(by),
    )
    if carrier is not None:
        statement = statement.where(Fulfilment.carrier == fulfilment_queries.carrier_name(carrier))
    rows = session.execute(
        statement.order_by(Fulfilment.shipped_at, Fulfilment.id).limit(_MOST)
    ).all()
    return [_parcel(row) for row in rows]


def _manifests() -> AnySelect:
    count = (
        select(func.count())
        .where(ManifestParcel.manifest_id == Manifest.id)
        .correlate(Manifest)
        .scalar_subquery()
    )
    return select(
        *(Manifest.id, Manifest.number, Manifest.carrier, Manifest.status, Manifest.created_at),
        *(Manifest.opened_by, Manifest.closed_at, Manifest.closed_by),
        count.label("parcel_count"),
    )


def _manifest(row: AnyRow) -> dict[str, object]:
    names = (
        *("id", "carrier", "status", "created_at", "opened_by", "closed_at", "closed_by"),
        "parcel_count",
    )
    return {**{name: getattr(row, name) for name in names}, "number": f"M-{row.number}"}


def _parcels() -> AnySelect:
    units = (
        select(func.sum(FulfilmentLine.quantity))
        .where(FulfilmentLine.fulfilment_id == Fulfilment.id)
        .correlate(Fulfilment)
        .scalar_subquery()
    )
    return (
        select(
            *(Fulfilment.id, Fulfilment.number, Fulfilment.order_id, Fulfilment.carrier),
            *(Fulfilment.tracking_number, Fulfilment.shipped_at, Fulfilment.status),
            *(Order.number.label("order_number"), Order.ship_country.label("country")),
            *(PackedParcel.weight_grams, PackedParcel.label_checked_at),
            units.label("unit_count"),
        )
        .join(Order, Order.id == Fulfilment.order_id)
        .outerjoin(PackedParcel, PackedParcel.fulfilment_id == Fulfilment.id)
    )


def _parcel(row: AnyRow) -> ParcelRead:
    return {
        "fulfilment_id": row.id,
        "number": row.number,
        "order_id": row.order_id,
        "order_number": row.order_number,
        "carrier": row.carrier,
        "tracking_number": row.tracking_number,
        "country": row.country,
        "unit_count": int(row.unit_count or 0),
        "weight_grams": row.weight_grams,
        "shipped_at": row.shipped_at,
        "is_label_checked": row.label_checked_at is not None,
        "is_voided": row.status is FulfilmentState.VOIDED,
    }
