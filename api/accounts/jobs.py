"""What accounts do by the clock."""

from api.accounts import service
from api.platform.db import transaction


def purge_expired_tokens() -> None:
    """Delete tokens, sign-ins, reset requests and invitations that ran out."""
    with transaction():
        service.forget_old_invitations()
        service.purge_expired_tokens()
