"""Formats figures, times and statuses; the only module that knows local time."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from console.client.models import Address, Money, OrderCard, OrderDetail, Payment

WITHOUT_DECIMALS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
     "XAF", "XOF", "XPF"}
)  # fmt: skip
WITH_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}


class Sense(StrEnum):
    """What a status means for the person who reads it; the theme gives each a colour."""

    DUE = "due"
    PART = "part"
    GOOD = "good"
    OFF = "off"
    BAD = "bad"
    QUIET = "quiet"


class Mark(NamedTuple):
    """A status as symbol and word: readable without any colour."""

    glyph: str
    word: str
    sense: Sense


FULFILMENT = {
    "unfulfilled": Mark("○", "to ship", Sense.DUE),
    "partially_shipped": Mark("◐", "partly shipped", Sense.PART),
    "shipped": Mark("✔", "shipped", Sense.GOOD),
    "partially_delivered": Mark("◐", "partly there", Sense.PART),
    "delivered": Mark("✔", "delivered", Sense.GOOD),
    "cancelled": Mark("–", "cancelled", Sense.OFF),
}

ON_HOLD = Mark("‖", "on hold", Sense.BAD)
WAITS_FOR_MONEY = Mark("◌", "awaits payment", Sense.QUIET)
NOT_PAID = frozenset(
    {"unpaid", "pending", "authorized", "partially_paid", "voided", "charged_back"}
)
"""Payment statuses with which nothing is shipped."""

PAYMENT = {
    "unpaid": Mark("○", "unpaid", Sense.DUE),
    "pending": Mark("◔", "pending", Sense.PART),
    "authorized": Mark("◑", "authorised", Sense.PART),
    "partially_paid": Mark("◐", "partly paid", Sense.PART),
    "paid": Mark("●", "paid", Sense.GOOD),
    "partially_refunded": Mark("↺", "partly refunded", Sense.PART),
    "refunded": Mark("↺", "refunded", Sense.OFF),
    "charged_back": Mark("✖", "charged back", Sense.BAD),
    "overpaid": Mark("⚠", "overpaid", Sense.BAD),
    "voided": Mark("–", "voided", Sense.OFF),
    "captured": Mark("●", "paid", Sense.GOOD),
    "succeeded": Mark("●", "paid", Sense.GOOD),
    "failed": Mark("✖", "failed", Sense.BAD),
}

REFUND = {
    "requested": Mark("◔", "asked for", Sense.PART),
    "submitted": Mark("◑", "on its way", Sense.PART),
    "succeeded": Mark("↺", "given back", Sense.GOOD),
    "failed": Mark("✖", "failed", Sense.BAD),
    "partially_failed": Mark("✖", "partly failed", Sense.BAD),
}


def mark(table: dict[str, Mark], status: str) -> Mark:
    """How a status looks; one that this console does not know is shown as it came."""
    return table.get(status) or Mark("·", status.replace("_", " "), Sense.QUIET)


def fulfilment(order: OrderCard) -> Mark:
    """How far an order is on its way: not at all when it is cancelled, held back or not paid."""
    if order.status == "cancelled":
        return Mark("✖", "cancelled", Sense.OFF)
    if order.on_hold:
        return ON_HOLD
    if order.open_unit_count and order.payment_status in NOT_PAID:
        return WAITS_FOR_MONEY
    return mark(FULFILMENT, order.fulfilment_status)


def money(value: Money) -> str:
    """An amount with its symbol: `1 284.00 €`, `$12.00`, `1.250 KWD`."""
    amount = figure(value)
    symbol = SYMBOLS.get(value.currency, value.currency)
    if symbol in {"$", "£"}:
        return f"-{symbol}{amount[1:]}" if amount.startswith("-") else f"{symbol}{amount}"
    return f"{amount} {symbol}"


def listed(value: Money, home: str) -> str:
    """An amount in a list: without its currency where it is the shop's own, else with its code."""
    return figure(value) if value.currency == home else f"{figure(value)} {value.currency}"


def figure(value: Money) -> str:
    """An amount without its symbol, for columns that name the currency once."""
    places = places_of(value.currency)
    whole, part = divmod(abs(value.amount), 10**places)
    sign = "-" if value.amount < 0 else ""
    return f"{sign}{count(whole)}" + (f".{part:0{places}d}" if places else "")


def places_of(currency: str) -> int:
    """How many decimals a currency has."""
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in WITH_THREE_DECIMALS else 2


def count(number: int) -> str:
    """A whole number with thin groups: `1 284`."""
    return f"{number:,}".replace(",", " ")


def signed(number: int) -> str:
    """A change: `+5`, `-2`, `±0`."""
    return f"{number:+d}" if number else "±0"


def share(old: int, new: int) -> str:
    """How much more or less, to a tenth of a percent: `-20 %`, `+2.5 %`; of nothing, `new`."""
    if old <= 0:
        return "new"
    tenths = (2 * abs(new - old) * 1000 + old) // (2 * old)
    whole, part = divmod(tenths, 10)
    sign = "" if new == old else "+" if new > old else "-"
    return f"{sign}{count(whole)}{f'.{part}' if part else ''} %"


def units(number: int) -> str:
    """`1 unit`, `5 units`."""
    return counted(number, "unit")


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it counts: `1 row`, `5 rows`, `2 deliveries`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def clock(moment: datetime) -> str:
    """Time of day here: `09:41`."""
    return moment.astimezone().strftime("%H:%M")


def clock_with_seconds(moment: datetime) -> str:
    """Time of day here, to the second: `09:41:07`."""
    return moment.astimezone().strftime("%H:%M:%S")


def day(moment: datetime) -> str:
    """Day and time here: `20 Nov 09:41`."""
    return moment.astimezone().strftime("%d %b %H:%M")


def promise(ship_at: datetime | None, delivery_at: datetime | None) -> str:
    """Until when it was promised to leave and to arrive; empty where nothing was promised."""
    leaves = f"by {day(ship_at)}" if ship_at else ""
    arrives = f"there by {day(delivery_at)[:6]}" if delivery_at else ""
    return ", ".join(filter(None, (leaves, arrives)))


def plain(value: object) -> str:
    """A value of the wire as a person reads it: yes, 5.00 €, 3 lines, and never Python's form."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return counted(len(value), "line")
    if isinstance(value, dict):
        if value.keys() == {"amount", "currency"}:
            return money(Money(value["amount"], value["currency"]))
        return ", ".join(f"{name.replace('_', ' ')} {plain(one)}" for name, one in value.items())
    return str(value)


def visible(raw: str) -> str:
    """A code exactly as it came: what cannot be seen is shown by its sign, such as ␝."""
    return "".join(chr(0x2400 + ord(c)) if ord(c) < 32 else c for c in raw)


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest unit that fits: `29m`, `18h`, `3d`."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    return span(max(0.0, seconds))


def span(seconds: float) -> str:
    """A length of time in its largest unit: `41s`, `29m`, `18h`, `3d`."""
    for size, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{letter}"
    return f"{int(seconds)}s"


def address(where: Address | None) -> list[str]:
    """The label of an address, and the telephone number; one that no machine can read is marked."""
    if where is None:
        return ["no address"]
    doubt = "" if where.phone_e164 else " ⚠ unreadable"
    return [*where.label_lines, *([f"{where.phone}{doubt}"] if where.phone else [])]


def money_came_from(order: OrderDetail) -> str:
    """Where a refund goes: the payments that still hold money, as the customer knows them."""
    held = holding(order)
    return " and ".join(payment_name(one) for one in held) if held else "no payment"


def holding(order: OrderDetail) -> list[Payment]:
    """The payments that still hold money, oldest first."""
    return [one for one in order.payments if one.kept.amount > 0]


def payment_name(payment: Payment) -> str:
    """A payment as the customer knows it; money that came another way goes back by hand."""
    if not payment.is_money:
        return payment.reference or payment.provider
    if payment.provider == "manual":
        return f"the payer by hand ({payment.reference or 'no reference'})"
    return f"{payment.provider} {payment.reference}" if payment.reference else payment.provider
