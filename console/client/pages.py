"""Reading one page of a list answer."""

from __future__ import annotations

import json
from typing import TypeVar

from console.client.contract import read
from console.client.errors import OutOfContract
from console.client.models import Page, PageMark

Row = TypeVar("Row")


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
        read(PageMark, answer["page"], "page"),
    )
