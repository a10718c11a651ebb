"""Forms of groups of customers."""

import marshmallow as ma

from api.platform.http import NOT_BLANK, Pattern, Schema

_NAME = [ma.validate.Length(1, 120), NOT_BLANK]


class EditGroupSchema(Schema):
    """What to change about a group; its code stays."""

    name = ma.fields.String(validate=_NAME)
    shows_net = ma.fields.Boolean(
        metadata={"description": "Storefronts show prices without tax to them."}
    )


class NewGroupSchema(EditGroupSchema):
    """A group to create."""

    code = ma.fields.String(
        required=True,
        validate=Pattern(
            r"^[a-z0-9][a-z0-9_-]{0,39}$", error="Use up to 40 small letters, digits or dashes."
        ),
        metadata={"example": "wholesale"},
    )
    name = ma.fields.String(required=True, validate=_NAME)


class CustomerGroupSchema(Schema):
    """A group of customers."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    shows_net = ma.fields.Boolean(required=True)
    members = ma.fields.Integer(required=True)
    version = ma.fields.Integer(required=True)


class GroupMemberSchema(Schema):
    """A customer in a group."""

    id = ma.fields.UUID(required=True)
    email = ma.fields.String(required=True)
    full_name = ma.fields.String(required=True)


class GroupMembersChangeSchema(Schema):
    """E-mail addresses of customers."""

    emails = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(3, 254)),
        required=True,
        validate=ma.validate.Length(1, 5000),
        metadata={"example": ["ada@example.com"]},
    )


class GroupMembersChangedSchema(Schema):
    """How many memberships were changed."""

    changed = ma.fields.Integer(required=True)
