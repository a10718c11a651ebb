"""Parses paginated lists: one page, or all pages to the end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeVar

from console.client.errors import OutOfContract
from console.client.models import Page, PageCursor
from console.client.parsing import read

Row = TypeVar("Row")

MAX_ROWS = 100
"""Rows that the shop takes, or gives, in one piece."""


def parse_page(shape: type[Row], body: bytes) -> Page[Row]:
    """Read `{"data": [...], "page": {...}}` with rows of `shape`."""
    try:
        answer = json.loads(body)
    except ValueError as broken:
        raise OutOfContract(f"The answer is not JSON: {broken}.", code="body") from broken
    for member in ("data", "page"):
        if not isinstance(answer, dict) or member not in answer:
            raise OutOfContract(f"The answer has no field {member!r}.", code=member)
    rows = answer["data"]
    if not isinstance(rows, list):
        raise OutOfContract("The answer's field 'data' is not a list.", code="data")
    return Page(
        tuple([read(shape, row, f"data[{n}]") for n, row in enumerate(rows)]),
        read(PageCursor, answer["page"], "page"),
    )


async def every_row(
    read_page: Callable[[Mapping[str, str]], Awaitable[Page[Row]]], query: Mapping[str, str]
) -> AsyncIterator[Row]:
    """All rows of a list, page by page; only for lists that are known to be short."""
    page = await read_page(query)
    while True:
        for row in page.rows:
            yield row
        if page.mark.next_cursor is None:
            return
        page = await read_page({**query, "cursor": page.mark.next_cursor})
