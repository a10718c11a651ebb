"""The location that somebody names."""

from uuid import UUID

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.kernel.principal import Principal
from api.platform import auth


def find(location_id: UUID | None, code: str | None, by: Principal | None = None) -> UUID:
    """Return the location of an id or code, by default the preferred one, or the one of `by`.

    Raises `LocationNotFound`.
    """
    if location_id is not None:
        inventory_queries.location(location_id)
        return location_id
    if code is None:
        return inventory_service.default_location(by)
    return inventory_queries.location_by_code(code)


def check_one(by: Principal, *location_ids: UUID) -> None:
    """Refuse what concerns none of the locations where somebody works."""
    if not any(by.works_at(location_id) for location_id in location_ids):
        auth.check_location(by, location_ids)
