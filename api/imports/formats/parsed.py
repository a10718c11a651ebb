"""What a file says of one product, whoever wrote the file; without a database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from api.catalog.service.inputs import ProductInput
from api.catalog.states import ProductStatus
from api.imports.formats.decoding import Decoding
from api.imports.policy import Consequence, FileFormat


@dataclass(frozen=True, slots=True)
class RowError:
    """Something wrong in the file: where, what stands there, and what would be right.

    What is said `once` is told of the first row only that it is true of.
    """

    row: int
    column: str
    value: str
    reason: str
    consequence: Consequence
    once: bool = False


@dataclass(slots=True)
class ParsedProduct:
    """What the rows of one product say; without a `draft` or `document` nothing can be used.

    `last_row` is how far reading has come with it. `rows` and `quantities` belong to the draft's
    variants, in their order; a quantity is None when the file does not say one. `document` is a
    product as our own formats write it. `cells` are its rows as they stood in the file, by number:
    their cells, or the line itself where it is broken.
    """

    last_row: int
    row_count: int
    handle: str
    first_row: int
    draft: ProductInput | None = None
    document: dict[str, Any] | None = None
    status: ProductStatus = ProductStatus.DRAFT
    category: str = ""
    category_paths: tuple[tuple[str, ...], ...] = ()
    rows: list[int] = field(default_factory=list)
    quantities: list[int | None] = field(default_factory=list)
    problems: list[RowError] = field(default_factory=list)
    cells: dict[int, list[str] | str] = field(default_factory=dict)


class ImportReader(Protocol):
    """A file that is being read."""

    format: FileFormat
    header: list[str]
    separator: str

    @property
    def decoding(self) -> Decoding:
        """In which encoding the file is read, and whether that is in doubt."""

    @property
    def ignored_columns(self) -> list[str]:
        """The names of the columns that are not read."""

    def name_of(self, column: str) -> str:
        """Return what the file calls one of our columns."""

    def has(self, column: str) -> bool:
        """Tell whether the file has one of our columns."""

    def count_rows(self) -> int:
        """Count what is to be read, and find out whether all of the file is text."""

    def products(self, currency: str, *, after_row: int = 1) -> Iterator[ParsedProduct]:
        """Read one product after the other, holding only one in memory."""
