"""The shop's policy for returns, and the periods of the right of withdrawal. Pure functions.

Sources: Directive 2011/83/EU on consumer rights, articles 9 to 16, as amended by Directive (EU)
2023/2673 (article 11a, from 19 June 2026); Regulation 1182/71, article 3, for counting days.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.returns.states import Condition, Exclusion, GoodsCondition, ShippingRule

WITHDRAWAL_DAYS = 14
REFUND_DAYS = 14
_SATURDAY = 5


_ONLY_ONCE_OPENED = frozenset({Exclusion.SEALED_HYGIENE, Exclusion.SEALED_MEDIA, Exclusion.MIXED})


_ACCEPTED = {
    Condition.SEALED: {GoodsCondition.SEALED},
    Condition.UNUSED: {GoodsCondition.SEALED, GoodsCondition.UNUSED},
    Condition.ANY: set(GoodsCondition),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How returns of a line are handled. Shares are in basis points."""

    window_days: int = 30
    is_final_sale: bool = False
    condition: Condition = Condition.UNUSED
    restocking_fee: int = 0
    credit_bonus: int = 0
    shipping_rule: ShippingRule = ShippingRule.NEVER
    withdrawal_exclusion: Exclusion | None = None

    @property
    def excludes_withdrawal(self) -> bool:
        """Whether a withdrawal is refused at once."""
        exclusion = self.withdrawal_exclusion
        return exclusion is not None and exclusion not in _ONLY_ONCE_OPENED


def last_arrival(
    parcels: Sequence[tuple[datetime | None, datetime | None]], open_units: int
) -> datetime | None:
    """Return when the last of an order arrived; None while that is unknown.

    `parcels` are (shipped, arrived) of those that left. Units that are still to be shipped, and a
    parcel whose arrival nobody has recorded, leave it unknown.
    """
    arrivals = [arrived for _, arrived in parcels]
    if open_units or not arrivals or any(arrived is None for arrived in arrivals):
        return None
    return max(arrived for arrived in arrivals if arrived is not None)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment after a day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def withdrawal_ends(
    arrival: datetime | None, zone: ZoneInfo, holidays: Collection[date] = frozenset()
) -> datetime | None:
    """Return when the right of withdrawal ends (exclusive); None while it is open without end.

    Fourteen days from the day after the last goods arrived (article 9(2)(b); the day itself does
    not count, Regulation 1182/71, article 3(1)), until the end of the last day. One that ends on
    a public holiday, Sunday or Saturday ends with the next working day (article 3(4)); the
    `holidays` are those of the market. Days are those of `zone`.
    """
    if arrival is None:
        return None
    day = arrival.astimezone(zone).date() + timedelta(days=WITHDRAWAL_DAYS)
    while day.weekday() >= _SATURDAY or day in holidays:
        day += timedelta(days=1)
    return end_of_day(day, zone)


def withdrawal_refund_due(notice: datetime, zone: ZoneInfo) -> datetime:
    """Return until when a withdrawal must be refunded (exclusive), article 13(1).

    Fourteen days from the day after the notice. Weekends are not added here: the shop is held to
    the earlier day.
    """
    day = notice.astimezone(zone).date() + timedelta(days=REFUND_DAYS)
    return end_of_day(day, zone)


def may_withhold(*, received: bool, posted: bool) -> bool:
    """Tell whether the refund of a withdrawal may still wait, article 13(3).

    It may until the goods are back or the consumer has shown that they were sent, whichever is
    first.
    """
    return not received and not posted


def window_ends(arrival: datetime | None, days: int, zone: ZoneInfo) -> datetime | None:
    """Return when the shop's own return window ends (exclusive); None while it has not begun."""
    if arrival is None:
        return None
    return end_of_day(arrival.astimezone(zone).date() + timedelta(days=days), zone)


def objections(
    policy: Policy,
    ends: datetime | None,
    now: datetime,
    condition: GoodsCondition | None = None,
) -> list[str]:
    """Return what the policy says against a return: binds customers, advises staff.

    `condition` is that in which the goods are said to be; None when nobody has said.
    """
    against = []
    if policy.is_final_sale:
        against.append("It was a final sale.")
    if ends is not None and now >= ends:
        against.append(f"The return window of {policy.window_days} days is over.")
    if condition is not None and condition not in _ACCEPTED[policy.condition]:
        against.append(f"It must be {policy.condition}, and is {condition}.")
    return against


def narrowest(
    policies: Iterable[tuple[bool, bool, Policy]], default: Policy | None = None
) -> Policy:
    """Choose the policy of a line: product and market, then product, then market, then all.

    Each is given with whether it names the product and the market.
    """
    ranked = sorted(policies, key=lambda one: (one[0], one[1]), reverse=True)
    return ranked[0][2] if ranked else (default or Policy())
