"""Tables of accounts: roles, users, addresses, sign-ins, tokens, API keys, invitations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.accounts.roles import AccountKind, KeyKind
from api.kernel import clock
from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum

# As PostgreSQL writes them, so that the indexes can be compared with those of the migrations.
_PLAIN = (
    "translate(replace(lower({}), 'ß'::text, 'ss'::text), "
    "'äàáâãåæçèéêëìíîïñòóôõöøùúûüýÿ@._+-'::text, 'aaaaaaaceeeeiiiinoooooouuuuyy     '::text)"
)
_NAME_AND_EMAIL = _PLAIN.format("(full_name::text || ' '::text) || email::text")
_NAME_AND_COMPANY = _PLAIN.format(
    "(name::text || ' '::text) || COALESCE(company, ''::character varying)::text"
)
_PHONE = (
    "reverse(regexp_replace(COALESCE(phone, ''::character varying)::text, '[^0-9]'::text, "
    "''::text, 'g'::text))"
)
WORDS_OF_USERS = f"to_tsvector('simple'::regconfig, {_NAME_AND_EMAIL})"
"""What customers are found by, folded as far as SQL can, and what their addresses add."""
WORDS_OF_ADDRESSES = (
    f"to_tsvector('simple'::regconfig, ({_NAME_AND_COMPANY} || ' '::text) || {_PHONE})"
)


class StaffRole(WithId, Versioned, Timestamped, Base):
    """A role of staff, by name.

    Built-in roles have no stored `permissions`: theirs come with the release.
    """

    __tablename__ = "staff_roles"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str] = mapped_column(String(40))
    permissions: Mapped[list[str] | None]
    requires_second_factor: Mapped[bool] = mapped_column(default=False, server_default="false")
    limits: Mapped[dict[str, object] | None]
    """By `kernel.principal.Limit`: above them a second person approves."""


class User(WithId, Versioned, Timestamped, Base):
    """A customer or a member of staff. Accounts are deactivated, never deleted: orders need them.

    The e-mail address is stored as typed, and is unique regardless of case.
    """

    __tablename__ = "users"

    kind: Mapped[AccountKind] = mapped_column(named_enum(AccountKind, "account_kind"))
    email: Mapped[str] = mapped_column(String(254))
    full_name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str | None] = mapped_column(String(40), ForeignKey("staff_roles.name"))
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    location_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    """The stock locations where they work; None for all of them. Locations are never deleted."""
    email_verified_at: Mapped[datetime | None]
    """When a customer first proved by a link that the address is theirs."""
    second_factor_at: Mapped[datetime | None]
    """Since when codes are asked for: here, because every request of staff asks it."""

    __table_args__ = (
        Index("uq_users_kind_email", "kind", func.lower(email), unique=True),
        Index("ix_users_staff", "full_name", "id", postgresql_where="kind = 'staff'"),
        Index(
            "ix_users_find",
            text(WORDS_OF_USERS),
            postgresql_using="gin",
            postgresql_where="kind = 'customer'",
        ),
        Index("ix_users_role", "role", postgresql_where="role IS NOT NULL"),
        CheckConstraint("(kind = 'staff') = (role IS NOT NULL)", name="role_is_for_staff"),
        CheckConstraint("email LIKE '%_@_%'", name="email_has_an_at"),
    )


class CustomerGroup(WithId, Versioned, Timestamped, Base):
    """Customers with prices or discounts of their own: wholesalers, club members.

    `shows_net` displays prices without tax to them; what they pay is the same.
    """

    __tablename__ = "customer_groups"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    shows_net: Mapped[bool] = mapped_column(default=False)


class CustomerGroupMember(Base):
    """A customer in a group; one may be in several."""

    __tablename__ = "customer_group_members"

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    group_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer_groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class CustomerNote(WithId, Timestamped, Base):
    """A note of staff about a customer, whatever they order."""

    __tablename__ = "customer_notes"
    __table_args__ = (Index("ix_customer_notes_customer", "customer_id", "id"),)

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(String(2000))
    created_by: Mapped[str] = mapped_column(String(200))


class Address(WithId, Versioned, Timestamped, Base):
    """One entry of a customer's address book. Orders keep their own copy, so entries may change."""

    __tablename__ = "addresses"
    __table_args__ = (
        Index("ix_addresses_user_id", "user_id", "id"),
        Index("ix_addresses_find", text(WORDS_OF_ADDRESSES), postgresql_using="gin"),
        Index(
            "uq_addresses_default_shipping",
            "user_id",
            unique=True,
            postgresql_where="is_default_shipping",
        ),
        Index(
            "uq_addresses_default_billing",
            "user_id",
            unique=True,
            postgresql_where="is_default_billing",
        ),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country_is_a_code"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(120))
    company: Mapped[str | None] = mapped_column(String(120))
    line1: Mapped[str] = mapped_column(String(200))
    line2: Mapped[str | None] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(120))
    region: Mapped[str | None] = mapped_column(String(120))
    postal_code: Mapped[str | None] = mapped_column(String(16))
    country: Mapped[str] = mapped_column(String(2))
    phone: Mapped[str | None] = mapped_column(String(30))
    is_default_shipping: Mapped[bool] = mapped_column(default=False, server_default="false")
    is_default_billing: Mapped[bool] = mapped_column(default=False, server_default="false")


class Session(WithId, Timestamped, Base):
    """One sign-in on one device, with the family of its refresh tokens."""

    __tablename__ = "sign_ins"
    __table_args__ = (
        Index("ix_sign_ins_open", "user_id", "id", postgresql_where="revoked_at IS NULL"),
        Index("ix_sign_ins_expires_at", "expires_at"),
        Index("ix_sign_ins_terminal_id", "terminal_id", postgresql_where="terminal_id IS NOT NULL"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    device: Mapped[str] = mapped_column(String(80))
    network: Mapped[str | None] = mapped_column(String(50))
    """The network of the IP address, not the address: enough to recognise home or work."""
    last_used_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]
    """When a code of the second factor was last shown in it."""
    terminal_id: Mapped[UUID | None] = mapped_column(ForeignKey("terminals.id"))
    """The shared terminal where it began with a badge and a PIN."""
    location_id: Mapped[UUID | None]
    """Of that terminal: here, because every request asks it."""


class Terminal(WithId, Timestamped, Base):
    """A console that several people share. A code enrols it once; then its key speaks for it."""

    __tablename__ = "terminals"
    __table_args__ = (
        Index("uq_terminals_code_hash", "code_hash", unique=True),
        Index("uq_terminals_key_hash", "key_hash", unique=True),
    )

    name: Mapped[str] = mapped_column(String(80))
    location_id: Mapped[UUID | None]
    """Whoever signs in there changes the stock of this location alone."""
    code_hash: Mapped[str | None] = mapped_column(String(64))
    code_expires_at: Mapped[datetime]
    key_hash: Mapped[str | None] = mapped_column(String(64))
    enrolled_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Badge(Base):
    """The badge and the PIN with which somebody signs in at a terminal."""

    __tablename__ = "badges"
    __table_args__ = (UniqueConstraint("code"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    """What the badge says. No secret: it can be printed again."""
    pin_hash: Mapped[str] = mapped_column(String(255))
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    """Since a PIN was right for the last time."""


class SecondFactor(Base):
    """The app that makes somebody's codes; since `users.second_factor_at` it counts."""

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(120))
    """Sealed: see `platform.secrets_at_rest`."""
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    """The step of time of the code that was shown last; none of before is taken again."""


class RecoveryCode(Base):
    """A code for the day on which the app is lost, by its hash. Good once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("ix_recovery_codes_user_id", "user_id"),)

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    used_at: Mapped[datetime | None]


class RefreshToken(Base):
    """One refresh token, by its hash. Valid once; reuse means that it was stolen."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        Index("ix_refresh_tokens_sign_in_id", "sign_in_id"),
        Index("ix_refresh_tokens_expires_at", "expires_at"),
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    sign_in_id: Mapped[UUID] = mapped_column(ForeignKey("sign_ins.id", ondelete="CASCADE"))
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasswordReset(WithId, Timestamped, Base):
    """A password reset: requested by e-mail address, answered by e-mail, used once.

    Stored for unknown addresses too, so that the request takes as long for them; such a row never
    gets an owner or a token and is deleted after a day.
    """

    __tablename__ = "password_resets"
    __table_args__ = (
        Index("uq_password_resets_token_hash", "token_hash", unique=True),
        Index("ix_password_resets_user_id", "user_id"),
        Index("ix_password_resets_created_at", "created_at"),
    )

    email: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str | None] = mapped_column(String(64))
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class EmailVerification(WithId, Timestamped, Base):
    """A link by which a customer proves their address: mailed, opened once, good for two days."""

    __tablename__ = "email_verifications"
    __table_args__ = (
        Index("uq_email_verifications_token_hash", "token_hash", unique=True),
        Index("ix_email_verifications_user_id", "user_id"),
        Index("ix_email_verifications_created_at", "created_at"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    email: Mapped[str] = mapped_column(String(254))
    token_hash: Mapped[str | None] = mapped_column(String(64))
    """Created when the e-mail is written."""
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiKey(WithId, Timestamped, Base):
    """An API key of a program. Only its hash is stored; it is found by its prefix.

    Keys that replace one another form a series. The scopes of a key never change.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        UniqueConstraint("prefix"),
        Index("ix_api_keys_series_id", "series_id"),
    )

    series_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[KeyKind] = mapped_column(named_enum(KeyKind, "kind"))
    prefix: Mapped[str] = mapped_column(String(12))
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    requests_per_minute: Mapped[int]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    """Who created it; None for a command."""
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """To the minute: an update for each request would cost more than the request."""


class StaffInvitation(WithId, Timestamped, Base):
    """An invitation to join the staff, by e-mail: with a fixed role, for two weeks, once."""

    __tablename__ = "staff_invitations"

    email: Mapped[str] = mapped_column(String(254))
    full_name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(40))
    """By name, without a foreign key: an old invitation does not keep a role from being deleted."""
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    """Who invited them; None for a command."""
    token_hash: Mapped[str | None] = mapped_column(String(64))
    """Of the newest e-mail; created when that is written."""
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_staff_invitations_open",
            func.lower(email),
            unique=True,
            postgresql_where="accepted_at IS NULL AND revoked_at IS NULL",
        ),
        Index("uq_staff_invitations_token_hash", "token_hash", unique=True),
    )
