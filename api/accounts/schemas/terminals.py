"""The forms of shared terminals, badges and PINs."""

import marshmallow as ma

from api.accounts.schemas import known_password
from api.platform.addresses import SingleLine
from api.platform.http import Pattern, Schema

_PIN = Pattern(r"^[0-9]{4,8}$", error="4 to 8 digits.")


class NewTerminalSchema(Schema):
    """A terminal that several people share."""

    name = SingleLine(80, required=True, metadata={"example": "Packing table 1"})
    location = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, 40),
        metadata={
            "description": "The code of the location whose stock is changed there; all if none.",
            "example": "MAIN",
        },
    )


class TerminalSchema(Schema):
    """A terminal and what became of it."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    location = ma.fields.String(required=True, allow_none=True)
    status = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(["open", "expired", "enrolled", "revoked"]),
        metadata={"description": "`open`: its code was not used yet, and is still good."},
    )
    created_at = ma.fields.AwareDateTime(required=True)
    enrolled_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    last_used_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    revoked_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class MadeTerminalSchema(TerminalSchema):
    """A terminal that was just made; `enrolment_code` is told this once."""

    enrolment_code = ma.fields.String(required=True, metadata={"example": "E-7HGK-2MNP-W9QX"})


class EnrolmentCodeSchema(Schema):
    """The code that enrols a terminal."""

    code = ma.fields.String(required=True, load_only=True, validate=ma.validate.Length(1, 40))


class TerminalKeySchema(Schema):
    """What speaks for a terminal from now on, told this once."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    terminal_key = ma.fields.String(required=True)


class BadgeSignInSchema(Schema):
    """The terminal, the badge that was scanned there, and the PIN of its owner."""

    terminal_key = ma.fields.String(
        required=True, load_only=True, validate=ma.validate.Length(1, 100)
    )
    badge = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 40), metadata={"example": "U-7HGK2MNPW9"}
    )
    pin = ma.fields.String(required=True, load_only=True, validate=ma.validate.Length(1, 20))


class BadgeSchema(Schema):
    """A badge and the first PIN of whoever gets it."""

    code = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=Pattern(
            r"^[Uu]-[0-9A-Za-z-]{4,38}$", error="U- and 4 to 38 digits, letters or hyphens."
        ),
        metadata={"description": "Of a card at hand; one is made when left out."},
    )
    pin = ma.fields.String(required=True, load_only=True, validate=_PIN)


class OwnPinSchema(Schema):
    """Another PIN, against one's password."""

    current_password = known_password()
    pin = ma.fields.String(required=True, load_only=True, validate=_PIN)
