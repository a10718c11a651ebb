"""The catalog: products with their variants, and changes to many of them at once.

A change is sent in pieces of at most a hundred rows. All pieces are put into the outbox in one
step, together with what they are about (`BulkChange`), so that a console that is killed in the
middle sends the rest when it runs again and still knows what each row was to become.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from console.client.api_client import ApiClient
from console.client.catalog_models import (
    BatchAnswer,
    PriceHistoryEntry,
    ProductCard,
    ProductRow,
    ProductWithVariants,
    ScheduledPrice,
    VariantCard,
)
from console.client.errors import OutOfContract
from console.client.models import Page
from console.client.outbox import Command, NewCommand, Outbox, State
from console.client.pages import MAX_ROWS, every_row, parse_page
from console.client.parsing import ADMIN, parse, read

KIND = "batch"
AGGREGATE = "catalogue:batch"
"""One queue for all pieces: a later change is based on what an earlier one left."""

PATHS = {
    "variants": f"{ADMIN}/variants/batch",
    "products": f"{ADMIN}/products/batch",
    "levels": f"{ADMIN}/inventory/levels/batch",
}
REMEMBERED = "catalogue run"


class Catalog:
    """What the shop sells."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def page(self, query: Mapping[str, str]) -> Page[ProductRow]:
        """One page of products; `query` as the shop's list takes it."""
        return parse_page(ProductRow, (await self._caller.get(f"{ADMIN}/products", query)).body)

    async def product(self, product_id: str) -> ProductCard:
        """A product with its variants."""
        answer = await self._caller.get(f"{ADMIN}/products/{product_id}")
        return parse(ProductCard, answer.body)

    async def chosen(self, product_ids: Sequence[str]) -> dict[str, ProductWithVariants]:
        """Up to a hundred products with their variants, by their ids; who is gone is left out."""
        query = {"ids": ",".join(product_ids), "expand": "variants", "limit": str(MAX_ROWS)}
        # Where products have very many variants, fewer of them come at once.
        return {one.id: one async for one in every_row(self._chosen_page, query)}

    async def _chosen_page(self, query: Mapping[str, str]) -> Page[ProductWithVariants]:
        return parse_page(
            ProductWithVariants, (await self._caller.get(f"{ADMIN}/products", query)).body
        )

    async def variant(self, variant_id: str) -> VariantCard:
        """One variant with its prices; it names its product."""
        answer = await self._caller.get(f"{ADMIN}/variants/{variant_id}")
        return parse(VariantCard, answer.body)

    async def past_prices(self, variant_id: str, currency: str) -> tuple[PriceHistoryEntry, ...]:
        """What a variant cost in a currency, the newest first, as far back as one page goes."""
        query = {"currency": currency, "limit": str(MAX_ROWS)}
        answer = await self._caller.get(f"{ADMIN}/variants/{variant_id}/price-history", query)
        return parse_page(PriceHistoryEntry, answer.body).rows

    async def planned_prices(self, variant_id: str) -> tuple[ScheduledPrice, ...]:
        """Prices of a variant that are in force until something, or are still to come."""
        found: list[ScheduledPrice] = []
        for state in ("running", "waiting"):
            query = {"state": state, "limit": str(MAX_ROWS)}
            path = f"{ADMIN}/variants/{variant_id}/scheduled-prices"
            found += parse_page(ScheduledPrice, (await self._caller.get(path, query)).body).rows
        return tuple(sorted(found, key=lambda one: one.starts_at))


class BulkChangeRow(NamedTuple):
    """One row of a change: what it is about, and what it was to become."""

    id: str
    version: int
    item: Mapping[str, object]
    """What is sent beside id and version."""

    product_id: str
    name: str
    before: str
    after: str
    back: Mapping[str, object] | None = None
    """What is sent to take it back, where that can be done."""


class BulkChange(NamedTuple):
    """A change to many rows, as it was given: its rows stand in the commands with these ids."""

    operator: str
    of: str
    """`variants`, `products` or `levels`."""

    title: str
    edit: tuple[str, str, str]
    """Which edit, as typed, and its currency; without the first two it is not given again."""

    rows: tuple[BulkChangeRow, ...]
    commands: tuple[int, ...] = ()

    def as_text(self) -> str:
        """The form in which it is remembered."""
        return json.dumps(self._asdict())


def enqueue(
    outbox: Outbox, run: BulkChange, *, undoes: Sequence[tuple[str, int]] = ()
) -> BulkChange:
    """Put a change into the outbox, piece by piece; it is on disk as a whole, or not at all.

    `undoes` names the commands that the chunks undo, each with its number of rows.
    """
    assert run.rows, "a change without rows is none"
    sizes = [size for _, size in undoes] or [
        min(MAX_ROWS, len(run.rows) - at) for at in range(0, len(run.rows), MAX_ROWS)
    ]
    drafts, at = [], 0
    for n, size in enumerate(sizes):
        label = run.title
        if len(sizes) > 1:
            label += f", rows {at + 1}-{at + size} of {len(run.rows)}"
        draft = chunk(run.of, run.rows[at : at + size], label)
        drafts.append(draft._replace(undoes=undoes[n][0]) if undoes else draft)
        at += size
    commands = outbox.put_all(
        drafts,
        operator=run.operator,
        about=lambda ids: (REMEMBERED, run._replace(commands=ids).as_text()),
    )
    return run._replace(commands=tuple(one.id for one in commands))


def chunk(of: str, rows: Sequence[BulkChangeRow], label: str) -> NewCommand:
    """One piece of a change, as it is sent; `label` is how a person calls it."""
    items = [{"id": row.id, "version": row.version, **row.item} for row in rows]
    backs = [{"id": row.id, **row.back} if row.back is not None else None for row in rows]
    return NewCommand(
        kind=KIND,
        aggregate=AGGREGATE,
        path=PATHS[of],
        body={"items": items},
        label=label,
        inverse={"items": backs} if any(back is not None for back in backs) else None,
    )


def last_change(outbox: Outbox, operator: str) -> BulkChange | None:
    """This person's last change to many rows, as long as its commands are kept."""
    run = _read_run(outbox.remembered(REMEMBERED))
    if run is None or run.operator != operator:
        return None
    return run if len(outbox.states(run.commands)) == len(run.commands) else None


@lru_cache(1)
def _read_run(kept: str) -> BulkChange | None:
    """A change as it was remembered; thousands of rows are not read anew for each look at them."""
    try:
        found = json.loads(kept)
        rows = tuple(BulkChangeRow(*row) for row in found["rows"])
        kind, text, currency = found["edit"]
        edit, commands = (kind, text, currency), tuple(found["commands"])
        return BulkChange(found["operator"], found["of"], found["title"], edit, rows, commands)
    except (ValueError, KeyError, TypeError):
        # Nothing, or from another version: the commands are in the outbox all the same.
        return None


def answer_of(command: Command) -> BatchAnswer | None:
    """What the shop said about each row of a piece; None as long as it said nothing."""
    if command.state is not State.DONE or command.answer is None:
        return None
    try:
        return read(BatchAnswer, command.answer)
    except OutOfContract:
        # It was taken; what became of each row is seen when the list is read again.
        return None


def not_changed(command: Command) -> int:
    """Rows of a piece that the shop refused."""
    answer = answer_of(command) if command.kind == KIND else None
    return sum(row.status != "ok" for row in answer.data) if answer else 0


def can_go_again(run: BulkChange) -> bool:
    """Whether the same change may be worked out once more for rows that were refused."""
    return bool(run.edit[0])


def inverse(
    run: BulkChange, commands: Sequence[Command]
) -> tuple[BulkChange, tuple[tuple[str, int], ...]] | None:
    """The change that reverts what was done of a change, and the commands that it undoes.

    Based on the versions that the change left: what somebody has touched since is not overwritten
    but told. None when nothing can be undone.
    """
    rows: list[BulkChangeRow] = []
    undone: list[tuple[str, int]] = []
    at = 0
    for command in commands:
        items = command.body["items"]
        assert isinstance(items, list)
        mine = run.rows[at : at + len(items)]
        at += len(items)
        answer = answer_of(command)
        done = (
            {one.index: one.version for one in answer.data if one.status == "ok"} if answer else {}
        )
        back = [
            row._replace(version=version, item=row.back, back=None,
                         before=row.after, after=row.before)
            for index, row in enumerate(mine)
            if row.back is not None and (version := done.get(index)) is not None
        ]  # fmt: skip
        if back:
            rows += back
            undone.append((command.key, len(back)))
    if not rows:
        return None
    taken = BulkChange(
        run.operator, run.of, f"{run.title} undone", ("", "", run.edit[2]), tuple(rows)
    )
    return taken, tuple(undone)
