"""An edit of an order in the making: what was changed so far, and what the shop is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from console.client.models import OrderDetail, OrderLine
from console.flows import address_input, amount_input
from console.flows.transition import Transition, noted, wrong

MOST = 100_000
_GOODS = re.compile(r"(?P<sku>.+?)(?:\s+(?P<units>\d{1,6}))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OrderEdit:
    """What was changed so far; the cursor is on a line of the order."""

    cursor: int = 0
    quantities: tuple[tuple[str, int], ...] = ()
    prices: tuple[tuple[str, int], ...] = ()
    """By line, in minor units of the order's currency."""

    added: tuple[tuple[str, int], ...] = ()
    method: str = ""
    address: tuple[tuple[str, str], ...] = ()
    by_today: bool = False
    reason: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was changed yet."""
        return self == OrderEdit(cursor=self.cursor)

    @property
    def needs_reason(self) -> bool:
        """Whether a price was set and nobody has said why."""
        return bool(self.prices) and not self.reason

    def body(self, order: OrderDetail) -> dict[str, object]:
        """What the shop is asked, and told."""
        currency = order.total.currency
        quantities, prices = dict(self.quantities), dict(self.prices)
        lines = [
            {
                "order_line_id": line.id,
                **({"quantity": quantities[line.id]} if line.id in quantities else {}),
                **(
                    {"unit_price": {"amount": prices[line.id], "currency": currency}}
                    if line.id in prices
                    else {}
                ),
            }
            for line in order.lines
            if line.id in quantities or line.id in prices
        ]
        body: dict[str, object] = {"lines": lines} if lines else {}
        if self.added:
            body["add"] = [{"sku": sku, "quantity": units} for sku, units in self.added]
        if self.method:
            body["shipping_method"] = self.method
        if self.address:
            body["shipping_address"] = dict(self.address)
        if self.by_today:
            body["rules"] = "now"
        if self.reason:
            body["reason"] = self.reason
        return body


EditStep = Transition[OrderEdit, None]


def moved(edit: OrderEdit, cursor: int) -> OrderEdit:
    """The cursor on another line."""
    return replace(edit, cursor=cursor)


def with_quantity(edit: OrderEdit, line: OrderLine, text: str) -> EditStep:
    """Take the new units of a line; 0 removes it."""
    typed = text.strip().lstrip("=")
    if not typed.isascii() or not typed.isdigit() or int(typed) > MOST:
        return Transition(edit, feedback=wrong(f"{typed or 'Nothing'} is no number of units"))
    units = {**dict(edit.quantities), line.id: int(typed)}
    if int(typed) == line.quantity:
        del units[line.id]
    return Transition(replace(edit, quantities=tuple(units.items())))


def with_price(edit: OrderEdit, line: OrderLine, text: str) -> EditStep:
    """Take the new price of one unit."""
    try:
        price = amount_input.parse(text, line.unit_price.currency, zero=True)
    except amount_input.NotAnAmount as refusal:
        return Transition(edit, feedback=wrong(str(refusal)))
    prices = {**dict(edit.prices), line.id: price.amount}
    if price.amount == line.unit_price.amount:
        del prices[line.id]
    return Transition(replace(edit, prices=tuple(prices.items())))


def with_goods(edit: OrderEdit, text: str) -> EditStep:
    """Take goods that are added: `MUG 2`, or `MUG` for one. The same SKU again replaces it."""
    typed = _GOODS.fullmatch(text.strip())
    if typed is None:
        return Transition(edit, feedback=wrong("Type a SKU, and how many: MUG 2"))
    sku, units = typed["sku"], int(typed["units"] or 1)
    added = {**dict(edit.added), sku: units}
    if units == 0:
        del added[sku]
    return Transition(replace(edit, added=tuple(added.items())))


def with_method(edit: OrderEdit, text: str) -> EditStep:
    """Take the code of a shipping method; nothing leaves it as ordered."""
    return Transition(replace(edit, method=text.strip()))


def with_address(edit: OrderEdit, order: OrderDetail, text: str) -> EditStep:
    """Take an address on one line: name, street, code and city, country.

    Company, second line and phone stay as they are, and the region in the same country.
    """
    if not text.strip():
        return Transition(replace(edit, address=()), feedback=noted("The address stays"))
    try:
        fields = address_input.parse(text)
    except address_input.NotAnAddress as refusal:
        return Transition(edit, feedback=wrong(str(refusal)))
    before = order.shipping_address
    if before is not None:
        kept = {"company": before.company, "line2": before.line2, "phone": before.phone}
        kept["region"] = before.region if before.country == fields["country"] else None
        fields |= {name: value for name, value in kept.items() if value}
    return Transition(replace(edit, address=tuple(fields.items())))


def with_reason(edit: OrderEdit, text: str) -> EditStep:
    """Take why it is edited."""
    return Transition(replace(edit, reason=text.strip()))


def turned_over(edit: OrderEdit) -> OrderEdit:
    """Price by the day when the order was placed, or by today."""
    return replace(edit, by_today=not edit.by_today)


def address_of(order: OrderDetail) -> str:
    """The order's address as it would be typed."""
    address = order.shipping_address
    if address is None:
        return ""
    place = " ".join(part for part in (address.postal_code, address.city) if part)
    return ", ".join((address.name, address.line1, place, address.country))
