"""Locations, and empty stock levels there."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from api.inventory.errors import LocationCodeTaken, LocationNotFound
from api.inventory.models import Location, StockLevel
from api.inventory.service import journal, locks, notifications
from api.inventory.service.locks import Level
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, etags
from api.platform.bulk_sql import any_of
from api.platform.db import require_transaction
from api.platform.external_references import Subject, SubjectKind, set_reference

FIRST_CODE: Final = "MAIN"
FIRST_NAME: Final = "Main"


def create_location(
    code: str, name: str, *, priority: int = 100, is_active: bool = True, by: Principal
) -> UUID:
    """Create a location. Raises `LocationCodeTaken`."""
    location_id = _insert(code, name, priority=priority, is_active=is_active)
    if location_id is None:
        raise LocationCodeTaken(location_code=code)
    audit.record("location.created", by=by, subject_id=location_id, code=code, name=name)
    return location_id


def set_location_reference(
    location_id: UUID,
    system: str,
    *,
    value: str | None,
    metadata: Mapping[str, str],
    by: Principal,
) -> list[dict[str, object]]:
    """Write what another system keeps about a location; returns what all of them keep.

    Locks the location. Raises `LocationNotFound`, also for one where `by` does not work, and what
    `external_references.set_reference` raises.
    """
    found = require_transaction().scalar(
        select(Location.id).where(Location.id == location_id).with_for_update()
    )
    if found is None or not by.works_at(location_id):
        raise LocationNotFound(location_id=location_id)
    subject = Subject(SubjectKind.LOCATION, location_id)
    return set_reference(subject, system, value=value, metadata=metadata, by=by)


def edit_location(
    location_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change the name, the priority or whether stock from there is for sale.

    Locks the location. Raises `LocationNotFound`, and `Stale` when it was changed since. When it
    is activated or deactivated, all levels of its variants are locked, and the stock status of
    variants that sell out or come back is updated in the catalog.
    """
    session = require_transaction()
    row = session.execute(
        select(Location.is_active, Location.version)
        .where(Location.id == location_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise LocationNotFound(location_id=location_id)
    etags.check(row.version, expected_version)
    is_active = changes.get("is_active", row.is_active)
    if is_active != row.is_active:
        level_here = aliased(StockLevel)
        levels = locks.lock(
            also=select(level_here.variant_id)
            .where(
                level_here.location_id == location_id,
                level_here.on_hand > level_here.allocated,
            )
            .correlate(None)
            .scalar_subquery()
        )
        notifications.update_in_stock(
            _free(levels.values()),
            _free(
                replace(level, is_active=is_active) if level.location_id == location_id else level
                for level in levels.values()
            ),
        )
    session.execute(
        update(Location)
        .where(Location.id == location_id)
        .values(**changes, version=Location.version + 1)
        .execution_options(synchronize_session=False)
    )
    audit.record("location.edited", by=by, subject_id=location_id, **changes)


def open_level(variant_id: UUID, location_id: UUID | None, *, by: Principal) -> UUID:
    """Create an empty stock level for a variant at a location; returns it, or the existing one.

    Raises `VariantUnknown` or `LocationNotFound`.
    """
    location_id = location_id or default_location(by)
    opened = journal.open_levels({variant_id: 0}, location_id, by=by)
    for level_id in opened.values():
        audit.record(
            "stock.level_opened",
            by=by,
            subject_id=level_id,
            variant_id=str(variant_id),
            location_id=str(location_id),
        )
    if opened:
        return opened[variant_id]
    audit.leave_out()
    return (
        require_transaction()
        .execute(
            select(StockLevel.id).where(
                StockLevel.variant_id == variant_id, StockLevel.location_id == location_id
            )
        )
        .scalar_one()
    )


def default_location(by: Principal | None = None) -> UUID:
    """Return the most preferred location, an active one if there is any.

    Of those that `by` is limited to, if any. Creates the first location of a shop that has none.
    """
    mine = by.locations if by else None
    preferred = (
        select(Location.id)
        .where(*([any_of(Location.id, mine)] if mine else []))
        .order_by(Location.is_active.desc(), Location.priority, Location.id)
        .limit(1)
    )
    session = require_transaction()
    location_id = session.scalar(preferred)
    if location_id is None:
        # Two first uses at once: the second waits here for the first, then reads its row.
        location_id = _insert(FIRST_CODE, FIRST_NAME) or session.scalars(preferred).one()
    return location_id


def _free(levels: Iterable[Level]) -> dict[UUID, int]:
    """Sum the available units per variant, over active locations."""
    free: dict[UUID, int] = {}
    for level in levels:
        free[level.variant_id] = free.get(level.variant_id, 0) + level.is_active * max(
            0, level.free
        )
    return free


def _insert(code: str, name: str, *, priority: int = 100, is_active: bool = True) -> UUID | None:
    return require_transaction().scalar(
        insert(Location)
        .values(
            id=new_id(),
            created_at=clock.now(),
            code=code,
            name=name,
            priority=priority,
            is_active=is_active,
            version=1,
        )
        .on_conflict_do_nothing(index_elements=["code"])
        .returning(Location.id)
    )
