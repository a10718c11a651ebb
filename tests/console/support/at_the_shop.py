"""The real shop with its goods and orders, for a console in a test; and what was sent to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.console.support.real import RealApi
from tests.console.support.wire import Reply
from tests.support.people import a_staff_member
from tests.support.shop import Shop

READS = ("/auth/", "/refunds/quote", "/claim")
"""What is sent and changes nothing of the shop's: a claim only tells who looks at an order."""


class RealShop(RealApi):
    """A shop as somebody of a role reaches it."""

    def __init__(self, shop: Shop, role: str = "owner") -> None:
        super().__init__(shop.app, a_staff_member(role))
        self.asked: list[tuple[str, str]] = []

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Every request that could have changed something."""
        return [
            (method, path)
            for method, path in self.asked
            if method != "GET" and not any(part in path for part in READS)
        ]

    def case(self, order: Mapping[str, Any]) -> Any:
        """Read everything about an order, while a console is open."""
        path = f"/api/v1/admin/orders/{order['id']}"
        return json.loads(self.answer("GET", path, self.person.headers, b"").body)

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Reply:
        """One exchange."""
        self.asked.append((method, target.partition("?")[0]))
        return super().answer(method, target, headers, body)
