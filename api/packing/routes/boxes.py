"""Types of boxes and the packaging book, for staff."""

import csv
import io
from datetime import date
from typing import Unpack
from uuid import UUID

from flask import Response

from api.kernel.permissions import Permission
from api.packing import queries, service
from api.packing.errors import BoxTypeNotFound, BoxTypeTaken
from api.packing.schemas.boxes import (
    BoxTypeQuerySchema,
    BoxTypeSchema,
    EditBoxTypeSchema,
    NewBoxTypeSchema,
    PackagingBookSchema,
)
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.warehouse.schemas import PeriodSchema

blueprint = Blueprint(
    "packaging",
    __name__,
    url_prefix="/api/v1/admin/packing",
    description="Types of boxes, and how much packaging was used.",
)


@blueprint.route("/box-types", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.arguments(BoxTypeQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(BoxTypeSchema))
def list_box_types(is_active: bool | None, **page: Unpack[PageQuery]) -> dict[str, object]:
    """List the types of boxes by name."""
    return queries.box_type_page(is_active=is_active, **page)


@blueprint.route("/box-types", methods=["POST"])
@requires(Permission.LOCATIONS_WRITE)
@may_answer(BoxTypeNotFound, BoxTypeTaken)
@idempotent(required=False)
@blueprint.arguments(NewBoxTypeSchema)
@blueprint.response(201, BoxTypeSchema, headers=LOCATED)
def create_box_type(body: dict[str, object]) -> object:
    """Create a type of box. From then on each parcel names its box."""
    box_type_id = service.create_box_type(body, by=principal())
    location = f"{blueprint.url_prefix}/box-types/{box_type_id}"
    return queries.box_type(box_type_id), {"Location": location}


@blueprint.route("/box-types/<uuid:box_type_id>", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(BoxTypeNotFound)
@blueprint.response(200, BoxTypeSchema)
def get_box_type(box_type_id: UUID) -> dict[str, object]:
    """Read one type of box."""
    return queries.box_type(box_type_id)


@blueprint.route("/box-types/<uuid:box_type_id>", methods=["PATCH"])
@requires(Permission.LOCATIONS_WRITE)
@may_answer(BoxTypeNotFound, BoxTypeTaken)
@versioned
@blueprint.arguments(EditBoxTypeSchema)
@blueprint.response(200, BoxTypeSchema)
def update_box_type(
    changes: dict[str, object], box_type_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a type of box. Parcels that were packed keep what it was."""
    with transaction():
        service.edit_box_type(
            box_type_id, changes, expected_version=expected_version, by=principal()
        )
    return queries.box_type(box_type_id)


@blueprint.route("/packaging-book", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(PeriodSchema, location="query", as_kwargs=True)
@blueprint.response(200, PackagingBookSchema)
def get_packaging_book(first: date, last: date) -> dict[str, object]:
    """Read grams of packaging by country of destination and material.

    Of the boxes as they were when the parcels were packed; voided parcels are left out.
    """
    return {"rows": queries.packaging_book(first, last)}


@blueprint.route("/packaging-book/file", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(PeriodSchema, location="query", as_kwargs=True)
@blueprint.doc(responses={"200": {"description": "The book", "content": {"text/csv": {}}}})
def get_packaging_book_file(first: date, last: date) -> Response:
    """Read the packaging book as CSV."""
    file = io.StringIO()
    writer = csv.DictWriter(file, ("country", "material", "parcels", "grams"))
    writer.writeheader()
    writer.writerows(queries.packaging_book(first, last))
    return Response(file.getvalue(), content_type="text/csv; charset=utf-8")
