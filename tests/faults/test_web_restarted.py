"""The web server is told to stop, as at every release, while people are at it."""

import http.client
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

from tests.support.town import Town
from tests.support.waiting import eventually

CLIENTS = 8


class Client(threading.Thread):
    """Asks again and again over a connection that it keeps, as a proxy or a console does."""

    def __init__(self, url: str, pause: float, seen: Counter[str]) -> None:
        super().__init__(daemon=True)
        self._address = urlsplit(url).netloc
        self._pause, self._seen = pause, seen
        self.stopping = threading.Event()

    def run(self) -> None:
        """Ask until told to stop; `seen` counts how it went."""
        connection = http.client.HTTPConnection(self._address, timeout=10)
        while not self.stopping.wait(self._pause):
            try:
                if connection.sock is None:
                    connection.connect()
            except OSError:
                self._seen["nobody there"] += 1
                time.sleep(0.02)
                continue
            try:
                connection.request("GET", "/health/live")
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as cut:
                self._seen[f"cut off: {cut!r}"] += 1
                connection.close()
                continue
            self._seen[str(answer.status)] += 1
            if answer.headers.get("Connection") == "close":
                self._seen["told to close"] += 1
        connection.close()


def test_a_restart_cuts_off_nobody_who_keeps_a_connection(town: Town) -> None:
    """Without the goodbye, whoever connects while the last answers are given is reset."""
    seen: Counter[str] = Counter()
    clients = [Client(town.shop.url, 0.002 * place, seen) for place in range(CLIENTS)]
    for client in clients:
        client.start()
    for _ in range(2):
        before = seen["200"]
        eventually(lambda before=before: seen["200"] > before + 200, what="everybody at it")
        assert town.shop.tell_to_stop("web") == 0
        town.shop.start("web")
    before = seen["200"]
    eventually(lambda: seen["200"] > before + 50, what="everybody back")
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join(5)

    assert {what: times for what, times in seen.items() if what.startswith("cut off")} == {}
    assert seen["told to close"] >= CLIENTS, seen
