"""Jobs of imports and exports."""

from api.imports import flows, queries
from api.imports.events import ExportRequested, ImportRequested, ImportUndoRequested
from api.imports.service import export_jobs, import_jobs
from api.imports.service.import_jobs import LEASE
from api.kernel import clock
from api.platform import sweeps
from api.platform.db import transaction
from api.platform.jobs import long_running, manages_own_transactions


@long_running
@manages_own_transactions
def on_import_requested(fact: ImportRequested) -> None:
    """Read the file that was handed in."""
    flows.read_import(fact.import_id)


@long_running
@manages_own_transactions
def on_import_undo_requested(fact: ImportUndoRequested) -> None:
    """Undo what an import did."""
    flows.undo_import(fact.import_id)


@long_running
@manages_own_transactions
def on_export_requested(fact: ExportRequested) -> None:
    """Write the file that somebody wants."""
    flows.write_export(fact.export_id)


def resume_stalled() -> None:
    """Go on with files whose reader or writer died, and with those that no worker was told of."""
    silent_since = clock.now() - LEASE
    for name, unfinished, go_on in (
        ("resume-imports", queries.unfinished, flows.read_import),
        ("resume-undos", queries.unfinished_undos, flows.undo_import),
        ("resume-exports", queries.unfinished_exports, flows.write_export),
    ):
        ids = sweeps.ready(name, unfinished(silent_since))
        sweeps.try_each(name, {str(one): one for one in ids}, go_on)


def forget_old_files() -> None:
    """Throw away exported files, dry runs and what could be undone, once their time is over."""
    with transaction():
        export_jobs.purge_exports()
    is_more = True
    while is_more:
        with transaction():
            is_more = import_jobs.purge_imports()
