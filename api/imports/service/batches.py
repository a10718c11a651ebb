"""Take a batch of described products into the catalogue and onto the shelf, and count it."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from uuid import UUID

from sqlalchemy import insert, select

from api.catalog import service as catalog
from api.catalog.service import Arrival, Arrived
from api.imports.models import Import, ImportProblem
from api.imports.service.keeping import Claim, move
from api.imports.service.tally import Tally
from api.imports.service.telling import problems_of
from api.imports.shopify import Described, Problem, Sheet
from api.inventory import service as inventory
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.db import session

_LONGEST_VALUE = 200


def take_batch(held: Claim, batch: Sequence[Described], sheet: Sheet, *, by: Principal) -> None:
    """Take products in with their opening stock, and count them as read in the same transaction.

    Stock is opened only where a variant has none yet: counting is the warehouse's business, not
    that of an old file. Raises ClaimLost when the import is no longer ours; nothing of the batch
    stays then.
    """
    usable = [described for described in batch if described.draft is not None]
    arrived = catalog.take_in(_arrivals(usable))
    opened = _open_stock(usable, arrived, by=by)
    by_handle = {id(described): made for described, made in zip(usable, arrived, strict=True)}
    tally = Tally(
        **session.execute(select(Import.counts).where(Import.id == held.import_id)).scalar_one()
    )
    problems: list[Problem] = []
    for described in batch:
        made = by_handle.get(id(described))
        found = problems_of(described, made, sheet)
        problems += found
        tally.count(described, made, found)
    tally.stock_opened += opened
    _write(held.import_id, problems)
    move(
        held,
        rows_read=batch[-1].last_row - 1,
        counts=asdict(tally),
        attempts=0,
    )


def _arrivals(batch: Sequence[Described]) -> list[Arrival]:
    """Give each product its category, adding those that the tree does not have."""
    categories = catalog.ensure_categories([d.category for d in batch if d.category])
    arrivals = []
    for described in batch:
        assert described.draft is not None
        category_id = categories.get(described.category)
        category_ids = () if category_id is None else (category_id,)
        draft = replace(
            described.draft,
            category_ids=category_ids,
            variants=tuple(
                replace(variant, has_stock=True) if quantity else variant
                for variant, quantity in zip(
                    described.draft.variants, described.quantities, strict=True
                )
            ),
        )
        arrivals.append(Arrival(draft, described.status))
    return arrivals


def _open_stock(batch: Sequence[Described], arrived: Sequence[Arrived], *, by: Principal) -> int:
    rows = [
        (variant.variant_id, quantity)
        for described, made in zip(batch, arrived, strict=True)
        for variant, quantity in zip(made.variants, described.quantities, strict=True)
        if variant.variant_id is not None and quantity is not None
    ]
    return inventory.set_opening_stock(rows, by=by) if rows else 0


def _write(import_id: UUID, problems: Sequence[Problem]) -> None:
    if problems:
        session.execute(
            insert(ImportProblem),
            [
                {
                    "id": new_id(),
                    "import_id": import_id,
                    "row": problem.row,
                    "column": problem.column[:255],
                    "value": problem.value[:_LONGEST_VALUE],
                    "reason": problem.reason[:500],
                    "consequence": problem.consequence,
                }
                for problem in problems
            ],
        )
