"""Starting a count of what its scope holds now."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.kernel.principal import Principal
from api.warehouse import queries, service


def start_count(form: Mapping[str, Any], *, by: Principal) -> UUID:
    """Start or plan a count of a bin, a zone, a class, a list of levels, or a whole location.

    Needs a transaction. An empty bin can be counted too: what is found there is added to the
    count. Raises `BinNotFound`, `LevelNotFound`, `LocationNotFound`, `NothingToCount` and
    `CountTooLarge`.
    """
    location_id = form["location_id"] or inventory_service.default_location()
    code = inventory_queries.location(location_id)["code"]
    if "bin_id" in form:
        bin_ = inventory_queries.bin_by_id(form["bin_id"], at=by.locations)
        location_id, scope = bin_["location_id"], f"Bin {bin_['code']}"
        places = queries.places_of_bin(bin_["id"])
    elif "zone" in form:
        scope = f"Zone {form['zone']} at {code}"
        places = queries.places_of_zone(location_id, form["zone"])
    elif "level_ids" in form:
        levels = [inventory_queries.level(one, at=by.locations) for one in form["level_ids"]]
        location_id = levels[0]["location"]["id"]
        scope = ", ".join(level["sku"] for level in levels)
        places = queries.places_of_levels([level["id"] for level in levels])
    else:
        abc = form.get("abc_class")
        scope = f"Class {abc} at {code}" if abc else f"All of {code}"
        places = queries.places_of_levels(queries.levels_at(location_id, abc))
    return service.start_count(
        location_id,
        places,
        scope=scope,
        is_blind=form["is_blind"],
        planned_for=form["planned_for"],
        may_be_empty="bin_id" in form,
        by=by,
    )
