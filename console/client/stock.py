"""Stock levels, their journals, and the command that corrects them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from console.client.api_client import ApiClient
from console.client.errors import OutOfContract
from console.client.models import Movement, Page, StockLevel
from console.client.outbox import Command, NewCommand, State
from console.client.pages import MAX_ROWS, every_row, parse_page
from console.client.parsing import ADMIN, parse, read


class Stock:
    """What stands where."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def page(self, query: Mapping[str, str]) -> Page[StockLevel]:
        """One page of levels; `query` as the shop's list takes it."""
        return parse_page(StockLevel, (await self._caller.get(f"{ADMIN}/stock", query)).body)

    async def levels_of(self, variant_ids: Sequence[str]) -> dict[str, tuple[StockLevel, ...]]:
        """Where up to a hundred variants stand, by their ids, each at its places by their codes.

        One that stands nowhere is left out.
        """
        query = {"variant_ids": ",".join(variant_ids), "limit": str(MAX_ROWS)}
        found: dict[str, tuple[StockLevel, ...]] = {}
        async for level in every_row(self.page, query):
            found[level.variant_id] = (*found.get(level.variant_id, ()), level)
        # In the same order for all of them, whichever place was opened first for which.
        return {one: tuple(sorted(at, key=_by_place)) for one, at in found.items()}

    async def level(self, level_id: str) -> StockLevel:
        """One level as it is now."""
        return parse(StockLevel, (await self._caller.get(f"{ADMIN}/stock/{level_id}")).body)

    async def movements(self, level_id: str, query: Mapping[str, str]) -> Page[Movement]:
        """One page of a level's journal, newest first."""
        answer = await self._caller.get(f"{ADMIN}/stock/{level_id}/movements", query)
        return parse_page(Movement, answer.body)


def _by_place(level: StockLevel) -> str:
    return level.location.code


def aggregate_of(level_id: str) -> str:
    """The queue in which commands of one level stand."""
    return f"level:{level_id}"


def adjust(level: StockLevel, change: int, *, reason: str, note: str | None = None) -> NewCommand:
    """Add or take units. Changes add up in any order, so nobody is overwritten."""
    return _adjustment(level, {"change": change}, change, reason, note, f"{change:+d}")


def set_to(
    level: StockLevel, on_hand: int, *, expected: int, reason: str, note: str | None = None
) -> NewCommand:
    """Put a counted figure in place, unless the level has moved since it was `expected`."""
    figures: dict[str, object] = {"on_hand": on_hand, "expected_on_hand": expected}
    return _adjustment(level, figures, on_hand - expected, reason, note, f"= {on_hand}")


def inverse(command: Command) -> NewCommand:
    """The command that undoes an adjustment or a move: the same units the other way."""
    assert command.inverse is not None
    return NewCommand(
        kind=command.kind,
        aggregate=command.aggregate,
        path=command.path,
        body=command.inverse,
        label=f"{command.label} undone",
        inverse=_opposite(command.inverse),
        undoes=command.key,
    )


def moved_to(command: Command) -> int | None:
    """The units that the shop found in place of those that a refused count was made against."""
    problem = command.problem or {}
    facts = problem.get("facts")
    if command.kind != "adjust" or problem.get("code") != "stale_quantity":
        return None
    current = facts.get("current_on_hand") if isinstance(facts, dict) else None
    return current if isinstance(current, int) else None


def on_top(command: Command) -> NewCommand | None:
    """A refused count made anew against what stands there now; None for any other command."""
    current, counted = moved_to(command), command.body.get("on_hand")
    if current is None or not isinstance(counted, int) or command.inverse is None:
        return None
    return NewCommand(
        kind=command.kind,
        aggregate=command.aggregate,
        path=command.path,
        body={**command.body, "expected_on_hand": current},
        label=command.label,
        inverse={**command.inverse, "change": current - counted},
    )


def _opposite(body: Mapping[str, object]) -> dict[str, object]:
    if "to_bin_id" in body:
        return {**body, "from_bin_id": body["to_bin_id"], "to_bin_id": body["from_bin_id"]}
    if "to" in body:
        return {**body, "from": body["to"], "to": body["from"]}
    change = body["change"]
    assert isinstance(change, int)
    return {**body, "change": -change}


def pending_change(commands: Iterable[Command]) -> int:
    """Units that corrections which are not answered yet will add to their level."""
    waiting = (one.inverse for one in commands if one.state is State.WAITING and one.inverse)
    changes = (inverse.get("change") for inverse in waiting)
    return -sum(change for change in changes if isinstance(change, int))


def level_after(command: Command) -> StockLevel | None:
    """The level as the shop answered a correction with it."""
    if command.kind != "adjust" or command.state is not State.DONE or not command.answer:
        return None
    try:
        return read(StockLevel, command.answer)
    except OutOfContract:
        # It was done; only the picture of it did not come along. The next reading shows it.
        return None


def _adjustment(
    level: StockLevel,
    figures: dict[str, object],
    change: int,
    reason: str,
    note: str | None,
    words: str,
) -> NewCommand:
    body = {**figures, "reason": reason, **({"note": note} if note else {})}
    return NewCommand(
        kind="adjust",
        aggregate=aggregate_of(level.id),
        path=f"{ADMIN}/stock/{level.id}/adjust",
        body=body,
        label=f"{level.sku} at {level.location.code} {words}",
        inverse={"change": -change, "reason": "correction", "note": f"undo: {words}"},
    )
