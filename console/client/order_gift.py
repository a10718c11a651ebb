"""To whom the gift cards of an order are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OrderGift:
    """Who gets the gift cards of an order, with which words, and when; at once without a date."""

    email: str
    message: str | None
    send_at: datetime | None
