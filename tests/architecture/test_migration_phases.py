"""Every migration says whether it only adds, and one that says so does: deploys roll, and back."""

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import text

from api.platform.db import db
from api.platform.settings import Settings
from tests.architecture.test_migrations import MIGRATIONS, shop_on
from tests.support.stack import Postgres

COLUMNS = """
    SELECT c.table_name, c.column_name, c.udt_name, c.character_maximum_length,
           c.is_nullable = 'NO' AND c.column_default IS NULL AND c.is_generated = 'NEVER'
    FROM information_schema.columns c WHERE c.table_schema = 'public'
"""
RULES = """
    SELECT c.conrelid::regclass::text, c.conname, c.contype, pg_get_constraintdef(c.oid),
           ARRAY(SELECT a.attname::text FROM pg_attribute a
                 WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)) AS columns
    FROM pg_constraint c WHERE c.connamespace = 'public'::regnamespace AND c.contype <> 'n'
    UNION ALL
    SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, 'u',
           pg_get_indexdef(i.indexrelid),
           ARRAY(SELECT a.attname::text FROM pg_attribute a
                 WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT tgrelid::regclass::text, tgname, 't', pg_get_triggerdef(oid), '{}'
    FROM pg_trigger WHERE NOT tgisinternal
"""
WORDS = re.compile(r"'[^']*'")


def revisions() -> list[ModuleType]:
    """Return the migrations in their order."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    return [one.module for one in reversed(list(script.walk_revisions()))]


def test_every_migration_says_which_code_it_bears() -> None:
    for place, module in enumerate(revisions(), start=1):
        name = module.revision
        assert name == f"{place:04}", f"{name} must be called {place:04}: revisions are counted"
        phase = getattr(module, "phase", None)
        assert phase in ("expand", "contract"), (
            f'migration {name} needs phase = "expand" (it only adds) or "contract" with '
            'compatible_from = "NNNN" (the oldest migration whose code runs on its schema)'
        )
        oldest = getattr(module, "compatible_from", None)
        assert (oldest is not None) == (phase == "contract"), name
        assert oldest is None or "0001" <= oldest <= name, name


class Schema:
    """What older code depends on, as it stands at one migration."""

    def __init__(self) -> None:
        with db.engine.connect() as connection:
            self.columns: dict[tuple[str, str], Any] = {
                (row[0], row[1]): row
                for row in connection.execute(text(COLUMNS))
                if row[0] != "alembic_version"
            }
            self.rules: dict[tuple[str, str], Any] = {
                (row[0], row[1]): row
                for row in connection.execute(text(RULES))
                if row[0] != "alembic_version"
            }
        self.tables = {table for table, _ in self.columns}


def demands(before: Schema, after: Schema) -> Iterator[str]:
    """Tell what code of before would miss, or what it would be refused, in the schema of after."""
    for key, was in before.columns.items():
        became = after.columns.get(key)
        if became is None:
            yield f"{'.'.join(key)} is gone"
        elif (was[2], was[3] or 0) != (became[2], became[3] or 0):
            yield f"{'.'.join(key)} is of another type"
        elif became[4] and not was[4]:
            yield f"{'.'.join(key)} must be given now"
    for key, column in after.columns.items():
        if key not in before.columns and key[0] in before.tables and column[4]:
            yield f"{'.'.join(key)} is new and must be given"
    for key, was in before.rules.items():
        if key not in after.rules and was[2] in "up" and key[0] in after.tables:
            yield f"{key[1]} is gone, which ON CONFLICT may need"
    for key, rule in after.rules.items():
        kind, columns, old = rule[2], rule[4], before.rules.get(key)
        if key[0] not in before.tables or (old is not None and old[3] == rule[3]):
            continue
        if columns and all((key[0], name) not in before.columns for name in columns):
            continue  # about columns that older code does not know
        if kind == "t" and "EXECUTE FUNCTION note_changed_" in rule[3]:
            continue  # writes down what has happened, and refuses nothing
        if old is not None and kind == "c" and _is_wider(old[3], rule[3]):
            continue
        if old is not None and kind == "u" and _is_looser(old, rule):
            continue
        yield f"{key[1]} refuses more: {rule[3]}"


def _is_wider(before: str, after: str) -> bool:
    """Say whether a rule allows what it allowed, and further words of the same list."""
    listed = re.compile(r"ARRAY\[.*?\]")
    same_shape = listed.sub("[]", before) == listed.sub("[]", after)
    return same_shape and set(WORDS.findall(before)) <= set(WORDS.findall(after))


def _is_looser(before: Any, after: Any) -> bool:
    """Say whether a unique index forbids less: the same rows, told apart by further columns."""
    condition = re.compile(r"^.*?\)(?= WHERE|$)")
    same_rows = condition.sub("", before[3]) == condition.sub("", after[3])
    return same_rows and set(before[4]) < set(after[4])


@pytest.fixture(scope="module")
def found(postgres: Postgres, settings: Settings) -> dict[str, list[str]]:
    """What each migration takes away or demands, as the database itself shows it."""
    url, told = postgres.fresh_database(), {}
    with shop_on(url, settings):
        before = None
        for module in revisions():
            upgrade(directory=str(MIGRATIONS), revision=module.revision)
            after = Schema()
            told[module.revision] = list(demands(before, after)) if before else []
            before = after
    postgres.drop_database(url)
    return told


def test_a_migration_that_expands_only_adds(found: dict[str, list[str]]) -> None:
    wrong = {
        module.revision: found[module.revision]
        for module in revisions()
        if module.phase == "expand" and found[module.revision]
    }
    assert wrong == {}, "mark these as contract, or let them only add"


def test_what_takes_away_is_seen(found: dict[str, list[str]]) -> None:
    """The guard itself: it sees that 0009 drops a table and a column, and 0012 demands one."""
    assert "payments.needs_attention is gone" in found["0009"]
    assert "orphan_money.id is gone" in found["0009"]
    assert "refunds.case_id is new and must be given" in found["0012"]
