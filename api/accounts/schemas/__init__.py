"""The forms of accounts: what comes in is checked here, what goes out is documented here."""

from typing import Any

import marshmallow as ma

from api.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from api.platform.addresses import AddressSchema, LabelSchema, SingleLine
from api.platform.http import Schema


class EmailAddress(ma.fields.Email):
    """An e-mail address as typed, without the spaces around it.

    Quoted names before the @, which nobody has, are refused: they may hold control characters.
    """

    def __init__(self, **options: Any) -> None:
        plain = ma.validate.ContainsNoneOf('"\\', error="Not a valid email address.")
        super().__init__(validate=[ma.validate.Length(max=254), plain], **options)

    def _deserialize(self, value: object, attr: str | None, data: object, **options: object) -> Any:
        text: str = super()._deserialize(value, attr, data, **options)
        return text.strip()


def new_password() -> ma.fields.String:
    """Take a password that is chosen now."""
    return ma.fields.String(
        required=True,
        load_only=True,
        validate=ma.validate.Length(MIN_LENGTH, MAX_LENGTH),
        metadata={
            "format": "password",
            "description": "Not the e-mail address, and none of the most common passwords.",
        },
    )


def known_password() -> ma.fields.String:
    """Take a password that is compared."""
    return ma.fields.String(
        required=True,
        load_only=True,
        validate=ma.validate.Length(1, MAX_LENGTH),
        metadata={"format": "password"},
    )


def token_field() -> ma.fields.String:
    """Take a secret that the shop made."""
    return ma.fields.String(required=True, load_only=True, validate=ma.validate.Length(1, 200))


class RegistrationSchema(Schema):
    """A new customer."""

    email = EmailAddress(required=True, metadata={"example": "ada@example.com"})
    password = new_password()
    full_name = SingleLine(120, required=True, metadata={"example": "Ada Lovelace"})


class AcceptedSchema(Schema):
    """The same answer for everyone, so that nobody learns who has an account."""

    detail = ma.fields.String(required=True)


class CredentialsSchema(Schema):
    """Who, and the proof."""

    email = EmailAddress(required=True, metadata={"example": "ada@example.com"})
    password = known_password()
    device_token = ma.fields.String(
        load_default=None,
        load_only=True,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "The one of an earlier sign-in of this account on this device."},
    )


class RefreshSchema(Schema):
    """The one refresh token that is good now."""

    refresh_token = token_field()


class ForgottenPasswordSchema(Schema):
    """Whose password is forgotten."""

    email = EmailAddress(required=True, metadata={"example": "ada@example.com"})


class NewPasswordByTokenSchema(Schema):
    """A new password, with the token of the reset e-mail."""

    token = token_field()
    password = new_password()


class PasswordChangeSchema(Schema):
    """A new password, with the current one as proof."""

    current_password = known_password()
    password = new_password()


class OwnGroupSchema(Schema):
    """A group that a customer is in."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    shows_net = ma.fields.Boolean(
        required=True, metadata={"description": "Show prices without tax to this customer."}
    )


class PersonSchema(Schema):
    """Who is signed in."""

    id = ma.fields.UUID(required=True)
    email = ma.fields.String(required=True)
    full_name = ma.fields.String(required=True)
    groups = ma.fields.List(
        ma.fields.Nested(OwnGroupSchema), metadata={"description": "Of a customer."}
    )


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


class VerificationSchema(Schema):
    """The token of the link in an e-mail, as it stands behind the `#` of its address."""

    token = token_field()


class MeSchema(PersonSchema):
    """A customer's own account."""

    email_verified_at = ma.fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When you proved by a link that the address is yours."},
    )
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class MeEditSchema(Schema):
    """What customers may change about themselves."""

    full_name = SingleLine(120, required=True)


class AddressBookEntrySchema(AddressSchema):
    """A new entry of the address book; as a default it takes over from the one before."""

    is_default_shipping = ma.fields.Boolean(load_default=False)
    is_default_billing = ma.fields.Boolean(load_default=False)


class AddressEditSchema(AddressBookEntrySchema):
    """What changes in an entry; the rest stays."""


class SavedAddressSchema(AddressBookEntrySchema, LabelSchema):
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
