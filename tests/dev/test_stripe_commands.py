"""One command makes happen what a bank, a customer or somebody at the dashboard does."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from api.dev.fake_stripe import commands
from api.dev.processes import LOOPBACK
from api.dev.stack import ROOT
from tests.dev.conftest import Copy
from tests.support.live import Visitor


def stripe(copy: Copy, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a person types it."""
    return subprocess.run(
        [sys.executable, "-m", "api.dev", "stripe", "--folder", str(copy.folder), *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def at_stripe(copy: Copy, path: str, *, intent: str | None = None) -> list[dict[str, Any]]:
    """Ask the running stand-in for a list, or for what in it belongs to one PaymentIntent."""
    there = json.loads((copy.folder / "environment.json").read_text())
    answer = httpx.get(
        f"{there['STRIPE_API_BASE']}/v1/{path}", auth=(there["STRIPE_SECRET_KEY"], "")
    )
    found: list[dict[str, Any]] = answer.raise_for_status().json()["data"]
    return [one for one in found if intent is None or one["payment_intent"] == intent]


def test_an_order_is_paid_refunded_warned_of_disputed_and_paid_out_by_command(copy: Copy) -> None:
    copy.ensure_running()
    visitor = Visitor(f"http://{LOOPBACK}:{copy.port}")
    order = visitor.orders("HM-011", shipping_method="parcel")
    intent = visitor.asks_to_pay(order)["payment_intent_id"]
    number = order["number"]

    said = [
        stripe(copy, "pay", number, "--card", "pm_card_riskLevelElevated"),
        stripe(copy, "payout", "--status", "paid"),
        stripe(copy, "refund", number, "--amount", "100"),
        stripe(copy, "fail-refund", number, "--reason", "lost_or_stolen_card"),
        stripe(copy, "fraud-warning", number, "--fraud-type", "misc"),
        stripe(copy, "dispute", number, "--status", "won", "--reason", "product_not_received"),
    ]

    assert [each.returncode for each in said] == [0] * 6, [each.stderr for each in said]
    visitor.waits_until(order, payment_status="paid")
    visitor.http.close()
    (charge,) = at_stripe(copy, "charges", intent=intent)
    assert charge["outcome"]["risk_level"] == "elevated"
    (refund,) = at_stripe(copy, "refunds", intent=intent)
    assert (refund["amount"], refund["status"]) == (100, "failed")
    (dispute,) = at_stripe(copy, "disputes", intent=intent)
    assert (dispute["status"], dispute["reason"]) == ("won", "product_not_received")
    assert len(at_stripe(copy, "radar/early_fraud_warnings", intent=intent)) == 1
    assert at_stripe(copy, "payouts")[0]["status"] == "paid"
    listed = stripe(copy, "events").stdout
    assert "charge.dispute.closed" in listed


def test_what_cannot_be_done_is_said_in_one_sentence(copy: Copy) -> None:
    copy.ensure_running()

    unknown = stripe(copy, "refund", "NO-SUCH-ORDER")
    nothing = stripe(copy, "dispute", "ch_none")

    assert (unknown.returncode, nothing.returncode) == (1, 1)
    assert unknown.stderr == (
        "stockroom: There is no order NO-SUCH-ORDER: give the number that the console shows.\n"
    )
    assert nothing.stderr == "stockroom: Stripe refuses: No such payment_intent: 'ch_none'\n"


def test_every_command_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        commands.main(["--help"], ROOT / "var")

    said = capsys.readouterr().out
    for name in ("pay", "refund", "fail-refund", "dispute", "fraud-warning", "payout", "resend"):
        assert f"\n    {name} " in said
