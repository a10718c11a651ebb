"""A list as a CSV file: all its rows, with what is shown of them and what their page tells."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable
from decimal import Decimal

from console.client.models import Page
from console.flows.formatting import places_of
from console.flows.paged_list import Fetch
from console.flows.records.formatting import told
from console.flows.records.shapes import Field, Kind, Record, at

FORMULA = ("=", "+", "-", "@", "\t")
"""An apostrophe keeps spreadsheets from taking a text for a formula."""

MOST_PAGES = 500


async def csv_of(kind: Kind, page: Callable[[Fetch], Awaitable[Page[Record]]]) -> bytes:
    """Read the list page by page and write it; amounts in major units, without a currency."""
    shown = (*kind.columns, *kind.page)
    text = io.StringIO()
    file = csv.writer(text)
    file.writerow(one.path for one in shown)
    fetch, pages = Fetch(from_the_end=False, number=0, cursor=None, generation=0), 0
    while pages < MOST_PAGES:
        answer = await page(fetch)
        file.writerows([_cell(one, at(row, one.path)) for one in shown] for row in answer.rows)
        cursor, pages = answer.mark.next_cursor, pages + 1
        if not cursor:
            break
        fetch = fetch._replace(number=pages, cursor=cursor)
    return text.getvalue().encode()


def _cell(shown: Field, value: object) -> object:
    match shown.form, value:
        case (("money" | "figure"), {"amount": int(amount), "currency": str(currency)}):
            return Decimal(amount).scaleb(-places_of(currency))
        case (("state" | "when" | "age" | "count"), _):
            return value
        case "yes", bool():
            return told(shown, value)
        case _, str() if value.startswith(FORMULA):
            return f"'{value}"
        case _, (str() | int() | float() | None):
            return value
    return told(shown, value)
