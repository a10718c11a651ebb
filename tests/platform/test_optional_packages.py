"""Without the optional packages, each feature that lacks one says in a sentence what to do."""

import re
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask

from api.catalog import flows as catalog_flows
from api.catalog.queries import media as media_queries
from api.documents import (
    customs_form,
    labels,
    manifest,
    parcel_label,
    pictures,
    purchase_order,
    slips,
)
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.packages import PackageMissing
from api.kernel.principal import SYSTEM
from api.platform.backups import storage
from api.platform.backups.storage import BackupError
from api.platform.settings import Settings, SettingsError
from api.purchasing.service import email_purchase_order
from api.returns.flows import returns as return_flows
from console import settings as console_settings
from tests.support.people import a_staff_member

NO_PARCELS = manifest.ManifestPaper(
    shop="", number="", carrier="", day="", is_closed=True, closed_by="", rows=()
)
NO_GOODS = customs_form.CustomsPaper(
    number="",
    category="",
    sender=(),
    recipient=(),
    lines=(),
    net_weight_grams=0,
    value=Money(0, "EUR"),
    postage=Money(0, "EUR"),
)
NOTHING = cast("Any", None)
"""What is to be printed does not matter: nothing is."""


@pytest.fixture(autouse=True)
def without_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what requirements-papers.txt, -pictures.txt, -s3.txt and -sentry.txt install."""
    for name in ("fpdf", "barcode", "fontTools", "PIL", "obstore", "pyrage", "sentry_sdk"):
        monkeypatch.setitem(sys.modules, name, None)


def test_papers_are_refused() -> None:
    pictures._characters.cache_clear()
    for draw in (
        lambda: labels.sheet(NOTHING),
        lambda: labels.modules("A"),
        lambda: parcel_label.label(NOTHING),
        lambda: slips.slip(NOTHING),
        lambda: purchase_order.pdf(NOTHING),
        lambda: email_purchase_order(new_id(), command_id=new_id(), by=SYSTEM),
        lambda: manifest.paper(NO_PARCELS),
        lambda: customs_form.paper(NO_GOODS),
        lambda: pictures.paint("\u0628", 300, False),
    ):
        with pytest.raises(
            PackageMissing, match=r"fpdf2 .*pip install -r requirements-papers\.txt"
        ):
            draw()


def test_every_paper_asks_first() -> None:
    """Whoever adds a paper says what its server may lack, before it is imported."""
    folder = Path(labels.__file__).parent
    importing = re.compile(r"^ +(?:from fpdf|import barcode)\b.*# noqa.*$", re.MULTILINE)
    asking = re.compile(
        r'packages\.require\("papers"\)\n +(?:from fpdf|import barcode)', re.MULTILINE
    )
    silent = [
        file.name
        for file in folder.glob("*.py")
        if (text := file.read_text()) and importing.search(text) and not asking.search(text)
    ]

    assert silent == []


def test_the_api_answers_in_a_sentence(app: Flask) -> None:
    person = a_staff_member()

    answer = app.test_client().get(
        "/api/v1/admin/warehouse/labels?kind=commands", headers=person.headers
    )

    assert (answer.status_code, answer.json["code"]) == (409, "package_missing")
    assert answer.json["detail"].endswith("requirements-papers.txt, then restart it.")


def test_pictures_are_refused_by_the_api_and_the_worker_and_are_still_deleted(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = a_staff_member()
    sent = {**person.headers, "Content-Type": "image/png", "Idempotency-Key": str(new_id())}
    monkeypatch.delitem(sys.modules, "api.catalog.service.thumbnails", raising=False)
    monkeypatch.setattr(media_queries, "waiting_media", lambda _: "images/one/original.png")

    answer = app.test_client().post("/api/v1/admin/media", headers=sent, data=b"anything")
    for hand_in in (
        lambda: return_flows.add_photo(new_id(), b"anything", by=SYSTEM),
        lambda: catalog_flows.make_sizes(new_id()),
    ):
        with pytest.raises(PackageMissing, match=r"Pillow .*requirements-pictures\.txt"):
            hand_in()
    catalog_flows.forget_files(new_id(), "images/one/original.png")

    assert (answer.status_code, answer.json["code"]) == (409, "package_missing")


def test_the_shop_does_not_start_with_settings_that_need_them() -> None:
    development = {
        "STOCKROOM_ENV": "development",
        "DATABASE_URL": "postgresql://a@127.0.0.1/a",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    Settings.from_env(development)
    needing = {
        "MEDIA_URL": "s3://pictures",
        "BACKUP_URL": "/backups",
        "SENTRY_DSN": "https://key@sentry.example/1",
    }

    with pytest.raises(SettingsError) as refusal:
        Settings.from_env(development | needing)

    problems = refusal.value.problems
    assert [problem.partition(" ")[0] for problem in problems] == list(needing)
    for problem, package in zip(problems, ("obstore", "obstore", "sentry-sdk"), strict=True):
        file = "sentry" if package == "sentry-sdk" else "s3"
        assert f"{package} is not installed" in problem
        assert f"pip install -r requirements-{file}.txt" in problem


def test_backups_from_another_place_and_the_console_say_it_too(settings: Settings) -> None:
    with pytest.raises(BackupError, match=r"obstore .*requirements-s3\.txt"):
        storage.backups_of(settings, "/elsewhere")
    with pytest.raises(console_settings.BadSettings, match=r"requirements-sentry\.txt"):
        console_settings.read([], {"SENTRY_DSN": "https://key@sentry.example/1"})
