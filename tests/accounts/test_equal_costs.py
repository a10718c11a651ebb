"""Whether an address has an account costs nothing more or less: hashes, statements, facts, jobs.

Time itself is measured elsewhere, in pairs on a machine that does nothing else.
"""

from collections import Counter
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select

from api.platform.db import session
from api.platform.outbox import OutboxEvent
from tests.support.people import PASSWORD, a_customer, a_staff_member
from tests.support.sql import count_statements

KNOWN, UNKNOWN = "known@shop.example", "unknown@shop.example"
ASKED: dict[str, dict[str, Any]] = {
    "/api/v1/auth/login": {"password": "not the password at all"},
    "/api/v1/auth/register": {"password": PASSWORD, "full_name": "Somebody"},
    "/api/v1/auth/forgot-password": {},
    "/api/v1/admin/auth/login": {"password": "not the password at all"},
}


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is hashed and compared."""
    counted: Counter[str] = Counter()
    for name in ("hash", "verify"):
        real = getattr(PasswordHasher, name)

        def counts(*given: Any, _name: str = name, _real: Any = real, **more: Any) -> Any:
            counted[_name] += 1
            return _real(*given, **more)

        monkeypatch.setattr(PasswordHasher, name, counts)
    return counted


@pytest.mark.parametrize("path", ASKED)
def test_an_address_with_an_account_costs_what_one_without_costs(
    app: Flask, hashing: Counter[str], path: str
) -> None:
    a_customer(email=KNOWN)
    a_staff_member(email=KNOWN)
    client = app.test_client()
    costs = []

    for email in (KNOWN, UNKNOWN):
        hashing.clear()
        facts = session.scalar(select(func.count()).select_from(OutboxEvent)) or 0
        session.rollback()
        with count_statements() as statements:
            answer = client.post(path, json={"email": email, **ASKED[path]})
        made = (session.scalar(select(func.count()).select_from(OutboxEvent)) or 0) - facts
        session.rollback()
        body = {name: value for name, value in answer.json.items() if name != "request_id"}
        costs.append((answer.status_code, body, statements.count, dict(hashing), made))

    assert costs[0] == costs[1]
