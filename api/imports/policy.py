"""What imports and exports may be asked for, and what their limits are."""

from datetime import timedelta
from enum import StrEnum


class Consequence(StrEnum):
    """What was left out because of a problem: all of a product, one row of it, or one value."""

    PRODUCT_SKIPPED = "product_skipped"
    ROW_SKIPPED = "row_skipped"
    VALUE_IGNORED = "value_ignored"


class FileFormat(StrEnum):
    """Whose file it is. `csv` and `jsonl` are our own, and say everything.

    `xlsx` is the first of them as a workbook, for people to look at; it is only written.
    """

    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"


READ = (FileFormat.SHOPIFY, FileFormat.WOOCOMMERCE, FileFormat.CSV, FileFormat.JSONL)
WRITTEN = (FileFormat.CSV, FileFormat.JSONL, FileFormat.SHOPIFY, FileFormat.XLSX)


class OnConflict(StrEnum):
    """What becomes of a product that somebody changed since the file was exported."""

    REFUSE = "refuse"
    OVERWRITE = "overwrite"


DRY_RUNS_KEPT = timedelta(days=3)
"""So long the file of a dry run waits to be run for good."""
EXPORTS_KEPT = timedelta(days=7)
"""So long an exported file can be fetched."""
UNDO_KEPT = timedelta(days=30)
"""So long an import can be undone, and its failed rows be fetched."""
