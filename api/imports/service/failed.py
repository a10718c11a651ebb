"""Keep the rows that came to nothing as they stood in the file, to be handed back."""

from api.catalog.service import Arrived, Outcome
from api.imports.formats import Described, Problem
from api.imports.policy import Consequence

Failed = dict[int, tuple[list[str] | str, list[str]]]
"""By row: its cells or the broken line, and why it failed."""


def keep_failed_rows(
    described: Described, made: Arrived | None, problems: list[Problem], *, into: Failed
) -> None:
    """Note the rows of a product that failed, or those of its rows that did.

    Of a product that failed as a whole every row is kept, so that it can be mended and read again.
    """
    if made is None or made.outcome is Outcome.REFUSED:
        why = [problem for problem in problems if problem.reason]
        for number, cells in described.cells.items():
            own = [p for p in why if p.row == number] or why
            into[number] = (cells, [_sentence(problem) for problem in own])
        return
    for problem in problems:
        if problem.consequence is Consequence.ROW_SKIPPED and problem.row in described.cells:
            _, reasons = into.setdefault(problem.row, (described.cells[problem.row], []))
            reasons.append(_sentence(problem))


def _sentence(problem: Problem) -> str:
    return f"{problem.column}: {problem.reason}" if problem.column else problem.reason
