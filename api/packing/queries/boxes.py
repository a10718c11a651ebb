"""Types of boxes."""

from typing import Unpack
from uuid import UUID

from sqlalchemy import func, select, true

from api.catalog import codes
from api.packing.errors import BoxTypeNotFound
from api.packing.models import BoxType
from api.platform.db import AnyRow, session, table_of
from api.platform.pagination import PageQuery, Sort, page_response

_BY_NAME = Sort((BoxType.name, BoxType.id))
_BOX = tuple(table_of(BoxType).c)


def box_type_page(*, is_active: bool | None, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of box types by name."""
    narrow = [] if is_active is None else [BoxType.is_active.is_(is_active)]
    return page_response(select(*_BOX).where(*narrow), _BY_NAME, filters=is_active, **asked)


def box_type(box_type_id: UUID) -> dict[str, object]:
    """Return one type of box. Raises `BoxTypeNotFound`."""
    row = box_of(box_type_id)
    if row is None:
        raise BoxTypeNotFound
    return row._asdict()


def box_of(box_type_id: UUID | None) -> AnyRow | None:
    """Return a type of box, or None for none."""
    if box_type_id is None:
        return None
    return session.execute(select(*_BOX).where(BoxType.id == box_type_id)).one_or_none()


def box_grams(box_type_id: UUID | None) -> int:
    """Return what an empty box weighs; a parcel without a box has none of it."""
    box = box_of(box_type_id)
    return box.weight_grams if box else 0


def find_box(code: str) -> AnyRow | None:
    """Return the type of box in use with a scanned barcode, or None."""
    text = codes.read(code).text.upper()
    return session.execute(
        select(*_BOX).where(BoxType.barcode == text, BoxType.is_active)
    ).one_or_none()


def are_boxes_used() -> bool:
    """Return whether the shop has types of boxes: then each parcel names its own."""
    return bool(session.scalar(select(func.count()).where(BoxType.is_active.is_(true())).limit(1)))
