"""What discounts take off an amount: never more than there is, and what cards can be charged."""

from collections.abc import Mapping, Sequence

from api.kernel.money import BASIS_POINTS, divide_half_up, to_charge_unit

ShippingRule = Mapping[str, int]
"""`{"basis_points": 5000}` or `{"amount": 300}`; empty for a discount on goods."""


def share_of(amount: int, most: int, currency: str) -> int:
    """Round what is taken off `most`: never more than that, and all of it where all of it goes."""
    return most if amount >= most else min(most, to_charge_unit(amount, currency))


def off_shipping(rules: Sequence[ShippingRule], amount: int, currency: str) -> list[int]:
    """Take rules off a shipping price one after the other; never more than is left."""
    taken = []
    for rule in rules:
        share = divide_half_up(amount * rule.get("basis_points", 0), BASIS_POINTS)
        share = share_of(share + rule.get("amount", 0), amount, currency)
        taken.append(share)
        amount -= share
    return taken
