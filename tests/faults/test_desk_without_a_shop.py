"""The API is killed under a console, and then the console too, with a parcel on its desk."""

from pathlib import Path

from tests.console.pty_harness import Terminal
from tests.support.live import OWNER_EMAIL, PASSWORD
from tests.support.town import Town
from tests.support.waiting import eventually


def test_a_parcel_given_to_a_dead_shop_by_a_console_that_dies_leaves_once(
    town: Town, tmp_path: Path
) -> None:
    """What was acknowledged on the screen is on disk: the next console sends it, with its key."""
    town.owner.sells("PARASOL", 5, price=4000)
    order = town.a_paid_order("PARASOL", by=town.visitor("parasol@example.test"))
    town.settles()
    at_home = ["--url", town.shop.url, "--home", str(tmp_path / "home")]

    # High enough for what was done lately to be seen below all that waits.
    with Terminal(at_home, rows=100) as desk:
        desk.until("e-mail")
        desk.send(f"{OWNER_EMAIL}\r".encode())
        desk.until("▶ password")
        desk.send(f"{PASSWORD}\r".encode())
        desk.until("Hello Olivia Owner")
        desk.send(f"{order['number']}\r".encode())
        desk.until("1 unit to ship")
        desk.send(b"#00340434161094042571\r")
        desk.until("00340434161094042571  tracking number")
        town.shop.kill("web")
        desk.send(b"\r")
        desk.until(f"{order['number']} ship 1 unit")
        desk.kill()
    town.shop.start("web")
    with Terminal(at_home, rows=100) as desk:
        desk.until(f"✔ {order['number']} ship 1 unit", 30)

    case = eventually(
        lambda: (found := town.owner.opens(order))["fulfilments"] and found, what="a parcel"
    )
    assert [parcel["number"] for parcel in case["fulfilments"]] == [f"{order['number']}-F1"]
    assert case["fulfilment_status"] == "shipped"
    town.letter_to("parasol@example.test", about="on its way")
