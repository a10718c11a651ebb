"""The packaging book: how much packaging went to which country."""

from datetime import date, datetime, time
from typing import TypedDict

from sqlalchemy import Integer, Text, cast, column, func, select

from api.fulfilment.models import Fulfilment
from api.packing.models import PackedParcel
from api.packing.states import Material
from api.platform.db import session
from api.platform.settings import current_settings


class BookRow(TypedDict):
    """The grams of one material in the parcels to one country."""

    country: str
    material: Material
    parcels: int
    grams: int


def packaging_book(first: date, last: date) -> list[BookRow]:
    """Return grams by country of destination and material of a period, both days included.

    Days are those of the shop's time zone. Of the boxes as they were when the parcels were packed;
    parcels that were voided are left out.
    """
    zone = current_settings().zone
    of_box = func.jsonb_each_text(PackedParcel.materials).table_valued(
        column("key", Text), column("value", Text), name="of_box"
    )
    grams = cast(of_box.c.value, Integer)
    rows = session.execute(
        select(
            PackedParcel.country,
            of_box.c.key.label("material"),
            func.count().label("parcels"),
            func.sum(grams).label("grams"),
        )
        .select_from(PackedParcel)
        .join(Fulfilment, Fulfilment.id == PackedParcel.fulfilment_id)
        .join(of_box, grams > 0)
        .where(
            PackedParcel.created_at >= datetime.combine(first, time.min, zone),
            # To its last microsecond, for the calendar has no day after 9999-12-31.
            PackedParcel.created_at <= datetime.combine(last, time.max, zone),
            Fulfilment.voided_at.is_(None),
        )
        .group_by(PackedParcel.country, of_box.c.key)
        .order_by(PackedParcel.country, of_box.c.key)
    )
    return [
        {
            "country": row.country,
            "material": Material(row.material),
            "parcels": row.parcels,
            "grams": int(row.grams),
        }
        for row in rows
    ]
