"""Ids that we make ourselves: they sort by time, and a command names its row."""

import threading
import time
from uuid import UUID

from api.kernel import ids


def test_an_id_is_a_version_7_uuid_of_this_moment() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.new_id()
    after = time.time_ns() // 1_000_000

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    # Other tests may have pushed the counter a little ahead of the clock.
    assert before <= made.int >> 80 <= after + 5


def test_ids_rise_in_the_order_in_which_they_are_made() -> None:
    made = [ids.new_id() for _ in range(20_000)]

    assert made == sorted(made)
    assert len(set(made)) == 20_000


def test_ids_of_many_threads_rise_in_each_and_meet_nowhere() -> None:
    start = threading.Barrier(8)
    made: list[list[UUID]] = [[] for _ in range(8)]

    def make(mine: list[UUID]) -> None:
        start.wait()
        mine.extend(ids.new_id() for _ in range(2_000))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(mine == sorted(mine) for mine in made)
    assert len({one for mine in made for one in mine}) == 16_000


def test_a_clock_that_is_set_back_makes_no_id_twice() -> None:
    first = ids.new_id()
    later = ids._last
    ids._last = later + 4096 * 1000  # as if the clock had been a second ahead until now

    second = ids.new_id()

    assert second > first
    assert second.version == 7


def test_a_command_names_the_same_row_each_time_it_is_sent() -> None:
    key = "4c1f7a3e-press-of-the-button"

    assert ids.operation_id("staff:1", key) == ids.operation_id("staff:1", key)
    assert ids.operation_id("staff:1", key) != ids.operation_id("staff:2", key)
    assert ids.operation_id("staff:1", key) != ids.operation_id("staff:1", key + "x")
