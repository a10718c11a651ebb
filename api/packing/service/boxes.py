"""Types of boxes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.packing.errors import BoxTypeNotFound, BoxTypeTaken
from api.packing.models import BoxType
from api.platform import audit, etags
from api.platform.db import require_transaction


def create_box_type(values: Mapping[str, object], *, by: Principal) -> UUID:
    """Create a type of box; its barcode is kept in capitals. Raises `BoxTypeTaken`."""
    box_type_id: UUID | None = require_transaction().scalar(
        insert(BoxType)
        .values(
            id=new_id(), created_at=clock.now(), version=1, **_stored({"materials": {}, **values})
        )
        .on_conflict_do_nothing()
        .returning(BoxType.id)
    )
    if box_type_id is None:
        raise BoxTypeTaken(field="name or barcode")
    audit.record("box_type.created", by=by, subject_id=box_type_id, name=values["name"])
    return box_type_id


def edit_box_type(
    box_type_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change a type of box; parcels that were packed keep what it was.

    Locks it. Raises `BoxTypeNotFound`, `Stale` and `BoxTypeTaken`.
    """
    session = require_transaction()
    version = session.scalar(
        select(BoxType.version).where(BoxType.id == box_type_id).with_for_update()
    )
    if version is None:
        raise BoxTypeNotFound
    etags.check(version, expected_version)
    try:
        session.execute(
            update(BoxType)
            .where(BoxType.id == box_type_id)
            .values(**_stored(changes), version=BoxType.version + 1)
            .execution_options(synchronize_session=False)
        )
    except IntegrityError as error:
        raise BoxTypeTaken(field="name or barcode") from error
    audit.record("box_type.edited", by=by, subject_id=box_type_id, **changes)


def _stored(values: Mapping[str, Any]) -> dict[str, object]:
    stored = dict(values)
    if "barcode" in stored:
        stored["barcode"] = stored["barcode"].upper()
    return stored
