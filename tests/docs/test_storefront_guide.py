"""What the guide for storefronts says is done here, request by request."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from api.app import create_app
from api.platform import openapi
from api.platform.openapi_errors import EVERYWHERE
from api.platform.settings import Settings
from tests.docs.guide import Exchange, Reader, parts
from tests.support.contract import ContractClient, document
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.shop import ADDRESS, Shop
from tests.support.work import drain

GUIDE = Path(__file__).parents[2] / "docs" / "storefront.md"
ORIGIN = "https://www.shop.example"
_PLACEHOLDER = re.compile(r"…|{\w+}")


@pytest.fixture
def reader(
    app: Flask, settings: Settings, mailer: RecordingMailer, gateway: ScriptedGateway
) -> Reader:
    """Somebody who reads the guide of a shop that lets its storefront's pages in."""
    open_ = replace(settings, cors_origins=(ORIGIN,))
    made = create_app(open_, mailer=mailer, gateway=gateway)
    return Reader(ContractClient(made, made.response_class))


def written_to(mailer: RecordingMailer, pattern: str) -> str:
    """Let the e-mails go out, and read the token of the newest link of a kind."""
    drain()
    return [found[1] for sent in mailer.sent if (found := re.search(pattern, sent.text))][-1]


def test_every_request_of_the_guide_is_answered_as_it_says(
    reader: Reader,
    shop: Shop,
    mailer: RecordingMailer,
    gateway: ScriptedGateway,
    settings: Settings,
) -> None:
    site = settings.public_url
    shop.sells("HARBOUR-MUG", 6, price="12.99 EUR")

    def token(path: str) -> str:
        return written_to(mailer, f"{site}{path}#token=(\\S+)")

    def is_back() -> None:
        counted(shop, 6)
        reader.known["stop_token"] = token("/stock-requests/cancel")

    happens: dict[str, Callable[[], object]] = {
        "the customer pays": lambda: gateway.pay(reader.known["payment_intent_id"]),
        "the order is shipped and partly refunded": lambda: handled(shop, reader.known["order_id"]),
        "the e-mail with $reset_token arrives": lambda: reader.known.update(
            reset_token=token("/reset-password")
        ),
        "the e-mail with $view_token arrives": lambda: reader.known.update(
            view_token=token("/orders/link")
        ),
        "the shop mails a pay link with $pay_token": lambda: reader.known.update(
            pay_token=phoned(shop) or token("/pay")
        ),
        "the mug is sold out": lambda: counted(shop, -available(shop)),
        "the mug is back, and the e-mail with $stop_token arrives": is_back,
    }
    done = 0

    for part in parts(GUIDE.read_text()):
        if isinstance(part, Exchange):
            reader.does(part)
            done += 1
        else:
            happens.pop(part)()

    assert done > 30
    assert happens == {}
    linked = {one for sent in mailer.sent for one in re.findall(f"{site}(/\\S*)?", sent.text)}
    assert {link or "/" for link in linked if not is_told(link or "/")} == set()


def is_told(link: str) -> bool:
    """Tell whether the guide's table has a page for what an e-mail links to."""
    paths = re.findall(r"^\| `(/.*?)` \|", GUIDE.read_text(), re.M)
    # `…` and `{slug}` stand for one part of an address.
    pages = [r"[^/\s]+".join(map(re.escape, _PLACEHOLDER.split(path))) for path in paths]
    return any(re.fullmatch(page, link) for page in pages)


def handled(shop: Shop, order_id: str) -> None:
    """Ship an order, and refund one of its mugs."""
    staff = shop.staff()
    order = staff.gets(f"/orders/{order_id}").json
    parcel = {"carrier": "DHL", "tracking_number": "JJD000390007"}
    assert staff.posts(f"/orders/{order_id}/ship", parcel).status_code == 201
    assert staff.refunds(order, lines={0: 1}).status_code == 201


def phoned(shop: Shop) -> None:
    """Take an order by telephone, and mail its pay link."""
    staff = shop.staff()
    draft = staff.posts(
        "/draft-orders",
        {
            "email": "phone@example.com",
            "lines": [{"sku": "HARBOUR-MUG", "quantity": 1}],
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
        },
    ).json
    assert staff.posts(f"/draft-orders/{draft['id']}/pay-link").status_code == 200


def available(shop: Shop) -> int:
    """Return how many mugs can still be sold."""
    (level,) = shop.staff().gets("/stock").json["data"]
    return int(level["available"])


def counted(shop: Shop, change: int) -> None:
    """Count more or fewer mugs."""
    staff = shop.staff()
    (level,) = staff.gets("/stock").json["data"]
    answer = staff.posts(
        f"/stock/{level['id']}/adjust",
        {"change": change, "reason": "found" if change > 0 else "lost"},
    )
    assert answer.status_code == 200, answer.json


def test_the_guide_names_only_operations_that_are_there(bare_app: Flask) -> None:
    known = {
        f"{method.upper()} {re.sub('{.*?}', '{}', path)}"
        for path, item in document(bare_app)["paths"].items()
        for method in item
    }
    named = {
        f"{method} /api/v1{re.sub('{.*?}', '{}', path.removeprefix('/api/v1'))}"
        for method, path in re.findall(
            r"`(GET|POST|PATCH|PUT|DELETE) (/[^`\s]+)`", GUIDE.read_text()
        )
    }

    assert named
    assert named - known == set()


def test_every_code_that_the_guide_names_can_be_answered(bare_app: Flask) -> None:
    named = set(re.findall(r"\b[45]\d\d `([a-z_]+)`", GUIDE.read_text()))
    answered = {refusal.code for refusal in EVERYWHERE}
    for one in openapi.documents(bare_app).values():
        answered |= one.codes

    assert len(named) > 8
    assert named - answered == set()
