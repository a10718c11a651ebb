"""Count what became of what was read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.catalog.service import Arrived, Outcome
from api.imports.formats import Described, Problem
from api.imports.policy import Consequence

_COUNTED_AS = {
    Outcome.CREATED: "created",
    Outcome.CHANGED: "changed",
    Outcome.UNCHANGED: "unchanged",
    Outcome.REFUSED: "failed",
}


def _none_yet() -> dict[str, int]:
    return dict.fromkeys(_COUNTED_AS.values(), 0)


@dataclass(slots=True)
class Tally:
    """What became of everything read so far; travels as the job's result."""

    products: dict[str, int] = field(default_factory=_none_yet)
    variants: dict[str, int] = field(default_factory=_none_yet)
    stock_opened: int = 0
    problems: int = 0
    rows_failed: int = 0
    conflicts: int = 0

    def count(
        self, described: Described, made: Arrived | None, problems: Sequence[Problem]
    ) -> None:
        """Count one product, its variants, and the rows of the file that came to nothing."""
        self.problems += len(problems)
        if made is None or made.outcome is Outcome.REFUSED:
            self.products["failed"] += 1
            self.rows_failed += described.row_count
            return
        landed = [variant.outcome for variant in made.variants if variant.refusal is None]
        # A product counts as changed when only one of its variants did.
        has_news = not {Outcome.CREATED, Outcome.CHANGED}.isdisjoint(landed)
        is_changed = made.outcome is Outcome.UNCHANGED and has_news
        self.products[_COUNTED_AS[Outcome.CHANGED if is_changed else made.outcome]] += 1
        for outcome in landed:
            self.variants[_COUNTED_AS[outcome]] += 1
        skipped = {p.row for p in problems if p.consequence is Consequence.ROW_SKIPPED}
        self.variants["failed"] += len(skipped)
        self.rows_failed += len(skipped)
