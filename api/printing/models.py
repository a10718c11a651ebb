"""Tables of printing: printers, the printers of stations, and print jobs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum
from api.printing.states import Connection, PaperKind, PrinterUse, PrintFormat, PrintJobStatus


class Printer(WithId, Versioned, Timestamped, Base):
    """A printer. One worker at a time prints on it, until `claimed_until`.

    After `failures` in a row nothing is tried before `retry_at`. Sizes are those of its paper.
    """

    __tablename__ = "printers"
    __table_args__ = (
        Index("uq_printers_name", text("lower(name)"), unique=True),
        CheckConstraint("width_mm BETWEEN 20 AND 1000", name="width_possible"),
        CheckConstraint("height_mm BETWEEN 10 AND 1000", name="height_possible"),
        CheckConstraint("dots_per_mm IN (6, 8, 12, 24)", name="dots_per_mm_usual"),
    )

    name: Mapped[str] = mapped_column(String(60))
    connection: Mapped[Connection] = mapped_column(named_enum(Connection, "connection"))
    address: Mapped[str] = mapped_column(String(255))
    """`host` or `host:port`, the name of a queue of CUPS, or the name of a folder."""
    format: Mapped[PrintFormat] = mapped_column(named_enum(PrintFormat, "format"))
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    dots_per_mm: Mapped[int] = mapped_column(default=8, server_default="8")
    code_pages: Mapped[str] = mapped_column(String(20), default="epson", server_default="epson")
    """Which set of characters a receipt printer has: see `documents.escpos.PROFILES`."""
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    """An inactive printer keeps its papers and prints none."""
    claim: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    retry_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))


class StationPrinter(Base):
    """Which printer a station uses for what. A station is the name of a console's computer."""

    __tablename__ = "station_printers"
    __table_args__ = (Index("ix_station_printers_printer_id", "printer_id"),)

    station: Mapped[str] = mapped_column(String(60), primary_key=True)
    use: Mapped[PrinterUse] = mapped_column(named_enum(PrinterUse, "use"), primary_key=True)
    printer_id: Mapped[UUID] = mapped_column(ForeignKey("printers.id", ondelete="CASCADE"))


class PrintJob(WithId, Timestamped, Base):
    """A paper to be printed, or that was. `content` is removed some weeks after it was printed."""

    __tablename__ = "print_jobs"
    __table_args__ = (
        Index("uq_print_jobs_once_key", "once_key", unique=True),
        Index(
            "ix_print_jobs_open",
            "printer_id",
            "id",
            postgresql_where="status IN ('queued', 'printing')",
        ),
        Index("ix_print_jobs_printer_id", "printer_id", "id"),
        Index("ix_print_jobs_status", "status", "id"),
        Index("ix_print_jobs_subject_id", "subject_id", "id"),
        Index("ix_print_jobs_station", "station", "id"),
        Index("ix_print_jobs_reprint_of", "reprint_of"),
        Index("ix_print_jobs_kept", "id", postgresql_where="content IS NOT NULL"),
    )

    printer_id: Mapped[UUID | None] = mapped_column(ForeignKey("printers.id", ondelete="SET NULL"))
    printer_name: Mapped[str] = mapped_column(String(60))
    """As it was called then."""
    station: Mapped[str | None] = mapped_column(String(60))
    kind: Mapped[PaperKind] = mapped_column(named_enum(PaperKind, "kind"))
    title: Mapped[str] = mapped_column(String(200))
    format: Mapped[PrintFormat] = mapped_column(named_enum(PrintFormat, "format"))
    content: Mapped[bytes | None] = mapped_column(deferred=True)
    copies: Mapped[int] = mapped_column(default=1, server_default="1")
    status: Mapped[PrintJobStatus] = mapped_column(named_enum(PrintJobStatus, "status"))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None] = mapped_column(String(500))
    requested_by: Mapped[str] = mapped_column(String(120))
    subject_id: Mapped[UUID | None]
    """What it is about: an order, a return, a batch, a parcel."""
    once_key: Mapped[str | None] = mapped_column(String(120))
    """A paper with the same key is printed once, however often it is asked for."""
    reprint_of: Mapped[UUID | None] = mapped_column(
        ForeignKey("print_jobs.id", ondelete="SET NULL")
    )
    started_at: Mapped[datetime | None]
    printed_at: Mapped[datetime | None]
