"""How an order's total is divided between gift cards, store credit and the payment of the rest."""

from collections.abc import Callable, Sequence


def split(total: int, balances: Sequence[int], *, least_rest: Callable[[int], int]) -> list[int]:
    """Return how much each balance pays, in the order given; all are minor units of one currency.

    Each pays as much as it can. What then remains is 0, or raised to what the other way to pay
    takes at least (`least_rest`), by letting the last balances pay less. When even all of `total`
    is too little for it, nothing is paid from balances and the caller refuses.
    """
    parts, rest = [], total
    for balance in balances:
        parts.append(min(balance, rest))
        rest -= parts[-1]
    missing = max(0, least_rest(rest) - rest) if rest else 0
    for at in reversed(range(len(parts))):
        less = min(parts[at], missing)
        parts[at] -= less
        missing -= less
    return parts
