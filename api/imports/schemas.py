"""Forms of imports."""

from marshmallow import fields, validate

from api.imports.models import ImportStatus
from api.imports.policy import Consequence
from api.platform.http import Schema


class ProgressSchema(Schema):
    """How far the reading has come; the total is known once all rows were counted."""

    rows_read = fields.Integer(required=True)
    rows_total = fields.Integer(required=True, allow_none=True)


class OutcomeCountSchema(Schema):
    """What became of things."""

    created = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    failed = fields.Integer(required=True)


class ImportResultSchema(Schema):
    """What became of the file, so far."""

    products = fields.Nested(OutcomeCountSchema, required=True)
    variants = fields.Nested(OutcomeCountSchema, required=True)
    stock_opened = fields.Integer(required=True)
    problems = fields.Integer(required=True)
    rows_failed = fields.Integer(required=True)
    ignored_columns = fields.List(fields.String(), required=True)


class ImportSchema(Schema):
    """A file that is being read, or was."""

    id = fields.UUID(required=True)
    filename = fields.String(required=True)
    status = fields.String(
        required=True, validate=validate.OneOf([status.value for status in ImportStatus])
    )
    progress = fields.Nested(ProgressSchema, required=True)
    result = fields.Nested(ImportResultSchema, required=True)
    error = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    heartbeat_at = fields.AwareDateTime(required=True, allow_none=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)


class ImportProblemSchema(Schema):
    """Something wrong in the file. `row` is what a spreadsheet shows; the header is row 1."""

    row = fields.Integer(required=True)
    column = fields.String(required=True)
    value = fields.String(required=True)
    reason = fields.String(required=True)
    consequence = fields.String(
        required=True, validate=validate.OneOf([consequence.value for consequence in Consequence])
    )
