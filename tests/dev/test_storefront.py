"""The demo's storefront: a person buys in a real browser, against the shop of `make run`."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from api.dev import demo_users
from tests.dev.conftest import Copy

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), ""
)
QUIETLY = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
needs_browser = pytest.mark.skipif(
    not BROWSER, reason="no browser is installed here: needs chromium or google-chrome"
)


def origin_of(copy: Copy) -> str:
    """Return where the storefront of a running copy is."""
    there = json.loads((copy.ensure_running().folder / "environment.json").read_text())
    return str(there["PUBLIC_URL"])


@pytest.fixture
def page(copy: Copy) -> Iterator[Page]:
    """A page of a new browser on the storefront; what goes wrong in it fails the test."""
    wrong: list[str] = []
    origin = origin_of(copy)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=QUIETLY)
        page = browser.new_page(base_url=origin)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if is_wrong(said.text) else None)
        page.goto("/")
        yield page
        browser.close()
    assert wrong == []


def is_wrong(said: str) -> bool:
    """Say whether a line of the console tells of a fault; what the shop refuses is none."""
    return not any(f"status of {status}" in said for status in (402, 422))


def fills_in_the_checkout(page: Page) -> None:
    """Put a mug into the cart and go to the checkout, as far as the form."""
    page.get_by_label("Search the shop").fill("harbour")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Harbour mug").click()
    page.get_by_text("Sand", exact=True).click()
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="View cart").click()
    page.get_by_role("link", name="Check out").click()
    for label, words in {
        "E-mail": "ada@example.test",
        "Name": "Ada Byron",
        "Street and number": "Lindenstr. 9",
        "Postal code": "10969",
        "City": "Berlin",
    }.items():
        page.get_by_label(label, exact=True).fill(words)


@contextmanager
def owner_of(copy: Copy) -> Iterator[httpx.Client]:
    """Have the demo's owner at the counter."""
    base = f"http://127.0.0.1:{copy.port}/api/v1/admin"
    with httpx.Client(base_url=base, timeout=30) as client:
        form = {"email": demo_users.STAFF[0].email, "password": demo_users.PASSWORD}
        token = client.post("/auth/login", json=form).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def does(owner: httpx.Client, path: str, body: Any) -> None:
    """Carry out a command of staff."""
    owner.post(path, json=body, headers={"Idempotency-Key": str(uuid4())}).raise_for_status()


@needs_browser
def test_a_person_browses_fills_a_cart_and_pays_after_a_decline(page: Page) -> None:
    fills_in_the_checkout(page)
    page.get_by_text("Express").click()
    expect(page.locator(".totals")).to_contain_text("€50.70")  # 2 x 18.90 + 12.90

    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("button", name="4000 0000 0000 0002").click()
    page.get_by_role("button", name="Pay €50.70").click()
    expect(page.get_by_role("alert")).to_contain_text("Your card was declined.")
    page.get_by_role("button", name="4242 4242 4242 4242").click()
    page.get_by_role("button", name="Pay €50.70").click()

    expect(page.locator("#payment-status")).to_have_text("paid")
    expect(page.get_by_label("Cart, 0 items")).to_be_visible()


@needs_browser
def test_3d_secure_asks_and_a_rejected_payment_may_be_tried_again(page: Page) -> None:
    fills_in_the_checkout(page)
    page.get_by_role("button", name="Order and pay").click()

    page.get_by_role("button", name="4000 0027 6000 3184").click()
    page.get_by_role("button", name="Pay €").click()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("failed authentication")
    page.get_by_role("button", name="Pay €").click()
    page.get_by_role("button", name="Approve").click()

    expect(page.locator("#payment-status")).to_have_text("paid")


@needs_browser
def test_a_person_orders_by_bank_transfer_and_comes_back_to_the_order(page: Page) -> None:
    fills_in_the_checkout(page)
    page.get_by_text("Bank transfer").click()
    page.get_by_role("button", name="Order and pay").click()

    expect(page.locator("#payment-status")).to_have_text("not paid yet")
    page.reload()
    expect(page.get_by_text("Please pay by bank transfer")).to_be_visible()

    page.get_by_role("button", name="Cancel this order").click()
    page.get_by_role("button", name="Yes, cancel this order").click()
    expect(page.locator(".status")).to_contain_text("cancelled")
    expect(page.get_by_role("button", name="Cancel this order")).to_have_count(0)
    expect(page.get_by_label("Cart, 2 items")).to_be_visible()


@needs_browser
def test_the_order_tells_of_its_parcel_and_its_refund(page: Page, copy: Copy) -> None:
    fills_in_the_checkout(page)
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("button", name="4242 4242 4242 4242").click()
    page.get_by_role("button", name="Pay €").click()
    expect(page.locator("#payment-status")).to_have_text("paid")
    expect(page.get_by_role("button", name="Cancel this order")).to_be_visible()

    order = f"/orders/{page.url.rpartition('/')[2]}"
    with owner_of(copy) as owner:
        (line,) = owner.get(order).raise_for_status().json()["lines"]
        one = [{"order_line_id": line["id"], "quantity": 1}]
        parcel = {"carrier": "dhl", "tracking_number": "00340434161094042557"}
        parcel |= {"lines": one, "verified_lines": one}
        does(owner, f"{order}/ship", parcel)
        does(owner, f"{order}/refunds", {"lines": one, "reason": "damaged"})
    page.reload()

    expect(page.get_by_role("button", name="Cancel this order")).to_have_count(0)
    sent = page.locator(".parcel")
    expect(sent).to_contain_text("1 × Harbour mug, Sand")
    expect(sent.get_by_role("link", name="00340434161094042557")).to_have_attribute(
        "href", re.compile("00340434161094042557")
    )
    expect(page.locator(".refunds li")).to_contain_text("€18.90")
    expect(page.locator(".status")).to_contain_text("sent in part")


@needs_browser
def test_what_the_shop_refuses_is_said_beside_its_field(page: Page) -> None:
    fills_in_the_checkout(page)
    page.get_by_label("Postal code").fill("not a code at all")

    page.get_by_role("button", name="Order and pay").click()

    expect(page.get_by_role("alert")).to_contain_text("Postal code")
    expect(page.get_by_label("Postal code")).to_be_focused()


def test_every_address_of_the_shop_is_the_one_page(copy: Copy) -> None:
    origin = origin_of(copy)

    answers = [
        httpx.get(f"{origin}{path}")
        for path in ("/", "/products/harbour-mug", "/orders/1", "/..%2fserver.py", "/%00")
    ]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert {answer.text for answer in answers} == {answers[0].text}
    policy = answers[0].headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    config = httpx.get(f"{origin}/config.json").json()
    assert config["api"] == f"http://127.0.0.1:{copy.port}/api/v1"
    script = httpx.get(config["stripe_js"])
    assert script.headers["Content-Type"].startswith("text/javascript")


def test_the_storefront_alone_may_call_the_shop_from_a_page(copy: Copy) -> None:
    origin = origin_of(copy)
    address = f"http://127.0.0.1:{copy.port}/api/v1/products?limit=1"

    ours = httpx.get(address, headers={"Origin": origin})
    other = httpx.get(address, headers={"Origin": "http://127.0.0.1:1"})

    assert ours.headers["Access-Control-Allow-Origin"] == origin
    assert "Access-Control-Allow-Origin" not in other.headers
