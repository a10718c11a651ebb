"""Say what the catalogue refused in the words of the file: row, column, and what would be right."""

from collections.abc import Callable

from api.catalog.service import Arrived, Outcome
from api.imports.formats import Described, Problem, Source
from api.imports.policy import Consequence
from api.kernel.errors import DomainError

# By code of the refusal: our column, which fact stands in it, and what to say.
_TOLD: dict[str, tuple[str, str, Callable[[DomainError], str]]] = {
    "title_missing": (
        "title",
        "",
        lambda _: (
            "The shop does not know this handle yet, so its first row needs a title."
            " Keep the rows of one handle together."
        ),
    ),
    "slug_taken": (
        "handle",
        "slug",
        lambda _: "Another product of the shop has this address. Choose another handle.",
    ),
    "sku_taken": (
        "sku",
        "sku",
        lambda refusal: (
            f"This SKU belongs to {refusal.facts.get('owner') or 'another variant'}"
            f" already, and a SKU names one variant: {_called(refusal)}."
        ),
    ),
    "barcode_taken": (
        "barcode",
        "barcode",
        lambda refusal: (
            f"This barcode belongs to {refusal.facts.get('owner') or 'another variant'}"
            " already, and a barcode names one variant. This one was taken in without it."
        ),
    ),
    "option_combination_taken": (
        "option1_value",
        "given",
        lambda _: "Another variant of this product has the same option values.",
    ),
    "options_do_not_fit": (
        "option1_name",
        "given",
        lambda refusal: (
            "The shop knows this product with one value for each of:"
            f" {refusal.facts.get('options')}. Give as many."
        ),
    ),
    "no_variant_left": (
        "handle",
        "slug",
        lambda _: "None of its variants could be taken in; the rows below say why.",
    ),
}


def problems_of(described: Described, made: Arrived | None, sheet: Source) -> list[Problem]:
    """Return everything that was wrong with one product, by row."""
    problems = list(described.problems)
    if made is not None:
        if made.refusal is not None:
            skipped = Consequence.PRODUCT_SKIPPED
            problems.append(_problem(described.first_row, made.refusal, skipped, sheet))
        # A document of ours is taken in whole or not at all.
        variants = made.variants if described.draft is not None else []
        for row, variant in zip(described.rows, variants, strict=True):
            if variant.outcome is Outcome.REFUSED and variant.refusal is not None:
                problems.append(_problem(row, variant.refusal, Consequence.ROW_SKIPPED, sheet))
            for code in variant.passed_over:
                problems.append(_problem(row, code, Consequence.VALUE_IGNORED, sheet))
    return sorted(problems, key=lambda problem: problem.row)


def _called(refusal: DomainError) -> str:
    given = refusal.facts.get("given")
    return f"this one is called {given} here" if given else "give this one another"


def _problem(row: int, refusal: DomainError, consequence: Consequence, sheet: Source) -> Problem:
    if refusal.code not in _TOLD:
        return Problem(row, "", "", refusal.detail, consequence)
    column, fact, say = _TOLD[refusal.code]
    value = refusal.facts.get(fact, "")
    shown = " / ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return Problem(row, sheet.name_of(column), shown, say(refusal), consequence)
