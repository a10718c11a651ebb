"""Keeping the change feed short."""

from api.platform import change_feed
from api.platform.db import transaction
from api.presence import service


def purge_old_changes() -> None:
    """Delete changes that nobody asks for any more, and claims that have ended."""
    with transaction():
        change_feed.purge_old()
        service.purge_ended()
