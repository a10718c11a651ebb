"""What may go out instead of what is missing."""

from typing import Final, Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from api.catalog.models.products import Variant
from api.inventory.models import StockLevel
from api.picking.errors import SubstituteNotFound
from api.picking.models import PickSubstitute
from api.platform import pagination
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import PageQuery, Sort

_NEWEST_FIRST: Final = Sort((PickSubstitute.id,), descending=True)
_OTHER: Final = aliased(Variant)


def substitutes(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the rules, the newest first."""
    statement = _substitutes()
    return pagination.page_response(statement, _NEWEST_FIRST, _rule, **asked)


def substitute(rule_id: UUID) -> dict[str, object]:
    """Return one rule. Raises `SubstituteNotFound`."""
    row = session.execute(_substitutes().where(PickSubstitute.id == rule_id)).one_or_none()
    if row is None:
        raise SubstituteNotFound(id=rule_id)
    return _rule(row)


def free_substitutes(variant_id: UUID, location_id: UUID, units: int) -> list[tuple[UUID, str]]:
    """Return what may go out instead and has units free here, the oldest rule first."""
    free = StockLevel.on_hand - StockLevel.unavailable - StockLevel.allocated - StockLevel.reserved
    rows = session.execute(
        select(Variant.id, Variant.sku)
        .join(PickSubstitute, PickSubstitute.substitute_id == Variant.id)
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .where(
            PickSubstitute.variant_id == variant_id,
            StockLevel.location_id == location_id,
            free >= units,
        )
        .order_by(PickSubstitute.id)
    )
    return [(row.id, row.sku) for row in rows]


def _rule(row: AnyRow) -> dict[str, object]:
    names = ("id", "sku", "substitute_sku", "created_at", "created_by")
    return {name: getattr(row, name) for name in names}


def _substitutes() -> AnySelect:
    return (
        select(
            *(PickSubstitute.id, Variant.sku, _OTHER.sku.label("substitute_sku")),
            *(PickSubstitute.created_at, PickSubstitute.created_by),
        )
        .join(Variant, Variant.id == PickSubstitute.variant_id)
        .join(_OTHER, _OTHER.id == PickSubstitute.substitute_id)
    )
