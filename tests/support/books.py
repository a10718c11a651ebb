"""Do the books balance? The shop's own doctor says it, of a test's shop or of one that runs."""

from typing import Any

from api.doctor import queries as doctor_queries
from api.doctor.invariants import Section
from api.platform.db import session


def differences(connection: Any = None, *sections: Section) -> list[str]:
    """Return what does not add up, the first row of each invariant; of all sections without any.

    What is asked in Python, the tax rates and the catalogue's words, is left out.
    """
    run = connection or session
    found = []
    for invariant in doctor_queries.INVARIANTS:
        if not invariant.question or (sections and invariant.section not in sections):
            continue
        row = run.execute(*doctor_queries.statement(invariant.question, 1)).first()
        if row is not None:
            found.append(f"{invariant.name}: {row.label} is {row.recorded}, not {row.expected}")
    return found


def stock_differences() -> list[str]:
    """Return where stock levels, journal, promises and marks do not agree."""
    return differences(None, Section.STOCK)
