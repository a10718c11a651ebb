"""Keeping the change feed short."""

from api.platform import changes
from api.platform.db import transaction
from api.presence import service


def forget_old_changes() -> None:
    """Delete changes that nobody asks for any more, and claims that have ended."""
    with transaction():
        changes.forget_old()
        service.forget_ended()
