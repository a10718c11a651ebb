"""Rows by COPY into tables that may have more columns than we know, or fewer."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Row = tuple[Any, ...]


class Lines:
    """Lines as a file that COPY reads."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._rest = ""

    def read(self, size: int) -> str:
        """Return about `size` characters; nothing at the end."""
        pieces, length = [self._rest], len(self._rest)
        for line in self._lines:
            pieces.append(line)
            length += len(line)
            if length >= size:
                break
        whole = "".join(pieces)
        self._rest = whole[size:]
        return whole[:size]


def copy_rows(driver: Any, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Copy rows whose values need no escaping.

    A column that this table does not have is left out. One that it has besides takes its default,
    or, when it needs a value and has no default, the value of a row that is there.
    """
    with driver.cursor() as cursor:
        cursor.execute(
            "SELECT attname, attnotnull AND NOT atthasdef AND attgenerated = ''"
            " AND attidentity = '' FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            (table,),
        )
        known = dict(cursor.fetchall())
        kept = [place for place, name in enumerate(columns) if name in known]
        filled = [name for name, is_needed in known.items() if is_needed and name not in columns]
        fixed: list[str] = []
        for name in filled:
            cursor.execute(f'SELECT "{name}"::text FROM "{table}" LIMIT 1')
            sample = cursor.fetchone()
            if sample is None:
                raise LookupError(f"{table}.{name} needs a value and there is no row to take it of")
            fixed.append(escaped(sample[0]))
        names = ", ".join(f'"{name}"' for name in [*(columns[each] for each in kept), *filled])
        end = "".join(f"\t{value}" for value in fixed) + "\n"
        picked: Iterator[Row] = (
            iter(rows)
            if len(kept) == len(columns)
            else (tuple(row[place] for place in kept) for row in rows)
        )
        lines = ("\t".join(map(str, row)) + end for row in picked)
        cursor.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', Lines(lines))


def escaped(value: str | None) -> str:
    """Write a value in the text form of COPY."""
    if value is None:
        return "\\N"
    for mark, written in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        value = value.replace(mark, written)
    return value


@contextmanager
def fast_copying(driver: Any, tables: Sequence[str]) -> Iterator[None]:
    """Have tables without their indexes and triggers for the length of a block.

    Foreign keys hold by the way the rows are made; asking for each would take an hour. Indexes are
    built once, at the end, and CHECKs and unique constraints hold all the time.
    """
    with driver.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " WHERE i.indrelid::regclass::text = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
            (list(tables),),
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _, definition in indexes:
            cursor.execute(definition)
