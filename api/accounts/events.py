"""What happened to accounts."""

from dataclasses import dataclass, field
from uuid import UUID

from api.kernel.events import Event
from api.kernel.ids import new_id


@dataclass(frozen=True, kw_only=True)
class CustomerRegistered(Event):
    """A new customer has an account."""

    customer_id: UUID


@dataclass(frozen=True, kw_only=True)
class GroupEdited(Event):
    """A group of customers is shown prices in another way."""

    group_id: UUID


@dataclass(frozen=True, kw_only=True)
class RegistrationRepeated(Event):
    """Someone tried to register an address that has an account: its owner should hear of it.

    `attempt_id` names this one attempt, so that each is told, and told once.
    """

    customer_id: UUID
    attempt_id: UUID = field(default_factory=new_id, compare=False)


@dataclass(frozen=True, kw_only=True)
class PasswordResetRequested(Event):
    """Someone requested a password reset. The e-mail's job checks whether there is an account.

    Carries no token: `service.make_reset_token` creates it with the e-mail, so that the
    secret is never stored.
    """

    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class EmailVerificationRequested(Event):
    """A customer wants to prove their address. The token is created with the e-mail."""

    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class EmailVerified(Event):
    """A customer proved that the address of their account is theirs."""

    customer_id: UUID


@dataclass(frozen=True, kw_only=True)
class StaffInvited(Event):
    """Someone was invited to join the staff. The code is created when the e-mail is written."""

    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class SecondFactorReset(Event):
    """Somebody's second factor was taken away by another one: they should hear of it."""

    user_id: UUID
    reset_id: UUID = field(default_factory=new_id, compare=False)


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """An account has a new password and its other sign-ins ended: its owner should hear of it.

    `change_id` names this one change, so that each is told, and told once.
    """

    user_id: UUID
    change_id: UUID = field(default_factory=new_id, compare=False)
