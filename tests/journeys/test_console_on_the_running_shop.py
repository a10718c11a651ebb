"""The real console in a real terminal, against the real API: a shift at the counter."""

from pathlib import Path
from typing import Any

from tests.console.pty_harness import DOWN, ESC, F, Terminal
from tests.support.live import OWNER_EMAIL, PASSWORD
from tests.support.town import Town

SHIP_ONE_LESS, TRACKING, CHANGED_MIND, ENTER, RIGHT = b"-", b"#", b"1", b"\r", b"\x1b[C"


def keys(text: str) -> bytes:
    """Type a text and press Enter, as a scanner does."""
    return text.encode() + ENTER


def test_a_shift_at_the_counter(town: Town, tmp_path: Path) -> None:
    """Sign in, take the queue, ship in two parcels, give money back, put a shelf right."""
    town.owner.sells("JAR", 12, price=800, threshold=5, title="Glass Jar")
    town.owner.sells("LID", 9, price=350, title="Cork Lid")
    buyer = town.visitor("buyer-of-jars@example.test")
    buyer.adds("JAR", 2)
    order = town.a_paid_order("LID", 3, by=buyer)
    number = order["number"]

    with Terminal(["--url", town.shop.url, "--home", str(tmp_path / "home")], rows=30) as desk:
        desk.until("e-mail")
        desk.send(keys(OWNER_EMAIL))
        desk.until("▶ password")
        desk.send(keys(PASSWORD))
        desk.until("Hello Olivia Owner")
        desk.until("Waits")

        desk.send(keys(number))
        desk.until("5 units to ship")
        desk.send(SHIP_ONE_LESS)
        desk.until("4 units to ship")
        desk.send(TRACKING + keys("00340434161094042557"))
        desk.until("00340434161094042557  tracking number")
        desk.send(ENTER)
        desk.until(f"{number} ship 4 units by DHL: done")

        desk.send(keys(number))
        desk.until("1 unit to ship")
        desk.send(ENTER)
        desk.until("No tracking number yet.")
        desk.send(RIGHT + ENTER)
        desk.until(f"{number} ship 1 unit by DHL: done")

        desk.send(keys(number))
        desk.until(f"{number}-F2")
        desk.send(b"r")
        desk.until("Can go")
        desk.send(DOWN + b"+")
        desk.until("3.50 € of 31.40 €")
        desk.send(CHANGED_MIND + F[10])
        desk.until("Refund 3.50 €")
        desk.send(F[10])
        desk.until("3.50 € refunded")

        desk.send(F[7])
        desk.until("▸ all")
        desk.send(keys("JAR"))
        desk.until("JAR at MAIN")
        desk.send(b"-" + keys("6"))
        desk.until("10 → 4 units (-6). Why?")
        desk.send(ENTER)
        desk.until("JAR at MAIN -6: done")

    case = town.owner.opens(order)
    assert (case["fulfilment_status"], case["payment_status"]) == ("shipped", "partially_refunded")
    units = [sum(line["quantity"] for line in parcel["lines"]) for parcel in case["fulfilments"]]
    assert units == [4, 1]
    assert case["fulfilments"][0]["tracking_number"] == "00340434161094042557"
    (refund,) = case["refunds"]
    assert (refund["reason"], refund["amount"]["amount"]) == ("changed_mind", 350)
    assert [line["restocked_quantity"] for line in refund["lines"]] == [1]
    assert town.owner.level("LID")["on_hand"] == 7
    assert (town.owner.level("JAR")["on_hand"], town.owner.level("JAR")["is_low"]) == (4, True)
    town.settles()
    assert len(town.letters_to("buyer-of-jars@example.test", about="on its way")) == 2
    town.letter_to("buyer-of-jars@example.test", about="refund of 3.50 EUR")
    town.letter_to(town.shop.env["STAFF_ALERT_EMAIL"], about="Low stock: JAR, 4 left")


def test_a_sale_is_put_on_from_the_counter(town: Town, tmp_path: Path) -> None:
    """Find goods, choose them, reduce them, watch their stock; somebody else is quicker once."""
    first = town.owner.sells("WALNUT-BOWL", 12, price=2500, title="Walnut Bowl")
    second = town.owner.sells("WALNUT-SPOON", 9, price=1010, title="Walnut Spoon")

    def price(level: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = town.owner.gets(f"/variants/{level['variant_id']}")["prices"][0]
        return found

    with Terminal(["--url", town.shop.url, "--home", str(tmp_path / "home")], rows=30) as desk:
        desk.until("e-mail")
        desk.send(keys(OWNER_EMAIL))
        desk.until("▶ password")
        desk.send(keys(PASSWORD))
        desk.until("Waits")
        desk.send(F[18])
        desk.until("▸ all")
        desk.send(b"/" + keys("walnut"))
        desk.until("1 of 2")
        desk.send(b"a")
        desk.until("Chosen: 2 products, 2 variants")
        desk.send(b"s")
        desk.until("sale, % off:")
        desk.send(keys("20 .99"))
        desk.until("change 2 prices of 2 products?")
        desk.until("19.99     -20 %      25.00")
        version = town.owner.gets(f"/variants/{second['variant_id']}")["version"]
        answer = town.owner.sends(
            "PUT",
            f"/variants/{second['variant_id']}/prices",
            {"prices": [{"price": {"amount": 1200, "currency": "EUR"}}]},
            headers={"If-Match": f'"{version}"'},
        )
        assert answer.status_code == 200
        desk.send(F[10])
        desk.until("1 changed, 1 changed by others")
        desk.until("now 12.00 €")
        desk.send(b"y")
        desk.until("change 1 price of 1 product?")
        desk.send(F[10])
        desk.until("Sale 20 % .99 EUR: 1 changed")
        desk.send(ESC)
        desk.until("⏎ variants")

        desk.send(keys("WALNUT-BOWL"))
        desk.until("▶ ☒  WALNUT-BOWL")
        desk.send(b"l")
        desk.until("low at:")
        desk.send(keys("4"))
        desk.until("change 2 levels")
        desk.send(F[10])
        desk.until("Low at 4: 2 changed")
        desk.send(F[9])
        desk.until("undone: 2 changed")

    bowl, spoon = price(first), price(second)
    assert (bowl["price"]["amount"], bowl["compare_at"]["amount"]) == (1999, 2500)
    assert (spoon["price"]["amount"], spoon["compare_at"]["amount"]) == (999, 1200)
    assert town.owner.level("WALNUT-BOWL")["low_stock_threshold"] is None
