"""Any sequence of partial refunds of a discounted order returns what each tender paid."""

from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.promotions.test_buying_with_discounts import discounts, enters, eur
from tests.support.books import differences
from tests.support.shop import Buyer, Shop
from tests.support.stored_value import a_gift_card, balance

UNITS = (0, 0, 0, 1, 1)
"""The units of the order, by their line."""
RUNS = count(1)
"""Numbers the codes: two runs may draw the same gift card, and one it pays has no intent."""


def buys(shop: Shop, code: str, gift: str) -> tuple[Buyer, dict[str, Any]]:
    """Pay three mugs and two jugs with a code, a gift card, and a card for the rest."""
    guest = shop.guest()
    guest.adds("MUG", 3)
    guest.adds("JUG", 2)
    assert enters(guest, code).status_code == 200
    order = guest.checks_out(gift_cards=[gift])
    return guest, order if order["payment_status"] == "paid" else guest.pays(order)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_units_in_any_order_return_exactly_what_each_tender_paid(
    shop: Shop, data: st.DataObject
) -> None:
    if "MUG" not in shop.variants:
        shop.sells("MUG", 1000)
        shop.sells("JUG", 1000, price="20.01 EUR")
    owner, n = shop.staff(), next(RUNS)
    held = data.draw(st.integers(1, 9000))
    percent = {"kind": "percent", "basis_points": data.draw(st.integers(1, 9000))}
    fixed = {"kind": "fixed", "target": "order", "amount": eur(data.draw(st.integers(1, 6000)))}
    discounts(shop, codes=(f"CODE-{held}-{n}",), **data.draw(st.sampled_from([percent, fixed])))
    card = a_gift_card(held)
    _, order = buys(shop, f"code-{held}-{n}", card.code)
    queue = data.draw(st.permutations([*UNITS, None]))

    returned = 0
    for place in queue:
        what: dict[str, Any] = {"shipping": True} if place is None else {"lines": {place: 1}}
        answer = owner.refunds(order, **what)
        assert answer.status_code == 201, answer.json
        returned += answer.json["amount"]["amount"]

    assert returned == order["total"]["amount"]
    for payment in owner.opens(order)["payments"]:
        assert payment["refunded"] == payment["captured"]
    assert balance(card.id) == held
    assert differences() == []
