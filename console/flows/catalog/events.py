"""What can happen at the catalogue, and the commands that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from console.client.bulk_changes import BulkChange
from console.client.catalog_models import ProductRow
from console.flows.catalog.change_plan import SelectedProduct
from console.flows.catalog.edit_parsing import Edit, Kind
from console.flows.catalog.results import Outcome


@dataclass(frozen=True, slots=True)
class RowShown:
    """Rows of the list came."""

    lines: tuple[ProductRow, ...]


@dataclass(frozen=True, slots=True)
class Toggle:
    """A product is chosen, or no longer."""

    product_id: str


@dataclass(frozen=True, slots=True)
class ToggleVariant:
    """One variant of a product is chosen, or no longer; `of` are all that the product has."""

    product_id: str
    variant_id: str
    of: frozenset[str]


@dataclass(frozen=True, slots=True)
class SelectMore:
    """These products are chosen, too: a range, or the whole list."""

    product_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deselect:
    """Nothing is chosen any more."""


@dataclass(frozen=True, slots=True)
class UndoSelection:
    """What was chosen a step ago is chosen again."""


@dataclass(frozen=True, slots=True)
class Typed:
    """An edit was typed, for what is chosen; with nothing chosen, for what the cursor is on."""

    kind: Kind
    text: str
    currency: str
    product_id: str = ""
    variant_id: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """Rows that were refused, or that somebody else had changed, are worked out anew."""


@dataclass(frozen=True, slots=True)
class ProductsFetched:
    """So many of the chosen products have been read."""

    serial: int
    done: int


@dataclass(frozen=True, slots=True)
class Ready:
    """All of them have been read."""

    serial: int
    goods: tuple[SelectedProduct, ...]


@dataclass(frozen=True, slots=True)
class NotReady:
    """They could not be read."""

    serial: int
    why: str


@dataclass(frozen=True, slots=True)
class Commit:
    """F10: send what the review shows."""


@dataclass(frozen=True, slots=True)
class Enter:
    """The focused answer of the review; the safe one unless the operator moved."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The focus of the review's question moves."""

    by: int


@dataclass(frozen=True, slots=True)
class Back:
    """Leave the review or the results and go on choosing."""


@dataclass(frozen=True, slots=True)
class ResultArrived:
    """How the last change stands."""

    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class ShowResult:
    """Show how the last change went."""


@dataclass(frozen=True, slots=True)
class FetchProducts:
    """Command: read what the edit needs to know of these products."""

    serial: int
    edit: Edit
    products: tuple[tuple[str, frozenset[str] | None], ...]
    """Product, and which of its variants; None for all."""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Command: what was typed makes no sense; let it be put right instead of typed anew."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Send:
    """Command: send this change."""

    run: BulkChange


Event = (
    RowShown
    | Toggle
    | ToggleVariant
    | SelectMore
    | Deselect
    | UndoSelection
    | Typed
    | Again
    | ProductsFetched
    | Ready
    | NotReady
    | Commit
    | Enter
    | Turn
    | Back
    | ResultArrived
    | ShowResult
)
