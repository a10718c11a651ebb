"""What the operator is told of a command that the shop has answered."""

from __future__ import annotations

from console.client.approvals import approvers, held
from console.client.bulk_changes import not_changed
from console.client.outbox import Command
from console.flows.formatting import count
from console.flows.transition import Feedback, done, noted


def answered(command: Command) -> Feedback:
    """Done, done in part, or kept for a second person."""
    if (names := approvers(command.status, command.answer)) is not None:
        return noted(f"{command.label}: {held(names)}")
    if refused := not_changed(command):
        return noted(f"{command.label}: done but for {count(refused)}, :p then o shows which")
    return done(f"{command.label}: done")
