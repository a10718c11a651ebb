"""What happened to accounts."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CustomerRegistered(Event):
    """A new customer has an account."""

    customer_id: UUID


@dataclass(frozen=True, kw_only=True)
class RegistrationRepeated(Event):
    """Someone tried to register an address that has an account: its owner should hear of it."""

    customer_id: UUID


@dataclass(frozen=True, kw_only=True)
class PasswordResetRequested(Event):
    """Someone forgot a password. Whether the address has an account is found out with the letter.

    Carries no token: `service.make_reset_token` makes it when the letter is written, so that the
    secret is never stored.
    """

    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """An account has a new password and its other sign-ins ended: its owner should hear of it."""

    user_id: UUID
