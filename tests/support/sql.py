"""Counts what is said to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState

from api.platform.db import db


@dataclass
class Statements:
    """The statements of a block, in order."""

    texts: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many there were; BEGIN and COMMIT are not counted."""
        return len(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def __str__(self) -> str:
        return "\n".join(self.texts)


@contextmanager
def count_statements() -> Iterator[Statements]:
    """Collect every statement that the block sends, from any thread.

    with count_statements() as statements:
        client.get("/api/v1/products")
    assert statements.count == 2, statements
    """
    seen = Statements()

    def note(_c: Any, _cursor: Any, text: str, _p: Any, _context: Any, _many: bool) -> None:
        seen.texts.append(text)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def orm_statements() -> Iterator[list[str]]:
    """Collect the kinds of statements of a block that the ORM takes through its own machinery.

    It costs more than all the rest of a small statement, so hot routes send none.
    """
    seen: list[str] = []

    def note(execution: ORMExecuteState) -> None:
        if execution.is_orm_statement:
            seen.append(type(execution.statement).__name__)

    event.listen(db.session, "do_orm_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.session, "do_orm_execute", note)
