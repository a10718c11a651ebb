"""Carriers on this machine: strict about what they are sent, and scripted in what they answer."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask

from api.carriers.gateways.registry import CarrierGateways
from api.platform import service_registry

LABEL = b"%PDF-1.4 a label"
CREDENTIALS = {
    "dhl": {
        "username": "user", "password": "pass", "client_id": "id", "client_secret": "secret",
        "billing_number": "33333333330101,V53WPAK=33333333335301",
    },
    "dpd": {"login": "user", "password": "pass", "business_unit": "001", "customer_id": "77"},
    "gls": {"client_id": "id", "client_secret": "secret", "contact_id": "276a45fkqM"},
    "postnl": {"api_key": "key", "customer_code": "DEVC", "customer_number": "11223344"},
    "ups": {"client_id": "id", "client_secret": "secret", "account_number": "A1B2C3"},
}  # fmt: skip
_BASIC = "Basic " + base64.b64encode(b"id:secret").decode()
_BEARER = "Bearer token-1"
_TEXT = base64.b64encode(LABEL).decode()


class ScriptedCarriers(ThreadingHTTPServer):
    """All five carriers. `bought` holds each request for a label, by its path; `says` an answer
    instead of a label: a status and a body; `hangs` makes it take a request and say nothing, as
    `hangs_at_the_door` does where accounts sign in."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bought: list[tuple[str, Any]] = []
        self.voided: list[str] = []
        self.asked: list[str] = []
        self.says: tuple[int, Any] | None = None
        self.hangs = False
        self.hangs_at_the_door = False
        self.ends = Event()
        self.price = "5.43"

    @property
    def url(self) -> str:
        """Return the base that replaces that of every carrier."""
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def scripted_carriers() -> Iterator[ScriptedCarriers]:
    """Run the carriers."""
    server = ScriptedCarriers()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ends.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def at_carriers(app: Flask) -> Iterator[ScriptedCarriers]:
    """Have the shop buy its labels from carriers on this machine."""
    before = service_registry.get_service(CarrierGateways)
    with scripted_carriers() as server:
        service_registry.register(app, CarrierGateways, CarrierGateways(server.url))
        try:
            yield server
        finally:
            service_registry.register(app, CarrierGateways, before)


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedCarriers

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(path)
        if path.endswith(("/token", "/login")):
            return self._sign_in(path, parse_qs(raw.decode()))
        if path.startswith("/shipit-farm/v1/backend/rs/shipments/cancel/"):
            return self._void()
        if not self._is_signed_in(path):
            return self._answer(401, {"title": "Unauthorized", "detail": "no token"})
        body = json.loads(raw)
        if path == "/api/rating/v2409/Rate":
            return self._rate(body)
        if self.server.hangs:
            self.server.bought.append((path, body))
            self.server.ends.wait(30)
            return None
        if self.server.says is not None:
            return self._answer(*self.server.says)
        self.server.bought.append((path, body))
        number = f"{len(self.server.bought):04}"
        answers = {
            "/parcel/de/shipping/v2/orders": {
                "status": {"title": "ok", "statusCode": 200},
                "items": [
                    {
                        "sstatus": {"title": "OK", "statusCode": 200},
                        "shipmentNo": f"0034043333330000{number}",
                        "label": {"b64": _TEXT, "fileFormat": "PDF"},
                    }
                ],
            },
            "/shipit-farm/v1/backend/rs/shipments": {
                "CreatedShipment": {
                    "ParcelData": [{"TrackID": f"ZFK1{number}", "ParcelNumber": "1"}],
                    "PrintData": [{"Data": _TEXT, "LabelFormat": "PDF"}],
                }
            },
            "/shipping/v1/shipment": {
                "shipmentId": "s-1",
                "parcelIds": [f"0144500000{number}"],
                "label": {"base64Data": _TEXT, "mediatype": "application/pdf"},
            },
            "/shipment/v2_2/label": {
                "ResponseShipments": [
                    {
                        "Barcode": f"3SDEVC{number}",
                        "Labels": [{"Content": _TEXT, "Labeltype": "Label"}],
                    }
                ]
            },
            "/api/shipments/v2409/ship": {
                "ShipmentResponse": {
                    "ShipmentResults": {
                        "ShipmentIdentificationNumber": f"1ZA1B2C3{number}",
                        "PackageResults": [
                            {
                                "TrackingNumber": f"1ZA1B2C3{number}",
                                "ShippingLabel": {
                                    "ImageFormat": {"Code": "ZPL"},
                                    "GraphicImage": _TEXT,
                                },
                            }
                        ],
                    }
                }
            },
        }
        if path not in answers:
            return self._answer(404, {"detail": "no such path"})
        return self._answer(200, answers[path])

    def do_DELETE(self) -> None:
        self.server.asked.append(urlsplit(self.path).path)
        if not self._is_signed_in(self.path):
            return self._answer(401, {})
        return self._void()

    def _void(self) -> None:
        if self.server.says is not None:
            return self._answer(*self.server.says)
        self.server.voided.append(self.path)
        return self._answer(200, {"status": {"title": "ok"}})

    def _rate(self, body: Any) -> None:
        if self.server.hangs:
            self.server.ends.wait(30)
            return None
        if self.server.says is not None:
            return self._answer(*self.server.says)
        total = {"CurrencyCode": "EUR", "MonetaryValue": self.server.price}
        return self._answer(
            200,
            {
                "RateResponse": {
                    "RatedShipment": [
                        {
                            "Service": {"Code": body["RateRequest"]["Shipment"]["Service"]["Code"]},
                            "TotalCharges": {"CurrencyCode": "EUR", "MonetaryValue": "99.00"},
                            "NegotiatedRateCharges": {"TotalCharge": total},
                        }
                    ]
                }
            },
        )

    def _sign_in(self, path: str, form: dict[str, list[str]]) -> None:
        if self.server.hangs_at_the_door:
            self.server.ends.wait(30)
            return None
        kind = self.headers.get("Content-Type", "")
        if path.startswith("/parcel/de/account/auth/ropc/v1/"):
            is_right = form.get("grant_type") == ["password"] and form["client_id"] == ["id"]
        elif path.startswith("/shipping/v1/"):
            given = {"X-DPD-BUCODE": "001", "X-DPD-LOGIN": "user", "X-DPD-PASSWORD": "pass"}
            is_right = all(self.headers.get(name) == value for name, value in given.items())
        else:
            is_right = self.headers.get("Authorization") == _BASIC
            is_right = is_right and form.get("grant_type") == ["client_credentials"]
            is_right = is_right and kind == "application/x-www-form-urlencoded"
        if not is_right:
            return self._answer(401, {"error": "invalid_client"})
        return self._answer(
            200, {"access_token": "token-1", "expires_in": "3600"}, {"X-DPD-TOKEN": "token-1"}
        )

    def _is_signed_in(self, path: str) -> bool:
        if path.startswith("/shipment/v2_2/"):
            return self.headers.get("apikey") == "key"
        return self.headers.get("Authorization") == _BEARER

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
