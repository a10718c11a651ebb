"""Tags: words of staff by which orders are found again."""

from collections.abc import Collection
from typing import Final

from api.kernel.principal import Principal
from api.orders.errors import TooManyTags
from api.orders.models import Order
from api.orders.service.orders import add_event
from api.orders.service.status import bump_version

MOST_TAGS: Final = 25


def change_tags(
    order: Order, *, add: Collection[str] = (), remove: Collection[str] = (), by: Principal
) -> bool:
    """Add and remove tags of an order; returns whether that changed any.

    Raises `TooManyTags`. Needs the order locked.
    """
    before = set(order.tags)
    after = (before | set(add)) - set(remove)
    if after == before:
        return False
    if len(after) > MOST_TAGS:
        raise TooManyTags(most=MOST_TAGS)
    order.tags = sorted(after)
    words = [f"+{tag}" for tag in sorted(after - before)]
    words += [f"-{tag}" for tag in sorted(before - after)]
    add_event(order.id, "tagged", f"Tags: {', '.join(words)}.", by=by)
    bump_version(order)
    return True
