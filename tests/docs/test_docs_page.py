"""The page of the API documents in a real browser: it shows, searches, and asks nobody else."""

import shutil

import pytest
from flask import Flask
from playwright.sync_api import expect, sync_playwright

from tests.support.served import served

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), ""
)
QUIETLY = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
PATIENCE = 60_000
"""Milliseconds: a busy machine draws hundreds of operations in more than five seconds."""


@pytest.mark.skipif(not BROWSER, reason="no browser is installed here")
def test_the_page_shows_the_storefront_first_and_finds_operations_by_words(app: Flask) -> None:
    asked: list[str] = []
    wrong: list[str] = []
    with served(app) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=list(QUIETLY))
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"{base}/docs")
        heading = page.get_by_role("heading", name="Stockroom storefront API")
        expect(heading).to_be_visible(timeout=PATIENCE)
        paths, search = page.locator(".opblock-summary-path"), page.get_by_role("textbox")

        search.fill("delete cart")
        expect(paths).to_have_text(
            ["/api/v1/cart/items/{item_id}", "/api/v1/cart/codes/{code}"], timeout=PATIENCE
        )
        search.fill("addCartItem")
        expect(paths).to_have_text(["/api/v1/cart/items"], timeout=PATIENCE)
        search.fill("no such thing")
        expect(paths).to_have_count(0, timeout=PATIENCE)
        search.fill("")
        page.get_by_label("Select a definition").select_option("/openapi/admin.json")
        heading = page.get_by_role("heading", name="Stockroom admin API")
        expect(heading).to_be_visible(timeout=PATIENCE)
        browser.close()

    assert wrong == []
    assert [url for url in asked if not url.startswith((base, "data:"))] == []
