"""The forms of staff: who works here, what they may do, their programs, what was written down."""

from datetime import datetime
from typing import Any

import marshmallow as ma

from api.accounts.errors import LimitInOtherCurrency
from api.accounts.roles import KEY_SCOPES, KeyKind
from api.accounts.schemas import (
    CredentialsSchema,
    EmailAddress,
    PersonSchema,
    SignedInSchema,
    known_password,
    new_password,
    token_field,
)
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.kernel.principal import Limit
from api.platform.addresses import SingleLine
from api.platform.audit import WAYS_IN
from api.platform.http import (
    DateTimeField,
    LimitMoneySchema,
    PageQuerySchema,
    Pattern,
    Schema,
    one_of,
)
from api.platform.rules import FilledFor
from api.platform.settings import current_settings


def _role(**options: Any) -> ma.fields.String:
    told = {"example": "warehouse", "description": "The name of a role."}
    return ma.fields.String(validate=ma.validate.Length(1, 40), metadata=told, **options)


def _code(**options: Any) -> ma.fields.String:
    told = {"example": "123 456", "description": "Six digits, or a recovery code; blanks are fine."}
    return ma.fields.String(
        load_only=True, validate=ma.validate.Length(1, 60), metadata=told, **options
    )


def _permissions(**options: Any) -> ma.fields.List[Any]:
    return ma.fields.List(
        ma.fields.Enum(Permission, by_value=True),
        metadata={"example": ["orders:read", "fulfilment:write"]},
        **options,
    )


def _locations(**options: Any) -> ma.fields.List[Any]:
    told = "Codes of the locations whose stock they see and change; null for all."
    return ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 40)),
        allow_none=True,
        metadata={"description": told, "example": ["MAIN"]},
        **options,
    )


class StaffPersonSchema(PersonSchema):
    """Which member of staff is signed in, and what they may do."""

    role = _role(required=True)
    permissions = ma.fields.List(ma.fields.String(validate=one_of(Permission)), required=True)


class StaffSignedInSchema(SignedInSchema):
    """The tokens of a sign-in of staff."""

    user = ma.fields.Nested(StaffPersonSchema, required=True)


class StaffMeSchema(StaffPersonSchema):
    """One's own account on the staff."""

    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class StaffMemberSchema(StaffMeSchema):
    """A member of staff."""

    has_second_factor = ma.fields.Boolean(required=True)
    locations = _locations(required=True)
    badge = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The code that it says."}
    )

    is_active = ma.fields.Boolean(required=True)


class StaffCredentialsSchema(CredentialsSchema):
    """Who, the proof, and the code of whoever has a second factor."""

    code = _code(load_default=None)


class CodeSchema(Schema):
    """A code of one's app, or a recovery code."""

    code = _code(required=True)


class OwnPasswordSchema(Schema):
    """The password once more, from whoever is signed in already."""

    current_password = known_password()


class EnrolmentSchema(Schema):
    """What an app takes over, told this once: as a picture of `uri`, or typed."""

    secret = ma.fields.String(required=True)
    uri = ma.fields.String(required=True, metadata={"example": "otpauth://totp/Shop?secret=..."})


class RecoveryCodesSchema(Schema):
    """Codes for the day on which the app is lost; each is good once."""

    recovery_codes = ma.fields.List(ma.fields.String(), required=True)


class NewStaffSchema(Schema):
    """Someone who joins the staff, with a first password that they should change."""

    email = EmailAddress(required=True, metadata={"example": "wanda@shop.example"})
    full_name = SingleLine(120, required=True, metadata={"example": "Wanda Warehouse"})
    role = _role(required=True)
    password = new_password()


class NewInvitationSchema(Schema):
    """Who is asked onto the staff, and as what."""

    email = EmailAddress(required=True, metadata={"example": "wanda@shop.example"})
    full_name = SingleLine(120, required=True, metadata={"example": "Wanda Warehouse"})
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
    """The code of the invitation e-mail, and a first password."""

    token = token_field()
    password = new_password()


def _limit(told: str) -> dict[str, Any]:
    return {
        "load_default": None,
        "allow_none": True,
        "metadata": {"description": f"{told} Above it a second person must approve; null: none."},
    }


class RoleEditSchema(Schema):
    """What becomes of a role; permissions are the whole list, and a built-in one keeps its own."""

    permissions = _permissions(required=True, validate=ma.validate.Length(min=1))
    requires_second_factor = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Whoever has it does nothing else before setting one up."},
    )
    refund_max = ma.fields.Nested(
        LimitMoneySchema,
        **_limit("In the shop's currency; a refund in another one is above every limit."),
    )
    discount_max = ma.fields.Nested(
        LimitMoneySchema, **_limit("Off one unpaid order, in the shop's currency.")
    )
    adjust_max_units = ma.fields.Integer(
        strict=True, validate=ma.validate.Range(0, 10**9), **_limit("Units, up or down.")
    )
    adjust_max_value = ma.fields.Nested(
        LimitMoneySchema, **_limit("Units by their price; what has no price counts by units alone.")
    )

    credit_max = ma.fields.Nested(
        LimitMoneySchema,
        **_limit("Of one gift card or one gift of store credit, in the shop's currency."),
    )

    @ma.post_load
    def _limits(self, role: dict[str, object], **_: object) -> dict[str, object]:
        settings = current_settings()
        limits = {name.value: role.pop(name) for name in Limit if name in role}
        for name, limit in limits.items():
            if isinstance(limit, Money):
                if limit.currency != settings.currency:
                    error = LimitInOtherCurrency(currency=settings.currency)
                    told = {"pointer": f"/{name}", "code": error.code, "detail": error.detail}
                    raise LimitInOtherCurrency(error.detail, errors=[told])
                limits[name] = limit.amount
        return {**role, "limits": limits} if limits else role


class NewRoleSchema(RoleEditSchema):
    """A role of the shop's own."""

    name = ma.fields.String(
        required=True,
        validate=Pattern(
            r"^[a-z0-9]([a-z0-9 _-]{0,38}[a-z0-9])?$",
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

    name = SingleLine(80, required=True, metadata={"example": "Bookkeeping"})
    kind = ma.fields.Enum(KeyKind, by_value=True, load_default=KeyKind.SECRET)
    scopes = ma.fields.List(
        ma.fields.String(
            validate=ma.validate.OneOf(
                sorted(KEY_SCOPES),
                error="Must be one of: {choices}.",
            )
        ),
        load_default=list,
        metadata={"example": ["orders:read"]},
    )
    expires_at = DateTimeField(
        load_default=None,
        allow_none=True,
        validate=_moment_to_come,
        metadata={"description": "In the future. Good without end when left out."},
    )
    requests_per_minute = ma.fields.Integer(
        load_default=300, validate=ma.validate.Range(1, 60_000), metadata={"example": 300}
    )

    member_rules = (
        FilledFor(
            "scopes",
            "kind",
            KeyKind.SECRET,
            error="A secret key needs at least one, a publishable one takes none.",
        ),
    )


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

    old_expires_at = DateTimeField(
        load_default=None,
        allow_none=True,
        validate=_moment_to_come,
        metadata={
            "description": "In the future; in a week when left out. Never later than it would have"
            " ended."
        },
    )


class AuditQuerySchema(PageQuerySchema):
    """Which entries are asked for."""

    actor = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 120),
        metadata={"description": "The id of somebody on the staff or of a key, or `system:-`."},
    )
    subject_id = ma.fields.UUID(
        load_default=None, metadata={"description": "What was changed: an order, a product, ..."}
    )
    action = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 80),
        metadata={"example": "staff.sign_in_refused"},
    )
    via = ma.fields.String(load_default=None, validate=ma.validate.OneOf(WAYS_IN))
    created_at_gte = DateTimeField(load_default=None)
    created_at_lt = DateTimeField(load_default=None)


class AuditEntrySchema(Schema):
    """One change: by whom, how it was asked for, and of what."""

    id = ma.fields.UUID(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    actor = ma.fields.String(
        required=True, metadata={"example": "staff:01890000-0000-7000-8000-000000000000"}
    )
    actor_name = ma.fields.String(required=True, allow_none=True)
    action = ma.fields.String(required=True, metadata={"example": "order.refunded"})
    subject_id = ma.fields.UUID(required=True, allow_none=True)
    request_id = ma.fields.String(required=True)
    via = ma.fields.String(required=True, allow_none=True, validate=ma.validate.OneOf(WAYS_IN))
    changes = ma.fields.Dict(
        required=True,
        keys=ma.fields.String(),
        metadata={"description": "`before` and `after` where something became another."},
    )


class StaffEditSchema(Schema):
    """What may be changed about a member of staff; `is_active: false` puts them out at once."""

    full_name = SingleLine(120, required=True)
    role = _role(required=True)
    locations = _locations(required=True, validate=ma.validate.Length(1, 100))
    is_active = ma.fields.Boolean(required=True)
