"""Request and response schemas of carrier accounts."""

import marshmallow as ma

from api.carriers.rules import AccountMode, Carrier, CheckResult
from api.platform.addresses import SingleLine
from api.platform.http import Pattern, Schema, one_of

_CODE = Pattern(
    r"^[a-z0-9]+(-[a-z0-9]+)*$", error="Use lower-case letters and digits with dashes between."
)
_FORMATS = ("PDF", "ZPL")


class CredentialsField(ma.fields.Dict):
    """Names and texts, which go in and never come out."""

    def __init__(self, *, required: bool = False) -> None:
        super().__init__(
            keys=ma.fields.String(validate=ma.validate.Length(1, 40)),
            values=ma.fields.String(validate=ma.validate.Length(1, 500)),
            required=required,
            load_only=True,
            metadata={
                "description": "DHL: username, password, client_id, client_secret, billing_number "
                "(one, or `V01PAK=...,V53WPAK=...`). DPD: login, password, business_unit, "
                "customer_id. GLS: client_id, client_secret, contact_id. PostNL: api_key, "
                "customer_code, customer_number, collection_location. UPS: client_id, "
                "client_secret, account_number. Stored encrypted, never shown again.",
                "example": {"client_id": "...", "client_secret": "...", "contact_id": "276..."},
            },
        )


class NewCarrierAccountSchema(Schema):
    """An account at a carrier."""

    code = ma.fields.String(
        required=True, validate=[ma.validate.Length(1, 60), _CODE], metadata={"example": "gls-de"}
    )
    name = SingleLine(120, required=True, metadata={"example": "GLS Bremen"})
    carrier = ma.fields.Enum(Carrier, by_value=True, required=True)
    mode = ma.fields.Enum(
        AccountMode,
        by_value=True,
        load_default=AccountMode.TEST,
        metadata={"description": "`test` talks to the carrier's sandbox."},
    )
    credentials = CredentialsField(required=True)
    label_format = ma.fields.String(load_default="PDF", validate=ma.validate.OneOf(_FORMATS))
    is_active = ma.fields.Boolean(load_default=True)


class EditCarrierAccountSchema(Schema):
    """What to change about an account; `credentials` replace all that were entered before."""

    code = ma.fields.String(validate=[ma.validate.Length(1, 60), _CODE])
    name = SingleLine(120)
    mode = ma.fields.Enum(AccountMode, by_value=True)
    credentials = CredentialsField()
    label_format = ma.fields.String(validate=ma.validate.OneOf(_FORMATS))
    is_active = ma.fields.Boolean()

    @ma.validates_schema
    def _has_a_name(self, values: dict[str, object], **_: object) -> None:
        if "name" in values and values["name"] is None:
            raise ma.ValidationError({"name": ["Must not be blank."]})


class CarrierAccountSchema(Schema):
    """An account at a carrier, without its credentials."""

    id = ma.fields.UUID(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    carrier = ma.fields.String(required=True, validate=one_of(Carrier))
    mode = ma.fields.String(required=True, validate=one_of(AccountMode))
    label_format = ma.fields.String(required=True, validate=ma.validate.OneOf(_FORMATS))
    is_active = ma.fields.Boolean(required=True)
    has_webhook = ma.fields.Boolean(
        required=True, metadata={"description": "Whether its webhook has a secret URL."}
    )
    version = ma.fields.Integer(required=True)


class CheckedAccountSchema(Schema):
    """What a carrier said to the credentials of an account."""

    result = ma.fields.Enum(CheckResult, by_value=True, required=True)
    message = ma.fields.String(required=True)


class WebhookTokenSchema(Schema):
    """The secret URL of an account's webhook, told this once."""

    url = ma.fields.String(
        required=True,
        metadata={"example": "https://shop.example/api/v1/webhooks/carriers/abc..."},
    )
