"""Parcels are packed while the web server and the worker are killed, and the printer is dead.

`STOCKROOM_PARCELS=500` packs as many as a busy day, with a kill for each fifty; the default has
one kill of each part.
"""

import os
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from typing import Any

from tests.support.live import key
from tests.support.town import Town
from tests.support.waiting import eventually

PARCELS = int(os.environ.get("STOCKROOM_PARCELS", "8"))
KILLS = max(2, PARCELS // 50)
PACKERS = 4
STATION = "PACK-1"
PORT = 9100
LET_THE_LEASE_RUN_OUT = "UPDATE idempotency_keys SET claimed_until = now() WHERE status IS NULL"


class Paper:
    """A printer at the usual port, once somebody has switched it on."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", PORT))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                whole = b""
                while part := connection.recv(65536):
                    whole += part
                if whole:
                    self.taken.append(whole)

    def close(self) -> None:
        """Switch it off."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


def insists(town: Town, path: str, body: Any, name: str) -> Any:
    """Repeat a command with its key until it is answered, as the console does."""
    while True:
        answer = town.owner.insists("POST", path, body, Idempotency_Key=name)
        if answer.status_code != 429:
            break
        time.sleep(answer.json()["retry_after"])  # all packers work under one name
    assert answer.status_code == 200, answer.text
    return answer.json()


def packs(town: Town, number: str, dice: Random) -> str:
    """Pack one order to its end; what was cut off is sent again. Returns the parcel."""
    start = {"code": number, "station": STATION}
    packing = insists(town, "/packing/sessions", start, key())["session"]
    path = f"/packing/sessions/{packing['id']}"
    for _ in range(2):
        scanned = insists(town, f"{path}/scans", {"code": "PARCEL-MUG"}, key())
        assert scanned["result"] == "ok", scanned
    name = key()
    parcel = insists(town, f"{path}/finish", {}, name)
    # A packer who is not sure asks again, with the same key or as somebody new.
    again = insists(town, f"{path}/finish", {}, name if dice.random() < 0.5 else key())
    assert again["id"] == parcel["id"]
    for _ in range(2):
        insists(town, f"{path}/print", {}, key())
    return str(parcel["id"])


def test_each_parcel_leaves_once_with_one_label_through_kills_and_a_dead_printer(
    town: Town,
) -> None:
    """Each order has one parcel, one label and one slip, and all books balance."""
    town.owner.sells("PARCEL-MUG", 2 * PARCELS)
    orders = [
        town.a_paid_order("PARCEL-MUG", 2, by=town.visitor(f"parcel-{n}@example.test"))
        for n in range(PARCELS)
    ]
    town.owner.posts(
        "/printers",
        {"name": "Bench", "connection": "raw", "address": f"127.0.0.1:{PORT}", "format": "pdf"},
        expected=201,
    )
    for use in ("papers", "shipping_labels"):
        town.owner.posts("/station-printers", {"station": STATION, "use": use, "printer": "Bench"})
    dice = Random(23)
    with ThreadPoolExecutor(PACKERS) as packers:
        begun = [packers.submit(packs, town, order["number"], dice) for order in orders]
        for kill in range(KILLS):
            share = (kill + 1) * PARCELS // (KILLS + 2)
            part = ("web", "worker")[kill % 2]
            eventually(
                lambda share=share: sum(one.done() for one in begun) >= share,
                what=f"{share} parcels",
                within=30 + PARCELS,
            )
            town.shop.kill(part)
            town.shop.sql(LET_THE_LEASE_RUN_OUT)
            town.shop.start(part)
        parcels = [one.result(60 + PARCELS) for one in begun]

    assert len(set(parcels)) == PARCELS
    shipped = town.shop.sql(
        "SELECT f.order_id, count(*) FROM fulfilments f JOIN packed_parcels p"
        " ON p.fulfilment_id = f.id WHERE f.status = 'shipped' GROUP BY f.order_id"
    )
    assert sorted(count for _, count in shipped) == [1] * PARCELS
    jobs = "SELECT kind, count(*), count(DISTINCT subject_id) FROM print_jobs GROUP BY kind"
    assert sorted(town.shop.sql(jobs)) == [
        ("packing_slip", PARCELS, PARCELS),
        ("shipping_label", PARCELS, PARCELS),
    ]
    town.ends_claims()
    printer = Paper()
    try:
        town.shop.sql("UPDATE printers SET retry_at = now(), claimed_until = now()")
        town.wakes("print-waiting")
        printed = "SELECT count(*) FROM print_jobs WHERE status = 'printed'"
        eventually(
            lambda: town.shop.sql(printed) == [(2 * PARCELS,)],
            what="papers",
            within=30 + PARCELS,
        )
    finally:
        printer.close()
    assert len(printer.taken) == 2 * PARCELS
    assert len(set(printer.taken)) == 2 * PARCELS
    town.settles()
    # A worker that is killed between sending an e-mail and noting it sends it again.
    copies = Counter(letter.message_id for letter in town.letters())
    twice = {each for each, count in copies.items() if count == 2}
    assert len(twice - town.may_come_twice) <= KILLS
    town.may_come_twice |= twice
