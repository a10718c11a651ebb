"""The forms of accounts: what comes in is checked here, what goes out is documented here."""

import re
from datetime import datetime
from typing import Any

import marshmallow as ma

from api.accounts.passwords import LONGEST, SHORTEST
from api.accounts.policy import KEY_SCOPES, KeyKind
from api.kernel import clock
from api.kernel.permissions import Permission
from api.platform.address import AddressSchema, Line
from api.platform.http import Schema


class EmailAddress(ma.fields.Email):
    """An e-mail address as typed, without the spaces around it.

    Quoted names before the @, which nobody has, are refused: they may hold control characters.
    """

    def __init__(self, **options: Any) -> None:
        plain = ma.validate.ContainsNoneOf('"\\', error="Not a valid email address.")
        super().__init__(validate=[ma.validate.Length(max=254), plain], **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text: str = super()._deserialize(value, attr, data, **options)
        return text.strip()


def _new_password() -> ma.fields.String:
    return ma.fields.String(
        required=True,
        load_only=True,
        validate=ma.validate.Length(SHORTEST, LONGEST),
        metadata={
            "format": "password",
            "description": "Not the e-mail address, and none of the most common passwords.",
        },
    )


def _known_password() -> ma.fields.String:
    return ma.fields.String(
        required=True,
        load_only=True,
        validate=ma.validate.Length(1, LONGEST),
        metadata={"format": "password"},
    )


def _token() -> ma.fields.String:
    return ma.fields.String(required=True, load_only=True, validate=ma.validate.Length(1, 200))


class RegistrationSchema(Schema):
    """A new customer."""

    email = EmailAddress(required=True, metadata={"example": "ada@example.com"})
    password = _new_password()
    full_name = Line(120, required=True, metadata={"example": "Ada Lovelace"})


class AcceptedSchema(Schema):
    """The same answer for everyone, so that nobody learns who has an account."""

    detail = ma.fields.String(required=True)


class CredentialsSchema(Schema):
    """Who, and the proof."""

    email = EmailAddress(required=True, metadata={"example": "ada@example.com"})
    password = _known_password()
    device_token = ma.fields.String(
        load_default=None,
        load_only=True,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "The one of an earlier sign-in of this account on this device."},
    )


class RefreshSchema(Schema):
    """The one refresh token that is good now."""

    refresh_token = _token()


class ForgottenPasswordSchema(Schema):
    """Whose password is forgotten."""

    email = EmailAddress(required=True, metadata={"example": "ada@example.com"})


class NewPasswordByTokenSchema(Schema):
    """A new password, with the token of the letter."""

    token = _token()
    password = _new_password()


class PasswordChangeSchema(Schema):
    """A new password, with the current one as proof."""

    current_password = _known_password()
    password = _new_password()


class PersonSchema(Schema):
    """Who is signed in."""

    id = ma.fields.UUID(required=True)
    email = ma.fields.String(required=True)
    full_name = ma.fields.String(required=True)


class SignedInSchema(Schema):
    """The tokens of a sign-in.

    Send the access token with each request; before it runs out, trade the refresh token for the
    next pair. A refresh token is good once: store the new one first.
    """

    access_token = ma.fields.String(required=True)
    refresh_token = ma.fields.String(required=True)
    token_type = ma.fields.String(required=True, validate=ma.validate.OneOf(["Bearer"]))
    expires_in = ma.fields.Integer(
        required=True, metadata={"description": "Seconds.", "example": 900}
    )
    device_token = ma.fields.String(
        metadata={
            "description": "With a sign-in: keep it on the device and send it with the next one."
        }
    )
    user = ma.fields.Nested(PersonSchema, required=True)


class MeSchema(PersonSchema):
    """A customer's own account."""

    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class MeEditSchema(Schema):
    """What customers may change about themselves."""

    full_name = Line(120, required=True)


class AddressBookEntrySchema(AddressSchema):
    """A new entry of the address book; as a default it takes over from the one before."""

    is_default_shipping = ma.fields.Boolean(load_default=False)
    is_default_billing = ma.fields.Boolean(load_default=False)


class AddressEditSchema(AddressBookEntrySchema):
    """What changes in an entry; the rest stays."""


class SavedAddressSchema(AddressBookEntrySchema):
    """An entry of the address book."""

    id = ma.fields.UUID(required=True)
    version = ma.fields.Integer(required=True)


class SessionSchema(Schema):
    """A device on which someone is signed in."""

    id = ma.fields.UUID(required=True)
    device = ma.fields.String(required=True, metadata={"example": "Firefox on Linux"})
    network = ma.fields.String(
        required=True, allow_none=True, metadata={"example": "203.0.113.0/24"}
    )
    created_at = ma.fields.AwareDateTime(required=True)
    last_used_at = ma.fields.AwareDateTime(required=True)
    is_current = ma.fields.Boolean(required=True)


def _role(**options: Any) -> ma.fields.String:
    told = {"example": "warehouse", "description": "The name of a role."}
    return ma.fields.String(validate=ma.validate.Length(1, 40), metadata=told, **options)


def _permissions(**options: Any) -> ma.fields.List[Any]:
    return ma.fields.List(
        ma.fields.Enum(Permission, by_value=True),
        metadata={"example": ["orders:read", "fulfilment:write"]},
        **options,
    )


class StaffPersonSchema(PersonSchema):
    """Which member of staff is signed in, and what they may do."""

    role = _role(required=True)
    permissions = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf([p.value for p in Permission])), required=True
    )


class StaffSignedInSchema(SignedInSchema):
    """The tokens of a sign-in of staff."""

    user = ma.fields.Nested(StaffPersonSchema, required=True)


class StaffMeSchema(StaffPersonSchema):
    """One's own account on the staff."""

    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class StaffMemberSchema(StaffMeSchema):
    """A member of staff."""

    is_active = ma.fields.Boolean(required=True)


class NewStaffSchema(Schema):
    """Someone who joins the staff, with a first password that they should change."""

    email = EmailAddress(required=True, metadata={"example": "wanda@shop.example"})
    full_name = Line(120, required=True, metadata={"example": "Wanda Warehouse"})
    role = _role(required=True)
    password = _new_password()


class NewInvitationSchema(Schema):
    """Who is asked onto the staff, and as what."""

    email = EmailAddress(required=True, metadata={"example": "wanda@shop.example"})
    full_name = Line(120, required=True, metadata={"example": "Wanda Warehouse"})
    role = _role(required=True)


class InvitationSchema(NewInvitationSchema):
    """An invitation and what became of it."""

    id = ma.fields.UUID(required=True)
    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["open", "accepted", "revoked", "expired"])
    )
    created_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True)
    accepted_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    revoked_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class AcceptInvitationSchema(Schema):
    """The code of the letter, and a first password."""

    token = _token()
    password = _new_password()


class RoleEditSchema(Schema):
    """What a role may do from now on; the whole list."""

    permissions = _permissions(required=True, validate=ma.validate.Length(min=1))


class NewRoleSchema(RoleEditSchema):
    """A role of the shop's own."""

    name = ma.fields.String(
        required=True,
        validate=ma.validate.Regexp(
            re.compile(r"[a-z0-9]([a-z0-9 _-]{0,38}[a-z0-9])?\Z", re.ASCII),
            error="Up to 40 lower-case letters, digits, blanks and hyphens.",
        ),
        metadata={"example": "night shift"},
    )


class RoleSchema(NewRoleSchema):
    """A role and what those who have it may do."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(["built_in", "custom"]),
        metadata={"description": "What a built-in role holds comes with the release."},
    )
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


def _moment_to_come(value: datetime | None) -> None:
    if value is not None and value <= clock.now():
        raise ma.ValidationError("Must be in the future.")


class NewApiKeySchema(Schema):
    """A key for a program."""

    name = Line(80, required=True, metadata={"example": "Bookkeeping"})
    kind = ma.fields.Enum(KeyKind, by_value=True, load_default=KeyKind.SECRET)
    scopes = _permissions(
        load_default=(),
        validate=ma.validate.ContainsOnly(
            KEY_SCOPES, error="Who works here, and which keys there are, is for people."
        ),
    )
    expires_at = ma.fields.AwareDateTime(
        load_default=None,
        allow_none=True,
        validate=_moment_to_come,
        metadata={"description": "Good without end when left out."},
    )
    requests_per_minute = ma.fields.Integer(
        load_default=300, validate=ma.validate.Range(1, 60_000), metadata={"example": 300}
    )

    @ma.validates_schema
    def fits_its_kind(self, form: dict[str, Any], **_: Any) -> None:
        """A secret key without scopes opens nothing; a publishable one never does."""
        if bool(form["scopes"]) != (form["kind"] is KeyKind.SECRET):
            said = "A secret key needs at least one, a publishable one takes none."
            raise ma.ValidationError(said, "scopes")


class ApiKeySchema(Schema):
    """A key, as far as it is ever told again."""

    id = ma.fields.UUID(required=True)
    series_id = ma.fields.UUID(
        required=True, metadata={"description": "The same for keys that replace one another."}
    )
    name = ma.fields.String(required=True)
    kind = ma.fields.Enum(KeyKind, by_value=True, required=True)
    prefix = ma.fields.String(
        required=True, metadata={"description": "How it begins.", "example": "sk_7Qm3vKx2p"}
    )
    scopes = _permissions(required=True)
    requests_per_minute = ma.fields.Integer(required=True)
    status = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["live", "revoked", "expired"])
    )
    created_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    revoked_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    last_used_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "To the minute."}
    )


class MadeApiKeySchema(ApiKeySchema):
    """A key that was just made; `key` is told this once."""

    key = ma.fields.String(required=True)


class ApiKeyRotationSchema(Schema):
    """How long the key that is replaced stays good."""

    old_expires_at = ma.fields.AwareDateTime(
        load_default=None,
        allow_none=True,
        validate=_moment_to_come,
        metadata={"description": "In a week when left out; never later than it would have ended."},
    )


class StaffEditSchema(Schema):
    """What may be changed about a member of staff; `is_active: false` puts them out at once."""

    full_name = Line(120, required=True)
    role = _role(required=True)
    is_active = ma.fields.Boolean(required=True)
