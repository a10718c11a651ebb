"""Whether the database and this release of the code fit together, found out cheaply.

Migrations are counted, so the newest one is known by its file name and the order of two by their
names. `migrations/env.py` keeps beside the revision which code the schema bears.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "migrations"
STATE_KEY: Final = "SELECT to_jsonb(v) FROM alembic_version v"
"""Asks for the database's revision and, once one is kept, the oldest code that it bears."""


@cache
def newest_migration() -> str | None:
    """Return the migration that this release of the code expects; None when there is none."""
    names = sorted(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return names[-1].partition("_")[0] if names else None


def mismatch(standing: Mapping[str, Any] | None, expected: str | None) -> str:
    """Say why code that expects a migration cannot run on the database; empty when it can.

    `standing` is the answer to `STANDING`. A newer schema is fit when it bears this code.
    """
    found = (standing or {}).get("version_num")
    if found == expected:
        return ""
    oldest = (standing or {}).get("compatible_from")
    if is_newer(found, expected):
        if oldest is not None and expected is not None and oldest <= expected:
            return ""
        return f"migration {found} stands and needs newer code; this code knows {expected}"
    return f"migration {found} stands, the code needs {expected}"


def is_newer(found: str | None, expected: str | None) -> bool:
    """Say whether a database was upgraded by newer code than one that expects a migration."""
    return found is not None and (expected is None or found > expected)
