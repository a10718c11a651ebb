"""Manifests: which parcels a carrier took, proved by a scan of each."""

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from api.fulfilment import queries as fulfilment_queries
from api.fulfilment.states import FulfilmentState
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.packing import queries
from api.packing.errors import ManifestEmpty, ManifestNotFound, ManifestOpen, ParcelNotOnManifest
from api.packing.models import Manifest, ManifestParcel
from api.packing.states import MANIFEST, HandOverResult, ManifestStatus
from api.platform import audit
from api.platform.db import AnyRow, require_transaction


def open_manifest(carrier: str, *, by: Principal) -> UUID:
    """Open the manifest of a carrier. Raises `ManifestOpen` while it has an open one."""
    name = fulfilment_queries.carrier_name(carrier)
    session = require_transaction()
    manifest_id: UUID | None = session.scalar(
        insert(Manifest)
        .values(
            id=new_id(),
            created_at=clock.now(),
            carrier=name,
            status=ManifestStatus.OPEN,
            opened_by=by.label[:120],
        )
        .on_conflict_do_nothing()
        .returning(Manifest.id)
    )
    if manifest_id is None:
        row = session.execute(
            select(Manifest.id, Manifest.number).where(
                Manifest.carrier == name, Manifest.status == ManifestStatus.OPEN
            )
        ).one_or_none()
        if row is None:  # closed in this very moment
            return open_manifest(carrier, by=by)
        raise ManifestOpen(carrier=name, number=f"M-{row.number}", manifest_id=row.id)
    audit.record("manifest.opened", by=by, subject_id=manifest_id, carrier=name)
    return manifest_id


def scan_out(manifest_id: UUID, code: str, *, by: Principal) -> tuple[HandOverResult, str]:
    """Put a scanned parcel on a manifest: it is handed over; returns the result, in words too.

    A parcel of another carrier, one that is not shipped, and one that is on another manifest are
    refused in the answer; scanned again it stays on this one. Locks the manifest. Raises
    `ManifestNotFound` and `InvalidState` for a closed one.
    """
    manifest = _lock(manifest_id, "scan")
    parcel = fulfilment_queries.find_by_label(code)
    if parcel is None or not orders_queries.is_seen(parcel.order_id, by):
        return HandOverResult.UNKNOWN, f"{code.strip()[:60]} is the label of no parcel."
    if parcel.status is not FulfilmentState.SHIPPED:
        told = f"{parcel.number} is {parcel.status.value}: it does not leave."
        return HandOverResult.NOT_SHIPPED, told
    if parcel.carrier != manifest.carrier:
        told = f"{parcel.number} goes by {parcel.carrier}, not by {manifest.carrier}."
        return HandOverResult.WRONG_CARRIER, told
    added = require_transaction().scalar(
        insert(ManifestParcel)
        .values(
            id=new_id(),
            created_at=clock.now(),
            manifest_id=manifest_id,
            fulfilment_id=parcel.id,
            scanned_by=by.label[:120],
        )
        .on_conflict_do_nothing()
        .returning(ManifestParcel.id)
    )
    if added is None:
        other = queries.manifest_of(parcel.id)
        if other is not None and other.id != manifest_id:
            told = f"{parcel.number} was handed over with M-{other.number}."
            return HandOverResult.ELSEWHERE, told
        return HandOverResult.ALREADY, f"{parcel.number} is on this manifest."
    audit.record("parcel.handed_over", by=by, subject_id=parcel.id, manifest=manifest.number)
    return HandOverResult.OK, f"{parcel.number} is handed over."


def take_off(manifest_id: UUID, fulfilment_id: UUID, *, by: Principal) -> None:
    """Take a parcel off an open manifest: the carrier did not take it.

    Locks the manifest. Raises `ManifestNotFound`, `InvalidState` and `ParcelNotOnManifest`.
    """
    manifest = _lock(manifest_id, "scan")
    removed = require_transaction().execute(
        delete(ManifestParcel)
        .where(
            ManifestParcel.manifest_id == manifest_id,
            ManifestParcel.fulfilment_id == fulfilment_id,
        )
        .returning(ManifestParcel.id)
    )
    if removed.first() is None:
        raise ParcelNotOnManifest
    audit.record("parcel.not_handed_over", by=by, subject_id=fulfilment_id,
                 manifest=manifest.number)  # fmt: skip


def close_manifest(manifest_id: UUID, *, by: Principal) -> None:
    """Close a manifest: the carrier has its parcels.

    Parcels that were voided since they were scanned are taken off. Locks the manifest. Raises
    `ManifestNotFound`, `InvalidState` and `ManifestEmpty`.
    """
    manifest = _lock(manifest_id, "close")
    session = require_transaction()
    voided = queries.voided_on(manifest_id)
    session.execute(
        delete(ManifestParcel)
        .where(ManifestParcel.fulfilment_id.in_(voided))
        .execution_options(synchronize_session=False)
    )
    if not queries.parcels_on(manifest_id):
        raise ManifestEmpty(number=f"M-{manifest.number}")
    session.execute(
        update(Manifest)
        .where(Manifest.id == manifest_id)
        .values(status=ManifestStatus.CLOSED, closed_at=clock.now(), closed_by=by.label[:120])
        .execution_options(synchronize_session=False)
    )
    audit.record("manifest.closed", by=by, subject_id=manifest_id, carrier=manifest.carrier)


def _lock(manifest_id: UUID, command: str) -> AnyRow:
    columns = Manifest.__table__.c
    row = (
        require_transaction()
        .execute(select(*columns).where(columns.id == manifest_id).with_for_update())
        .one_or_none()
    )
    if row is None:
        raise ManifestNotFound(manifest_id=manifest_id)
    MANIFEST.next(row.status, command)
    return row
