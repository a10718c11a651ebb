"""Imports and exports in tables: the jobs, their files in pieces, what was wrong, what changed."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.imports.policy import Consequence, FileFormat, OnConflict
from api.platform.db import Base, Timestamped, WithId, named_enum


class ImportStatus(StrEnum):
    """Waiting, being read, one of three ends, or undone after its end."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


class Import(WithId, Timestamped, Base):
    """One file that was handed in, and how far its reading has come.

    `rows_read` moves in the transaction of the products that it counts, so reading goes on after
    a crash exactly where it stopped. `reader` is the worker that has it; one that does not move
    `heartbeat_at` for a while has lost it. `attempts` counts beginnings without progress.
    `header` and `separator` are how the file was written, so that rows can be handed back alike,
    and `columns` is what of it somebody named otherwise: their name, ours;
    `began_at` and `rows_before` say since when and from where the present reader reads.
    """

    __tablename__ = "imports"
    __table_args__ = (
        Index(
            "ix_imports_unfinished",
            "heartbeat_at",
            postgresql_where="status IN ('pending', 'running', 'undoing')",
        ),
    )

    filename: Mapped[str] = mapped_column(String(255))
    status: Mapped[ImportStatus] = mapped_column(
        named_enum(ImportStatus, "import_status"), default=ImportStatus.PENDING
    )
    format: Mapped[FileFormat] = mapped_column(
        named_enum(FileFormat, "import_format"), server_default="shopify"
    )
    is_dry_run: Mapped[bool] = mapped_column(default=False, server_default="false")
    on_conflict: Mapped[OnConflict] = mapped_column(
        named_enum(OnConflict, "import_on_conflict"),
        default=OnConflict.REFUSE,
        server_default="refuse",
    )
    currency: Mapped[str] = mapped_column(String(3))
    size_bytes: Mapped[int] = mapped_column(default=0)
    header: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    separator: Mapped[str] = mapped_column(String(1), default=",", server_default=",")
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    encoding: Mapped[str | None] = mapped_column(String(20))
    """What the file is read in when it is not UTF-8: as was said, or as was guessed."""
    as_drafts: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether new products become drafts, because the encoding is in doubt."""
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_total: Mapped[int | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ignored_columns: Mapped[list[str]] = mapped_column(default=list)
    error: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(120))
    reader: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    heartbeat_at: Mapped[datetime | None]
    began_at: Mapped[datetime | None]
    rows_before: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]
    undo_counts: Mapped[dict[str, object]] = mapped_column(default=dict, server_default="{}")
    undone_at: Mapped[datetime | None]


class ImportChunk(Base):
    """A piece of the file, in order; kept where every worker can read it until the end."""

    __tablename__ = "import_chunks"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportProblem(WithId, Base):
    """Something wrong in the file: where, what stands there, and what would be right."""

    __tablename__ = "import_problems"
    __table_args__ = (Index("ix_import_problems_in_order", "import_id", "row", "id"),)

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))
    row: Mapped[int]
    column: Mapped[str] = mapped_column(String(255))
    value: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(500))
    consequence: Mapped[Consequence] = mapped_column(named_enum(Consequence, "import_consequence"))


class ImportFailedRow(Base):
    """A row that came to nothing: its cells as they stood in the file, and why.

    A line of JSON is kept as its one cell, and a row whose quotes do not fit as the text it is.
    """

    __tablename__ = "import_failed_rows"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[object] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(Text)


class ChangeKind(StrEnum):
    """What an import did with a product, or would have done."""

    CREATED = "created"
    CHANGED = "changed"
    CONFLICT = "conflict"


class UndoOutcome(StrEnum):
    """What taking it back came to."""

    REMOVED = "removed"
    ARCHIVED = "archived"
    RESTORED = "restored"
    CONFLICT = "conflict"


class ImportChange(WithId, Base):
    """One product that an import created, changed, or found changed by somebody else.

    `fields` say what differs, as field, before and after. `before` is all of a changed product as
    it was, to be put back; `mark` is how the versions of the product and its variants stood
    afterwards, so that what somebody changed since is left alone. `stock` are the levels that the
    import opened. No foreign key to products: a product that was undone is gone.
    """

    __tablename__ = "import_changes"
    __table_args__ = (
        UniqueConstraint("import_id", "slug"),
        Index("ix_import_changes_in_order", "import_id", "id"),
        Index(
            "ix_import_changes_product_id",
            "product_id",
            postgresql_where="undone = 'archived'",
        ),
    )

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))
    row: Mapped[int]
    slug: Mapped[str] = mapped_column(String(255))
    kind: Mapped[ChangeKind] = mapped_column(named_enum(ChangeKind, "import_change_kind"))
    product_id: Mapped[UUID | None]
    fields: Mapped[list[dict[str, object]]] = mapped_column(default=list)
    before: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    mark: Mapped[str] = mapped_column(String(60), default="")
    stock: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    undone: Mapped[UndoOutcome | None] = mapped_column(named_enum(UndoOutcome, "import_undone"))
    undo_note: Mapped[str] = mapped_column(String(500), default="")


class ImportWaiting(Base):
    """What a product has beside it that comes later in the file, by field; until the file ends."""

    __tablename__ = "import_waiting"
    __table_args__ = (Index("ix_import_waiting_in_order", "import_id", "row"),)

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(String(255), primary_key=True)
    row: Mapped[int]
    related: Mapped[dict[str, Any]]


class ExportStatus(StrEnum):
    """Waiting, being written, or one of three ends; the file of a completed one can be fetched."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Export(WithId, Timestamped, Base):
    """One file that is being written, and how far it has come.

    Products are written by id: `after_id` is the last one that is in the file, and moves in the
    transaction of the piece that it is in; those that come after `last_id`, which was the newest
    at the beginning, are not. `writer` is the worker that has it.
    """

    __tablename__ = "exports"
    __table_args__ = (
        Index(
            "ix_exports_unfinished",
            "heartbeat_at",
            postgresql_where="status IN ('pending', 'running')",
        ),
    )

    format: Mapped[FileFormat] = mapped_column(named_enum(FileFormat, "export_format"))
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[ExportStatus] = mapped_column(
        named_enum(ExportStatus, "export_status"), default=ExportStatus.PENDING
    )
    columns: Mapped[list[str]] = mapped_column(default=list)
    products_written: Mapped[int] = mapped_column(default=0)
    products_total: Mapped[int | None]
    rows_written: Mapped[int] = mapped_column(default=0)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    pieces: Mapped[int] = mapped_column(default=0)
    after_id: Mapped[UUID | None]
    last_id: Mapped[UUID | None]
    error: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(120))
    writer: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    heartbeat_at: Mapped[datetime | None]
    began_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class ExportChunk(Base):
    """A piece of an exported file, in order."""

    __tablename__ = "export_chunks"

    export_id: Mapped[UUID] = mapped_column(ForeignKey("exports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
