"""The one list of what an operator can do, and by which key.

Bindings, the key bar, the help page and the palette are all made from it, so they cannot disagree.
A screen carries an action out in a method called `do_` and the action's id; one that it cannot
carry out right now says why in `why_not`, and pressing its key shows that sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from console.keys.action import Action
from console.keys.actions import ACTIONS

__all__ = ["ACTIONS", "Action"]

PAGE = 10
"""Lines that a page key moves in lists that are short."""

ALWAYS_ON_THE_BAR = (
    ("back", "help", "palette"),
    ("home", "orders", "pick", "pack", "attention", "receive", "catalogue", "stock", "refund"),
    ("undo", "outbox", "quit"),
)
"""The lower row of the bar, in groups."""

MAX_WANTED = (
    "help", "palette", "home", "orders", "back", "stock", "undo", "outbox", "attention", "pick",
    "pack", "receive", "refund", "catalogue", "quit",
)  # fmt: skip
"""The lower row by how much it is wanted: a narrow window leaves out the last ones."""

NEXT = frozenset({"enter", "commit"})
"""What comes next stands first on the bar, and Enter as a filled block."""

LOOKING = frozenset({"find", "next_view", "turn_over", "low"})
"""What only changes what is seen stands last."""

NEEDS = {
    "give_back": "orders:refund", "link": "payments:write", "accept": "orders:write",
    "run_again": "jobs:write", "discard": "jobs:write", "ship": "fulfilment:write",
    "refund_here": "orders:refund", "refund": "orders:refund", "note": "orders:write",
    "mark_paid": "payments:write", "cancel_order": "orders:cancel", "hold": "orders:write",
    "release": "orders:write", "price": "catalog:write", "sale": "catalog:write",
    "was": "catalog:write", "publish": "catalog:write", "archive": "catalog:write",
    "unarchive": "catalog:write", "low_at": "inventory:adjust", "add": "inventory:adjust",
    "take": "inventory:adjust", "set": "inventory:adjust", "override": "fulfilment:override",
}  # fmt: skip
"""The permission without which an action is neither shown nor done."""

LETTERS = tuple(one for one in ACTIONS if one.face.isalpha() and len(one.face) == 1)
"""Commands of lists that are one letter, as codes have them too."""

BY_KEY_ONLY = frozenset({"undo", "commit"})
"""What changes something at the shop is done by its key, and not by Enter behind a name."""

CURSOR_ACTIONS = frozenset({"up", "down", "page_up", "page_down", "first", "last"})


def moved(action_id: str, at: int, count: int) -> int:
    """Where a moving key takes a cursor in a list of so many lines."""
    steps = {"up": -1, "down": 1, "page_up": -PAGE, "page_down": PAGE, "first": -count}
    return min(max(0, at + steps.get(action_id, count)), max(0, count - 1))


@cache
def bindings(screen: str) -> Mapping[str, Action]:
    """Which key does what on a screen."""
    bound: dict[str, Action] = {}
    for action in ACTIONS:
        if screen in action.screens:
            for key in action.keys:
                bound.setdefault(key, action)
    return bound


@cache
def command_characters(screen: str) -> frozenset[str]:
    """Characters that are commands on a scan screen as long as nothing has been typed."""
    return frozenset(key for key in bindings(screen) if len(key) == 1)


@cache
def actions_on(screen: str) -> tuple[Action, ...]:
    """Everything that can be done on a screen, in the order of the registry."""
    return tuple(action for action in ACTIONS if screen in action.screens)


class Rows(NamedTuple):
    """What the key bar shows, in groups; `wanted` ranks what there is no room for."""

    groups: tuple[tuple[Action, ...], ...]
    wanted: tuple[Action, ...]


@cache
def on_the_bar(screen: str) -> tuple[Rows, Rows]:
    """The two rows of the key bar: this screen's actions, and those of every screen."""
    shown = [action for action in actions_on(screen) if action.label]
    here = [action for action in shown if action.id not in MAX_WANTED]
    groups = tuple(
        tuple(action for action in here if _place_of(action) == place) for place in range(3)
    )
    always = {action.id: action for action in shown if action.id in MAX_WANTED}
    return (
        Rows(groups, tuple(action for group in groups for action in group)),
        Rows(
            tuple(tuple(always[one] for one in group if one in always)
                  for group in ALWAYS_ON_THE_BAR),
            tuple(always[one] for one in MAX_WANTED if one in always),
        ),
    )  # fmt: skip


def _place_of(action: Action) -> int:
    return 0 if action.id in NEXT else 2 if action.id in LOOKING else 1


def permission(action: Action) -> str:
    """The permission that an action needs, or nothing."""
    return action.needs or NEEDS.get(action.id, "")


def allowed_on(screen: str, may: Callable[[str], bool]) -> tuple[Action, ...]:
    """What can be done on a screen by somebody of whom `may` tells which permissions they have."""
    return tuple(one for one in actions_on(screen) if may(permission(one)))


def action(action_id: str, screen: str) -> Action:
    """The action with this id, as it is on this screen."""
    return next(one for one in actions_on(screen) if one.id == action_id)
