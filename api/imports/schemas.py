"""Forms of imports."""

from marshmallow import fields, validate

from api.imports.models import ChangeKind, ExportStatus, ImportStatus, UndoOutcome
from api.imports.policy import READ, WRITTEN, Consequence, FileFormat, OnConflict
from api.platform.http import PageQuerySchema, Schema, one_of

_FORMATS = [kind.value for kind in READ]


class ImportQuerySchema(Schema):
    """How a file is to be read."""

    format = fields.String(
        load_default=None,
        validate=validate.OneOf(_FORMATS),
        metadata={"description": "Whose file it is; without it the first line tells."},
    )
    column = fields.List(
        fields.String(validate=validate.Length(3, 600)),
        load_default=list,
        metadata={
            "description": "A column that the file calls otherwise, and what it is to be read as,"
            " such as `Artikelnummer=SKU`. May be given several times.",
        },
    )
    encoding = fields.String(
        load_default=None,
        validate=validate.Length(1, 40),
        metadata={
            "description": "In which encoding the file is, such as `windows-1250` or `shift_jis`."
            " Without it: UTF-8, UTF-16 with its mark, or what the bytes look like.",
            "example": "windows-1250",
        },
    )
    dry_run = fields.Boolean(
        load_default=False,
        metadata={"description": "Change nothing and tell what would change."},
    )
    on_conflict = fields.String(
        load_default=OnConflict.REFUSE.value,
        validate=one_of(OnConflict),
        metadata={"description": "What becomes of products changed since the file was exported."},
    )


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
    conflicts = fields.Integer(required=True)
    ignored_columns = fields.List(fields.String(), required=True)


class UndoSchema(Schema):
    """How far an import is undone, and what that came to."""

    products_total = fields.Integer(required=True)
    removed = fields.Integer(required=True)
    archived = fields.Integer(required=True)
    restored = fields.Integer(required=True)
    conflicts = fields.Integer(required=True)
    stock_taken_back = fields.Integer(required=True)
    stock_left = fields.Integer(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)


class ImportSchema(Schema):
    """A file that is being read, or was."""

    id = fields.UUID(required=True)
    filename = fields.String(required=True)
    format = fields.String(required=True, validate=validate.OneOf(_FORMATS))
    is_dry_run = fields.Boolean(required=True)
    on_conflict = fields.String(required=True, validate=one_of(OnConflict))
    columns = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    encoding = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "In which encoding the file was read, when it is not UTF-8."},
    )
    as_drafts = fields.Boolean(
        required=True,
        metadata={"description": "New products become drafts: the encoding is in doubt."},
    )
    status = fields.String(required=True, validate=one_of(ImportStatus))
    progress = fields.Nested(ProgressSchema, required=True)
    rows_per_second = fields.Float(required=True, allow_none=True)
    seconds_left = fields.Integer(required=True, allow_none=True)
    result = fields.Nested(ImportResultSchema, required=True)
    undo = fields.Nested(UndoSchema, required=True, allow_none=True)
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
    consequence = fields.String(required=True, validate=one_of(Consequence))


class ChangesQuerySchema(PageQuerySchema):
    """Which changes are listed."""

    kind = fields.String(load_default=None, validate=one_of(ChangeKind))


class FieldChangeSchema(Schema):
    """A field that differs; those of variants are called `variants.<SKU>.<field>`."""

    field = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class ImportChangeSchema(Schema):
    """What an import did with one product, or would have done."""

    row = fields.Integer(required=True)
    slug = fields.String(required=True)
    kind = fields.String(required=True, validate=one_of(ChangeKind))
    product_id = fields.UUID(required=True, allow_none=True)
    fields_ = fields.List(
        fields.Nested(FieldChangeSchema), required=True, data_key="fields", attribute="fields"
    )
    undone = fields.String(
        required=True,
        allow_none=True,
        validate=one_of(UndoOutcome),
    )
    undo_note = fields.String(required=True)


class ExportQuerySchema(Schema):
    """Which products are wanted, and how they are written."""

    format = fields.String(
        load_default=FileFormat.CSV.value,
        validate=one_of(WRITTEN),
    )
    status = fields.String(
        load_default=None, validate=validate.OneOf(["draft", "active", "archived"])
    )
    category = fields.String(
        load_default=None,
        validate=validate.Length(1, 120),
        metadata={"description": "A slug; what is below it comes too."},
    )
    vendor = fields.String(load_default=None, validate=validate.Length(1, 255))
    q = fields.String(
        load_default=None,
        validate=validate.Length(1, 200),
        metadata={"description": "Words that products are found by."},
    )


class ExportProgressSchema(Schema):
    """How far the writing has come; the total is known once it has begun."""

    products_written = fields.Integer(required=True)
    products_total = fields.Integer(required=True, allow_none=True)


class ExportSchema(Schema):
    """A file that is being written, or was."""

    id = fields.UUID(required=True)
    format = fields.String(required=True, validate=validate.OneOf(_FORMATS))
    filters = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    status = fields.String(required=True, validate=one_of(ExportStatus))
    progress = fields.Nested(ExportProgressSchema, required=True)
    products_per_second = fields.Float(required=True, allow_none=True)
    rows_written = fields.Integer(required=True)
    size_bytes = fields.Integer(required=True)
    error = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    heartbeat_at = fields.AwareDateTime(required=True, allow_none=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)
