"""Forty refunds of returns, worked out by hand: each sum, and the reason that explains it.

Minor units of EUR. Lines are (total of the line, its units, units before, units now); the total is
after discounts and with tax, so a discount or a tax needs no rule of its own here: the share of a
line holds both.
"""

from dataclasses import dataclass
from uuid import UUID

import pytest

from api.pricing.totals import refund_share
from api.returns.calculation import Circumstances, LineShare, refund_sums
from api.returns.states import ReturnKind, ShippingRule

RETURN, WITHDRAWAL = ReturnKind.RETURN, ReturnKind.WITHDRAWAL
Line = tuple[int, int, int, int]


@dataclass(frozen=True)
class Case:
    """One worked refund: what comes back, under which circumstances, and what goes back."""

    name: str
    lines: tuple[Line, ...]
    amounts: tuple[int, ...]
    shipping: int = 0
    fee: int = 0
    bonus: int = 0
    why: str = ""
    kind: ReturnKind = RETURN
    whole: bool = False
    shipping_left: int = 490
    standard: int = 490
    rule: ShippingRule = ShippingRule.NEVER
    restocking: int = 0
    defect: bool = False
    decided: bool | None = None
    own_fee: int | None = None
    credit: bool = False
    bonus_rate: int = 0
    refundable: int = 1_000_000
    money: int = 1_000_000
    rest: int = 0
    """What exchanged units were worth more than what they were exchanged for."""


W = ShippingRule.WHOLE_ORDER
CASES = (
    # A part of a line: equal shares, and the last one takes what rounding left.
    Case("one of two", ((1998, 2, 0, 1),), (999,), why="1 of 2 units bought for 19.98 EUR"),
    Case("first of three at 10.00", ((1000, 3, 0, 1),), (333,), why="is 3.33 EUR"),
    Case("second of three at 10.00", ((1000, 3, 1, 1),), (334,), why="is 3.34 EUR"),
    Case("third of three at 10.00", ((1000, 3, 2, 1),), (333,), why="is 3.33 EUR"),
    Case("two of three at 10.00", ((1000, 3, 0, 2),), (667,), why="2 of 3 units"),
    Case("all of three at 10.00", ((1000, 3, 0, 3),), (1000,), why="3 of 3 units"),
    Case("one cent over two", ((1, 2, 0, 1),), (1,), why="is 0.01 EUR"),
    Case("the other half of one cent", ((1, 2, 1, 1),), (0,), why="is 0.00 EUR"),
    Case("two lines", ((1998, 2, 0, 1), (500, 1, 0, 1)), (999, 500), why="No shipping: only"),
    # A discount is in the total of the line: 2 x 9.99 less 10 % is 17.98.
    Case("one of two, 10 % off", ((1798, 2, 0, 1),), (899,), why="after discounts"),
    Case("both of two, 10 % off", ((1798, 2, 0, 2),), (1798,), why="bought for 17.98 EUR"),
    Case("a fixed discount over three", ((2497, 3, 0, 1),), (832,), why="is 8.32 EUR"),
    Case("its second unit", ((2497, 3, 1, 1),), (833,), why="is 8.33 EUR"),
    Case("a free gift", ((0, 1, 0, 1),), (0,), why="bought for 0.00 EUR"),
    # Tax is in the total too: net 20.00 with 19 % is 23.80, with 8.875 % it is 21.78.
    Case("net price with 19 %", ((2380, 2, 0, 1),), (1190,), why="tax included"),
    Case("net price with 8.875 %", ((2178, 2, 0, 1),), (1089,), why="tax included"),
    Case("19 % and a discount of 5.00 net", ((1785, 2, 0, 1),), (893,), why="is 8.93 EUR"),
    Case("its other unit", ((1785, 2, 1, 1),), (892,), why="is 8.92 EUR"),
    # Postage: only with the last of the order, and by the rule.
    Case("whole order, policy never", ((1998, 2, 0, 2),), (1998,), 0, whole=True,
         why="the policy does not give it back"),
    Case("whole order, policy gives", ((1998, 2, 0, 2),), (1998,), 490, whole=True, rule=W,
         why="the policy gives 4.90 EUR back"),
    Case("a part, policy gives", ((1998, 2, 0, 1),), (999,), 0, rule=W, why="only a part"),
    Case("whole order, defective", ((1998, 2, 0, 2),), (1998,), 490, whole=True, defect=True,
         why="all of it was defective"),
    Case("nothing left of the postage", ((1998, 2, 0, 2),), (1998,), 0, whole=True, rule=W,
         shipping_left=0, why="19.98 EUR"),
    Case("staff give it", ((1998, 2, 0, 1),), (999,), 490, decided=True,
         why="Shipping as decided: 4.90 EUR"),
    Case("staff keep it", ((1998, 2, 0, 2),), (1998,), 0, whole=True, rule=W, decided=False,
         why="Shipping as decided: 0.00 EUR"),
    # A withdrawal: the standard delivery, no fee (articles 13 and 14).
    Case("full withdrawal, standard", ((1998, 2, 0, 2),), (1998,), 490, kind=WITHDRAWAL,
         whole=True, why="least expensive standard delivery"),
    Case("full withdrawal, express paid", ((1998, 2, 0, 2),), (1998,), 490, kind=WITHDRAWAL,
         whole=True, shipping_left=1290, why="4.90 EUR for the least expensive"),
    Case("full withdrawal, delivery was cheaper", ((1998, 2, 0, 2),), (1998,), 300,
         kind=WITHDRAWAL, whole=True, shipping_left=300, why="3.00 EUR for the least expensive"),
    Case("partial withdrawal", ((1998, 2, 0, 1),), (999,), 0, kind=WITHDRAWAL, why="only a part"),
    Case("withdrawal costs no fee", ((1998, 2, 0, 2),), (1998,), 490, kind=WITHDRAWAL, whole=True,
         restocking=1000, why="no restocking fee, the contract was withdrawn from"),
    Case("lost value of a withdrawal", ((1998, 2, 0, 2),), (1498,), 490, 500, kind=WITHDRAWAL,
         whole=True, own_fee=500, why="Kept as decided: 5.00 EUR"),
    # Fees.
    Case("restocking fee of 10 %", ((1998, 2, 0, 1),), (899,), fee=100, restocking=1000,
         why="restocking fee of 10 %, 1.00 EUR"),
    Case("of a defect there is none", ((1998, 2, 0, 1),), (999,), restocking=1000, defect=True,
         why="the reason counts as a defect"),
    Case("half a cent of a fee", ((3, 1, 0, 1),), (1,), fee=2, restocking=5000,
         why="restocking fee of 50 %, 0.02 EUR"),
    Case("a fee above the line", ((999, 1, 0, 1),), (0,), fee=999, own_fee=2000,
         why="Kept as decided: 9.99 EUR"),
    # Never more than what was paid and is left; what a gift card paid is part of that.
    Case("goodwill went back before", ((1998, 2, 0, 2),), (1498,), refundable=1498,
         why="No more than 14.98 EUR is left"),
    Case("and the postage goes last", ((1998, 2, 0, 2),), (0,), 100, whole=True, rule=W,
         refundable=100, why="No more than 1.00 EUR is left"),
    # Store credit: the bonus is on the money alone, gift cards get back what they paid.
    Case("store credit with 5 %", ((2000, 2, 0, 1),), (1000,), bonus=50, credit=True,
         bonus_rate=500, why="with a bonus of 0.50 EUR"),
    Case("half of it was a gift card", ((2000, 2, 0, 1),), (1000,), bonus=25, credit=True,
         bonus_rate=500, money=500, why="5.00 EUR is given as store credit, with a bonus of 0.25"),
    Case("all of it was a gift card", ((2000, 2, 0, 1),), (1000,), credit=True, bonus_rate=500,
         money=0, why="0.00 EUR is given as store credit."),
    Case("no bonus on postage", ((2000, 2, 0, 2),), (2000,), 500, bonus=100, credit=True,
         bonus_rate=500, whole=True, rule=W, shipping_left=500, why="bonus of 1.00 EUR"),
    Case("a discount, a fee and a bonus", ((1798, 2, 0, 1),), (809,), fee=90, bonus=40,
         credit=True, bonus_rate=500, restocking=1000, why="bonus of 0.40 EUR"),
    # Exchanged units pay for the other goods; only what those cost less goes back.
    Case("only the rest of an exchange", ((1998, 2, 1, 0),), (200,), rest=200,
         why="what it was exchanged for costs 2.00 EUR less"),
    Case("one unit and the rest of another", ((1998, 2, 1, 1),), (1199,), rest=200,
         why="1 of 2 units bought for 19.98 EUR"),
    Case("a fee on the unit, not on the rest", ((1998, 2, 1, 1),), (1099,), fee=100, rest=200,
         restocking=1000, why="restocking fee of 10 %, 1.00 EUR"),
    Case("no fee on the rest alone", ((1998, 2, 1, 0),), (200,), rest=200, restocking=1000,
         why="costs 2.00 EUR less"),
    Case("lost value above the rest", ((1998, 2, 1, 0),), (0,), fee=200, rest=200, own_fee=500,
         why="Kept as decided: 2.00 EUR"),
)  # fmt: skip


def test_there_are_forty() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_refund_comes_to_what_was_worked_out(case: Case) -> None:
    shares = [
        LineShare(
            order_line_id=UUID(int=at),
            sku=f"SKU-{at}",
            units=now,
            of_units=units,
            total=total,
            share=refund_share(total, units, before, now),
            restocking_fee=case.restocking,
            credit_bonus=case.bonus_rate,
            is_defect=case.defect,
            shipping_rule=case.rule,
            exchange_rest=case.rest,
        )
        for at, (total, units, before, now) in enumerate(case.lines)
    ]
    about = Circumstances(
        kind=case.kind,
        currency="EUR",
        is_whole_order=case.whole,
        shipping_left=case.shipping_left,
        standard_postage=case.standard,
        with_shipping=case.decided,
        own_fee=case.own_fee,
        as_credit=case.credit,
        refundable=case.refundable,
        refundable_money=case.money,
    )

    sums = refund_sums(shares, about)

    assert (*sums.lines.values(),) == case.amounts
    assert (sums.shipping, sums.fee, sums.bonus) == (case.shipping, case.fee, case.bonus)
    assert any(case.why in reason for reason in sums.reasons), sums.reasons
    assert not any("0.00 EUR, kept" in reason for reason in sums.reasons)
