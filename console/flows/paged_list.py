"""A long list seen through a window: pages that come one after the other, from either end.

The shop gives out pages by cursor, so page n is only known after page n-1; there is no jumping
into the middle. What is near either end is reached at once: the end is the beginning of the same
list read backwards. Up to 10 000 rows the shop counts exactly, and both runs share one numbering.
Beyond that the length is unknown; then the list is read from one end or from the other, and grows
as it is read.

Where the shop reads a list in one direction only, it is read on and on from its beginning.

Pages are kept while they are near; the cursors are kept for good, so a forgotten page comes back
with one call.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

from console.client.models import Page

Row = TypeVar("Row")

PAGE = 100
KEPT_PAGES = 20
GROWTH = 10_000
"""Rows by which a list of unknown length is extended when its edge comes near."""

AHEAD = 50
"""Rows before the edge of what is loaded at which the next page is asked for."""


class Fetch(NamedTuple):
    """A page to ask the shop for."""

    from_the_end: bool
    number: int
    cursor: str | None
    generation: int

    @property
    def wants_total(self) -> bool:
        """Only the first page asks for the length: counting is not free."""
        return self.number == 0 and not self.from_the_end


class Run(Generic[Row]):
    """Pages from one end, in the order in which they are read."""

    def __init__(self) -> None:
        self.pages: OrderedDict[int, tuple[Row, ...]] = OrderedDict()
        self.cursors: list[str | None] = [None]
        """Cursor of each page that can be asked for; the first has none."""

        self.length: int | None = None
        """Rows of the whole list, known once the run has come to its other end."""

        self.pending: set[int] = set()

    @property
    def reached(self) -> int:
        """Rows that could be shown without reading beyond the known cursors."""
        return self.length if self.length is not None else (len(self.cursors) - 1) * PAGE

    def at(self, place: int) -> Row | None:
        """The row at this distance from the run's end, if it is loaded."""
        page = self.pages.get(place // PAGE)
        if page is None or place % PAGE >= len(page):
            return None
        self.pages.move_to_end(place // PAGE)
        return page[place % PAGE]

    def keep(self, number: int, rows: tuple[Row, ...], next_cursor: str | None) -> None:
        """Take a page in, and forget the one that was not looked at for longest."""
        self.pending.discard(number)
        self.pages[number] = rows
        self.pages.move_to_end(number)
        while len(self.pages) > KEPT_PAGES:
            self.pages.popitem(last=False)
        if next_cursor is None:
            self.length = number * PAGE + len(rows)
        elif number == len(self.cursors) - 1:
            self.cursors.append(next_cursor)

    def next_towards(self, place: int) -> int | None:
        """The page to ask for on the way to a row; None when there is none, or it is coming."""
        if place < 0 or (self.length is not None and place >= self.length):
            return None
        number = min(place // PAGE, len(self.cursors) - 1)
        return None if number in self.pages or number in self.pending else number


class PagedList(Generic[Row]):
    """The rows of one filtered list, as far as they are known."""

    def __init__(self, generation: int = 0, *, is_one_way: bool = False) -> None:
        self.generation = generation
        self._is_one_way = is_one_way
        self.total: int | None = None
        self.is_capped = False
        self.reads_from_the_end = False
        """Only in a list of unknown length: which end the numbering starts from."""

        self.is_loaded = False
        self._head: Run[Row] = Run()
        self._tail: Run[Row] = Run()
        self._size = 0

    @property
    def size(self) -> int:
        """Rows that can be scrolled over."""
        return self._size

    @property
    def is_empty(self) -> bool:
        """Whether the shop said that there is nothing."""
        return self.is_loaded and self._size == 0

    @property
    def is_waiting(self) -> bool:
        """Whether a page is on its way."""
        return bool(self._head.pending or self._tail.pending)

    @property
    def has_unknown_length(self) -> bool:
        """Whether there are more rows than the shop cares to count."""
        return self.is_capped and self._head.length is None and self._tail.length is None

    def row(self, index: int) -> Row | None:
        """The row at this place, if it is loaded."""
        if not 0 <= index < self._size:
            return None
        from_tail = self._size - 1 - index
        if self.has_unknown_length:
            return self._tail.at(from_tail) if self.reads_from_the_end else self._head.at(index)
        found = self._head.at(index)
        return found if found is not None else self._tail.at(from_tail)

    def loaded(self) -> Iterator[tuple[int, Row]]:
        """Every row that is here, with its place; without counting as looking at it."""
        for number, rows in sorted(self._head.pages.items()):
            yield from enumerate(rows, number * PAGE)
        for number, rows in sorted(self._tail.pages.items(), reverse=True):
            first = self._size - 1 - number * PAGE
            yield from ((first - n, row) for n, row in reversed(list(enumerate(rows))))

    def first_fetch(self) -> Fetch:
        """The page to begin with."""
        return self._fetch(self._head, 0)

    def wanted(self, first: int, last: int, towards: int = 1) -> list[Fetch]:
        """What to ask for so that rows `first` to `last` can be shown, and a little more.

        `towards` is the direction of travel: the next page is asked for before it is needed.
        """
        first, last = max(0, first), min(last, self._size - 1)
        if last < first:
            return []
        probe = last + AHEAD if towards > 0 else first - AHEAD
        probe = min(max(0, probe), self._size - 1)
        # Every row is looked for: between the two runs there may be a hole with both ends here.
        missing = [index for index in range(first, last + 1) if self.row(index) is None]
        found: dict[tuple[bool, int], Fetch] = {}
        for index in (*missing[:1], *missing[-1:], probe):
            if self.row(index) is None:
                run, place = self._nearest(index)
                number = run.next_towards(place)
                if number is not None:
                    found[run is self._tail, number] = self._fetch(run, number)
        for fetch in found.values():
            self._run(fetch).pending.add(fetch.number)
        return list(found.values())

    def again(self, first: int, last: int) -> list[Fetch]:
        """The pages that rows `first` to `last` are on, to be read once more."""
        found: dict[tuple[bool, int], Fetch] = {}
        for index in (max(0, first), min(last, self._size - 1)):
            run, place = self._nearest(index)
            number = place // PAGE
            if number < len(run.cursors):
                found[run is self._tail, number] = self._fetch(run, number)
        return list(found.values())

    def go_to_end(self, *, end: bool) -> int:
        """Turn to one end of the list and give the row to stand on."""
        if self.has_unknown_length and not self._is_one_way:
            self.reads_from_the_end = end
        return max(0, self._size - 1) if end else 0

    def arrived(self, fetch: Fetch, page: Page[Row]) -> int:
        """Take a page in. Returns by how many rows everything shown has moved down.

        That happens only while a list of unknown length is read from its end.
        """
        if fetch.generation != self.generation:
            return 0
        self._run(fetch).keep(fetch.number, page.rows, page.mark.next_cursor)
        self.is_loaded = True
        if fetch.wants_total and page.mark.total is not None:
            self.total, self.is_capped = page.mark.total, page.mark.total_is_capped
        return self._resize()

    def failed(self, fetch: Fetch) -> None:
        """The page did not come; it may be asked for again."""
        if fetch.generation == self.generation:
            self._run(fetch).pending.discard(fetch.number)

    def replace(self, index: int, row: Row) -> None:
        """Put a newer version of one row in place."""
        for run, place in ((self._head, index), (self._tail, self._size - 1 - index)):
            if run.at(place) is not None and (run is self._head or not self._head.at(index)):
                rows = run.pages[place // PAGE]
                at = place % PAGE
                run.pages[place // PAGE] = (*rows[:at], row, *rows[at + 1 :])

    def _resize(self) -> int:
        before = self._size
        known = self._head.length if self._head.length is not None else self._tail.length
        if known is not None:
            self.is_capped = False
            self.total = self._size = known
        elif self.is_capped:
            run = self._tail if self.reads_from_the_end else self._head
            self._size = max(self._size, self.total or 0)
            while run.reached + PAGE > self._size:
                self._size += GROWTH
        else:
            # A shop that did not count: as many as are reached, and one page to come.
            self._size = self.total if self.total is not None else self._head.reached + PAGE
        return self._size - before if self.reads_from_the_end and before else 0

    def _nearest(self, index: int) -> tuple[Run[Row], int]:
        """The run from which a row is reached with fewer pages."""
        if self._is_one_way:
            return self._head, index
        from_tail = self._size - 1 - index
        if self.has_unknown_length:
            return (self._tail, from_tail) if self.reads_from_the_end else (self._head, index)
        if from_tail - self._tail.reached < index - self._head.reached:
            return self._tail, from_tail
        return self._head, index

    def _fetch(self, run: Run[Row], number: int) -> Fetch:
        return Fetch(run is self._tail, number, run.cursors[number], self.generation)

    def _run(self, fetch: Fetch) -> Run[Row]:
        return self._tail if fetch.from_the_end else self._head
