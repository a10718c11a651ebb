"""What adapters share: tokens, street lines that fit, karrio between a request and an answer."""

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from api.carriers.gateways import (
    BoughtLabel,
    CarrierRefused,
    CarrierUnclear,
    Connection,
    LabelOrder,
    NotOffered,
    RateRequest,
    karrio_kit,
)
from api.carriers.gateways.transport import LABEL_SECONDS, RATE_SECONDS, Answer, Transport, brief
from api.carriers.rules import TERMS
from api.kernel.money import Money

_EARLY_SECONDS = 60
"""A token is renewed so long before it ends."""


class Tokens:
    """Access tokens of accounts, kept in the process until shortly before they end."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[tuple[str, ...], tuple[str, float]] = {}

    def get(self, key: tuple[str, ...], fetch: Callable[[], tuple[str, float]]) -> str:
        """Return the token of an account; `fetch` returns a new one and its seconds."""
        with self._lock:
            token, ends = self._known.get(key, ("", 0.0))
        if time.monotonic() >= ends:
            token, seconds = fetch()
            with self._lock:
                self._known[key] = (token, time.monotonic() + seconds - _EARLY_SECONDS)
        return token


class KarrioAdapter:
    """A carrier whose requests karrio builds; `mend` puts right what it gets wrong."""

    extension = ""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._tokens = Tokens()

    def buy(self, connection: Connection, order: LabelOrder) -> BoughtLabel:
        """Buy a label; see `CarrierGateway`."""
        kit = karrio_kit.load(self.extension)
        settings = self.settings(kit, connection)
        mapper = kit.mapper(settings)
        self.refuse(order)
        try:
            request = mapper.create_shipment_request(kit.request(order))
            body = request.serialize()
        except Exception as error:
            # Nothing was sent: whatever karrio stumbles over, the label is not bought.
            raise NotOffered(
                f"karrio cannot build this request ({type(error).__name__}: {error}). Buy the "
                "label on the carrier's own pages and scan it."
            ) from error
        self.mend(body, connection, order)
        answer = self.order(settings, connection, body, order)
        if not answer.is_ok:
            raise CarrierRefused(self.words(kit, mapper, answer))
        try:
            return self.read(kit, mapper, answer, request.ctx)
        except (CarrierRefused, CarrierUnclear):
            raise
        except Exception as error:
            # Whatever cannot be read: the label may be bought all the same.
            raise CarrierUnclear(f"Its answer cannot be read: {brief(answer.text)}") from error

    def settings(self, kit: karrio_kit.Kit, connection: Connection) -> Any:
        """Return karrio's settings of an account."""
        raise NotImplementedError

    def authorized(
        self, settings: object, connection: Connection, seconds: float = LABEL_SECONDS
    ) -> dict[str, str]:
        """Return the headers of a request, with the token of the account."""
        raise NotImplementedError

    def check(self, connection: Connection) -> None:
        """Sign in anew; see `CarrierGateway`."""
        fresh = type(self)(self._transport)
        settings = fresh.settings(karrio_kit.load(self.extension), connection)
        fresh.authorized(settings, connection, RATE_SECONDS)

    def refuse(self, order: LabelOrder) -> None:
        """Refuse what karrio cannot build. Raises `NotOffered`."""

    def mend(self, body: object, connection: Connection, order: LabelOrder) -> None:
        """Put right what karrio maps wrongly, and refuse what does not fit."""
        raise NotImplementedError

    def order(
        self, settings: object, connection: Connection, body: object, order: LabelOrder
    ) -> Answer:
        """Send the request for a label."""
        raise NotImplementedError

    def read(self, kit: Any, mapper: Any, answer: Answer, context: object) -> BoughtLabel:
        """Return the label of an answer. Raises `CarrierRefused` with the carrier's words."""
        details, messages = mapper.parse_shipment_response(
            kit.lib.Deserializable(answer.text, kit.lib.to_dict, context)
        )
        if details is None:
            raise CarrierRefused(_said(messages) or brief(answer.text))
        return BoughtLabel(
            tracking_number=known(details.tracking_number),
            shipment_id=known(details.shipment_identifier),
            content=decoded(details.docs.label),
            label_format="ZPL" if details.label_type == "ZPL" else "PDF",
        )

    def words(self, kit: Any, mapper: Any, answer: Answer) -> str:
        """Return why the carrier refused, in its words."""
        try:
            _, messages = mapper.parse_shipment_response(
                kit.lib.Deserializable(answer.text, kit.lib.to_dict, {})
            )
        except Exception:  # noqa: BLE001 - an answer of any form, which is then quoted
            messages = []
        return _said(messages) or f"{answer.status}: {brief(answer.text)}"

    def void(self, connection: Connection, *, tracking_number: str, shipment_id: str) -> None:
        """Void a label; see `CarrierGateway`."""
        raise cannot_void(connection)

    def rate(self, connection: Connection, request: RateRequest) -> Money:
        """Return the price of a service; see `CarrierGateway`."""
        raise cannot_rate(connection)


def cannot_void(connection: Connection) -> NotOffered:
    """Return the refusal of carriers without an interface that voids."""
    name = TERMS[connection.carrier].name
    return NotOffered(
        f"{name} has no interface that voids labels. Cancel it on {name}'s own pages, then void it "
        "here with is_voided_elsewhere."
    )


def cannot_rate(connection: Connection) -> NotOffered:
    """Return the refusal of carriers without an interface for prices."""
    return NotOffered(
        f"{TERMS[connection.carrier].name} tells no prices by its interface: keep the flat one."
    )


def fitted(text: str | None, most: int, what: str) -> str:
    """Return a text that a carrier's field holds.

    Raises `CarrierRefused` for a longer one: carriers cut it, and a street without its end leads
    nowhere.
    """
    value = " ".join((text or "").split())
    if len(value) > most:
        raise CarrierRefused(
            f"{what} has {len(value)} characters and the carrier prints {most}: shorten it in the "
            "address of the order."
        )
    return value


def known(text: object) -> str:
    """Return an id of an answer. Raises `CarrierUnclear` when there is none."""
    if not isinstance(text, (str, int)) or not str(text).strip() or str(text) == "None":
        raise CarrierUnclear("Its answer names no tracking number.")
    return str(text).strip()[:100]


def decoded(text: Any) -> bytes:
    """Return the bytes of a label. Raises `CarrierUnclear` when there are none."""
    try:
        content = base64.b64decode(text or "", validate=False)
    except (TypeError, ValueError, binascii.Error) as error:
        raise CarrierUnclear("Its answer has a label that cannot be read.") from error
    if not content:
        raise CarrierUnclear("Its answer has no label.")
    return content


def put(target: dict[str, object], **members: object) -> None:
    """Write members of a request; those that are empty are left out of it."""
    for name, value in members.items():
        if value in (None, "", []):
            target.pop(name, None)
        else:
            target[name] = value


def basic(user: str, password: str) -> Mapping[str, str]:
    """Return the header of HTTP's basic authentication."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _said(messages: Any) -> str:
    words = (f"{one.message or ''} ({one.code})" for one in messages or () if one.message)
    return "; ".join(words)[:500]
