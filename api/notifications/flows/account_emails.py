"""E-mails to people about their accounts; secrets in them stand in no table."""

from uuid import UUID

from api.accounts import service as accounts_service
from api.notifications import queries
from api.notifications.flows import emails
from api.notifications.states import EmailKind


def welcome(customer_id: UUID) -> None:
    """Greet a new customer."""
    emails.to_account(EmailKind.WELCOME, customer_id, customer_id)


def registration_repeated(customer_id: UUID, occasion: UUID) -> None:
    """Tell the owner of an address that someone tried to register it again."""
    emails.to_account(EmailKind.REGISTRATION_REPEATED, occasion, customer_id)


def password_changed(user_id: UUID, occasion: UUID) -> None:
    """Tell the owner of an account that it has a new password."""
    emails.to_account(EmailKind.PASSWORD_CHANGED, occasion, user_id)


def second_factor_reset(user_id: UUID, occasion: UUID) -> None:
    """Tell somebody on the staff that their second factor was taken away."""
    emails.to_account(EmailKind.SECOND_FACTOR_RESET, occasion, user_id)


def password_reset(request_id: UUID) -> None:
    """Send the link that sets a new password; its token is stored nowhere as it is."""
    recipient = queries.reset_recipient(request_id)

    def made() -> dict[str, object] | None:
        reset = accounts_service.make_reset_token(request_id)
        if reset is None:
            return None
        return {
            "name": reset.full_name,
            # Behind the `#` no server ever sees the token, and no log keeps it.
            "link": f"{emails.shop_address()}/reset-password#token={reset.token}",
            "expires_at": reset.expires_at,
        }

    if recipient is not None:
        emails.send_secret(
            EmailKind.PASSWORD_RESET,
            request_id,
            recipient,
            {"name": None, "link": emails.SECRET_LEFT_OUT, "expires_at": None},
            made,
            moot="The request had run out or had been answered.",
        )


def staff_invitation(invitation_id: UUID) -> None:
    """Ask somebody onto the staff; the code that lets them in stands only in the e-mail."""
    recipient = queries.invited(invitation_id)

    def made() -> dict[str, object] | None:
        invitation = accounts_service.make_invitation_token(invitation_id)
        if invitation is None:
            return None
        return {
            "name": invitation.full_name,
            "role": invitation.role,
            "code": invitation.token,
            "expires_at": invitation.expires_at,
        }

    if recipient is not None:
        emails.send_secret(
            EmailKind.STAFF_INVITATION,
            invitation_id,
            recipient,
            {"name": None, "role": None, "code": emails.SECRET_LEFT_OUT, "expires_at": None},
            made,
            moot="The invitation had run out, was taken back or was accepted.",
        )


def email_verification(request_id: UUID) -> None:
    """Send the link by which a customer proves their address; its token is stored nowhere."""
    recipient = queries.verification_recipient(request_id)

    def made() -> dict[str, object] | None:
        email = accounts_service.make_verification_token(request_id)
        if email is None:
            return None
        return {
            "name": email.full_name,
            "link": f"{emails.shop_address()}/verify-email#token={email.token}",
        }

    if recipient is not None:
        emails.send_secret(
            EmailKind.EMAIL_VERIFICATION,
            request_id,
            recipient,
            {"name": None, "link": emails.SECRET_LEFT_OUT},
            made,
            moot="The link had run out, or the address was verified.",
        )
