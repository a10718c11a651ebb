"""Imports in tables: the job, the file in pieces, and what was wrong with it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.imports.policy import Consequence
from api.platform.db import Base, Dated, Identified, named_enum


class ImportStatus(StrEnum):
    """Waiting, being read, or one of three ends."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Import(Identified, Dated, Base):
    """One file that was handed in, and how far its reading has come.

    `rows_read` moves in the transaction of the products that it counts, so reading goes on after
    a crash exactly where it stopped. `reader` is the worker that has it; one that does not move
    `heartbeat_at` for a while has lost it. `attempts` counts beginnings without progress.
    """

    __tablename__ = "imports"
    __table_args__ = (
        Index(
            "ix_imports_unfinished",
            "heartbeat_at",
            postgresql_where="status IN ('pending', 'running')",
        ),
    )

    filename: Mapped[str] = mapped_column(String(255))
    status: Mapped[ImportStatus] = mapped_column(
        named_enum(ImportStatus, "import_status"), default=ImportStatus.PENDING
    )
    currency: Mapped[str] = mapped_column(String(3))
    size_bytes: Mapped[int] = mapped_column(default=0)
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_total: Mapped[int | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ignored_columns: Mapped[list[str]] = mapped_column(default=list)
    error: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(120))
    reader: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ImportChunk(Base):
    """A piece of the file, in order; kept where every worker can read it until the end."""

    __tablename__ = "import_chunks"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportProblem(Identified, Base):
    """Something wrong in the file: where, what stands there, and what would be right."""

    __tablename__ = "import_problems"
    __table_args__ = (Index("ix_import_problems_in_order", "import_id", "row", "id"),)

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))
    row: Mapped[int]
    column: Mapped[str] = mapped_column(String(255))
    value: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(500))
    consequence: Mapped[Consequence] = mapped_column(named_enum(Consequence, "import_consequence"))
