"""E-mails to customers about their accounts, with a secret that stands in no table."""

from uuid import UUID

from api.accounts import service as accounts_service
from api.notifications import queries
from api.notifications.flows.emails import SECRET_LEFT_OUT, send_secret
from api.notifications.states import EmailKind
from api.platform.service_registry import get_service
from api.platform.settings import Settings


def email_verification(request_id: UUID) -> None:
    """Send the link by which a customer proves their address; its token is stored nowhere."""
    recipient = queries.verification_recipient(request_id)

    def made() -> dict[str, object] | None:
        email = accounts_service.make_verification_token(request_id)
        if email is None:
            return None
        settings: Settings = get_service(Settings)
        shop = settings.public_url.rstrip("/")
        return {
            "name": email.full_name,
            "link": f"{shop}/verify-email#token={email.token}",
        }

    if recipient is not None:
        send_secret(
            EmailKind.EMAIL_VERIFICATION,
            request_id,
            recipient,
            {"name": None, "link": SECRET_LEFT_OUT},
            made,
            moot="The link had run out, or the address was verified.",
        )
