"""Whether the database's migration and this release of the code are compatible.

Migrations are numbered, so the newest one is found by its file name and their order by their
names. `migrations/env.py` stores beside the revision the oldest code that the schema supports.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "migrations"
STATE_KEY: Final = "SELECT to_jsonb(v) FROM alembic_version v"
"""Reads the database's revision and, once it is stored, the oldest code that it supports."""


@cache
def newest_migration() -> str | None:
    """Return the migration that this release of the code expects; None when there is none."""
    names = sorted(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return names[-1].partition("_")[0] if names else None


def mismatch(state: Mapping[str, Any] | None, expected: str | None) -> str:
    """Return why code that expects a migration cannot run on the database; "" when it can.

    `state` is the result of `STATE_KEY`. A newer schema is compatible if it supports this code.
    """
    current = (state or {}).get("version_num")
    if current == expected:
        return ""
    oldest = (state or {}).get("compatible_from")
    if is_newer(current, expected):
        if oldest is not None and expected is not None and oldest <= expected:
            return ""
        return f"migration {current} needs newer code; this code knows {expected}"
    return f"the database is at migration {current}, the code needs {expected}"


def is_newer(current: str | None, expected: str | None) -> bool:
    """Return whether a database was upgraded by newer code than that of `expected`."""
    return current is not None and (expected is None or current > expected)
