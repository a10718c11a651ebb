"""Write a batch of described products and their opening stock, and count it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from sqlalchemy import select

from api.catalog.queries.export_documents import lock_products
from api.catalog.service import bulk_upsert, lookup_keys
from api.catalog.service import categories as category_service
from api.catalog.service.diff import Document
from api.catalog.service.feed_merge import FeedProduct
from api.catalog.service.upsert_results import UpsertResult, UpsertStatus
from api.catalog.states import ProductStatus
from api.imports.formats.parsed import ImportReader, ParsedProduct, RowError
from api.imports.models import Import
from api.imports.policy import Consequence, OnConflict
from api.imports.service import change_log, deferred_relations, opening_stock, undo_jobs
from api.imports.service.dry_run import DryRun
from api.imports.service.import_jobs import Claim, save_progress
from api.imports.service.opening_stock import Opened
from api.imports.service.report import (
    Counters,
    Failed,
    errors_told_before,
    first_told,
    keep_failed_rows,
    row_errors_for,
    write_row_errors,
)
from api.kernel.principal import Principal
from api.platform.db import require_transaction, session


@dataclass(slots=True)
class _Taken:
    """What became of a batch: one result for each product that could be used.

    `unarchived` are those that an undo had archived, as they were.
    """

    made: list[UpsertResult]
    opened: Opened
    unarchived: dict[UUID, Document]


def take_batch(
    held: Claim,
    batch: Sequence[ParsedProduct],
    source: ImportReader,
    *,
    rehearsal: DryRun | None = None,
    by: Principal,
) -> None:
    """Take products in with their opening stock, and count them as read in the same transaction.

    Stock is opened only where none was opened yet: counting is the warehouse's business, not that
    of an old file. What was created and changed is written down, to be shown and undone. A dry
    run, which needs a `rehearsal`, does all of it behind what earlier batches would have made,
    looks at what became of it, and leaves only that. Locks levels before products, as whoever
    sells does. Raises ClaimLost when the import is no longer ours; nothing of the batch stays
    then.
    """
    usable = [d for d in batch if d.draft is not None or d.document is not None]
    facts = require_transaction().info.setdefault("events", [])
    told = len(facts)
    trial = session.begin_nested() if rehearsal is not None else None
    if rehearsal is not None:
        earlier = rehearsal.before(usable)
        if earlier:
            # Stock levels before products, also those of all steps together.
            opening_stock.lock([one for step in earlier for one in step] + usable)
        for step in earlier:
            _land(step, held, by=by)
    taken = _land(usable, held, by=by)
    noted = change_log.detect_changes(held, usable, taken.made, taken.opened, taken.unarchived)
    if rehearsal is not None and trial is not None:
        _remember(rehearsal, usable, taken)
        trial.rollback()
        session.expire_all()
        del facts[told:]
    change_log.write_changes(noted)
    deferred_relations.defer_relations(held.import_id, usable, taken.made)
    _count(held, batch, dict(zip(map(id, usable), taken.made, strict=True)), source, taken, noted)


def _land(usable: Sequence[ParsedProduct], held: Claim, *, by: Principal) -> _Taken:
    """Lock what products may mean, and write them with their opening stock."""
    unopened = opening_stock.lock(usable)
    known = lock_products(*opening_stock.names_of(usable))
    unarchived = undo_jobs.unarchive(known, by=by) if known else {}
    if usable and usable[0].document is not None:
        made = bulk_upsert.upsert_documents(
            [described.document for described in usable if described.document is not None],
            is_overwriting=held.on_conflict is OnConflict.OVERWRITE,
            new_as_drafts=held.as_drafts,
            by=by,
        )
    else:
        made = bulk_upsert.upsert_feed(_feed(usable, held), by=by)
    return _Taken(made, opening_stock.open_stock(usable, made, unopened, by=by), unarchived)


def _remember(rehearsal: DryRun, usable: Sequence[ParsedProduct], taken: _Taken) -> None:
    news = [
        (described, made.product_id)
        for described, made in zip(usable, taken.made, strict=True)
        if made.product_id is not None and change_log.has_news(made, taken.opened)
    ]
    keys = lookup_keys.keys_in_use({product_id for _, product_id in news})
    rehearsal.remember((described, *keys[product_id]) for described, product_id in news)


def _count(
    held: Claim,
    batch: Sequence[ParsedProduct],
    made_of: dict[int, UpsertResult],
    source: ImportReader,
    taken: _Taken,
    noted: Sequence[change_log.ChangeRow],
) -> None:
    tally = Counters(
        **session.execute(select(Import.counts).where(Import.id == held.import_id)).scalar_one()
    )
    problems: list[RowError] = []
    told: set[tuple[str, str]] | None = None
    failed: Failed = {}
    for described in batch:
        made = made_of.get(id(described))
        found = row_errors_for(described, made, source)
        if made is not None and _lacks_price(described, made) and source.has("price"):
            found.append(_without_price(described, source))
        if any(one.once for one in found):
            told = errors_told_before(held.import_id) if told is None else told
            found = first_told(found, told)
        problems += found
        tally.count(described, made, found)
        keep_failed_rows(described, made, found, into=failed)
    tally.stock_opened += len(taken.opened)
    tally.conflicts += sum(one.is_conflict for one in noted)
    change_log.write_failed(held.import_id, failed)
    write_row_errors(held.import_id, problems)
    save_progress(
        held,
        rows_read=batch[-1].last_row - 1,
        counts=asdict(tally),
        # A dry run begins at its first row again: it has not come further for good.
        **({} if held.is_dry_run else {"attempts": 0}),
    )


def _feed(batch: Sequence[ParsedProduct], held: Claim) -> list[FeedProduct]:
    """Give each product its categories, adding those that the tree does not have.

    What has no price becomes a draft, and so does all that may be read wrongly.
    """
    categories = category_service.ensure_categories([d.category for d in batch if d.category])
    paths = category_service.ensure_category_paths(
        tuple(("", name) for name in path) for d in batch for path in d.category_paths
    )
    products = []
    for described in batch:
        assert described.draft is not None
        found = [categories.get(described.category)]
        found += [paths.get(tuple(("", n) for n in path)) for path in described.category_paths]
        draft = replace(
            described.draft,
            category_ids=tuple(dict.fromkeys(c for c in found if c is not None)),
            variants=tuple(
                replace(variant, has_stock=True) if quantity else variant
                for variant, quantity in zip(
                    described.draft.variants, described.quantities, strict=True
                )
            ),
        )
        is_priced = any(variant.prices for variant in draft.variants)
        status = ProductStatus.DRAFT if held.as_drafts or not is_priced else described.status
        if described.status is ProductStatus.ARCHIVED:
            status = described.status
        products.append(FeedProduct(draft, status))
    return products


def _lacks_price(described: ParsedProduct, made: UpsertResult) -> bool:
    """Tell whether a product is a draft for no other reason than that it has no price."""
    if described.draft is None or made.outcome is not UpsertStatus.CREATED:
        return False
    is_priced = any(variant.prices for variant in described.draft.variants)
    return described.status is ProductStatus.ACTIVE and not is_priced


def _without_price(described: ParsedProduct, source: ImportReader) -> RowError:
    return RowError(
        described.first_row,
        source.name_of("price"),
        "",
        "Without a price nothing is sold, so this product was taken in as a draft. Give it a price"
        " and publish it.",
        Consequence.VALUE_IGNORED,
    )
