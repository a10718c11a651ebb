"""Events survive the outbox, and a program can tell error codes apart."""

import dataclasses
import types
import typing
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from api import blueprints, event_handlers
from api.kernel.errors import DomainError
from api.kernel.events import Event
from api.kernel.ids import new_id
from api.platform import problems
from api.platform.jobs import name_of

SAMPLES: dict[Any, Any] = {
    UUID: new_id(),
    int: 7,
    str: "blue",
    bool: True,
    datetime: datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
}
# Events travel to logs, queues and other packages: personal data is read where it is stored.
PERSONAL = {"email", "name", "full_name", "phone", "address", "city", "password", "token", "secret"}


def below(kind: type[Any]) -> list[type[Any]]:
    """List all classes of the shop that descend from one, in a stable order."""
    found = {child for own in kind.__subclasses__() for child in (own, *below(own))}
    return sorted(
        (child for child in found if child.__module__.startswith("api.")),
        key=lambda child: (child.__module__, child.__name__),
    )


def a_value(hint: Any) -> Any:
    """Return a value of a field's type."""
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
    if typing.get_origin(hint) in (tuple, list):
        return typing.get_origin(hint)([a_value(typing.get_args(hint)[0])])
    return SAMPLES[hint]


def test_the_app_loads_everything_that_is_checked_here() -> None:
    assert blueprints.BLUEPRINTS
    assert len(below(Event)) >= 15
    assert len(below(DomainError)) >= 40


@pytest.mark.parametrize("event", below(Event), ids=lambda event: event.__name__)
def test_an_event_survives_the_outbox(event: type[Event]) -> None:
    hints = typing.get_type_hints(event)
    original = event(**{f.name: a_value(hints[f.name]) for f in dataclasses.fields(event)})

    read = event.from_json(orjson.loads(orjson.dumps(original.to_json())))

    # Field by field: some are no part of an event's identity.
    assert [getattr(read, f.name) for f in dataclasses.fields(event)] == [
        getattr(original, f.name) for f in dataclasses.fields(event)
    ]


@pytest.mark.parametrize("event", below(Event), ids=lambda event: event.__name__)
def test_an_event_carries_nothing_personal(event: type[Event]) -> None:
    assert {field.name for field in dataclasses.fields(event)}.isdisjoint(PERSONAL)


@pytest.mark.parametrize("error", below(DomainError), ids=lambda error: error.__name__)
def test_an_error_has_a_sentence_a_status_and_a_code(error: type[DomainError]) -> None:
    assert error.sentence.endswith((".", "?", "}"))
    assert "{" not in str(error())
    assert 400 <= problems.status_of(error) <= 503
    assert error.code.isascii()
    assert error.code == error.code.lower()
    assert " " not in error.code


def test_a_code_means_one_thing_wherever_it_is_met() -> None:
    statuses: dict[str, set[int]] = defaultdict(set)
    for error in below(DomainError):
        statuses[error.code].add(problems.status_of(error))

    assert {code: several for code, several in statuses.items() if len(several) > 1} == {}


def test_an_event_starts_each_of_its_jobs_once() -> None:
    for event, jobs in event_handlers.WORK.subscribers.items():
        names = [name_of(job) for job in jobs]
        assert len(names) == len(set(names)), event
    periodic = [job.name for job in event_handlers.WORK.timetable]
    assert len(periodic) == len(set(periodic))


def test_no_two_jobs_share_the_name_under_which_deliveries_are_stored() -> None:
    jobs = {job for handlers in event_handlers.WORK.subscribers.values() for job in handlers}

    assert len({name_of(job) for job in jobs}) == len(jobs)
    assert all(len(name_of(job)) <= 160 for job in jobs)
