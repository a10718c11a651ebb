"""Facts: plain values that come back as they went."""

from dataclasses import FrozenInstanceError, dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from api.kernel import events
from api.kernel.events import Event
from api.kernel.ids import new_id


@dataclass(frozen=True, kw_only=True)
class ShelfCounted(Event):
    """A fact of these tests, with a field of every kind that a fact may have."""

    shelf_id: UUID
    counted: int
    note: str
    is_final: bool
    at: datetime
    by: UUID | None = None
    closed_at: datetime | None = None
    variants: tuple[UUID, ...] = ()
    found: list[datetime] | None = None


MOMENTS = some.datetimes(timezones=some.just(UTC))


@given(
    some.builds(
        ShelfCounted,
        shelf_id=some.uuids(),
        counted=some.integers(),
        note=some.text(),
        is_final=some.booleans(),
        at=MOMENTS,
        by=some.none() | some.uuids(),
        closed_at=some.none() | MOMENTS,
        variants=some.lists(some.uuids()).map(tuple),
        found=some.none() | some.lists(MOMENTS),
    )
)
def test_a_fact_comes_back_from_json_as_it_went(fact: ShelfCounted) -> None:
    stored = fact.to_json()

    assert ShelfCounted.from_json(stored) == fact


def test_a_stored_fact_is_plain_json() -> None:
    shelf, variant = new_id(), new_id()
    at = datetime(2026, 5, 4, 9, 30, tzinfo=timezone(timedelta(hours=2)))
    fact = ShelfCounted(
        shelf_id=shelf, counted=3, note="top", is_final=True, at=at, variants=(variant,)
    )

    assert orjson.loads(orjson.dumps(fact.to_json(), option=orjson.OPT_PASSTHROUGH_DATETIME)) == {
        "shelf_id": str(shelf),
        "counted": 3,
        "note": "top",
        "is_final": True,
        "at": "2026-05-04T09:30:00+02:00",
        "by": None,
        "closed_at": None,
        "variants": [str(variant)],
        "found": None,
    }


def test_fields_of_a_newer_release_are_passed_over_and_missing_ones_take_their_default() -> None:
    shelf = new_id()
    stored = {
        "shelf_id": str(shelf),
        "counted": 1,
        "note": "",
        "is_final": False,
        "at": "2026-05-04T09:30:00+00:00",
        "mood_of_the_counter": "cheerful",
    }

    read = ShelfCounted.from_json(stored)

    assert (read.shelf_id, read.by, read.variants) == (shelf, None, ())


def test_a_fact_is_found_by_its_name() -> None:
    assert events.kind("ShelfCounted") is ShelfCounted
    assert ShelfCounted.name == "ShelfCounted"
    with pytest.raises(KeyError):
        events.kind("ShelfEaten")


def test_a_fact_cannot_be_changed_afterwards() -> None:
    fact = ShelfCounted(shelf_id=new_id(), counted=1, note="", is_final=True, at=datetime.now(UTC))

    with pytest.raises(FrozenInstanceError):
        fact.counted = 2  # type: ignore[misc]


def test_two_facts_of_one_name_in_different_rooms_are_refused() -> None:
    with pytest.raises(TypeError, match="two events are called ShelfCounted"):
        type("ShelfCounted", (Event,), {"__module__": "elsewhere"})

    assert events.kind("ShelfCounted") is ShelfCounted


@dataclass(frozen=True, kw_only=True)
class ListChanged(Event):
    """An event whose field was renamed."""

    lists: tuple[str, ...] = field(default=(), metadata={"stored_as": "shelves"})


def test_a_renamed_field_keeps_its_stored_name() -> None:
    stored = ListChanged(lists=("a",)).to_json()

    assert stored == {"shelves": ["a"]}
    assert ListChanged.from_json(stored) == ListChanged(lists=("a",))
