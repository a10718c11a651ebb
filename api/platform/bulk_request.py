"""Many small changes in one request: each row is done or refused for itself, in one transaction.

Nothing here knows what the rows mean. A row that cannot be read or that the shop refuses is told
with its place and its reason, and leaves nothing behind; whether the others land then, the sender
says with `on_error`. Every row is tried either way, so that all that is wrong is told at once.
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
    """What becomes of the good rows when others are refused."""

    SKIP = "skip"
    REJECT_ALL = "reject_all"


class RowStatus(StrEnum):
    """Done, refused, or good but left undone because another one was refused."""

    OK = "ok"
    FAILED = "failed"
    NOT_DONE = "not_done"


class RowInvalid(Unprocessable):
    """A row of a batch that cannot be read."""

    code = "invalid"
    sentence = "Some of this row is not valid."


class Rows(ma.fields.List[Any]):
    """Rows that are looked at one by one: what is wrong with one is that one's result."""

    def _deserialize(self, value: Any, *given: Any, **options: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return value


class BatchRowSchema(Schema):
    """What every row of a batch may say."""

    version = ma.fields.Integer(
        strict=True,
        validate=ma.validate.Range(1, 10**9),
        metadata={
            "description": "The version that the change is based on. Required unless the batch "
            "says force; when given, it must be the present one."
        },
    )


class BatchErrorSchema(Schema):
    """Why a row was refused, as a problem says it; pointers lead into the whole request."""

    class Meta:
        unknown = ma.INCLUDE

    code = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(ProblemErrorSchema), required=True)


class BatchResultSchema(Schema):
    """What became of one row; `version` is the one that it has now."""

    index = ma.fields.Integer(required=True)
    id = ma.fields.UUID(required=True, allow_none=True)
    status = ma.fields.Enum(RowStatus, by_value=True, required=True)
    version = ma.fields.Integer(required=True, allow_none=True)
    error = ma.fields.Nested(BatchErrorSchema, required=True, allow_none=True)


class BatchCountsSchema(Schema):
    """How many rows came to what."""

    ok = ma.fields.Integer(required=True)
    failed = ma.fields.Integer(required=True)
    not_done = ma.fields.Integer(required=True)


class BatchAnswerSchema(Schema):
    """What became of each row, in the order of the request."""

    data = ma.fields.List(ma.fields.Nested(BatchResultSchema), required=True)
    counts = ma.fields.Nested(BatchCountsSchema, required=True)


def batch_of(row: type[BatchRowSchema]) -> type[Schema]:
    """Return the form of a request with rows of a kind."""
    members: dict[str, Any] = {
        "on_error": ma.fields.Enum(
            OnError,
            by_value=True,
            load_default=OnError.SKIP,
            metadata={
                "description": "skip: the good rows land and the others are told; reject_all: "
                "nothing lands unless everything does."
            },
        ),
        "force": ma.fields.Boolean(
            load_default=False,
            metadata={"description": "Rows without a version are done whatever the present one."},
        ),
        "items": Rows(
            ma.fields.Nested(row), required=True, validate=ma.validate.Length(1, MAX_ROWS)
        ),
    }
    name = row.__name__.removesuffix("RowSchema") + "BatchSchema"
    return cast(type[Schema], Schema.from_dict(members, name=name))


@dataclass(frozen=True, slots=True)
class Done:
    """What a row came to: the thing that it is about, and its version now."""

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
    """Rows that were read, those that could be."""

    on_error: OnError
    _results: list[_Result] = field(default_factory=list)

    @classmethod
    def read(cls, given: dict[str, Any], schema: ma.Schema) -> "Batch":
        """Read every row by its form. A row without a version needs `force`."""
        batch = cls(given["on_error"])
        for index, raw in enumerate(given["items"]):
            result = _Result(index, _id_of(raw))
            batch._results.append(result)
            try:
                row: Row = schema.load(raw)
            except ma.ValidationError as wrong:
                said = wrong.normalized_messages()  # type: ignore[no-untyped-call]
                errors, detail = problems.validation_errors(said, RowInvalid.sentence)
                result.refusal = RowInvalid(detail, errors=errors)
                continue
            if row.get("version") is None and not given["force"]:
                result.refusal = VersionRequired(
                    "Send the version that you last read, or force for the whole batch."
                )
            else:
                result.row = row
        return batch

    @property
    def rows(self) -> Sequence[Row]:
        """The rows that will be tried."""
        return [result.row for result in self._results if result.row is not None]

    def carry_out(self, act: Callable[[Row], Done]) -> dict[str, Any]:
        """Try every row, and return the answer to all of them.

        The caller has locked what the rows are about, in the order of ids: then two batches over
        the same things queue, in whichever order they name them. A row that is refused takes back
        its own changes and facts; with `reject_all` those of all the others go with them.
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
        data = [_told(result) for result in self._results]
        statuses = [told["status"] for told in data]
        return {"data": data, "counts": {status: statuses.count(status) for status in RowStatus}}

    def _has_failed(self) -> bool:
        return any(result.refusal is not None for result in self._results)


class _Rejected(Exception):
    """Leads out of the transaction's part that is taken back."""


def _try(result: _Result, act: Callable[[Row], Done]) -> None:
    assert result.row is not None
    try:
        with savepoint():
            result.done = act(result.row)
        result.id = result.done.id
    except DomainError as refusal:
        result.refusal = refusal


def _told(result: _Result) -> dict[str, Any]:
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


def _id_of(raw: Any) -> UUID | None:
    given = raw.get("id") if isinstance(raw, dict) else None
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None
