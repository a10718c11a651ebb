"""Write failed rows as a file like the one that they came in, with a last column of reasons."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import orjson

from api.imports.formats.csv_reader import WHY
from api.imports.formats.native.csv_escaping import safe
from api.imports.policy import FileFormat

_MEDIA = {
    FileFormat.JSONL: ("jsonl", "application/jsonl"),
    FileFormat.XLSX: ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def named(stem: str, kind: FileFormat) -> tuple[str, str]:
    """Return the name and the media type of a file of this format."""
    ending, media = _MEDIA.get(kind, ("csv", "text/csv; charset=utf-8"))
    return f"{stem}.{ending}", media


def failed_file(
    kind: FileFormat,
    header: Sequence[str],
    separator: str,
    rows: Iterable[tuple[list[str] | str, str]],
) -> Iterator[bytes]:
    """Write rows with their cells to the letter, and why each of them failed.

    A line whose quotes do not fit is written as it stands in the file, to be mended.
    """
    if kind is FileFormat.JSONL:
        for cells, reason in rows:
            yield _line(cells[0], reason)
        return
    kept = len(header) - 1 if header and header[-1].strip() == WHY else len(header)
    yield _row([*header[:kept], WHY], separator)
    for cells, reason in rows:
        if isinstance(cells, str):
            yield _broken(cells, reason, separator, kept)
            continue
        padded = [*cells[:kept], *([""] * (kept - len(cells)))]
        yield _row([*padded, reason], separator)


def _line(line: str, reason: str) -> bytes:
    """Put the reason behind the last field; what is no object stays as it is."""
    body = line.rstrip()
    if not body.endswith("}") or body.strip("{ }") == "":
        return f"{line}\n".encode()
    return f'{body[:-1]},"why_it_failed":{orjson.dumps(reason).decode()}}}\n'.encode()


def _broken(line: str, reason: str, separator: str, width: int) -> bytes:
    """Put the reason into the last column of a line that no reader takes apart."""
    body = line.rstrip("\r\n")
    count = len(next(csv.reader([body], delimiter=separator), []))
    gap = separator * (max(0, width - count) + 1)
    return body.encode() + gap.encode() + _row([reason], separator)


def _row(cells: Sequence[str], separator: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow(map(safe, cells))
    return text.getvalue().encode()
