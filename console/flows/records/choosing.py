"""Records that are chosen with the space bar, and one command for all of them."""

from __future__ import annotations

from console.flows.formatting import counted
from console.flows.records.form import Form, to_send
from console.flows.records.shapes import Kind, Record, RecordCommand, at

MOST = 200
"""Records that can be chosen at once."""


def toggled(chosen: tuple[Record, ...], record: Record) -> tuple[Record, ...]:
    """Choose a record, or no longer."""
    rest = tuple(one for one in chosen if one["id"] != record["id"])
    return rest if len(rest) < len(chosen) else (*chosen, record)


def form_of(command: RecordCommand, kind: Kind, chosen: tuple[Record, ...]) -> Form | str:
    """A command for the chosen records, to be looked over; or why it fits none of them."""
    together = command.together
    assert together is not None
    groups: dict[tuple[object, ...], list[tuple[Record, object]]] = {}
    left_out = []
    for record in chosen:
        common = tuple(at(record, path) for path in together.by)
        values = {name: [at(record, path) for path in paths] for name, paths in together.entry}
        if None in common or not all(all(found) for found in values.values()):
            left_out.append(str(at(record, kind.named_by)))
            continue
        entry = {name: min(found) for name, found in values.items()}
        groups.setdefault(common, []).append((record, entry.get("", entry)))
    if not groups:
        return f"Nothing to {command.label} of what is chosen. {command.refusal}"
    parts = ", ".join(
        f"{together.makes.format_map(rows[0][0])} ({counted(len(rows), 'line', 'lines')})"
        for rows in groups.values()
    )
    without = f" Without {', '.join(left_out)}." if left_out else ""
    sent = tuple(
        (
            rows[0][0],
            {
                **{name: at(rows[0][0], path) for name, path in command.copied},
                together.sent_in: [entry for _, entry in rows],
            },
        )
        for rows in groups.values()
    )
    return Form(
        kind, command, None, "", at=len(command.fields), sent=sent,
        question=to_send(command, f"Draft {parts}?{without}"),
    )  # fmt: skip
