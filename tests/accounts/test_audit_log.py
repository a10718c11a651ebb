"""What was written down of changes: read with filters, sealed into a chain, seen to be whole."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from api.doctor import flows as doctor_flows
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, observability
from api.platform.audit import AuditEntry, AuditSeal
from api.platform.db import db, session, transaction
from tests.accounts.test_staff import audited, edits
from tests.support.people import PASSWORD, Person, a_staff_member
from tests.support.plans import plans_of, refresh_statistics
from tests.support.shop import Shop
from tests.support.sql import count_statements

AUDIT = "/api/v1/admin/audit"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def anna(app: Flask) -> Person:
    return a_staff_member("owner", "Anna Owner")


def reads(client: FlaskClient, by: Person, **query: Any) -> list[dict[str, Any]]:
    """Read a page of the log."""
    answer = client.get(AUDIT, query_string=query, headers=by.headers)
    assert answer.status_code == 200, answer.json
    return list(answer.json["data"])


def tries(client: FlaskClient, email: str, password: str = "not the password") -> Any:
    """Try to come in."""
    form = {"email": email, "password": password}
    return client.post("/api/v1/admin/auth/login", json=form)


def wrote(count: int) -> None:
    """Write down so many changes of something."""
    anna = Principal(kind="staff", id=new_id(), label="Anna")
    with transaction():
        for _ in range(count):
            audit.record("stock.adjusted", by=anna, subject_id=new_id(), change=-2)


def sealed() -> int:
    """Seal everything, three at once; returns how many seals there are."""
    while True:
        with transaction():
            if audit.seal_next(3) < 3:
                break
    count = session.scalar(select(func.count()).select_from(AuditSeal)) or 0
    session.rollback()
    return count


def found() -> list[str]:
    """What the doctor finds."""
    report = doctor_flows.examine(doctor_flows.chosen(["audit-chain"]))
    session.rollback()
    return [str(one) for finding in report.findings for one in finding.shown]


def past_the_shop(statement: str) -> None:
    """Change the log as only somebody with all rights of the database can."""
    with db.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement))


def test_an_entry_tells_who_how_what_and_by_which_request(
    client: FlaskClient, anna: Person
) -> None:
    wanda = a_staff_member("warehouse", "Wanda")

    answer = client.patch(
        f"/api/v1/admin/staff/{wanda.id}",
        json={"full_name": "Wanda Winter"},
        headers=anna.with_headers(If_Match='"1"', User_Agent="stockroom-console/0.1.0"),
    )

    (entry,) = reads(client, anna, subject_id=str(wanda.id))
    assert (
        entry.items()
        >= {
            "actor": f"staff:{anna.id}",
            "actor_name": "Anna Owner",
            "action": "staff.edited",
            "subject_id": str(wanda.id),
            "request_id": answer.headers["X-Request-ID"],
            "via": "console",
            "changes": {"before": {"full_name": "Wanda"}, "after": {"full_name": "Wanda Winter"}},
        }.items()
    )


def test_the_log_is_narrowed_and_read_in_pages(client: FlaskClient, anna: Person) -> None:
    wanda, ben = a_staff_member("warehouse", "Wanda"), a_staff_member("owner", "Ben")
    edits(client, anna, wanda, full_name="W")
    edits(client, ben, wanda, 2, role="support")
    tries(client, wanda.email)
    middle = reads(client, anna)[1]["created_at"]

    assert [one["actor_name"] for one in reads(client, anna, actor=str(ben.id))] == ["Ben"]
    assert [one["actor_name"] for one in reads(client, anna, actor=f"staff:{anna.id}")] == [
        "Anna Owner"
    ]
    actions = [one["action"] for one in reads(client, anna, subject_id=str(wanda.id))]
    assert actions == ["staff.sign_in_refused", "staff.edited", "staff.edited"]
    assert len(reads(client, anna, action="staff.edited")) == 2
    assert reads(client, anna, via="job") == []
    assert len(reads(client, anna, created_at_gte=middle)) == 2
    assert len(reads(client, anna, created_at_lt=middle)) == 1
    with count_statements() as statements:
        first = client.get(AUDIT, query_string={"limit": 2}, headers=anna.headers).json
    assert statements.count == 2, statements
    rest = reads(client, anna, cursor=first["page"]["next_cursor"])
    assert len(first["data"]) == 2
    assert len(rest) == 1
    assert client.get(AUDIT, headers=wanda.headers).status_code == 403


@pytest.mark.parametrize("narrow", ["actor", "subject_id", "action"])
def test_a_filter_is_answered_from_its_index(app: Flask, narrow: str) -> None:
    wrote(300)
    refresh_statistics("audit_log")
    given = {
        "actor": "staff:nobody", "subject_id": new_id(), "action": "staff.edited", "via": None,
        "since": None, "until": None,
    }  # fmt: skip
    asked = {name: value if name == narrow else None for name, value in given.items()}

    plan = plans_of(
        lambda: audit.entries(**asked, limit=50, cursor=None, with_total=False),  # type: ignore[arg-type]
        only_without_index=True,
    )

    assert f"ix_audit_log_{narrow}_id" in plan


def test_sign_ins_of_staff_are_written_down_those_refused_too(
    client: FlaskClient, anna: Person
) -> None:
    assert tries(client, anna.email, PASSWORD).status_code == 200
    assert tries(client, anna.email).status_code == 401
    assert tries(client, "nobody@shop.example").status_code == 401

    unknown, refused, came_in = reads(client, anna)
    assert (came_in["action"], came_in["subject_id"]) == ("staff.signed_in", str(anna.id))
    assert (refused["action"], refused["subject_id"]) == ("staff.sign_in_refused", str(anna.id))
    assert (unknown["subject_id"], unknown["actor"]) == (None, "system:-")
    assert "nobody" not in str(unknown)
    assert set(unknown["changes"]) == {"account", "device", "network"}


def test_a_write_that_says_nothing_of_itself_is_written_down_all_the_same(shop: Shop) -> None:
    called = shop.staff().posts("/doctor")

    assert called.status_code == 202
    ((actor, _, changes),) = audited("request.create_doctor_run")
    assert actor.startswith("staff:")
    assert changes == {"method": "POST", "path": "/api/v1/admin/doctor"}


def test_what_was_refused_or_changes_nothing_leaves_no_entry(shop: Shop) -> None:
    shop.sells("MUG", 5)
    order, staff = shop.an_order(MUG=1), shop.staff()
    before = session.scalar(select(func.count()).select_from(AuditEntry))
    session.rollback()

    refused = staff.posts(f"/orders/{order['id']}/holds", {"reason": "no reason"})
    path = f"/api/v1/admin/orders/{order['id']}/claim"
    claimed = staff.client.put(path, json={}, headers=staff.headers)
    staff.gets(f"/orders/{order['id']}")
    quoted = staff.posts(f"/orders/{order['id']}/refunds/quote", {"shipping": True})

    assert quoted.status_code == 200, quoted.json
    assert (refused.status_code, claimed.status_code) == (422, 200)
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == before


def test_a_note_and_a_payment_by_hand_are_written_down(shop: Shop) -> None:
    shop.sells("MUG", 5)
    buyer = shop.guest()
    buyer.adds("MUG")
    order = buyer.checks_out(payment_method="manual")
    staff = shop.staff()

    assert staff.posts(f"/orders/{order['id']}/notes", {"text": "rings twice"}).status_code == 201
    assert staff.marks_paid(order).status_code == 200

    ((_, subject_id, changes),) = audited("order.noted")
    told = {"is_pinned": False, "characters": 11, "for_customer": False}
    assert (str(subject_id), changes) == (order["id"], told)
    assert [str(one[1]) for one in audited("order.marked_paid")] == [order["id"]]


def test_entries_are_sealed_once_in_order_and_found_whole(app: Flask) -> None:
    wrote(7)
    assert sealed() == 7
    wrote(2)
    assert sealed() == 9
    assert sealed() == 9

    rows = session.execute(select(AuditSeal.seq, AuditSeal.entry_id).order_by(AuditSeal.seq)).all()
    ids = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).all()
    assert [row.seq for row in rows] == list(range(1, 10))
    assert [row.entry_id for row in rows] == list(ids)
    session.rollback()
    assert found() == []


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE audit_log SET changes = '{\"change\": -3}'", "changed"),
        ("UPDATE audit_log SET actor = 'staff:somebody'", "changed"),
        ("UPDATE audit_log SET created_at = created_at - interval '1 second'", "changed"),
        ("DELETE FROM audit_log", "gone"),
        ("UPDATE audit_seals SET digest = repeat('0', 64)", "changed"),
    ],
)
def test_tampering_with_one_entry_is_found(app: Flask, tampering: str, told: str) -> None:
    wrote(5)
    sealed()
    column = "entry_id" if "audit_seals" in tampering else "id"
    third = "(SELECT entry_id FROM audit_seals WHERE seq = 3)"

    past_the_shop(f"{tampering} WHERE {column} = {third}")

    assert [one for one in found() if f"is {told}" in one], found()


def test_an_entry_and_its_seal_that_are_both_taken_away_leave_a_gap(app: Flask) -> None:
    wrote(5)
    sealed()

    past_the_shop(
        "WITH gone AS (DELETE FROM audit_seals WHERE seq = 3 RETURNING entry_id)"
        " DELETE FROM audit_log WHERE id IN (SELECT entry_id FROM gone)"
    )

    assert any("after a gap" in one or "changed" in one for one in found())


def test_an_entry_that_was_slipped_in_among_old_ones_is_found(app: Flask) -> None:
    wrote(2)
    sealed()

    past_the_shop(
        "INSERT INTO audit_log (id, created_at, actor, action, request_id, changes) VALUES"
        " ('01800000-0000-7000-8000-000000000000', now(), 'staff:x', 'order.refunded', '-', '{}')"
    )

    assert any("not sealed" in one for one in found())
    sealed()
    assert any("not sealed" in one for one in found()), "the job looks at what is new"


def test_writers_do_not_wait_for_the_seal_and_nothing_is_sealed_twice(app: Flask) -> None:
    """Without the lock two jobs would give two entries one place in the chain."""
    wrote(40)
    start = threading.Barrier(4)

    def works(n: int) -> int:
        with app.app_context():
            start.wait()
            if n == 3:
                wrote(5)
                return 0
            with transaction():
                return audit.seal_next(100)

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(works, range(4)))
    assert sum(counts) >= 40
    assert sealed() == 45
    assert found() == []


def test_what_jobs_and_commands_do_is_told_apart(app: Flask) -> None:
    wrote(1)
    observability.bind_request_id("timetable-something")
    wrote(1)
    observability.bind_request_id("-", "command")

    vias = session.scalars(select(AuditEntry.via).order_by(AuditEntry.id)).all()
    assert vias[1] == "job"


def test_a_new_level_and_the_app_of_a_second_factor_have_entries_of_their_own(shop: Shop) -> None:
    mug = shop.sells("MUG", 1)
    anna = a_staff_member("owner", "Anna Owner")
    client = shop.app.test_client()
    place = client.post(
        "/api/v1/admin/locations", json={"code": "B", "name": "B"}, headers=anna.headers
    ).json
    body = {"variant_id": str(mug), "location_id": place["id"]}

    for _ in range(2):
        opened = client.post("/api/v1/admin/stock", json=body, headers=anna.headers)
    client.post(
        "/api/v1/admin/me/second-factor",
        json={"current_password": PASSWORD},
        headers=anna.headers,
    )

    entries = session.execute(
        select(AuditEntry.action, AuditEntry.subject_id).order_by(AuditEntry.id)
    ).all()
    assert [(action, str(subject)) for action, subject in entries][-2:] == [
        ("stock.level_opened", opened.json["id"]),
        ("staff.second_factor_begun", str(anna.id)),
    ]
