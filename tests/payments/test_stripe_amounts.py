"""Amounts on their way to Stripe and back, one test for each class of currency.

Source of the expected values: https://docs.stripe.com/currencies.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from iso4217 import Currency

from api.kernel import clock
from api.kernel.money import Money, charge_unit, exponent, is_currency
from api.payments.errors import AmountBelowMinimum, AmountNotChargeable, GatewayRefused
from api.payments.gateways.stripe import StripeGateway
from api.payments.gateways.stripe_amounts import (
    MINIMUM,
    NOT_CHARGEABLE,
    check_charge,
    from_stripe,
    smallest_step,
    to_stripe,
)
from api.platform.settings import Settings

# Ours, the currency, Stripe's.
SAME_AMOUNT = [
    pytest.param(1099, "EUR", 1099, id="two decimals: 10.99 EUR"),
    pytest.param(500, "JPY", 500, id="no decimals: 500 JPY"),
    pytest.param(5, "ISK", 500, id="no decimals, sent with two: 5 ISK"),
    pytest.param(5, "UGX", 500, id="no decimals, sent with two: 5 UGX"),
    pytest.param(500, "MGA", 5, id="two in ISO 4217, none at Stripe: 5 MGA"),
    pytest.param(1250, "KWD", 1250, id="three decimals: 1.250 KWD"),
    pytest.param(5120, "TND", 5120, id="three decimals: 5.120 TND"),
    pytest.param(1045, "HUF", 1045, id="whole only for payouts: 10.45 HUF"),
    pytest.param(80_045, "TWD", 80_045, id="whole only for payouts: 800.45 TWD"),
]
ZERO_DECIMALS = (  # without UGX, which is among the special cases as well
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XOF", "XPF",
)  # fmt: skip


@pytest.mark.parametrize(("ours", "currency", "theirs"), SAME_AMOUNT)
def test_an_amount_is_the_same_money_on_both_sides(ours: int, currency: str, theirs: int) -> None:
    assert to_stripe(ours, currency) == theirs
    assert from_stripe(theirs, currency) == ours


@pytest.mark.parametrize("currency", ZERO_DECIMALS)
def test_zero_decimal_currencies_are_sent_as_whole_units(currency: str) -> None:
    assert to_stripe(7 * 10 ** exponent(currency), currency) == 7


@pytest.mark.parametrize(
    ("amount", "currency", "step"),
    [
        (1234, "KWD", "0.010 KWD"),
        (1, "BHD", "0.010 BHD"),
        (1005, "JOD", "0.010 JOD"),
        (9, "OMR", "0.010 OMR"),
        (5124, "TND", "0.010 TND"),
        (10_050, "MGA", "1.00 MGA"),
    ],
)
def test_an_amount_that_would_have_to_be_rounded_is_refused(
    amount: int, currency: str, step: str
) -> None:
    with pytest.raises(AmountNotChargeable, match=f"a multiple of {step}"):
        to_stripe(amount, currency)


def test_sums_are_rounded_to_what_stripe_charges() -> None:
    for currency in (one.code for one in Currency if is_currency(one.code)):
        assert charge_unit(currency) == smallest_step(currency), currency


@pytest.mark.parametrize("currency", ["IQD", "LYD", *sorted(NOT_CHARGEABLE - {"IQD", "LYD"})])
def test_currencies_that_stripe_does_not_take_are_refused(currency: str) -> None:
    with pytest.raises(AmountNotChargeable, match=f"no payments in {currency}"):
        check_charge(100_000, currency)


@pytest.mark.parametrize(("reported", "currency"), [(550, "ISK"), (1, "UGX")])
def test_what_stripe_reports_is_never_rounded(reported: int, currency: str) -> None:
    with pytest.raises(GatewayRefused, match=f"{reported} in {currency}"):
        from_stripe(reported, currency)


def test_the_minimum_is_named_in_the_money_of_the_order() -> None:
    check_charge(50, "EUR")
    check_charge(1, "CLP")  # no minimum of its own: only Stripe knows what it converts to
    for currency, minimum in MINIMUM.items():
        check_charge(minimum, currency)
        with pytest.raises(AmountBelowMinimum) as refused:
            check_charge(minimum - 1, currency)
        assert refused.value.facts["minimum"] == Money(minimum, currency)
    assert (MINIMUM["JPY"], MINIMUM["HUF"], MINIMUM["GBP"]) == (50, 17_500, 30)


def test_more_than_twelve_digits_are_refused() -> None:
    assert to_stripe(999_999_999_999, "EUR") == 999_999_999_999
    with pytest.raises(AmountNotChargeable, match="more digits"):
        to_stripe(1_000_000_000_000, "EUR")
    with pytest.raises(AmountNotChargeable, match="more digits"):
        to_stripe(10_000_000_000, "ISK")


class Recorder(ThreadingHTTPServer):
    """Stripe's API as far as amounts go: repeats what it is sent and remembers it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sent: list[tuple[str, dict[str, str]]] = []
        self.answer: dict[str, Any] = {}


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
        self.server.sent.append((self.path, form))
        kind = self.path.rsplit("/", 1)[-1].removesuffix("s")
        self._reply({"id": "x_1", "object": kind, "status": "succeeded", "currency": "isk"}, form)

    def do_GET(self) -> None:
        intent = {
            "id": "pi_1", "object": "payment_intent", "status": "succeeded", "client_secret": "s",
            "last_payment_error": None,
        }  # fmt: skip
        if self.path.startswith("/v1/payment_intents?"):
            whole = {**intent, "amount": 500, "amount_received": 500, "currency": "isk"}
            odd = {**whole, "id": "pi_2", "amount_received": 550}
            self._reply({"object": "list", "has_more": False, "data": [odd, whole], "url": "/"}, {})
        else:
            self._reply(intent, self.server.answer)

    def _reply(self, body: dict[str, Any], more: dict[str, Any]) -> None:
        whole = {k: int(v) if k.startswith("amount") else v for k, v in more.items()}
        answer = json.dumps({"last_payment_error": None, "client_secret": "s", **body, **whole})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def gateway(recorder: Recorder) -> StripeGateway:
    base = f"http://127.0.0.1:{recorder.server_port}"
    return StripeGateway(Settings(env="test", stripe_secret_key="sk_test_x", stripe_api_base=base))


def test_the_gateway_converts_what_it_sends_and_what_it_reads(
    gateway: StripeGateway, recorder: Recorder
) -> None:
    made = gateway.create_intent(amount=2500, currency="ISK", idempotency_key="k", metadata={})
    given = gateway.refund(
        intent_id="pi_1", amount=700, currency="ISK", idempotency_key="r", metadata={}
    )
    recorder.answer = {
        "currency": "mga", "amount": 30, "amount_received": 20, "amount_capturable": 10
    }  # fmt: skip
    read = gateway.fetch_intent("pi_1")

    assert [(path, form["amount"]) for path, form in recorder.sent] == [
        ("/v1/payment_intents", "250000"),
        ("/v1/refunds", "70000"),
    ]
    assert (made.amount, made.currency, given.amount) == (2500, "ISK", 700)
    assert (read.amount, read.received, read.capturable) == (3000, 2000, 1000)


def test_the_gateway_sends_nothing_that_does_not_convert(
    gateway: StripeGateway, recorder: Recorder
) -> None:
    with pytest.raises(GatewayRefused, match=r"multiple of 0\.010 KWD"):
        gateway.create_intent(amount=1234, currency="KWD", idempotency_key="k", metadata={})
    with pytest.raises(GatewayRefused, match=r"multiple of 0\.010 KWD"):
        gateway.refund(intent_id="pi_1", amount=7, currency="KWD", idempotency_key="r", metadata={})

    assert recorder.sent == []


def test_an_amount_that_cannot_be_read_hides_no_other_payment(gateway: StripeGateway) -> None:
    assert [one.id for one in gateway.recent_intents(clock.now(), None).items] == ["pi_1"]
