"""The periodic job that purges changes and claims."""

from api.platform import change_feed
from api.platform.db import transaction
from api.presence import service


def purge_old_changes() -> None:
    """Delete changes older than any valid cursor, and expired claims."""
    with transaction():
        change_feed.purge_old()
        service.purge_ended()
