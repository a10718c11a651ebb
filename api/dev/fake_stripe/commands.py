"""Make happen at Stripe what otherwise others do: `python -m api.dev stripe dispute ORDER`.

Works against the shop of `make run`. ORDER is an order's number, or the id of anything at Stripe.
"""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg2

from api.dev import environment
from api.dev.errors import DevError
from api.dev.fake_stripe.client import Client
from api.dev.fake_stripe.rules import disputes, radar, refunds


def main(arguments: Sequence[str], folder: Path) -> None:
    """Perform one command and say what came of it; `Trouble` when it cannot be done."""
    # From make, all of it comes as one word.
    words = shlex.split(arguments[0]) if len(arguments) == 1 else list(arguments)
    asked = vars(_parser().parse_args(words))
    name = asked.pop("command")
    there = environment.read(asked.pop("folder") or folder)
    if "STRIPE_API_BASE" not in there:
        raise DevError("This shop uses another Stripe than the embedded one: use its dashboard.")
    client = Client(there["STRIPE_API_BASE"], there["STRIPE_SECRET_KEY"])
    if name == "events":
        for event in reversed(client.list("events", limit=20)):
            print(f"{event['id']}  {event['type']:<40}{event['data']['object']['id']}")
        return
    if "target" in asked:
        asked["target"] = _target(there, asked["target"])
    done = client.simulate(name, **asked)
    made = done["data"] if done["object"] == "list" else [done]
    for each in made:
        print(_sentence(each))
    if not made:
        print("Nothing to pay out: no balance is above zero.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make stripe DO=...", description=__doc__)
    parser.add_argument("--folder", type=Path, help="the data of the shop; var otherwise")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, words: str, *, target: str = "ORDER") -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        if target:
            made.add_argument("target", metavar=target, help="an order's number, or an id")
        if name not in ("resend", "events"):
            made.add_argument("--lost", action="store_true", help="the shop gets no message of it")
        return made

    pay = command("pay", "pay an order's open PaymentIntent by card")
    pay.add_argument("--card", help="a test card of Stripe's, as pm_card_riskLevelElevated")
    pay.add_argument("--authentication", choices=("succeeded", "failed"), help="of 3-D Secure")
    refund = command("refund", "give money back at the dashboard, without the shop")
    refund.add_argument("--amount", type=int, help="minor units; all that is left otherwise")
    refund.add_argument("--reason", choices=("duplicate", "fraudulent", "requested_by_customer"))
    failed = command("fail-refund", "let a refund fail, also long after it had succeeded")
    failed.add_argument("--reason", choices=refunds.FAILURES)
    dispute = command("dispute", "begin a dispute, or lead the one there is to a status")
    dispute.add_argument("--status", choices=disputes.STATUSES, help="needs_response otherwise")
    dispute.add_argument("--reason", choices=disputes.REASONS, help="fraudulent otherwise")
    dispute.add_argument("--amount", type=int, help="minor units; all that was paid otherwise")
    dispute.add_argument("--days", type=int, help="until the evidence is due; 7 otherwise")
    warning = command("fraud-warning", "let the customer's bank warn of fraud early")
    warning.add_argument("--fraud-type", choices=radar.FRAUD_TYPES)
    payout = command("payout", "pay the whole balance out, not only what is due", target="")
    payout.add_argument("--currency", help="one only, as eur")
    payout.add_argument("--status", choices=("paid", "failed"), help="let it arrive, or come back")
    command("resend", "deliver an event once more", target="EVENT")
    command("events", "list the last events", target="")
    return parser


def _target(there: dict[str, str], wanted: str) -> str:
    """Return the order's id for its number; ids of Stripe are what they are."""
    if "_" in wanted:
        return wanted
    connection = psycopg2.connect(there["DATABASE_URL"])
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM orders WHERE number = %s", (wanted.upper(),))
            row = cursor.fetchone()
    finally:
        connection.close()
    if row is None:
        raise DevError(f"There is no order {wanted}: give the number that the console shows.")
    return str(row[0])


def _sentence(done: dict[str, Any]) -> str:
    """Say what there is now, in one line."""
    facts = [done["object"].rpartition(".")[2].replace("_", " "), done["id"]]
    if "amount" in done:
        facts.append(f"{done['amount']} {done['currency']}")
    for name in ("status", "reason", "failure_reason", "fraud_type"):
        if done.get(name):
            facts.append(str(done[name]))
    if done["object"] == "event":
        facts.append(done["type"])
    return "  ".join(facts)
