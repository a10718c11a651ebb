"""The category tree as people read it: parents first, siblings in the shop's order."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID


def in_tree_order(rows: Sequence[Any]) -> list[Any]:
    """Put categories, given in the order of siblings, into the order of the tree."""
    below: dict[UUID | None, list[Any]] = defaultdict(list)
    for row in rows:
        below[row.parent_id].append(row)
    ordered: list[Any] = []
    waiting = below[None][::-1]
    while waiting:
        row = waiting.pop()
        ordered.append(row)
        waiting += reversed(below.get(row.id, []))
    return ordered


def level_of(path: str) -> int:
    """Tell how deep a category stands: 0 at the root."""
    return path.count("/")
