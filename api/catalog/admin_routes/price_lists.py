"""Price lists, for staff."""

import csv
import io
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask import Response

from api.catalog.errors.price_lists import (
    ListedPricesRefused,
    PriceListImpossible,
    PriceListNotFound,
)
from api.catalog.queries import price_lists as queries
from api.catalog.schemas.price_lists import (
    EditPriceListSchema,
    ListedPriceSchema,
    ListedPricesSetSchema,
    NewPriceListSchema,
    PriceListSchema,
    SetListedPricesSchema,
)
from api.catalog.service import price_lists as service
from api.kernel.money import Money, exponent
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import (
    LOCATED,
    MAX_AMOUNT,
    Blueprint,
    PageQuerySchema,
    UncountedPageQuerySchema,
    list_schema,
)
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery, UncountedPageQuery

blueprint = Blueprint(
    "price-lists",
    __name__,
    url_prefix="/api/v1/admin/price-lists",
    description="Prices for groups of customers.",
)
_COLUMNS = ("sku", "min_quantity", "price")


@blueprint.route("")
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(PriceListSchema))
def list_price_lists(query: PageQuery) -> dict[str, object]:
    """List all price lists by code."""
    return queries.price_lists(**query)


@blueprint.route("", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(PriceListImpossible, PriceListNotFound)
@idempotent(required=False)
@blueprint.arguments(NewPriceListSchema)
@blueprint.response(201, PriceListSchema, headers=LOCATED)
def create_price_list(values: Mapping[str, object]) -> object:
    """Create a price list for a group of customers."""
    list_id = service.create_price_list(values, by=principal())
    return queries.price_list(list_id), {"Location": f"{blueprint.url_prefix}/{list_id}"}


@blueprint.route("/<uuid:list_id>")
@requires(Permission.PRICING_WRITE)
@may_answer(PriceListNotFound)
@blueprint.response(200, PriceListSchema)
def get_price_list(list_id: UUID) -> dict[str, object]:
    """Read one price list."""
    return queries.price_list(list_id)


@blueprint.route("/<uuid:list_id>", methods=["PATCH"])
@requires(Permission.PRICING_WRITE)
@may_answer(PriceListImpossible, PriceListNotFound)
@versioned
@blueprint.arguments(EditPriceListSchema)
@blueprint.response(200, PriceListSchema)
def update_price_list(
    changes: Mapping[str, object], list_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a price list."""
    with transaction():
        service.edit_price_list(list_id, changes, expected_version=expected_version, by=principal())
    return queries.price_list(list_id)


@blueprint.route("/<uuid:list_id>", methods=["DELETE"])
@requires(Permission.PRICING_WRITE)
@may_answer(PriceListNotFound)
@versioned
@blueprint.response(204)
def delete_price_list(list_id: UUID, expected_version: int) -> None:
    """Delete a price list with its prices."""
    with transaction():
        service.delete_price_list(list_id, expected_version=expected_version, by=principal())


@blueprint.route("/<uuid:list_id>/prices")
@requires(Permission.PRICING_WRITE)
@blueprint.arguments(UncountedPageQuerySchema, location="query")
@blueprint.response(200, list_schema(ListedPriceSchema))
def list_listed_prices(query: UncountedPageQuery, list_id: UUID) -> dict[str, object]:
    """List the prices of a price list."""
    return queries.listed_prices(list_id, **query)


@blueprint.route("/<uuid:list_id>/prices", methods=["POST"])
@requires(Permission.PRICING_WRITE)
@may_answer(ListedPricesRefused, PriceListNotFound)
@idempotent(required=False)
@blueprint.arguments(SetListedPricesSchema)
@blueprint.response(200, ListedPricesSetSchema)
def set_listed_prices(body: dict[str, Any], list_id: UUID) -> dict[str, int]:
    """Set or remove prices of a price list, all rows or none."""
    rows = body.get("prices")
    if "sku" in body:
        rows = [{"min_quantity": 1, **body}]
    elif rows is None:
        rows = _rows_of(body["csv"], queries.price_list(list_id)["currency"])
    return {"rows": service.set_listed_prices(list_id, rows, by=principal())}


@blueprint.route("/<uuid:list_id>/prices/export")
@requires(Permission.PRICING_WRITE)
@may_answer(PriceListNotFound)
@blueprint.doc(
    responses={
        200: {
            "description": "All prices of the list.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }
)
def export_listed_prices(list_id: UUID) -> Response:
    """Download all prices of a price list as CSV, as the import takes it."""
    code = queries.price_list(list_id)["code"]
    written = io.StringIO()
    sheet = csv.writer(written)
    sheet.writerow(_COLUMNS)
    for row in queries.all_listed_prices(list_id):
        price = row["price"]
        amount = f"{Decimal(price.amount).scaleb(-exponent(price.currency)):f}"
        sheet.writerow((row["sku"], row["min_quantity"], amount))
    headers = {"Content-Disposition": f'attachment; filename="{code}.csv"'}
    return Response(written.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


def _rows_of(text: str, currency: str) -> list[dict[str, object]]:
    """Read a CSV of prices. Raises `ListedPricesRefused` with each row that cannot be read."""
    sheet = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    rows, errors = [], []
    for place, cells in enumerate(sheet):
        try:
            rows.append(_row(cells, currency))
        except (ValueError, InvalidOperation):
            said = f"Row {place + 1}: use sku, min_quantity from 1 to 999 and a price as 12.99."
            errors.append({"pointer": "/csv", "code": ListedPricesRefused.code, "detail": said})
    if errors or not rows:
        none = {"pointer": "/csv", "code": ListedPricesRefused.code}
        said = f"It has no rows. Its first line is: {','.join(_COLUMNS)}"
        raise ListedPricesRefused(
            count=len(errors), errors=errors[:100] or [{**none, "detail": said}]
        )
    return rows


def _row(cells: dict[str | None, str | None], currency: str) -> dict[str, object]:
    if None in cells:
        # A comma too many, as in 9,90: half a price would be taken.
        raise ValueError("more cells than columns")
    sku, quantity, said = ((cells.get(name) or "").strip() for name in _COLUMNS)
    price = None
    if said:
        amount = Decimal(said).scaleb(exponent(currency))
        if not amount.is_finite() or amount != int(amount) or not 0 <= amount <= MAX_AMOUNT:
            raise ValueError(said)
        price = Money(int(amount), currency)
    least = int(quantity or 1)
    if not sku or not 1 <= least <= 999:
        raise ValueError(sku)
    return {"sku": sku, "min_quantity": least, "price": price}
