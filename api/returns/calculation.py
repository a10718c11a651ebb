"""How much a return gives back, and why: pure sums in minor units, each with its sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from api.kernel.money import Money, divide_half_up, to_charge_unit
from api.kernel.text_folding import counted
from api.returns.states import ReturnKind, ShippingRule

_WHOLE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShare:
    """Units of a line that go back, with their share of the line's total.

    `share` is after discounts and with tax. `restocking_fee` and `credit_bonus` are in basis
    points.
    """

    order_line_id: UUID
    sku: str
    units: int
    of_units: int
    total: int
    share: int
    restocking_fee: int = 0
    credit_bonus: int = 0
    exchange_rest: int = 0
    """What of units that were exchanged before goes back, because the other goods cost less."""
    is_defect: bool = False
    shipping_rule: ShippingRule = ShippingRule.NEVER

    @property
    def worth(self) -> int:
        """Return what goes back before fees."""
        return self.share + self.exchange_rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What decides about the shipping and the fee."""

    kind: ReturnKind
    currency: str
    is_whole_order: bool
    """Whether nothing of the order is left after this."""
    shipping_left: int
    standard_postage: int
    """What the least expensive delivery of the order costs (article 13(2))."""
    with_shipping: bool | None = None
    """What staff decided; None follows the rules."""
    own_fee: int | None = None
    """The fee as staff decided."""
    as_credit: bool = False
    refundable: int = 0
    refundable_money: int = 0
    """What is left of payments that are neither gift card nor store credit."""


@dataclass(frozen=True, slots=True)
class ReturnSums:
    """The amounts of a refund by line, of the shipping, the fee that was kept, and the bonus."""

    lines: dict[UUID, int]
    shipping: int
    fee: int
    bonus: int
    reasons: tuple[str, ...]

    @property
    def amount(self) -> int:
        """Return what goes back, without the bonus."""
        return sum(self.lines.values()) + self.shipping


def refund_sums(lines: Sequence[LineShare], about: Circumstances) -> ReturnSums:
    """Work a refund out: shares of the lines, less fees, plus shipping; never above what is left.

    A withdrawal and a defect cost no fee. The shipping goes back when the whole order does: of a
    withdrawal as much as the standard delivery costs, for defects all of it, else as the policy
    says.
    """
    reasons = [_share_reason(line, about.currency) for line in lines if line.units]
    reasons += [
        f"{line.sku}: what it was exchanged for costs {_money(line.exchange_rest, about)} less."
        for line in lines
        if line.exchange_rest
    ]
    fees = _fees(lines, about, reasons)
    amounts = {line.order_line_id: line.worth - fees[line.order_line_id] for line in lines}
    shipping = _shipping(lines, about, reasons)
    excess = sum(amounts.values()) + shipping - about.refundable
    if excess > 0:
        for line in reversed(lines):
            cut = min(excess, amounts[line.order_line_id])
            amounts[line.order_line_id] -= cut
            excess -= cut
        shipping -= max(0, excess)
        reasons.append(f"No more than {_money(about.refundable, about)} is left to refund.")
    bonus = _bonus(lines, amounts, shipping, about, reasons)
    return ReturnSums(amounts, shipping, sum(fees.values()), bonus, tuple(reasons))


def _share_reason(line: LineShare, currency: str) -> str:
    return (
        f"{line.sku}: {line.units} of {counted(line.of_units, 'unit')} bought for "
        f"{Money(line.total, currency)} (after discounts, tax included) is "
        f"{Money(line.share, currency)}."
    )


def _fees(lines: Sequence[LineShare], about: Circumstances, reasons: list[str]) -> dict[UUID, int]:
    fees = {line.order_line_id: 0 for line in lines}
    if about.own_fee is not None:
        left = about.own_fee
        for line in lines:
            fees[line.order_line_id] = min(left, line.worth)
            left -= fees[line.order_line_id]
        if about.own_fee:
            reasons.append(f"Kept as decided: {_money(about.own_fee - left, about)}.")
        return fees
    for line in lines:
        if not line.restocking_fee:
            continue
        if about.kind is ReturnKind.WITHDRAWAL:
            reasons.append(f"{line.sku}: no restocking fee, the contract was withdrawn from.")
        elif line.is_defect:
            reasons.append(f"{line.sku}: no restocking fee, the reason counts as a defect.")
        else:
            fee = divide_half_up(line.share * line.restocking_fee, _WHOLE)
            fee = min(line.share, to_charge_unit(fee, about.currency))
            if not fee:
                continue
            fees[line.order_line_id] = fee
            percent = f"{line.restocking_fee / 100:g} %"
            reasons.append(f"{line.sku}: restocking fee of {percent}, {_money(fee, about)}, kept.")
    return fees


def _shipping(lines: Sequence[LineShare], about: Circumstances, reasons: list[str]) -> int:
    left = about.shipping_left
    if about.with_shipping is not None:
        amount = left if about.with_shipping else 0
        reasons.append(f"Shipping as decided: {_money(amount, about)}.")
        return amount
    if not left:
        return 0
    if not about.is_whole_order:
        reasons.append("No shipping: only a part of the order goes back.")
        return 0
    if about.kind is ReturnKind.WITHDRAWAL:
        amount = min(left, about.standard_postage)
        reasons.append(
            f"Shipping: the whole contract was withdrawn from, so {_money(amount, about)} for "
            "the least expensive standard delivery goes back."
        )
        return amount
    if lines and all(line.is_defect for line in lines):
        reasons.append(f"Shipping: all of it was defective, so {_money(left, about)} goes back.")
        return left
    if lines and all(line.shipping_rule is ShippingRule.WHOLE_ORDER for line in lines):
        reasons.append(
            f"Shipping: the policy gives {_money(left, about)} back with the whole order."
        )
        return left
    reasons.append("No shipping: the policy does not give it back.")
    return 0


def _bonus(
    lines: Sequence[LineShare],
    amounts: dict[UUID, int],
    shipping: int,
    about: Circumstances,
    reasons: list[str],
) -> int:
    total = sum(amounts.values()) + shipping
    if not about.as_credit or not total:
        return 0
    # Money goes first: what gift cards and store credit paid returns to them, without a bonus.
    as_credit = min(total, about.refundable_money)
    whole = sum(amounts[line.order_line_id] * line.credit_bonus for line in lines)
    bonus = divide_half_up(whole * as_credit, _WHOLE * total)
    reasons.append(
        f"{_money(as_credit, about)} is given as store credit"
        + (f", with a bonus of {_money(bonus, about)}." if bonus else ".")
    )
    return bonus


def _money(amount: int, about: Circumstances) -> Money:
    return Money(amount, about.currency)
