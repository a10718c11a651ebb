"""A VIES on this machine that answers as scripted, and refuses what the real one would refuse."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

ASKED = {"countryCode", "vatNumber", "requesterMemberStateCode", "requesterNumber"}


class ScriptedVies(ThreadingHTTPServer):
    """Answers by VAT id; `down` makes it answer nothing that helps. `asked` holds each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.valid: dict[str, str] = {}
        self.down: tuple[int, Any] | None = None
        self.asked: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        """Return the base of its REST interface."""
        return f"http://127.0.0.1:{self.server_address[1]}/taxation_customs/vies/rest-api"


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedVies

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        is_right = (
            self.path.endswith("/rest-api/check-vat-number")
            and self.headers["Content-Type"] == "application/json"
            and {"countryCode", "vatNumber"} <= body.keys() <= ASKED
            and body["countryCode"] not in ("GB", "GR")
        )
        if not is_right:
            return self._answer(400, {"actionSucceed": False, "errorWrappers": [{"error": "X"}]})
        if self.server.down is not None:
            return self._answer(*self.server.down)
        name = self.server.valid.get(body["countryCode"] + body["vatNumber"])
        self._answer(
            200,
            {
                "countryCode": body["countryCode"],
                "vatNumber": body["vatNumber"],
                "requestDate": "2026-05-04T00:00:00.000Z",
                "valid": name is not None,
                "requestIdentifier": "WAPIAAAA" if "requesterNumber" in body else "",
                "name": name or "---",
                "address": "---",
            },
        )
        return None

    def _answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def running_vies() -> Iterator[ScriptedVies]:
    """Have a VIES that listens until the end of the block."""
    server = ScriptedVies()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
