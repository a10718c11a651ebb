"""Who changed what: one row for each change, in the transaction of the change."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, observability
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction


def entries() -> list[tuple[Any, ...]]:
    """Read what was written down."""
    return [
        tuple(row)
        for row in session.execute(
            select(
                AuditEntry.actor, AuditEntry.action, AuditEntry.subject_id, AuditEntry.request_id,
                AuditEntry.changes,
            )
        )
    ]  # fmt: skip


def test_a_change_is_written_down_with_its_actor_and_its_request(app: Flask) -> None:
    anna, shelf = Principal(kind="staff", id=new_id(), label="Anna"), new_id()
    observability.bind_request_id("press-of-f7")

    with transaction():
        audit.record("stock.adjusted", by=anna, subject_id=shelf, change=-2, level_id=shelf)
    observability.bind_request_id("-")

    assert entries() == [
        (
            f"staff:{anna.id}",
            "stock.adjusted",
            shelf,
            "press-of-f7",
            {"change": -2, "level_id": str(shelf)},
        )
    ]


def test_a_change_that_did_not_happen_is_not_written_down(app: Flask) -> None:
    def fails() -> None:
        with transaction():
            audit.record("stock.adjusted", by=Principal(kind="system"), subject_id=None)
            raise LookupError

    with pytest.raises(LookupError):
        fails()

    assert entries() == []


def test_nothing_is_written_down_outside_of_a_transaction(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="outside of a transaction"):
        audit.record("stock.adjusted", by=Principal(kind="system"), subject_id=None)
