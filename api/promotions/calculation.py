"""Pure arithmetic: which discounts a cart gets, how much of each falls on which line, why not.

Amounts are minor units in the basis of the unit prices. Discounts are taken one after the other,
lowest `priority` first, each from what the ones before left over; of one priority, goods come
before shipping and the larger amount before the smaller. So the order in which codes were entered
never matters. A minimum is compared with the prices before any discount. Gift cards are sold at
face value: no discount reduces them, and no condition counts them. What a discount takes off is
rounded to what cards can be charged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from api.kernel.money import BASIS_POINTS, Money, allocate, charge_unit, divide_half_up
from api.kernel.text_folding import counted
from api.promotions.shares import ShippingRule, off_shipping, share_of
from api.promotions.states import DiscountKind, Target
from api.tax.rules import GIFT_CARD, STANDARD


@dataclass(frozen=True, slots=True)
class Goods:
    """A line of a cart; `key` is the caller's id of it."""

    key: UUID
    quantity: int
    unit_price: int
    product_id: UUID
    tax_class: str = STANDARD
    collections: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Tier:
    """What applies from a quantity or value on: a share in basis points, or an amount."""

    start: int
    basis_points: int | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount as it is calculated. Empty collections of a condition stand for no condition.

    Of `buy_x_get_y`, the `get_quantity` cheapest units of `get_products` and `get_collections`
    (without any: of what is bought) are reduced by `basis_points` for each `buy_quantity`, at most
    `max_times` times. A fixed amount on lines is taken off each unit, on the order once.
    """

    id: UUID
    name: str
    kind: DiscountKind
    target: Target
    is_active: bool = True
    is_automatic: bool = True
    priority: int = 100
    is_exclusive: bool = False
    stack_group: str | None = None
    currency: str | None = None
    basis_points: int | None = None
    amount: int | None = None
    tiers: tuple[Tier, ...] = ()
    buy_quantity: int | None = None
    get_quantity: int | None = None
    get_products: frozenset[UUID] = frozenset()
    get_collections: frozenset[UUID] = frozenset()
    max_times: int | None = None
    products: frozenset[UUID] = frozenset()
    collections: frozenset[UUID] = frozenset()
    groups: frozenset[UUID] = frozenset()
    markets: frozenset[str] = frozenset()
    min_amount: int | None = None
    min_quantity: int | None = None
    first_order: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    max_uses: int | None = None
    max_uses_per_customer: int | None = None
    is_used_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """What is known of the buyer; `today` is in the shop's time zone.

    A market of None is not known yet, one of "" is none; and `is_first_order` is None for guests.
    """

    today: date
    currency: str
    market: str | None = None
    groups: frozenset[UUID] = frozenset()
    is_first_order: bool | None = None
    own_uses: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A discount that may apply, and the code that was entered for it."""

    discount: Discount
    code: str | None = None
    code_id: UUID | None = None
    is_used_up: bool = False


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The condition that a discount fails, what is missing, and both in words."""

    condition: str
    detail: str
    missing_amount: Money | None = None
    missing_quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A discount that does not apply, and why."""

    name: str | None
    code: str | None
    why: WhyNot


@dataclass(frozen=True, slots=True)
class Applied:
    """A discount that applies, with its share of each line."""

    discount: Discount
    code: str | None
    code_id: UUID | None
    shares: Mapping[UUID, int]

    @property
    def amount(self) -> int:
        """What it takes off the goods."""
        return sum(self.shares.values())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What applies to a cart, in order, and what does not."""

    applied: tuple[Applied, ...] = ()
    refused: tuple[Refused, ...] = ()

    def off_line(self, key: UUID) -> int:
        """Return what all discounts take off a line."""
        return sum(applied.shares.get(key, 0) for applied in self.applied)

    def off_shipping(self, amount: int, currency: str) -> list[int]:
        """Return what each applied discount takes off a shipping price."""
        rules = [shipping_rule(one.discount) for one in self.applied]
        return off_shipping(rules, amount, currency)


NOTHING = Outcome()
_CODE_USED = WhyNot("code_used", "This code has been used.")


def shipping_rule(discount: Discount) -> ShippingRule:
    """Return what a discount takes off the shipping, as it is kept with an order."""
    if discount.target is not Target.SHIPPING:
        return {}
    if discount.kind is DiscountKind.FREE_SHIPPING:
        return {"basis_points": BASIS_POINTS}
    if discount.kind is DiscountKind.PERCENT:
        return {"basis_points": discount.basis_points or 0}
    return {"amount": discount.amount or 0}


def calculate(goods: Sequence[Goods], candidates: Iterable[Candidate], buyer: Buyer) -> Outcome:
    """Find the discounts of a cart, their shares of its lines, and why the others do not apply."""
    goods = [line for line in goods if line.tax_class != GIFT_CARD]
    left = {line.key: line.unit_price * line.quantity for line in goods}
    refused: list[Refused] = []
    open_: list[Candidate] = []
    for one in sorted(candidates, key=lambda one: (one.discount.id, one.code or "")):
        why = _CODE_USED if one.is_used_up else why_not(one.discount, goods, buyer)
        if why is None and any(one.discount.id == other.discount.id for other in open_):
            why = WhyNot("same_discount", "Only one code of this discount can be used at once.")
        if why is None:
            open_.append(one)
        else:
            refused.append(Refused(one.discount.name, one.code, why))
    applied: list[Applied] = []
    while open_:
        first = min(one.discount.priority for one in open_)
        rivals = [
            (one, _shares(one.discount, goods, left, buyer.currency))
            for one in open_
            if one.discount.priority == first
        ]
        one, shares = min(
            rivals,
            key=lambda rival: (
                rival[0].discount.target is Target.SHIPPING,
                -sum(rival[1].values()),
                rival[0].discount.id,
            ),
        )
        open_.remove(one)
        why = _conflict(one.discount, applied)
        if why is None and one.discount.target is not Target.SHIPPING and not any(shares.values()):
            why = WhyNot("nothing_left", "There is nothing that it could reduce.")
        if why is not None:
            refused.append(Refused(one.discount.name, one.code, why))
            continue
        for key, share in shares.items():
            left[key] -= share
        taken = {key: share for key, share in shares.items() if share}
        applied.append(Applied(one.discount, one.code, one.code_id, taken))
    return Outcome(tuple(applied), tuple(refused))


def why_not(discount: Discount, goods: Sequence[Goods], buyer: Buyer) -> WhyNot | None:
    """Return the first condition that a discount fails, or None. What is unknown does not fail."""
    return (
        not_in_force(discount, buyer)
        or _not_for(discount, buyer)
        or missing(discount, goods, buyer.currency)
    )


def not_in_force(discount: Discount, buyer: Buyer) -> WhyNot | None:
    """Return why a discount is for nobody on this day, or for no cart in this currency."""
    if not discount.is_active:
        return WhyNot("inactive", "It is switched off.")
    if discount.starts_on is not None and buyer.today < discount.starts_on:
        return WhyNot("not_started", f"It begins on {discount.starts_on:%d %B %Y}.")
    if discount.ends_on is not None and buyer.today > discount.ends_on:
        return WhyNot("ended", f"It ended on {discount.ends_on:%d %B %Y}.")
    if discount.currency not in (None, buyer.currency):
        return WhyNot("currency", f"It is for carts in {discount.currency}.")
    return None


def _not_for(discount: Discount, buyer: Buyer) -> WhyNot | None:
    if discount.markets and buyer.market is not None and buyer.market not in discount.markets:
        return WhyNot("market", "It is not for the country of this order.")
    if discount.groups and not discount.groups & buyer.groups:
        return WhyNot("group", "It is for customers of another group.")
    if discount.first_order and not buyer.is_first_order:
        return WhyNot("first_order", "It is for the first order of a customer who is signed in.")
    if discount.is_used_up:
        return WhyNot("used_up", "It was used as often as it may be.")
    most = discount.max_uses_per_customer
    if most is not None and buyer.own_uses.get(discount.id, 0) >= most:
        return WhyNot("used_by_you", "You have used it as often as one customer may.")
    return None


def missing(discount: Discount, goods: Sequence[Goods], currency: str) -> WhyNot | None:
    """Return what the cart lacks: goods that the discount is for, or units or value of them."""
    fitting = _fitting(discount, goods)
    if not fitting:
        return WhyNot("products", "Nothing in the cart is part of it.")
    quantity = sum(line.quantity for line in fitting)
    value = sum(line.quantity * line.unit_price for line in fitting)
    least_quantity, least_value = discount.min_quantity or 0, discount.min_amount or 0
    lowest = min((tier.start for tier in discount.tiers), default=0)
    if discount.kind is DiscountKind.TIERED_BY_QUANTITY:
        least_quantity = max(least_quantity, lowest)
    elif discount.kind is DiscountKind.TIERED_BY_VALUE:
        least_value = max(least_value, lowest)
    if quantity < least_quantity:
        more = least_quantity - quantity
        return WhyNot("min_quantity", f"{counted(more, 'unit')} to go.", missing_quantity=more)
    if value < least_value:
        to_go = Money(least_value - value, currency)
        return WhyNot("min_amount", f"{to_go} to go.", missing_amount=to_go)
    if discount.kind is DiscountKind.BUY_X_GET_Y and not _times(discount, goods):
        got = _get_set(discount, goods)
        if not got:
            return WhyNot("products", "What it reduces is not in the cart.")
        both = {line.key: line for line in (*fitting, *got)}.values()
        needed = (discount.buy_quantity or 0) + (discount.get_quantity or 0)
        more = max(1, needed - sum(line.quantity for line in both))
        return WhyNot("min_quantity", f"{counted(more, 'unit')} to go.", missing_quantity=more)
    return None


def _conflict(discount: Discount, applied: Sequence[Applied]) -> WhyNot | None:
    """Tell which discount that applies already keeps this one out."""
    for other in (one.discount for one in applied):
        same = discount.stack_group is not None and discount.stack_group == other.stack_group
        if same or discount.is_exclusive or other.is_exclusive:
            return WhyNot("stacking", f"It cannot be combined with {other.name}.")
    return None


def _fits(line: Goods, products: frozenset[UUID], collections: frozenset[UUID]) -> bool:
    if not products and not collections:
        return True
    return line.product_id in products or bool(collections & line.collections)


def _fitting(discount: Discount, goods: Sequence[Goods]) -> list[Goods]:
    return [line for line in goods if _fits(line, discount.products, discount.collections)]


def _get_set(discount: Discount, goods: Sequence[Goods]) -> list[Goods]:
    if not discount.get_products and not discount.get_collections:
        return _fitting(discount, goods)
    return [line for line in goods if _fits(line, discount.get_products, discount.get_collections)]


def _shares(
    discount: Discount, goods: Sequence[Goods], left: Mapping[UUID, int], currency: str
) -> dict[UUID, int]:
    """Return what a discount takes off each line, of what is left of it."""
    if discount.target is Target.SHIPPING:
        return {}
    fitting = _fitting(discount, goods)
    if discount.kind is DiscountKind.BUY_X_GET_Y:
        return _free_units(discount, goods, left, currency)
    basis_points, amount = _step(discount, fitting)
    if discount.target is Target.LINES:
        return {
            line.key: share_of(
                divide_half_up(left[line.key] * basis_points, BASIS_POINTS)
                + amount * line.quantity,
                left[line.key],
                currency,
            )
            for line in fitting
        }
    weights = [left[line.key] for line in goods]
    whole = divide_half_up(sum(weights) * basis_points, BASIS_POINTS) + amount
    whole = share_of(whole, sum(weights), currency)
    shares = allocate(whole, weights, charge_unit(currency)) if whole else [0] * len(goods)
    return {line.key: share for line, share in zip(goods, shares, strict=True)}


def _step(discount: Discount, fitting: Sequence[Goods]) -> tuple[int, int]:
    """Return the basis points and the amount that apply; of tiers, those of the highest reached."""
    if not discount.tiers:
        return discount.basis_points or 0, discount.amount or 0
    by_value = discount.kind is DiscountKind.TIERED_BY_VALUE
    reached = sum(line.quantity * (line.unit_price if by_value else 1) for line in fitting)
    tier = max(
        (tier for tier in discount.tiers if tier.start <= reached), key=lambda tier: tier.start
    )
    return tier.basis_points or 0, tier.amount or 0


def _times(discount: Discount, goods: Sequence[Goods]) -> int:
    """Return how often buy-x-get-y applies: no unit counts both as bought and as reduced."""
    buy, get = discount.buy_quantity or 1, discount.get_quantity or 1
    bought = {line.key for line in _fitting(discount, goods)}
    got = _get_set(discount, goods)
    units = sum(line.quantity for line in goods if line.key in bought)

    def is_possible(times: int) -> bool:
        taken = _cheapest(got, times * get)
        if sum(taken.values()) < times * get:
            return False
        return units - sum(taken[key] for key in taken if key in bought) >= times * buy

    low, high = 0, units // buy
    if discount.max_times is not None:
        high = min(high, discount.max_times)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_possible(middle) else (low, middle - 1)
    return low


def _cheapest(goods: Sequence[Goods], units: int) -> dict[UUID, int]:
    taken: dict[UUID, int] = {}
    for line in sorted(goods, key=lambda line: (line.unit_price, line.key)):
        taken[line.key] = min(line.quantity, units)
        units -= taken[line.key]
    return taken


def _free_units(
    discount: Discount, goods: Sequence[Goods], left: Mapping[UUID, int], currency: str
) -> dict[UUID, int]:
    units = _times(discount, goods) * (discount.get_quantity or 1)
    taken = _cheapest(_get_set(discount, goods), units)
    prices = {line.key: line.unit_price for line in goods}
    share = discount.basis_points if discount.basis_points is not None else BASIS_POINTS
    return {
        key: share_of(
            divide_half_up(prices[key] * count * share, BASIS_POINTS), left[key], currency
        )
        for key, count in taken.items()
    }
