"""How e-mails look on the wire."""

import marshmallow as ma

from api.notifications.states import EmailKind, EmailStatus
from api.platform.http import PageQuerySchema, Schema, one_of
from api.platform.query_fields import IdList

_STATUS = one_of(EmailStatus)

MAX_SUBJECTS = 100
"""Causes that one question may name."""


class EmailListQuerySchema(PageQuerySchema):
    """How staff narrow the list of e-mails."""

    status = ma.fields.String(load_default=None, validate=_STATUS)
    subject_id = ma.fields.UUID(
        load_default=None,
        metadata={"description": "What the e-mail is about: an order, a parcel, a refund."},
    )
    subject_ids = IdList(
        most=MAX_SUBJECTS,
        description="E-mails about any of these: an order with its parcels and refunds.",
    )


class EmailCardSchema(Schema):
    """An e-mail in the list."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=one_of(EmailKind))
    subject_id = ma.fields.UUID(required=True)
    recipient = ma.fields.String(required=True)
    status = ma.fields.String(required=True, validate=_STATUS)
    subject_line = ma.fields.String(required=True)
    message_id = ma.fields.String(required=True)
    attempts = ma.fields.Integer(required=True)
    resends = ma.fields.Integer(required=True)
    last_error = ma.fields.String(required=True, allow_none=True)
    request_id = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    sent_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class EmailSchema(EmailCardSchema):
    """One e-mail with what it says; a link that must not be stored is left out."""

    text = ma.fields.String(required=True)
