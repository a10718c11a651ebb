"""From which shelf goods are taken: whatever the shop looks like, the plan adds up."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from api.inventory.allocation_strategy import AvailableLevel, plan_allocation

_NAMES = UUID(int=7)
VARIANTS = [uuid5(_NAMES, f"variant {n}") for n in range(3)]
LOCATIONS = [uuid5(_NAMES, f"location {n}") for n in range(3)]


def shelf(variant: int, location: int, available: int) -> AvailableLevel:
    level_id = uuid5(_NAMES, f"{variant} at {location}")
    return AvailableLevel(level_id, VARIANTS[variant], LOCATIONS[location], available)


# One shelf per variant and location, in the order of preference of the locations.
warehouses = st.lists(st.integers(-2, 9), min_size=9, max_size=9).map(
    lambda counts: [shelf(n % 3, n // 3, count) for n, count in enumerate(counts)]
)
demands = st.dictionaries(st.sampled_from(VARIANTS), st.integers(1, 12), min_size=1)


@given(demands, warehouses)
def test_a_plan_takes_what_was_asked_from_where_it_is(
    demand: dict[UUID, int], shelves: Sequence[AvailableLevel]
) -> None:
    there = {shelf.level_id: shelf for shelf in shelves}
    planned, short = plan_allocation(demand, shelves)

    if short:
        assert planned == {}
        assert [(s.variant_id, s.requested, s.available) for s in short] == [
            (variant, asked, free)
            for variant, asked in demand.items()
            if (free := free_of(variant, shelves)) < asked
        ]
        return
    for variant, asked in demand.items():
        assert sum(planned[variant].values()) == asked
        for level_id, taken in planned[variant].items():
            assert there[level_id].variant_id == variant
            assert 0 < taken <= there[level_id].available


@given(demands, warehouses)
def test_an_order_leaves_in_one_parcel_when_one_location_has_everything(
    demand: dict[UUID, int], shelves: Sequence[AvailableLevel]
) -> None:
    complete = [
        location
        for location in LOCATIONS
        if all(
            any(
                s.available >= asked
                for s in shelves
                if (s.variant_id, s.location_id) == (variant, location)
            )
            for variant, asked in demand.items()
        )
    ]
    planned, _ = plan_allocation(demand, shelves)
    there = {shelf.level_id: shelf.location_id for shelf in shelves}
    used = {there[level_id] for taking in planned.values() for level_id in taking}

    if complete:
        assert used == {complete[0]}


def test_a_variant_comes_from_one_place_when_that_has_it_whole() -> None:
    shelves = [shelf(0, 0, 2), shelf(1, 0, 5), shelf(0, 1, 5), shelf(1, 1, 1)]

    planned, _ = plan_allocation({VARIANTS[0]: 4, VARIANTS[1]: 4}, shelves)

    assert planned == {
        VARIANTS[0]: {shelves[2].level_id: 4},
        VARIANTS[1]: {shelves[1].level_id: 4},
    }


def free_of(variant: UUID, shelves: Sequence[AvailableLevel]) -> int:
    return sum(max(0, s.available) for s in shelves if s.variant_id == variant)
