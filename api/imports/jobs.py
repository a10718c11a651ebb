"""The alarm clock of imports."""

from api.imports import flows, queries
from api.imports.events import ImportRequested
from api.imports.service import SILENCE
from api.kernel import clock
from api.platform.jobs import spans_transactions


@spans_transactions
def on_import_requested(fact: ImportRequested) -> None:
    """Read the file that was handed in."""
    flows.read_import(fact.import_id)


def resume_stalled() -> None:
    """Go on with files whose reader died, and with those that no worker was told of."""
    for import_id in queries.unfinished(clock.now() - SILENCE):
        flows.read_import(import_id)
