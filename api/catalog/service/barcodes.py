"""Which codes are printed on a variant, and how many units each of them means.

`variants.barcode` follows from them: it is the first that means one unit.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import Table, delete, select

from api.catalog.codes import code_key
from api.catalog.errors import BarcodeTwice
from api.catalog.models.products import Barcode
from api.catalog.service.inputs import BarcodeInput
from api.platform import bulk_sql
from api.platform.bulk_sql import any_of
from api.platform.db import session

Codes = Sequence[BarcodeInput]


def validate_barcodes(codes: Codes) -> None:
    """Refuse a code that is named twice, in whatever way it is written."""
    seen: set[str] = set()
    for one in codes:
        key = code_key(one.code)
        if key in seen:
            raise BarcodeTwice(barcode=one.code)
        seen.add(key)


def unit_barcode(codes: Codes) -> str | None:
    """Return the code of one unit: the first with a pack quantity of 1."""
    return next((one.code for one in codes if one.pack_quantity == 1), None)


def replace_unit_barcode(codes: Codes, code: str | None) -> list[BarcodeInput]:
    """Return the codes with another one, or none, for one unit; cases keep theirs.

    The new code takes the place of the old one, or comes first when there was none. A case that
    had the very same code loses it: a scan means one thing.
    """
    old = next((at for at, one in enumerate(codes) if one.pack_quantity == 1), None)
    key = None if code is None else code_key(code)
    kept = [
        [one for one in part if code_key(one.code) != key]
        for part in (codes[: old or 0], codes[0 if old is None else old + 1 :])
    ]
    return [*kept[0], *([] if code is None else [BarcodeInput(code)]), *kept[1]]


def merge_barcodes(codes: Codes, said: Codes) -> list[BarcodeInput]:
    """Return the codes with those that an arrival says and that are not known yet.

    A new code of one unit replaces the old one. A code that is known means what the shop says.
    """
    found = list(codes)
    for one in said:
        if any(code_key(one.code) == code_key(other.code) for other in found):
            continue
        found = replace_unit_barcode(found, one.code) if one.pack_quantity == 1 else [*found, one]
    return found


def barcode_rows(variant_id: UUID, codes: Codes) -> list[dict[str, object]]:
    """Return the rows of a variant's codes, in their order."""
    return [
        {
            "code": one.code,
            "code_key": code_key(one.code),
            "variant_id": variant_id,
            "pack_quantity": one.pack_quantity,
            "position": position,
        }
        for position, one in enumerate(codes)
    ]


def load_barcodes(variant_ids: Iterable[UUID]) -> dict[UUID, list[BarcodeInput]]:
    """Read the codes of variants in their order, in one statement."""
    found: dict[UUID, list[BarcodeInput]] = {variant_id: [] for variant_id in variant_ids}
    there = Barcode.__table__.c
    for variant_id, code, pack_quantity in session.execute(
        select(there.variant_id, there.code, there.pack_quantity)
        .where(any_of(there.variant_id, found))
        .order_by(there.position, there.code)
    ):
        found[variant_id].append(BarcodeInput(code, pack_quantity))
    return found


def replace_barcodes(codes: Mapping[UUID, Codes]) -> None:
    """Make these the codes of variants, by variant id; two statements, however many they are.

    What belongs to another variant raises IntegrityError: see `integrity`.
    """
    if not codes:
        return
    delete_barcodes(codes)
    new = [
        row for variant_id in sorted(codes) for row in barcode_rows(variant_id, codes[variant_id])
    ]
    bulk_sql.bulk_insert(cast(Table, Barcode.__table__), new)


def delete_barcodes(variant_ids: Collection[UUID]) -> None:
    """Take all codes from variants."""
    session.execute(
        delete(Barcode)
        .where(any_of(Barcode.variant_id, variant_ids))
        .execution_options(synchronize_session=False)
    )
