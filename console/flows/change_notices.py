"""What others did to an order while it was looked at, and who has it open, in words."""

from __future__ import annotations

from console.client.change_models import Claim
from console.client.models import OrderDetail
from console.client.note_models import TimelineEvent
from console.flows.formatting import clock
from console.flows.transition import Feedback, noted


def by_others(before: OrderDetail | None, after: OrderDetail, me: str) -> Feedback | None:
    """The last thing that somebody else did since it was read before; None when nobody did."""
    if before is None or before.id != after.id:
        return None
    known = {_mark(one) for one in before.timeline}
    foreign = [one for one in after.timeline if _mark(one) not in known and one.actor != me]
    if not foreign:
        return None
    last = max(foreign, key=lambda one: one.at)
    who = f", {last.actor}" if last.actor else ""
    return noted(f"{after.number}: {last.text} ({clock(last.at)}{who})")


def open_elsewhere(claim: Claim | None) -> str:
    """Who else has the order open, and how it is taken over."""
    if claim is None:
        return ""
    return f"{claim.claimed_by} has this order open since {clock(claim.claimed_at)}"


def _mark(one: TimelineEvent) -> tuple[object, str, str]:
    return one.at, one.kind, one.text
