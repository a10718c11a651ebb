"""Long lists: pages one after the other from either end, and no row twice or out of place."""

from hypothesis import given, settings
from hypothesis import strategies as st

from console.client.models import Page, PageCursor
from console.flows import paged_list
from console.flows.paged_list import PAGE, Fetch, PagedList

CAP = 10_000


class Shelf:
    """A shop with a list of this length; rows are numbers."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.asked = 0

    def page(self, fetch: Fetch) -> Page[int]:
        self.asked += 1
        at = int(fetch.cursor or 0)
        rows = range(at, min(at + PAGE, self.length))
        has_more = at + PAGE < self.length
        chosen = [self.length - 1 - n if fetch.from_the_end else n for n in rows]
        total = min(self.length, CAP) if fetch.wants_total else None
        capped = fetch.wants_total and self.length > CAP
        mark = PageCursor(PAGE, str(at + PAGE) if has_more else None, has_more, total, bool(capped))
        return Page(tuple(chosen), mark)


def opened(shelf: Shelf) -> PagedList[int]:
    window: PagedList[int] = PagedList()
    fetch = window.first_fetch()
    window.arrived(fetch, shelf.page(fetch))
    return window


def looked_at(window: PagedList[int], shelf: Shelf, first: int, last: int) -> int:
    """Look until everything between is here; gives by how much it moved down meanwhile."""
    moved = 0
    while wanted := window.wanted(first + moved, last + moved):
        for fetch in wanted:
            moved += window.arrived(fetch, shelf.page(fetch))
    return moved


def test_an_empty_list_says_so() -> None:
    window = opened(Shelf(0))

    assert window.is_empty
    assert window.wanted(0, 20) == []


def test_the_first_page_knows_the_length() -> None:
    window = opened(Shelf(1284))

    assert (window.size, window.total, window.is_capped) == (1284, 1284, False)
    assert window.row(99) == 99
    assert window.row(100) is None


def test_the_next_page_is_asked_for_before_it_is_needed_and_only_once() -> None:
    window = opened(Shelf(1284))

    (fetch,) = window.wanted(40, 60)
    assert (fetch.number, fetch.from_the_end) == (1, False)
    assert window.wanted(40, 60) == []


def test_the_end_is_reached_with_one_page() -> None:
    shelf = Shelf(1284)
    window = opened(shelf)
    at = window.go_to_end(end=True)
    looked_at(window, shelf, at - 20, at)

    assert at == 1283
    assert [window.row(n) for n in (1283, 1264)] == [1283, 1264]
    assert shelf.asked == 2


def test_the_middle_is_reached_from_the_nearer_end() -> None:
    shelf = Shelf(1000)
    window = opened(shelf)
    looked_at(window, shelf, 700, 720)

    assert window.row(710) == 710
    assert shelf.asked <= 5


def test_a_list_of_unknown_length_is_read_from_its_end_and_says_so() -> None:
    shelf = Shelf(100_000)
    window = opened(shelf)
    at = window.go_to_end(end=True)
    looked_at(window, shelf, at - 30, at)

    assert window.has_unknown_length
    assert window.reads_from_the_end
    assert window.row(at) == 99_999
    assert window.row(at - 30) == 99_969


def test_a_list_of_unknown_length_grows_as_it_is_read() -> None:
    shelf = Shelf(10_250)
    window = opened(shelf)
    for first in range(0, 10_240, 90):
        looked_at(window, shelf, first, first + 40)
        assert window.row(first) == first

    looked_at(window, shelf, 10_200, 10_249)
    assert window.size == 10_250
    assert not window.has_unknown_length


def test_reading_back_from_the_end_beyond_what_was_counted_moves_the_numbers_along() -> None:
    shelf = Shelf(10_250)
    window = opened(shelf)
    at = window.go_to_end(end=True)
    row = 10_249
    while row > 10_249 - 10_240:
        at += looked_at(window, shelf, at - 40, at)
        assert window.row(at) == row
        at, row = at - 80, row - 80

    at += looked_at(window, shelf, 0, 5)
    assert window.size == 10_250


def test_a_forgotten_page_comes_back_with_one_question() -> None:
    shelf = Shelf(9_000)
    window = opened(shelf)
    for first in range(0, 8_900, 90):
        looked_at(window, shelf, first, first + 40)
    asked = shelf.asked
    assert window.row(3_050) is None
    looked_at(window, shelf, 3_040, 3_060)

    assert window.row(3_050) == 3_050
    assert shelf.asked - asked <= 2


def test_an_answer_to_an_older_question_is_left_aside() -> None:
    shelf = Shelf(500)
    window: PagedList[int] = PagedList(generation=2)
    window.arrived(Fetch(False, 0, None, 1), shelf.page(Fetch(False, 0, None, 1)))

    assert not window.is_loaded


def test_a_page_that_failed_is_asked_for_again() -> None:
    window = opened(Shelf(500))
    (fetch,) = window.wanted(100, 120)
    window.failed(fetch)

    assert window.wanted(100, 120) == [fetch]


def test_a_row_is_replaced_where_it_stands() -> None:
    window = opened(Shelf(50))
    window.replace(7, -7)

    assert window.row(7) == -7
    assert window.row(8) == 8


def test_a_hole_between_the_two_runs_is_filled() -> None:
    shelf = Shelf(201)
    window = opened(shelf)
    looked_at(window, shelf, 190, 200)
    looked_at(window, shelf, 87, 107)

    assert [window.row(n) for n in range(87, 108)] == list(range(87, 108))


@settings(max_examples=60)
@given(
    st.integers(0, 2_500) | st.integers(10_001, 10_600),
    st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=6),
)
def test_wherever_one_looks_every_row_is_in_its_place(
    length: int, looks: list[tuple[bool, float]]
) -> None:
    shelf = Shelf(length)
    window = opened(shelf)
    for end, share in looks:
        at = window.go_to_end(end=end)
        # A list of unknown length is read from one end; what lies far from it takes many pages.
        reach = 900 if window.has_unknown_length else window.size
        place = int(share * min(reach, max(0, window.size - 1)))
        first = at - place if window.reads_from_the_end and end else place
        first = max(0, min(first, window.size - 1))
        first += looked_at(window, shelf, first, first + 20)
        for n in range(first, min(first + 20, window.size)):
            row = window.row(n)
            if window.has_unknown_length and window.reads_from_the_end:
                assert row == length - (window.size - n)
            else:
                assert row == n
        for run in (window._head, window._tail):
            assert len(run.pages) <= paged_list.KEPT_PAGES
