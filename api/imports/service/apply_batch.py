"""Take a batch of described products into the catalogue and onto the shelf, and count it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import select

from api.catalog.service import arrivals as catalog_arrivals
from api.catalog.service import categories as category_service
from api.catalog.service import lookup_keys, restatement
from api.catalog.service.arrivals import Arrival, Arrived, ArrivedVariant, Outcome
from api.catalog.states import ProductStatus
from api.imports.formats.parsed import Described, Problem, Source
from api.imports.models import Import
from api.imports.policy import Consequence, OnConflict
from api.imports.service import change_log, deferred_relations, opening_stock, unarchive
from api.imports.service.dry_run import Rehearsal
from api.imports.service.import_jobs import Claim, move
from api.imports.service.opening_stock import Opened
from api.imports.service.report import (
    Failed,
    Tally,
    first_told,
    keep_failed_rows,
    problems_of,
    told_before,
    write_problems,
)
from api.inventory.service import Unopened
from api.kernel.principal import Principal
from api.platform.db import require_transaction, session


@dataclass(slots=True)
class _Taken:
    """What became of a batch: one arrival for each product that could be used.

    `waiting` are products that come later and are shown beside one of these, by its slug.
    """

    made: list[Arrived]
    opened: Opened
    waiting: dict[str, dict[str, list[str]]] = field(default_factory=dict)


def take_batch(
    held: Claim,
    batch: Sequence[Described],
    source: Source,
    *,
    rehearsal: Rehearsal | None = None,
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
    facts = require_transaction().info.setdefault("facts", [])
    told = len(facts)
    trial = session.begin_nested() if rehearsal is not None else None
    if rehearsal is not None:
        earlier = rehearsal.before(usable)
        if earlier:
            # Shelves before products, also those of all steps together.
            opening_stock.lock([one for step in earlier for one in step] + usable)
        for step in earlier:
            _land(step, held, by=by)
    before, taken = _land(usable, held, by=by)
    noted = change_log.find(held, usable, taken.made, taken.opened, before)
    if rehearsal is not None and trial is not None:
        _remember(rehearsal, usable, taken)
        trial.rollback()
        session.expire_all()
        del facts[told:]
    change_log.write(noted)
    deferred_relations.keep(held.import_id, usable, taken.waiting)
    _count(held, batch, dict(zip(map(id, usable), taken.made, strict=True)), source, taken, noted)


def _land(
    usable: Sequence[Described], held: Claim, *, by: Principal
) -> tuple[change_log.Before, _Taken]:
    """Lock what products may mean, and take them in; returns what was there before, and is now."""
    unopened = opening_stock.lock(usable)
    before = change_log.hold(usable)
    if before.ids:
        unarchive.revive(before, by=by)
    return before, _take(usable, held, unopened, before, by=by)


def _remember(rehearsal: Rehearsal, usable: Sequence[Described], taken: _Taken) -> None:
    news = [
        (described, made.product_id)
        for described, made in zip(usable, taken.made, strict=True)
        if made.product_id is not None and change_log.has_news(made, taken.opened)
    ]
    keys = lookup_keys.keys_in_use({product_id for _, product_id in news})
    rehearsal.remember((described, *keys[product_id]) for described, product_id in news)


def _count(
    held: Claim,
    batch: Sequence[Described],
    made_of: dict[int, Arrived],
    source: Source,
    taken: _Taken,
    noted: Sequence[change_log.Noted],
) -> None:
    tally = Tally(
        **session.execute(select(Import.counts).where(Import.id == held.import_id)).scalar_one()
    )
    problems: list[Problem] = []
    told: set[tuple[str, str]] | None = None
    failed: Failed = {}
    for described in batch:
        made = made_of.get(id(described))
        found = problems_of(described, made, source)
        if made is not None and _lacks_price(described, made) and source.has("price"):
            found.append(_without_price(described, source))
        if any(one.once for one in found):
            told = told_before(held.import_id) if told is None else told
            found = first_told(found, told)
        problems += found
        tally.count(described, made, found)
        keep_failed_rows(described, made, found, into=failed)
    tally.stock_opened += len(taken.opened)
    tally.conflicts += sum(one.is_conflict for one in noted)
    change_log.write_failed(held.import_id, failed)
    write_problems(held.import_id, problems)
    move(
        held,
        rows_read=batch[-1].last_row - 1,
        counts=asdict(tally),
        # A dry run begins at its first row again: it has not come further for good.
        **({} if held.is_dry_run else {"attempts": 0}),
    )


def _take(
    usable: Sequence[Described],
    held: Claim,
    unopened: Unopened,
    before: change_log.Before,
    *,
    by: Principal,
) -> _Taken:
    """Take in what other shops describe, or restate what our own files say."""
    if usable and usable[0].document is not None:
        documents = [described.document for described in usable if described.document is not None]
        if held.as_drafts:
            known = {one["slug"] for one in before.documents.values()}
            documents = [
                one
                if one["slug"] in known or one.get("status") != "active"
                else {**one, "status": "draft"}
                for one in documents
            ]
        restated = restatement.restate(
            documents, is_overwriting=held.on_conflict is OnConflict.OVERWRITE, by=by
        )
        made = [
            Arrived(
                one.outcome,
                [ArrivedVariant(outcome) for outcome in one.variants],
                one.product_id,
                one.refusal,
            )
            for one in restated
        ]
        waiting = {
            document["slug"]: one.waiting
            for document, one in zip(documents, restated, strict=True)
            if one.waiting
        }
        opening_stock.name_variants(usable, made)
        return _Taken(made, opening_stock.open_stock(usable, made, unopened, by=by), waiting)
    made = catalog_arrivals.take_in(_arrivals(usable, held), before_change=before.remember)
    return _Taken(made, opening_stock.open_stock(usable, made, unopened, by=by))


def _arrivals(batch: Sequence[Described], held: Claim) -> list[Arrival]:
    """Give each product its categories, adding those that the tree does not have.

    What has no price stays off the shelf, and so does all that may be read wrongly.
    """
    categories = category_service.ensure_categories([d.category for d in batch if d.category])
    paths = category_service.ensure_category_paths(
        tuple(("", name) for name in path) for d in batch for path in d.category_paths
    )
    arrivals = []
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
        arrivals.append(Arrival(draft, status))
    return arrivals


def _lacks_price(described: Described, made: Arrived) -> bool:
    """Tell whether a product is a draft for no other reason than that it has no price."""
    if described.draft is None or made.outcome is not Outcome.CREATED:
        return False
    is_priced = any(variant.prices for variant in described.draft.variants)
    return described.status is ProductStatus.ACTIVE and not is_priced


def _without_price(described: Described, source: Source) -> Problem:
    return Problem(
        described.first_row,
        source.name_of("price"),
        "",
        "Without a price nothing is sold, so this product was taken in as a draft. Give it a price"
        " and publish it.",
        Consequence.VALUE_IGNORED,
    )
