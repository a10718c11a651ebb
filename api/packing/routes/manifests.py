"""The hand-over of parcels to their carriers, for staff."""

from typing import Unpack
from uuid import UUID

from flask import Response

from api.documents import manifest as manifest_paper
from api.fulfilment.errors import FulfilmentNotFound
from api.kernel.errors import InvalidState
from api.kernel.packages import PackageMissing
from api.kernel.permissions import Permission
from api.packing import queries, service
from api.packing.errors import (
    ManifestEmpty,
    ManifestNotFound,
    ManifestOpen,
    ParcelNotOnManifest,
    ParcelNotPacked,
)
from api.packing.schemas.manifests import (
    HandOverAnswerSchema,
    LabelAnswerSchema,
    LabelScanSchema,
    ManifestDetailSchema,
    ManifestQuerySchema,
    ManifestSchema,
    NewManifestSchema,
    NotHandedOverQuerySchema,
    NotHandedOverSchema,
    TakeOffSchema,
)
from api.packing.states import ManifestStatus
from api.platform.auth import principal, requires
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.printing import service as printing_service
from api.printing.errors import PrinterFormatWrong, PrinterNotFound, StationHasNoPrinter
from api.printing.schemas import PrintAtSchema, PrintedSchema
from api.printing.states import PaperKind, PrintFormat

blueprint = Blueprint(
    "hand-over",
    __name__,
    url_prefix="/api/v1/admin/packing",
    description="Which parcels the carriers took.",
)

_FILE = {"type": "string", "format": "binary"}


@blueprint.route("/parcels/<uuid:fulfilment_id>/check-label", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(FulfilmentNotFound, ParcelNotPacked)
@idempotent(required=True)
@blueprint.arguments(LabelScanSchema, as_kwargs=True)
@blueprint.response(200, LabelAnswerSchema)
def check_label(fulfilment_id: UUID, code: str) -> dict[str, object]:
    """Compare the label on a parcel with the parcel.

    A wrong one answers 200 with its `result`, and is in the audit log.
    """
    result, message = service.check_label(fulfilment_id, code, by=principal())
    return {"result": result, "message": message}


@blueprint.route("/not-handed-over", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.arguments(NotHandedOverQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, NotHandedOverSchema)
def list_not_handed_over(carrier: str | None) -> dict[str, object]:
    """List parcels that were shipped in the last 14 days and are on no manifest."""
    return {"parcels": queries.not_handed_over(carrier, principal())}


@blueprint.route("/manifests", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.arguments(ManifestQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(ManifestSchema))
def list_manifests(
    status: ManifestStatus | None, carrier: str | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List manifests, the newest first."""
    return queries.manifest_page(status=status, carrier=carrier, **page)


@blueprint.route("/manifests", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(ManifestNotFound, ManifestOpen)
@idempotent(required=True)
@blueprint.arguments(NewManifestSchema, as_kwargs=True)
@blueprint.response(201, ManifestDetailSchema, headers=LOCATED)
def open_manifest(carrier: str) -> object:
    """Open the manifest of a carrier; it has one open manifest at most."""
    manifest_id = service.open_manifest(carrier, by=principal())
    headers = {"Location": f"{blueprint.url_prefix}/manifests/{manifest_id}"}
    return queries.manifest(manifest_id), headers


@blueprint.route("/manifests/<uuid:manifest_id>", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(ManifestNotFound)
@blueprint.response(200, ManifestDetailSchema)
def get_manifest(manifest_id: UUID) -> dict[str, object]:
    """Read a manifest with its parcels."""
    return queries.manifest(manifest_id)


@blueprint.route("/manifests/<uuid:manifest_id>/scans", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(InvalidState, ManifestNotFound)
@idempotent(required=True)
@blueprint.arguments(LabelScanSchema, as_kwargs=True)
@blueprint.response(200, HandOverAnswerSchema)
def hand_parcel_over(manifest_id: UUID, code: str) -> dict[str, object]:
    """Hand a scanned parcel over.

    What does not belong on the manifest answers 200 with its `result`, and is not on it.
    """
    result, message = service.scan_out(manifest_id, code, by=principal())
    return {"result": result, "message": message, "manifest": queries.manifest(manifest_id)}


@blueprint.route("/manifests/<uuid:manifest_id>/take-off", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(InvalidState, ManifestNotFound, ParcelNotOnManifest)
@idempotent(required=True)
@blueprint.arguments(TakeOffSchema, as_kwargs=True)
@blueprint.response(200, ManifestDetailSchema)
def take_parcel_off(manifest_id: UUID, fulfilment_id: UUID) -> dict[str, object]:
    """Take a parcel off an open manifest: the carrier did not take it."""
    service.take_off(manifest_id, fulfilment_id, by=principal())
    return queries.manifest(manifest_id)


@blueprint.route("/manifests/<uuid:manifest_id>/close", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(InvalidState, ManifestEmpty, ManifestNotFound)
@idempotent(required=True)
@blueprint.response(200, ManifestDetailSchema)
def close_manifest(manifest_id: UUID) -> dict[str, object]:
    """Close a manifest: the carrier has its parcels. Voided ones are taken off."""
    service.close_manifest(manifest_id, by=principal())
    return queries.manifest(manifest_id)


@blueprint.route("/manifests/<uuid:manifest_id>/paper", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(PackageMissing, ManifestNotFound)
@blueprint.doc(
    responses={
        "200": {
            "description": "The list to sign",
            "content": {"application/pdf": {"schema": _FILE}},
        }
    }
)
def get_manifest_paper(manifest_id: UUID) -> Response:
    """Print a manifest as PDF, for the carrier to sign."""
    return Response(
        manifest_paper.paper(queries.manifest_paper(manifest_id)), content_type="application/pdf"
    )


@blueprint.route("/manifests/<uuid:manifest_id>/print", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    PackageMissing, ManifestNotFound, PrinterFormatWrong, PrinterNotFound, StationHasNoPrinter
)
@idempotent(required=True)
@blueprint.arguments(PrintAtSchema, as_kwargs=True)
@blueprint.response(200, PrintedSchema)
def print_manifest(manifest_id: UUID, station: str) -> dict[str, object]:
    """Print a manifest on the printer of a station, for the carrier to sign."""
    of = queries.manifest_paper(manifest_id)
    job = printing_service.print_drawn(
        station,
        PaperKind.MANIFEST,
        {PrintFormat.PDF: lambda _: manifest_paper.paper(of)},
        title=f"Manifest {of.number}",
        by=principal(),
        subject_id=manifest_id,
    )
    return {"jobs": [job]}
