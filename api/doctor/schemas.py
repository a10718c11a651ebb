"""Schemas of the doctor's runs."""

import marshmallow as ma

from api.doctor.invariants import Section, State
from api.platform.doctor_runs import RunStatus
from api.platform.http import Schema, one_of


class DifferenceSchema(Schema):
    """One row that breaks an invariant."""

    subject = ma.fields.String(
        required=True, metadata={"description": "Its id: of an order, a stock level, a payment."}
    )
    label = ma.fields.String(required=True, metadata={"example": "order 1042"})
    recorded = ma.fields.String(required=True, allow_none=True)
    expected = ma.fields.String(required=True, allow_none=True)
    order_id = ma.fields.UUID(required=True, allow_none=True)


class FindingSchema(Schema):
    """The result of checking one invariant."""

    name = ma.fields.String(required=True, metadata={"example": "order-captured"})
    section = ma.fields.String(required=True, validate=one_of(Section))
    promise = ma.fields.String(required=True)
    state = ma.fields.String(
        required=True,
        validate=one_of(State),
        metadata={"description": "`failed`: it could not be checked; `error` says why."},
    )
    differences = ma.fields.Integer(required=True)
    fixed = ma.fields.Integer(required=True)
    error = ma.fields.String(required=True, allow_none=True)
    took_ms = ma.fields.Integer(required=True)
    shown = ma.fields.List(
        ma.fields.Nested(DifferenceSchema),
        required=True,
        metadata={"description": "The first 20."},
    )


class DoctorProgressSchema(Schema):
    """The progress of a run."""

    checked = ma.fields.Integer(required=True)
    total = ma.fields.Integer(required=True)


class DoctorRunSchema(Schema):
    """One run: each invariant of the shop, and the rows that break it."""

    id = ma.fields.UUID(required=True)
    status = ma.fields.String(required=True, validate=one_of(RunStatus))
    progress = ma.fields.Nested(DoctorProgressSchema, required=True)
    differences = ma.fields.Integer(
        required=True, metadata={"description": "How many rows break an invariant."}
    )
    failed = ma.fields.Integer(
        required=True, metadata={"description": "How many invariants could not be checked."}
    )
    findings = ma.fields.List(
        ma.fields.Nested(FindingSchema),
        required=True,
        metadata={"description": "Empty until the run has ended."},
    )
    error = ma.fields.String(required=True, allow_none=True)
    requested_by = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    started_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    finished_at = ma.fields.AwareDateTime(required=True, allow_none=True)
