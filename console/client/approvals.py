"""Commands above a limit of the operator: the shop keeps them for a second person (202)."""

from __future__ import annotations

HELD = 202


def approvers(status: int, answer: object) -> str | None:
    """Who may approve a command that was answered like this; None where it does not wait."""
    if status != HELD or not isinstance(answer, dict) or "may_approve" not in answer:
        return None
    return " or ".join(str(one["full_name"]) for one in answer["may_approve"])


def held(approvers: str) -> str:
    """What the operator is told."""
    by = f"{approvers} may approve it" if approvers else "nobody may approve it yet"
    return f"above your limit, so it waits: {by} (:approvals)"
