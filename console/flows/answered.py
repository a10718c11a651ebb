"""What the operator is told of a command that the shop has answered."""

from __future__ import annotations

from console.client import packing
from console.client.approvals import approvers, held
from console.client.bulk_changes import not_changed
from console.client.hand_over import HAND_OVER
from console.client.outbox import Command
from console.flows.formatting import count
from console.flows.transition import Feedback, done, noted

DRAFTS = frozenset({"reorder", "transfer_low"})
"""Commands that draft something which stands in another list, by its number."""


QUIET = packing.KINDS | {HAND_OVER}
"""Steps that a screen has told of already, or tells of better."""


def answered(command: Command) -> Feedback | None:
    """Done, done in part, or kept for a second person; nothing of a step that was told already."""
    if command.kind in QUIET:
        return None
    if (names := approvers(command.status, command.answer)) is not None:
        return noted(f"{command.label}: {held(names)}")
    if refused := not_changed(command):
        return noted(f"{command.label}: done but for {count(refused)}, :p then o shows which")
    number = (command.answer or {}).get("number") if command.kind in DRAFTS else None
    return done(f"{command.label}: {number} is drafted" if number else f"{command.label}: done")
