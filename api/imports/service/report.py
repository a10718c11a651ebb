"""What became of the rows of a file: problems by row and column, failed rows, counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import insert, select

from api.catalog.service.upsert_results import UpsertResult, UpsertStatus
from api.imports.formats.parsed import ImportReader, ParsedProduct, RowError
from api.imports.models import ImportProblem
from api.imports.policy import Consequence, FileFormat
from api.kernel.errors import DomainError
from api.kernel.ids import new_id
from api.platform.db import session

_LONGEST_VALUE = 200

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
    "product_changed_since": (
        "version",
        "version",
        lambda refusal: (
            f"{refusal.detail} Export it again and change that, take the version out, or import"
            " with on_conflict=overwrite."
        ),
    ),
    "collection_unknown": (
        "collections",
        "slug",
        lambda _: (
            "There is no collection with this slug. Make it first, or take it out here; collections"
            " are not made by files."
        ),
    ),
    "collection_follows_rules": (
        "collections",
        "slug",
        lambda _: "The rules of this collection say what is in it. Take it out here.",
    ),
    "collection_full": (
        "collections",
        "slug",
        lambda refusal: f"This collection by hand is full: it holds {refusal.facts.get('most')}.",
    ),
    "no_variant_left": (
        "handle",
        "slug",
        lambda _: "None of its variants could be taken in; the rows below say why.",
    ),
}


def row_errors_for(
    described: ParsedProduct, made: UpsertResult | None, sheet: ImportReader
) -> list[RowError]:
    """Return everything that was wrong with one product, by row."""
    problems = list(described.problems)
    if made is not None:
        if made.refusal is not None:
            skipped = Consequence.PRODUCT_SKIPPED
            problems.append(_problem(described.first_row, made.refusal, skipped, sheet))
        # A document of ours is taken in whole or not at all.
        landed = zip(described.rows, made.variants, strict=True) if described.draft else ()
        for row, variant in landed:
            if variant.outcome is UpsertStatus.REFUSED and variant.refusal is not None:
                problems.append(_problem(row, variant.refusal, Consequence.ROW_SKIPPED, sheet))
            for code in variant.passed_over:
                problems.append(_problem(row, code, Consequence.VALUE_IGNORED, sheet))
    return sorted(problems, key=lambda problem: problem.row)


_OWN_COLUMNS = {
    "compare_at_not_above_price": "compare_at",
    "publish_at_passed": "publish_at",
    "publish_at_needs_draft": "publish_at",
    "external_reference_taken": "external_reference",
    "image_unknown": "image_url",
    "attribute_unknown": "attributes",
    "attributes_do_not_fit": "attributes",
    "required_attributes_missing": "attributes",
    "texts_do_not_fit": "translations",
}
"""Where in files of ours stands what is refused by its own words."""


_WOOCOMMERCE: dict[str, tuple[str, str]] = {
    "title_missing": (
        "parent",
        "The product that this is a variation of is neither in the file nor in the shop. Export all"
        " types of products together.",
    ),
    "slug_taken": (
        "title",
        "Another product of the shop has the address that is made of this name. Change the name"
        " here, or that product's address in the shop, and import the row again.",
    ),
}
"""Their files have no handles: by code of the refusal our column, and what to do there."""


def _called(refusal: DomainError) -> str:
    given = refusal.facts.get("given")
    return f"this one is called {given} here" if given else "give this one another"


def _problem(
    row: int, refusal: DomainError, consequence: Consequence, sheet: ImportReader
) -> RowError:
    if sheet.format is FileFormat.WOOCOMMERCE and refusal.code in _WOOCOMMERCE:
        theirs, advice = _WOOCOMMERCE[refusal.code]
        slug = str(refusal.facts["slug"]) if refusal.code == "slug_taken" else ""
        return RowError(row, sheet.name_of(theirs), slug, advice, consequence)
    if refusal.code not in _TOLD:
        is_ours = sheet.format in (FileFormat.CSV, FileFormat.JSONL)
        column = _OWN_COLUMNS.get(refusal.code, "") if is_ours else ""
        return RowError(row, column, "", refusal.detail, consequence)
    column, fact, say = _TOLD[refusal.code]
    value = refusal.facts.get(fact, "")
    shown = " / ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return RowError(row, sheet.name_of(column), shown, say(refusal), consequence)


def errors_told_before(import_id: UUID) -> set[tuple[str, str]]:
    """Return what was told of an import already, by column and reason."""
    rows = session.execute(
        select(ImportProblem.column, ImportProblem.reason)
        .where(ImportProblem.import_id == import_id)
        .distinct()
    )
    return {(row.column, row.reason) for row in rows}


def first_told(problems: Sequence[RowError], told: set[tuple[str, str]]) -> list[RowError]:
    """Leave out what is said once and was said; notes what is said now."""
    kept = []
    for problem in problems:
        key = (_storable(problem.column)[:255], problem.reason[:500])
        if not (problem.once and key in told):
            kept.append(problem)
        told.add(key)
    return kept


def write_row_errors(import_id: UUID, problems: Sequence[RowError]) -> None:
    """Store what was wrong."""
    if problems:
        session.execute(
            insert(ImportProblem),
            [
                {
                    "id": new_id(),
                    "import_id": import_id,
                    "row": problem.row,
                    "column": _storable(problem.column)[:255],
                    "value": _storable(problem.value)[:_LONGEST_VALUE],
                    "reason": problem.reason[:500],
                    "consequence": problem.consequence,
                }
                for problem in problems
            ],
        )


def _storable(told: str) -> str:
    """Leave out what no text of the database can hold."""
    return told.replace("\0", "")


Failed = dict[int, tuple[list[str] | str, list[str]]]
"""By row: its cells or the broken line, and why it failed."""


def keep_failed_rows(
    described: ParsedProduct, made: UpsertResult | None, problems: list[RowError], *, into: Failed
) -> None:
    """Note the rows of a product that failed, or those of its rows that did.

    Of a product that failed as a whole every row is kept, so that it can be mended and read again.
    """
    if made is None or made.outcome is UpsertStatus.REFUSED:
        why = [problem for problem in problems if problem.reason]
        for number, cells in described.cells.items():
            own = [p for p in why if p.row == number] or why
            into[number] = (cells, [_sentence(problem) for problem in own])
        return
    for problem in problems:
        if problem.consequence is Consequence.ROW_SKIPPED and problem.row in described.cells:
            _, reasons = into.setdefault(problem.row, (described.cells[problem.row], []))
            reasons.append(_sentence(problem))


def _sentence(problem: RowError) -> str:
    return f"{problem.column}: {problem.reason}" if problem.column else problem.reason


_COUNTED_AS = {
    UpsertStatus.CREATED: "created",
    UpsertStatus.CHANGED: "changed",
    UpsertStatus.UNCHANGED: "unchanged",
    UpsertStatus.REFUSED: "failed",
}


def _none_yet() -> dict[str, int]:
    return dict.fromkeys(_COUNTED_AS.values(), 0)


@dataclass(slots=True)
class Counters:
    """What became of everything read so far; travels as the job's result."""

    products: dict[str, int] = field(default_factory=_none_yet)
    variants: dict[str, int] = field(default_factory=_none_yet)
    stock_opened: int = 0
    problems: int = 0
    rows_failed: int = 0
    conflicts: int = 0

    def count(
        self, described: ParsedProduct, made: UpsertResult | None, problems: Sequence[RowError]
    ) -> None:
        """Count one product, its variants, and the rows of the file that came to nothing."""
        self.problems += len(problems)
        if made is None or made.outcome is UpsertStatus.REFUSED:
            self.products["failed"] += 1
            self.rows_failed += described.row_count
            return
        self.products[_COUNTED_AS[made.outcome]] += 1
        for variant in made.written:
            self.variants[_COUNTED_AS[variant.outcome]] += 1
        skipped = {p.row for p in problems if p.consequence is Consequence.ROW_SKIPPED}
        self.variants["failed"] += len(skipped)
        self.rows_failed += len(skipped)
