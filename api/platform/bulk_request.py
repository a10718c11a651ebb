"""Bulk requests: many small changes in one transaction, each row accepted or refused by itself.

Nothing here depends on the meaning of the rows. A row that is invalid or refused is reported with
its index and error, and is rolled back; `on_error` says whether the other rows are kept then. Every
row is tried either way, so that all errors are reported at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

import marshmallow as ma

from api.kernel.errors import DomainError, Unprocessable
from api.platform import problems
from api.platform.etags import VersionRequired
from api.platform.http import ProblemErrorSchema, Schema
from api.platform.outbox import savepoint

MAX_ROWS = 100

Row = dict[str, Any]


class OnError(StrEnum):
    """What happens to the valid rows when others are refused."""

    SKIP = "skip"
    REJECT_ALL = "reject_all"


class RowStatus(StrEnum):
    """Done, refused, or valid but not done because another row was refused."""

    OK = "ok"
    FAILED = "failed"
    NOT_DONE = "not_done"


class RowInvalid(Unprocessable):
    """A row of a batch that is invalid."""

    code = "invalid"
    sentence = "Some of this row is not valid."


class Rows(ma.fields.List[Any]):
    """Rows that are validated one by one later: an invalid row becomes that row's result."""

    def _deserialize(self, value: object, *args: object, **options: object) -> list[object]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return value


class BatchRowSchema(Schema):
    """The fields that every row of a batch may have."""

    version = ma.fields.Integer(
        strict=True,
        validate=ma.validate.Range(1, 10**9),
        metadata={
            "description": "The version that the change is based on. Required unless the batch "
            "has `force`; when sent, it must be the current one."
        },
    )


class BatchErrorSchema(Schema):
    """Why a row was refused, as in a problem document; pointers refer to the whole request."""

    class Meta:
        unknown = ma.INCLUDE

    code = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(ProblemErrorSchema), required=True)


class BatchResultSchema(Schema):
    """The result of one row; `version` is its current one."""

    index = ma.fields.Integer(required=True)
    id = ma.fields.UUID(required=True, allow_none=True)
    status = ma.fields.Enum(RowStatus, by_value=True, required=True)
    version = ma.fields.Integer(required=True, allow_none=True)
    error = ma.fields.Nested(BatchErrorSchema, required=True, allow_none=True)


class BatchCountsSchema(Schema):
    """How many rows have each status."""

    ok = ma.fields.Integer(required=True)
    failed = ma.fields.Integer(required=True)
    not_done = ma.fields.Integer(required=True)


class BatchAnswerSchema(Schema):
    """The result of each row, in the order of the request."""

    data = ma.fields.List(ma.fields.Nested(BatchResultSchema), required=True)
    counts = ma.fields.Nested(BatchCountsSchema, required=True)


def batch_of(row: type[BatchRowSchema]) -> type[Schema]:
    """Return the schema of a bulk request with rows of a kind."""
    members: dict[str, Any] = {
        "on_error": ma.fields.Enum(
            OnError,
            by_value=True,
            load_default=OnError.SKIP,
            metadata={
                "description": "skip: the valid rows are saved and the others are reported; "
                "reject_all: nothing is saved unless every row is."
            },
        ),
        "force": ma.fields.Boolean(
            load_default=False,
            metadata={"description": "Save rows without a version, whatever the current one is."},
        ),
        "items": Rows(
            ma.fields.Nested(row), required=True, validate=ma.validate.Length(1, MAX_ROWS)
        ),
    }
    name = row.__name__.removesuffix("RowSchema") + "BatchSchema"
    return cast(type[Schema], Schema.from_dict(members, name=name))


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of a row: the id of the changed object and its new version."""

    id: UUID
    version: int


@dataclass(slots=True)
class _Result:
    index: int
    id: UUID | None
    row: Row | None = None
    done: Done | None = None
    refusal: DomainError | None = None


@dataclass(slots=True)
class Batch:
    """The rows of a bulk request, with the result of each."""

    on_error: OnError
    _results: list[_Result] = field(default_factory=list)

    @classmethod
    def read(cls, body: dict[str, Any], schema: ma.Schema) -> "Batch":
        """Validate every row by its schema. A row without a version needs `force`."""
        batch = cls(body["on_error"])
        for index, raw in enumerate(body["items"]):
            result = _Result(index, _id_of(raw))
            batch._results.append(result)
            try:
                row: Row = schema.load(raw)
            except ma.ValidationError as invalid:
                messages = invalid.normalized_messages()  # type: ignore[no-untyped-call]
                errors, detail = problems.validation_errors(messages, RowInvalid.sentence)
                result.refusal = RowInvalid(detail, errors=errors)
                continue
            if row.get("version") is None and not body["force"]:
                result.refusal = VersionRequired(
                    "Send the version that you last read, or force for the whole batch."
                )
            else:
                result.row = row
        return batch

    @property
    def rows(self) -> Sequence[Row]:
        """The valid rows."""
        return [result.row for result in self._results if result.row is not None]

    def carry_out(self, act: Callable[[Row], Done]) -> dict[str, object]:
        """Try every row, and return the results of all.

        The caller must have locked the rows' objects in the order of their ids, so that two batches
        over the same objects queue instead of deadlocking. The changes and events of a refused row
        are rolled back; with `reject_all` those of all other rows, too.
        """
        try:
            with savepoint():
                for result in self._results:
                    if result.row is not None:
                        _try(result, act)
                if self.on_error is OnError.REJECT_ALL and self._has_failed():
                    raise _Rejected
        except _Rejected:
            for result in self._results:
                result.done = None
        data = [_as_json(result) for result in self._results]
        statuses = [row["status"] for row in data]
        return {"data": data, "counts": {status: statuses.count(status) for status in RowStatus}}

    def _has_failed(self) -> bool:
        return any(result.refusal is not None for result in self._results)


class _Rejected(Exception):
    """Rolls back the savepoint of the whole batch."""


def _try(result: _Result, act: Callable[[Row], Done]) -> None:
    assert result.row is not None
    try:
        with savepoint():
            result.done = act(result.row)
        result.id = result.done.id
    except DomainError as refusal:
        result.refusal = refusal


def _as_json(result: _Result) -> dict[str, object]:
    status = RowStatus.NOT_DONE
    if result.refusal is not None:
        status = RowStatus.FAILED
    elif result.done is not None:
        status = RowStatus.OK
    return {
        "index": result.index,
        "id": result.id,
        "status": status,
        "version": result.done.version if result.done else None,
        "error": None
        if result.refusal is None
        else problems.members(result.refusal, under=f"/items/{result.index}"),
    }


def _id_of(raw: object) -> UUID | None:
    value = raw.get("id") if isinstance(raw, dict) else None
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
