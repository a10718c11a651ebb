"""The weights of units: learnt from past parcels, and as the catalogue has them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from api.catalog.models.products import Variant
from api.packing.calculation import Learnt
from api.packing.models import UnitWeight
from api.platform.bulk_sql import any_of
from api.platform.db import session


def learnt_weights(variant_ids: Collection[UUID], *, is_locked: bool = False) -> dict[UUID, Learnt]:
    """Return what is known of the weight of units, by variant; locked by id to be changed."""
    statement = (
        select(UnitWeight.variant_id, UnitWeight.grams, UnitWeight.parcels)
        .where(any_of(UnitWeight.variant_id, set(variant_ids)))
        .order_by(UnitWeight.variant_id)
    )
    rows = session.execute(statement.with_for_update() if is_locked else statement)
    return {row.variant_id: Learnt(row.grams, row.parcels) for row in rows}


def catalogue_weights(variant_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the weights in the catalogue, in grams; 0 is unknown."""
    rows = session.execute(
        select(Variant.id, Variant.weight_grams).where(any_of(Variant.id, set(variant_ids)))
    )
    return {row.id: row.weight_grams for row in rows}
