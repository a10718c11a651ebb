"""The periodic job of accounts."""

from api.accounts import service
from api.platform.db import transaction


def purge_expired_tokens() -> None:
    """Delete expired tokens, sign-ins, reset requests and invitations."""
    with transaction():
        service.forget_old_invitations()
        service.purge_expired_tokens()
