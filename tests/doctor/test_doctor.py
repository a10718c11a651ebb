"""The doctor by command, by request and at night: what it says, keeps, mends and never touches."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import text

from api.doctor import flows as doctor_flows
from api.doctor import jobs as doctor_jobs
from api.doctor import queries as doctor_queries
from api.doctor.events import DoctorRequested
from api.doctor.invariants import Invariant, Section
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform import doctor_runs, health
from api.platform.db import db, session, transaction
from api.tax import service as tax_service
from tests.support.books import differences
from tests.support.events import facts_of
from tests.support.shop import Shop
from tests.support.stock import counters, held, journal, level_of

NIGHT = datetime(2026, 3, 5, 2, 10, tzinfo=UTC)


@pytest.fixture
def taxed(shop: Shop) -> Shop:
    """A shop that every invariant finds sound."""
    with transaction():
        tax_service.set_tax_rate("AT", "standard", 2000, name="VAT", by=SYSTEM)
    shop.sells("MUG", 10)
    return shop


def hurt(*statements: str) -> None:
    """Write past the shop."""
    with db.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["doctor", *arguments])


def test_a_sound_shop_is_told_so_in_one_line_per_invariant(taxed: Shop) -> None:
    taxed.an_order(MUG=2)

    said = run(taxed.app)

    lines = said.output.splitlines()
    assert said.exit_code == 0, said.output
    assert [line.split()[:2] for line in lines[:-1]] == [
        ["ok", one.name] for one in doctor_queries.INVARIANTS
    ]
    assert lines[-1] == f"All {len(doctor_queries.INVARIANTS)} checks are sound."


def test_differences_are_counted_and_the_first_of_them_named(taxed: Shop) -> None:
    for _ in range(4):
        taxed.an_order(MUG=1)
    hurt("UPDATE orders SET to_ship = false")

    said = run(taxed.app, "orders", "--show", "2")
    as_json = run(taxed.app, "--json", "orders", "--show", "2")

    assert said.exit_code == 1
    assert "DIFFERS  to-ship" in said.output
    assert said.output.splitlines()[-5:] == [
        said.output.splitlines()[-5],
        "           order 1001: is false, should be true",
        "           order 1002: is false, should be true",
        "           ... and 2 more",
        "4 differences.",
    ]
    told = orjson.loads(as_json.output)
    assert (as_json.exit_code, told["differences"], told["failed"]) == (1, 4, 0)
    (finding,) = [one for one in told["findings"] if one["state"] == "differs"]
    assert (finding["name"], finding["differences"]) == ("to-ship", 4)
    assert finding["shown"][0]["label"] == "order 1001"


def test_an_unknown_name_is_refused_with_those_there_are(app: Flask) -> None:
    said = run(app, "cellar")

    assert said.exit_code == 1
    assert "called cellar. Sections: stock, goods, orders, money" in said.output


def test_what_cannot_be_asked_is_told_and_the_rest_is_asked_all_the_same(
    taxed: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Invariant("broken", Section.STOCK, "nothing", "SELECT nonsense FROM nowhere")
    monkeypatch.setattr(doctor_queries, "INVARIANTS", (broken, *doctor_queries.INVARIANTS))

    said = run(taxed.app, "stock")

    assert said.exit_code == 2
    assert "FAILED   broken" in said.output
    assert "UndefinedTable" in said.output
    assert "1 check could not be made" in said.output
    asked = [one for one in doctor_queries.INVARIANTS if one.section is Section.STOCK]
    assert said.output.count("\nok ") == len(asked) - 1 >= 8


def test_stock_is_mended_by_entries_that_are_added_to_the_journal(taxed: Shop) -> None:
    mug = taxed.variants["MUG"]
    taxed.an_order(MUG=2)
    held({mug: 1})
    before = journal(mug)
    hurt("UPDATE stock_levels SET on_hand = 12, allocated = 5, reserved = 0")
    broken = differences()

    said = run(taxed.app, "--fix", "stock")

    assert len(broken) == 5
    assert said.exit_code == 0, said.output
    assert differences() == []
    assert (counters(mug).on_hand, counters(mug).allocated, counters(mug).reserved) == (12, 2, 1)
    assert journal(mug) == [*before, ("adjusted", 2, 0, 0, 12)]


def test_bins_are_mended_by_entries_that_are_added_to_their_journal(taxed: Shop) -> None:
    level = level_of(taxed.variants["MUG"])
    with transaction():
        place = inventory_service.create_bin(inventory_service.default_location(), "D-1", by=SYSTEM)
        inventory_service.move_units(level, 4, source=None, target=place, by=SYSTEM)
    hurt("UPDATE bin_stock SET quantity = 3", "UPDATE stock_levels SET in_bins = 9, damaged = 1")
    broken = {one.partition(":")[0] for one in differences()}

    said = run(taxed.app, "--fix", "stock")

    assert broken == {"bin-journal", "bins-of-level", "states-by-journal"}
    assert said.exit_code == 0, said.output
    assert differences() == []
    moves = inventory_queries.bin_movements(place, limit=9, cursor=None)["data"]
    assert [(one["change"], one["quantity_after"]) for one in moves] == [(-1, 3), (4, 4)]


def test_a_level_that_would_promise_more_than_is_there_is_left_to_a_person(taxed: Shop) -> None:
    mug = taxed.variants["MUG"]
    taxed.an_order(MUG=4)
    hurt("UPDATE stock_levels SET on_hand = 3, allocated = 0")

    said = run(taxed.app, "--fix", "stock")

    assert said.exit_code == 1
    assert (counters(mug).on_hand, counters(mug).allocated) == (3, 0)
    assert "MUG at MAIN: is 0, should be 4" in said.output


def test_statuses_marks_and_holds_are_derived_anew(taxed: Shop) -> None:
    order = taxed.an_order(MUG=2)
    held({taxed.variants["MUG"]: 3})
    hurt(
        "UPDATE orders SET payment_status = 'unpaid', fulfilment_status = 'shipped',"
        " on_hold = true, to_ship = false",
        "UPDATE stock_levels SET below_threshold = true, low_stock_threshold = 1",
        "UPDATE variants SET in_stock = false",
        "UPDATE stock_holds SET owner_id = (SELECT cart_id FROM orders)",
    )

    said = run(taxed.app, "--fix")

    assert said.exit_code == 0, said.output
    assert "1 mended" in said.output
    assert differences() == []
    seen = taxed.staff().opens(order)
    assert (seen["payment_status"], seen["fulfilment_status"]) == ("paid", "unfulfilled")
    audited = "SELECT count(*) FROM audit_log WHERE action = 'doctor.mended'"
    assert session.scalar(text(audited)) == 3


def test_money_is_never_mended_but_put_before_a_person_once_and_taken_off_when_it_goes(
    taxed: Shop,
) -> None:
    order = taxed.an_order(MUG=2)
    hurt("UPDATE payment_events SET amount = amount - 1")
    before = session.execute(text("SELECT captured, refunded FROM payments")).all()

    said = [run(taxed.app, "--fix"), run(taxed.app, "--fix")]
    listed = taxed.staff().gets("/attention").json["data"]
    kept = session.execute(text("SELECT captured, refunded FROM payments")).all()
    session.rollback()
    hurt("UPDATE payment_events SET amount = amount + 1")
    after = run(taxed.app)

    assert [one.exit_code for one in said] == [1, 1]
    assert kept == before
    (item,) = listed
    assert (item["kind"], item["order_id"]) == ("discrepancy", order["id"])
    assert item["reason"].startswith("captured: order 1001, payment ")
    assert item["commands"] == ["accept"]
    assert after.exit_code == 0
    assert taxed.staff().gets("/attention").json["data"] == []


def test_a_run_is_a_job_that_a_worker_carries_out(taxed: Shop) -> None:
    owner = taxed.staff()
    before = owner.gets("/doctor")
    asked = owner.posts("/doctor")
    again = owner.posts("/doctor")
    (fact,) = facts_of(DoctorRequested)
    hurt("UPDATE variants SET in_stock = false")
    doctor_jobs.on_doctor_requested(fact)
    doctor_jobs.on_doctor_requested(fact)

    seen, last = owner.client.get(asked.headers["Location"], headers=owner.headers), None
    last = owner.gets("/doctor").json

    assert (before.status_code, before.json["code"]) == (404, "doctor_run_not_found")
    assert (asked.status_code, asked.json["status"]) == (202, "pending")
    assert again.json["id"] == asked.json["id"], "one at a time"
    assert seen.json == last
    assert (last["status"], last["differences"], last["failed"]) == ("completed", 1, 0)
    assert last["progress"] == {
        "checked": len(doctor_queries.INVARIANTS),
        "total": len(doctor_queries.INVARIANTS),
    }
    assert [one["name"] for one in last["findings"] if one["differences"]] == ["in-stock-mark"]


def test_only_those_who_may_run_jobs_may_ask_for_a_run(taxed: Shop) -> None:
    packer = taxed.staff("warehouse")

    assert packer.posts("/doctor").status_code == 403
    assert packer.gets("/doctor").status_code == 404
    assert taxed.app.test_client().get("/api/v1/admin/doctor").status_code == 401
    assert facts_of(DoctorRequested) == []


def test_the_light_is_in_readiness_and_at_the_counter(taxed: Shop) -> None:
    def lights() -> tuple[str, str]:
        return health.doctor(), taxed.staff().gets("/overview").json["doctor"]["state"]

    never = lights()
    with clock.frozen(NIGHT):
        doctor_flows.run(SYSTEM)
        sound = lights()
    with clock.frozen(NIGHT + timedelta(days=3, minutes=1)):
        old = health.doctor()
    hurt("UPDATE variants SET in_stock = false")
    with clock.frozen(NIGHT + timedelta(minutes=1)):
        doctor_flows.run(SYSTEM)

    assert never == ("ok", "unknown")
    assert sound == ("ok", "ok")
    assert old == "last checked 2026-03-05 02:10 UTC"
    assert lights() == ("1 difference found 2026-03-05 02:11 UTC", "differs")


def test_it_looks_once_each_night(taxed: Shop) -> None:
    def looks_at(moment: datetime) -> bool:
        with clock.frozen(moment):
            before = doctor_runs.status_light()["checked_at"]
            session.rollback()
            doctor_jobs.run_nightly()
            return bool(doctor_runs.status_light()["checked_at"] != before)

    by_day = NIGHT + timedelta(hours=10)

    assert not looks_at(by_day - timedelta(days=1)), "the first time is at night as well"
    assert looks_at(NIGHT)
    assert not looks_at(NIGHT + timedelta(hours=1))
    assert not looks_at(by_day)
    assert looks_at(NIGHT + timedelta(days=1))
    assert looks_at(by_day + timedelta(days=2, hours=3)), "a worker that slept through a night"


def test_runs_of_long_ago_are_forgotten(taxed: Shop) -> None:
    with clock.frozen(NIGHT - timedelta(days=91)):
        doctor_flows.run(SYSTEM)
    with clock.frozen(NIGHT):
        doctor_flows.run(SYSTEM)

    assert session.scalar(text("SELECT count(*) FROM doctor_runs")) == 1


def test_a_run_that_breaks_says_why_and_is_no_result(
    taxed: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise LookupError("the stethoscope is gone")

    monkeypatch.setattr(doctor_flows, "list_money", breaks)

    with pytest.raises(LookupError):
        doctor_flows.run(SYSTEM)

    (kept,) = session.execute(text("SELECT status, error FROM doctor_runs")).all()
    assert tuple(kept) == ("failed", "LookupError: the stethoscope is gone")
    assert doctor_runs.status_light()["state"] == "unknown"
