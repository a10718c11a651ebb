"""Starting a count of what its scope holds now."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api.catalog.queries import variant_lookup
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import BinNotFound
from api.kernel.principal import Principal
from api.warehouse import queries, service
from api.warehouse.errors import BinNotEmptyByBooks, CountedCodeUnknown, LevelsApart
from api.warehouse.models import Place


def start_count(form: Mapping[str, Any], *, by: Principal) -> UUID:
    """Start or plan a count of a bin, a zone, a class, a list of levels, or a whole location.

    Needs a transaction. An empty bin can be counted too: what is found there is added to the
    count. Raises `BinNotFound`, `LevelNotFound`, `LocationNotFound`, `CountedCodeUnknown`,
    `LevelsApart`, `NothingToCount` and `CountTooLarge`.
    """
    if "location" in form:
        location_id = inventory_queries.location_by_code(form["location"])
    else:
        location_id = form["location_id"] or inventory_service.default_location(by)
    code = inventory_queries.location(location_id)["code"]
    if "bin_id" in form or "bin" in form:
        bin_ = _bin(form, by)
        location_id, scope = bin_["location_id"], f"Bin {bin_['code']}"
        places = queries.places_of_bin(bin_["id"])
    elif "zone" in form:
        scope = f"Zone {form['zone']} at {code}"
        places = queries.places_of_zone(location_id, form["zone"])
    elif "level_ids" in form:
        levels = [inventory_queries.level(one, at=by.locations) for one in form["level_ids"]]
        location_id = levels[0]["location"]["id"]
        if any(level["location"]["id"] != location_id for level in levels):
            raise LevelsApart
        scope = ", ".join(level["sku"] for level in levels)
        places = queries.places_of_levels([level["id"] for level in levels])
    elif "codes" in form:
        skus = [_sku(one) for one in form["codes"]]
        scope = ", ".join(skus)
        places = queries.places_of_levels(queries.levels_of_skus(location_id, skus))
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
        may_be_empty="bin_id" in form or "bin" in form,
        by=by,
    )


def zero_check(bin_id: UUID, *, is_empty: bool, by: Principal) -> UUID:
    """Say whether a bin that is empty by the books is empty; returns the count that this makes.

    An empty one is a finished count without lines. Where something is in it, a count of the bin
    begins, into which it is scanned. Needs a transaction. Raises `BinNotFound`, and
    `BinNotEmptyByBooks` for an empty bin in which units should be: those are counted.
    """
    bin_ = inventory_queries.bin_by_id(bin_id, at=by.locations)
    places: list[Place] = queries.places_of_bin(bin_id)
    if is_empty and places:
        raise BinNotEmptyByBooks(code=bin_["code"], units=bin_["units"])
    scope = f"Zero check of bin {bin_['code']}" if is_empty else f"Bin {bin_['code']}"
    count_id = service.start_count(
        bin_["location_id"], places, scope=scope, is_blind=True, may_be_empty=True, by=by
    )
    if is_empty:
        service.finish(count_id, missing_are_zero=False, by=by)
    return count_id


def _bin(form: Mapping[str, Any], by: Principal) -> dict[str, Any]:
    if "bin_id" in form:
        return inventory_queries.bin_by_id(form["bin_id"], at=by.locations)
    found = inventory_queries.bin_by_label(form["bin"])
    if found is None or (by.locations is not None and found["location_id"] not in by.locations):
        raise BinNotFound(bin=form["bin"])
    return found


def _sku(code: str) -> str:
    found = variant_lookup.find_variant(code)
    if found is None:
        raise CountedCodeUnknown(scanned=code[:80])
    return found.sku
