"""Discounts and their codes, for staff."""

import csv
import io
from collections.abc import Mapping
from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

from flask import Response, current_app

from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.promotions import service
from api.promotions.errors import (
    CodesRefused,
    DiscountImpossible,
    DiscountInUse,
    DiscountNotFound,
    SkuUnknown,
)
from api.promotions.queries import admin as queries
from api.promotions.schemas import (
    AddCodesSchema,
    CodesAddedSchema,
    DiscountCodeSchema,
    DiscountSchema,
    DiscountsQuerySchema,
    EditDiscountSchema,
    MakeCodesSchema,
    NewDiscountSchema,
    TriedDiscountSchema,
    TryDiscountSchema,
)

blueprint = Blueprint(
    "admin-discounts",
    __name__,
    url_prefix="/api/v1/admin",
    description="Discounts and their codes, for staff.",
)


@blueprint.route("/discounts", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(DiscountsQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(DiscountSchema))
def list_discounts(active: bool | None, **page: Unpack[PageQuery]) -> dict[str, object]:
    """List all discounts, newest first."""
    return queries.discounts_page(active=active, **page)


@blueprint.route("/discounts", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(DiscountImpossible, DiscountNotFound)
@idempotent(required=False)
@blueprint.arguments(NewDiscountSchema)
@blueprint.response(201, DiscountSchema, headers=LOCATED)
def create_discount(values: Mapping[str, object]) -> object:
    """Create a discount; one that is not automatic applies once it has a code."""
    discount_id = service.create_discount(values, by=principal())
    location = f"{blueprint.url_prefix}/discounts/{discount_id}"
    return queries.discount(discount_id), {"Location": location}


@blueprint.route("/discounts/<uuid:discount_id>", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@may_answer(DiscountNotFound)
@blueprint.response(200, DiscountSchema)
def get_discount(discount_id: UUID) -> dict[str, object]:
    """Read one discount."""
    return queries.discount(discount_id)


@blueprint.route("/discounts/<uuid:discount_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(DiscountImpossible, DiscountNotFound)
@versioned
@blueprint.arguments(EditDiscountSchema)
@blueprint.response(200, DiscountSchema)
def update_discount(
    changes: Mapping[str, object], discount_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a discount; existing orders keep what they have."""
    with transaction():
        service.edit_discount(
            discount_id, changes, expected_version=expected_version, by=principal()
        )
    return queries.discount(discount_id)


@blueprint.route("/discounts/<uuid:discount_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(DiscountInUse, DiscountNotFound)
@versioned
@blueprint.response(204)
def delete_discount(discount_id: UUID, expected_version: int) -> None:
    """Delete a discount that no order has, with its codes."""
    with transaction():
        service.delete_discount(discount_id, expected_version=expected_version, by=principal())


class TriedCart(TypedDict):
    """A cart on which a discount is tried."""

    lines: list[dict[str, object]]
    shipping: Money | None
    alone: bool


@blueprint.route("/discounts/<uuid:discount_id>/try", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(DiscountNotFound, SkuUnknown)
@blueprint.arguments(TryDiscountSchema)
@blueprint.response(200, TriedDiscountSchema)
def try_discount(body: TriedCart, discount_id: UUID) -> dict[str, object]:
    """Calculate what a cart would cost with a discount, before it runs.

    Takes no `Idempotency-Key`: it changes nothing. The discount counts as active and its code as
    entered; its days, limits and other conditions hold.
    """
    currency = current_app.extensions["stockroom_settings"].currency
    return queries.tried(discount_id, currency=currency, **body)


@blueprint.route("/discounts/<uuid:discount_id>/codes", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(DiscountCodeSchema))
def list_discount_codes(query: PageQuery, discount_id: UUID) -> dict[str, object]:
    """List the codes of a discount with their uses, oldest first."""
    return queries.codes_page(discount_id, **query)


class AddedCodes(TypedDict):
    """Codes as a list or as a file."""

    codes: NotRequired[list[str]]
    csv: NotRequired[str]
    max_uses: int | None


@blueprint.route("/discounts/<uuid:discount_id>/codes", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(CodesRefused, DiscountImpossible, DiscountNotFound)
@idempotent(required=False)
@blueprint.arguments(AddCodesSchema)
@blueprint.response(201, CodesAddedSchema)
def add_discount_codes(body: AddedCodes, discount_id: UUID) -> dict[str, int]:
    """Add codes to a discount, all of the list or none."""
    rows = dict(enumerate(body["codes"], start=1)) if "codes" in body else _codes_of(body["csv"])
    added = service.add_codes(discount_id, rows, max_uses=body["max_uses"], by=principal())
    return {"added": added}


@blueprint.route("/discounts/<uuid:discount_id>/codes/batch", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(DiscountImpossible, DiscountNotFound)
@idempotent(required=False)
@blueprint.arguments(MakeCodesSchema, as_kwargs=True)
@blueprint.response(201, CodesAddedSchema)
def make_discount_codes(
    discount_id: UUID, count: int, prefix: str, length: int, max_uses: int | None
) -> dict[str, int]:
    """Make up to 10,000 random codes, without characters that look alike."""
    return {
        "added": service.make_codes(
            discount_id,
            count=count,
            prefix=prefix,
            length=length,
            max_uses=max_uses,
            by=principal(),
        )
    }


@blueprint.route("/discounts/<uuid:discount_id>/codes/export", methods=["GET"])
@requires(Permission.PRICING_WRITE)
@blueprint.doc(
    responses={
        200: {
            "description": "All codes with their uses.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }
)
def export_discount_codes(discount_id: UUID) -> Response:
    """Download all codes of a discount as CSV."""
    written = io.StringIO()
    sheet = csv.writer(written)
    sheet.writerow(("code", "uses", "max_uses"))
    sheet.writerows(queries.all_codes(discount_id))
    headers = {"Content-Disposition": f'attachment; filename="codes-{discount_id}.csv"'}
    return Response(written.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


@blueprint.route("/discount-codes/<uuid:code_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(DiscountInUse, DiscountNotFound)
@blueprint.response(204)
def delete_discount_code(code_id: UUID) -> None:
    """Delete a code that no order has."""
    with transaction():
        service.delete_code(code_id, by=principal())


def _codes_of(text: str) -> dict[int, str]:
    """Read the first column of a CSV by its rows; an empty one is skipped, a heading too."""
    sheet = enumerate(csv.reader(io.StringIO(text.lstrip("\ufeff"))), start=1)
    found = {place: row[0] for place, row in sheet if row and row[0].strip()}
    first = next(iter(found), 0)
    if found and found[first].strip().lower() == "code":
        del found[first]
    return found
