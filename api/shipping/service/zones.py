"""Shipping zones: places with the same methods."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, versioned_rows
from api.platform.db import require_transaction, session
from api.shipping.errors import ZoneCodeTaken, ZoneInUse, ZoneNotFound
from api.shipping.models import ShippingMethod, ShippingZone
from api.shipping.rules import REST_OF_WORLD, Area

_NO_SYNC = {"synchronize_session": False}


def create_zone(code: str, *, name: str, areas: Sequence[Area], by: Principal) -> UUID:
    """Create a zone. Raises `ZoneCodeTaken`."""
    zone_id = new_id()
    with versioned_rows.translate_integrity_errors(ZoneCodeTaken(zone=code)):
        require_transaction().execute(
            insert(ShippingZone).values(
                id=zone_id,
                created_at=clock.now(),
                version=1,
                code=code,
                name=name,
                areas=[area.stored for area in areas],
            )
        )
    audit.record("shipping_zone.created", by=by, subject_id=zone_id, code=code)
    return zone_id


def edit_zone(
    zone_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change a zone, and where its methods go. Locks it.

    Raises `ZoneNotFound`, `Stale` and `ZoneCodeTaken`.
    """
    zone = versioned_rows.lock(ShippingZone, zone_id, expected_version, missing=ZoneNotFound())
    columns = dict(changes)
    if "areas" in columns:
        columns["areas"] = [area.stored for area in columns["areas"]]
        session.execute(
            update(ShippingMethod)
            .where(ShippingMethod.zone_id == zone_id)
            .values(countries=countries_of(changes["areas"])),
            execution_options=_NO_SYNC,
        )
    taken = ZoneCodeTaken(zone=columns.get("code", zone.code))
    versioned_rows.change(ShippingZone, zone_id, columns, taken=taken)
    audit.record("shipping_zone.edited", by=by, subject_id=zone_id, **columns)


def remove_zone(zone_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a zone. Raises `ZoneNotFound`, `Stale`, and `ZoneInUse` when methods go there."""
    versioned_rows.remove(
        ShippingZone, zone_id, expected_version, missing=ZoneNotFound(), used=ZoneInUse()
    )
    audit.record("shipping_zone.removed", by=by, subject_id=zone_id)


def zone_of_countries(countries: Sequence[str], *, by: Principal) -> UUID:
    """Return the zone that consists of these countries; a new one if there is none."""
    areas = [Area(country) for country in countries]
    found = session.scalar(
        select(ShippingZone.id)
        .where(ShippingZone.areas == [area.stored for area in areas])
        .order_by(ShippingZone.id)
        .limit(1)
    )
    if found is not None:
        return found
    is_world = list(countries) == [REST_OF_WORLD]
    name = "Rest of the world" if is_world else ", ".join(countries)[:120]
    return create_zone(f"zone-{new_id().hex[-12:]}", name=name, areas=areas, by=by)


def countries_of(areas: Sequence[Area]) -> list[str]:
    """Return the countries that areas are in, or `*`, each once."""
    return list(dict.fromkeys(area.country for area in areas))
