"""Transfers with their lines, as the API returns them."""

from collections.abc import Collection
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Integer, Uuid, any_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from api.catalog.queries import variant_lookup
from api.inventory.models import Location
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, AnySelect, session, table_of
from api.platform.pagination import PageQuery, Sort, page, page_response
from api.platform.prepared import prepared
from api.platform.settings import current_settings
from api.purchasing.errors import TransferNotFound
from api.purchasing.models import Transfer, TransferLine
from api.purchasing.queries.purchase_orders import number_in
from api.purchasing.states import ON_THE_WAY, TransferStatus

TRANSFER_PREFIX = "TR-"
"""Begins the number of a transfer on its label."""

_NEWEST = Sort((Transfer.number,), descending=True)
_BY_POSITION = Sort((TransferLine.position, TransferLine.id))
_FROM, _TO = aliased(Location), aliased(Location)


def transfer_page(
    *,
    status: str | None,
    location_id: UUID | None,
    limit: int,
    cursor: str | None,
    with_total: bool,
    at: frozenset[UUID] | None,
) -> dict[str, object]:
    """Return a page of transfers, the newest first.

    `location_id` is where they come from or go to; with `at` only those from or to these locations.
    """
    narrow: list[ColumnElement[bool]] = []
    if status is not None:
        narrow.append(Transfer.status == TransferStatus(status))
    for places in ([location_id] if location_id else None, at):
        if places is not None:
            narrow.append(
                or_(
                    any_of(Transfer.from_location_id, places),
                    any_of(Transfer.to_location_id, places),
                )
            )
    rows, described = page(
        _transfers().where(*narrow),
        _NEWEST,
        limit=limit,
        cursor=cursor,
        filters=(status, location_id, at and sorted(at)),
        total=select(Transfer.id).where(*narrow) if with_total else None,
    )
    lines = _lines({row.id for row in rows})
    codes = variant_lookup.barcodes_of({one.variant_id for some in lines.values() for one in some})
    return {
        "data": [_transfer(row, lines.get(row.id, []), codes) for row in rows], "page": described,
    }  # fmt: skip


def transfer(transfer_id: UUID) -> dict[str, Any]:
    """Return one transfer with its lines. Raises `TransferNotFound`."""
    session.flush()
    row = session.execute(_transfers().where(Transfer.id == transfer_id)).one_or_none()
    if row is None:
        raise TransferNotFound
    return _whole(row)


def check_transfer_seen(transfer_id: UUID, by: Principal) -> None:
    """Refuse a transfer neither from nor to the locations that somebody is limited to.

    Raises `TransferNotFound`.
    """
    ends = select(Transfer.from_location_id, Transfer.to_location_id)
    row = session.execute(ends.where(Transfer.id == transfer_id)).one_or_none()
    if row is None or not any(by.works_at(location_id) for location_id in row):
        raise TransferNotFound


def _whole(row: AnyRow) -> dict[str, object]:
    lines = _lines({row.id}).get(row.id, [])
    return _transfer(row, lines, variant_lookup.barcodes_of({line.variant_id for line in lines}))


def transfer_by_number(text: str) -> dict[str, Any] | None:
    """Return the transfer whose number is on a label, `TR-1001`; None if there is none."""
    number = number_in(text, TRANSFER_PREFIX)
    if number is None:
        return None
    row = session.execute(_BY_NUMBER, {"number": number}).one_or_none()
    return None if row is None else _whole(row)


def transfer_line_page(transfer_id: UUID, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the lines of a transfer, in their order. Raises `TransferNotFound`."""
    by_id = {line["id"]: line for line in transfer(transfer_id)["lines"]}
    of_transfer = TransferLine.transfer_id == transfer_id
    return page_response(
        select(TransferLine.id).where(of_transfer),
        _BY_POSITION,
        lambda row: by_id[row[0]],
        filters=transfer_id,
        **asked,
    )


def units_in_transit(variant_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], int]:
    """Return the units that transfers on their way still bring, by variant and location."""
    rows = session.execute(
        select(
            TransferLine.variant_id,
            Transfer.to_location_id,
            func.sum(func.greatest(TransferLine.shipped - TransferLine.received, 0)),
        )
        .join(Transfer, Transfer.id == TransferLine.transfer_id)
        .where(Transfer.status.in_(ON_THE_WAY), any_of(TransferLine.variant_id, variant_ids))
        .group_by(TransferLine.variant_id, Transfer.to_location_id)
    )
    return {(variant_id, location_id): int(units) for variant_id, location_id, units in rows}


def _transfers() -> AnySelect:
    return (
        select(
            *table_of(Transfer).c,
            *(_FROM.code.label("from_code"), _FROM.name.label("from_name")),
            *(_TO.code.label("to_code"), _TO.name.label("to_name")),
        )
        .join_from(Transfer, _FROM, _FROM.id == Transfer.from_location_id)
        .join(_TO, _TO.id == Transfer.to_location_id)
    )


# Built once: each scan of a label runs them.
_BY_NUMBER: Final = prepared(
    _transfers().where(Transfer.number == bindparam("number", type_=Integer))
)
_LINES_OF: Final = prepared(
    select(*table_of(TransferLine).c)
    .where(TransferLine.transfer_id == any_(bindparam("transfer_ids", type_=ARRAY(Uuid))))
    .order_by(TransferLine.position, TransferLine.id)
)


def _lines(transfer_ids: Collection[UUID]) -> dict[UUID, list[AnyRow]]:
    lines: dict[UUID, list[AnyRow]] = {}
    for row in session.execute(_LINES_OF, {"transfer_ids": list(transfer_ids)}):
        lines.setdefault(row.transfer_id, []).append(row)
    return lines


def _transfer(
    row: AnyRow, lines: list[AnyRow], codes: dict[UUID, list[dict[str, object]]]
) -> dict[str, object]:
    currency = current_settings().currency
    names = ("id", "status", "note", "shipped_at", "ended_at", "created_at", "created_by",
             "version")  # fmt: skip
    counted = ("quantity", "shipped", "received", "restocked", "written_off")
    return {
        **{name: getattr(row, name) for name in names},
        "number": f"{TRANSFER_PREFIX}{row.number}",
        "from_location": {
            "id": row.from_location_id, "code": row.from_code, "name": row.from_name,
        },
        "to_location": {"id": row.to_location_id, "code": row.to_code, "name": row.to_name},
        "units": sum(line.quantity for line in lines),
        "received_units": sum(line.received for line in lines),
        "written_off_units": sum(line.written_off for line in lines),
        "written_off_value": Money(
            sum(line.written_off * (line.unit_cost or 0) for line in lines), currency
        ),
        "lines": [
            {
                **{
                    name: getattr(line, name)
                    for name in ("id", "variant_id", "sku", "title", *counted, "reason")
                },
                "barcodes": codes.get(line.variant_id, []),
                "unit_cost": None if line.unit_cost is None else Money(line.unit_cost, currency),
            }
            for line in lines
        ],
    }  # fmt: skip
