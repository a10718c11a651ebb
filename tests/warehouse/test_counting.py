"""Counts over HTTP: small differences post themselves, large ones are counted by two people."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.inventory import service as inventory_service
from api.inventory.models import BinKind, MovementKind
from api.inventory.service import StockChange
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.approvals.test_approvals import limits
from tests.inventory.test_lots import comes, kept_in_lots, lot_of
from tests.support.books import stock_differences
from tests.support.people import Person, a_staff_member
from tests.support.stock import a_location, allocated, counters, demand, goods, level_of
from tests.support.time_zones import DAY_IN_UTC, DAY_THERE, late_in_berlin

ADMIN = "/api/v1/admin"


class Hands:
    """A member of staff who sends commands."""

    def __init__(self, client: FlaskClient, who: Person) -> None:
        self.client, self.who = client, who

    def posts(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = self.who.with_headers(Idempotency_Key=new_id().hex)
        return self.client.post(f"{ADMIN}{path}", json=body or {}, headers=headers)

    def gets(self, path: str) -> Any:
        return self.client.get(f"{ADMIN}{path}", headers=self.who.headers).json

    def starts(self, **scope: Any) -> str:
        answer = self.posts("/counts", scope)
        assert answer.status_code == 201, answer.json
        return str(answer.json["id"])

    def counts(self, count: str, level: UUID, counted: int, **more: Any) -> Any:
        body = {"level_id": str(level), "counted": counted, **more}
        return self.posts(f"/counts/{count}/entries", body)


@pytest.fixture
def mia(app: Flask) -> Hands:
    a_location()
    return Hands(app.test_client(), a_staff_member("warehouse", "Mia"))


@pytest.fixture
def jon(app: Flask) -> Hands:
    return Hands(app.test_client(), a_staff_member("warehouse", "Jon"))


def line(answer: Any) -> tuple[Any, ...]:
    row = answer.json["lines"][0]
    return row["status"], row["counted"], row["expected"], row["variance"]


def a_bin(code: str, **fields: Any) -> UUID:
    with transaction():
        location_id = inventory_service.default_location()
        return inventory_service.create_bin(location_id, code, by=SYSTEM, **fields)


def put(level: UUID, units: int, target: UUID | None, *, source: UUID | None = None) -> None:
    with transaction():
        inventory_service.move_units(level, units, source=source, target=target, by=SYSTEM)


def test_a_small_difference_posts_itself_and_a_large_one_needs_a_second_person(
    mia: Hands, jon: Hands
) -> None:
    mug, tea = goods("CNT-MUG", 10), goods("CNT-TEA", 30)
    level, other = level_of(mug), level_of(tea)
    count = mia.starts(level_ids=[str(level)])
    assert mia.posts(f"/counts/{count}/finish").json["code"] == "count_lines_open"

    assert line(mia.counts(count, level, 9)) == ("posted", 9, 10, -1)
    assert counters(mug).on_hand == 9
    assert mia.counts(count, level, 9).json["code"] == "count_line_closed"
    assert mia.posts(f"/counts/{count}/finish").json["status"] == "posted"
    assert mia.counts(count, level, 9).json["code"] == "invalid_state"

    count = mia.starts(level_ids=[str(other)])
    # Blind: what is expected is not told before it is posted.
    assert line(mia.counts(count, other, 20)) == ("recount", 20, None, None)
    assert mia.counts(count, other, 20).json["code"] == "second_person_needed"
    assert line(jon.counts(count, other, 22)) == ("recount", 22, None, None)
    assert line(mia.counts(count, other, 20)) == ("recount", 20, None, None), "not in a row"
    assert counters(tea).on_hand == 30
    assert line(jon.counts(count, other, 20)) == ("posted", 20, 30, -10)
    assert counters(tea).on_hand == 20
    journal = mia.gets(f"/stock/{other}/movements")["data"][0]
    assert (journal["kind"], journal["on_hand_change"], journal["actor"]) == ("counted", -10, "Jon")
    assert stock_differences() == []


def test_picking_goes_on_while_somebody_counts(mia: Hands, jon: Hands) -> None:
    mug = goods("CNT-PICK", 50)
    level, place = level_of(mug), a_bin("A-1")
    put(level, 40, place)
    count = mia.starts(bin_id=str(place), is_blind=False)
    counted_at = clock.now()
    order_id, wanted = new_id(), demand({mug: 6})
    with clock.frozen(counted_at + timedelta(seconds=30)), transaction():
        inventory_service.allocate(order_id, wanted, cart_id=None, by=SYSTEM)
        inventory_service.ship(
            order_id, {wanted[0].order_line_id: 6}, fulfilment_id=new_id(), by=SYSTEM
        )
    with clock.frozen(counted_at + timedelta(minutes=1)):
        put(level, 5, place)
        # Sent from a console that was offline: 40 were there at that moment, 39 are now.
        when = {"counted_at": counted_at.isoformat(), "bin_id": str(place)}
        first = mia.counts(count, level, 30, **when)
        assert line(first) == ("recount", 30, 40, None)
        second = jon.counts(count, level, 29, bin_id=str(place))

    assert line(second) == ("posted", 29, 39, -10)
    assert counters(mug).on_hand == 34
    assert mia.gets(f"/bins/{place}")["units"] == 29
    assert stock_differences() == []


@pytest.mark.parametrize("in_lots", [False, True])
@pytest.mark.parametrize("in_bin", [False, True])
def test_what_two_people_count_at_once_is_missing_once(
    mia: Hands, jon: Hands, in_bin: bool, in_lots: bool
) -> None:
    mug = kept_in_lots(goods("CNT-TWICE", 0), "lot") if in_lots else goods("CNT-TWICE", 20)
    level, place = level_of(mug), a_bin("A-1") if in_bin else None
    if in_lots:
        with transaction():
            at = inventory_service.default_location()
        comes(mug, lot_of(mug, "ONLY"), 20, at=at, bin_id=place)
    elif in_bin:
        put(level, 20, place)
    counts = [one.starts(level_ids=[str(level)]) for one in (mia, jon)]
    when = {"counted_at": clock.now().isoformat(), "bin_id": place and str(place)}

    first, second = (
        line(one.counts(count, level, 19, **when))
        for one, count in zip((mia, jon), counts, strict=True)
    )

    assert (first, second) == (("posted", 19, 20, -1), ("posted", 19, 19, 0))
    assert counters(mug).on_hand == 19
    assert stock_differences() == []


@pytest.mark.parametrize("has_lots", [False, True])
def test_what_is_missing_in_no_bin_leaves_the_bins_as_they_are(
    mia: Hands, jon: Hands, has_lots: bool
) -> None:
    mug = kept_in_lots(goods("CNT-LOOSE", 0), "lot") if has_lots else goods("CNT-LOOSE", 12)
    level, place = level_of(mug), a_bin("L-1")
    if has_lots:
        with transaction():
            at = inventory_service.default_location()
        lots = [lot_of(mug, code) for code in ("BINNED", "LOOSE")]
        for lot, units, bin_id in ((lots[0], 5, place), (lots[1], 7, None)):
            comes(mug, lot, units, at=at, bin_id=bin_id)
    else:
        put(level, 5, place)

    def counts(found: int, *people: Hands, **more: Any) -> list[tuple[Any, ...]]:
        count = people[0].starts(level_ids=[str(level)], is_blind=False)
        entries = [who.counts(count, level, found, **more).json for who in people]
        lines = [one for entry in entries for one in entry["lines"] if one["bin_code"] is None]
        return [(one["status"], one["expected"], one["variance"]) for one in lines]

    def books() -> tuple[int, int]:
        answer = mia.gets(f"/stock/{level}/bins")
        return sum(one["quantity"] for one in answer["bins"]), answer["in_no_bin"]

    assert counts(6, mia) == [("posted", 7, -1)]
    assert books() == (5, 6)
    assert counts(3, mia, jon) == [("recount", 6, None), ("posted", 6, -3)]
    assert books() == (5, 3)
    assert counts(3, jon) == [("posted", 3, 0)], "a loss is found once"

    # Two are put away after both have counted: what is in no bin cannot lose three any more.
    counted_at = clock.now()
    with clock.frozen(counted_at + timedelta(minutes=1)):
        put(level, 2, place)
        when = {"counted_at": counted_at.isoformat()}
        assert counts(0, mia, jon, **when)[-1] == ("blocked", 3, None)
        assert books() == (7, 1)
        assert counts(0, jon) == [("posted", 1, -1)]
    assert books() == (7, 0)
    assert stock_differences() == []


def test_what_is_not_scanned_in_a_bin_is_counted_as_zero(mia: Hands, jon: Hands) -> None:
    mug, tea, jar = (goods(f"CNT-Z{n}", units) for n, units in enumerate((1, 8, 5)))
    place = a_bin("B-1")
    for one, units in ((mug, 1), (tea, 8)):
        put(level_of(one), units, place)
    count = mia.starts(bin_id=str(place))
    found = mia.counts(count, level_of(jar), 1, bin_id=str(place))
    assert len(found.json["lines"]) == 3, "what is found there is added to the count"

    left = mia.posts(f"/counts/{count}/finish", {"missing_are_zero": True}).json

    # One missing mug is within the tolerance; eight are not.
    assert (left["status"], left["open_count"], left["recount_count"]) == ("counting", 0, 1)
    assert (counters(mug).on_hand, counters(tea).on_hand, counters(jar).on_hand) == (0, 8, 6)
    jon.counts(count, level_of(tea), 0, bin_id=str(place), reason="lost")
    assert jon.posts(f"/counts/{count}/finish").json["status"] == "posted"
    today = clock.now().date().isoformat()
    lost = mia.gets(f"/warehouse/shrinkage?first={today}&last={today}")["rows"]
    assert [(one["reason"], one["found"], one["lost"]) for one in lost] == [
        ("count", 1, 1),
        ("lost", 0, 8),
    ]
    with late_in_berlin(mia.client.application, "stock_count_lines", "closed_at"):
        for day, rows in ((DAY_THERE, 2), (DAY_IN_UTC, 0)):
            found = mia.gets(f"/warehouse/shrinkage?first={day}&last={day}")["rows"]
            assert len(found) == rows, day
    assert stock_differences() == []


def test_promised_units_that_are_missing_block_the_line_until_they_are_released(
    mia: Hands, jon: Hands
) -> None:
    mug = goods("CNT-BLOCK", 10)
    level = level_of(mug)
    order_id = allocated({mug: 9})
    count = mia.starts(level_ids=[str(level)])

    mia.counts(count, level, 5)
    assert line(jon.counts(count, level, 5)) == ("blocked", 5, None, None)
    assert counters(mug).on_hand == 10
    assert mia.posts(f"/counts/{count}/finish").json["recount"] == 1
    with transaction():
        inventory_service.release(order_id, None, by=SYSTEM, reason="short")

    assert line(mia.counts(count, level, 5)) == ("posted", 5, 10, -5)
    assert stock_differences() == []


def test_who_counts_a_blocked_line_again_is_no_second_person(mia: Hands) -> None:
    mug = goods("CNT-LIMIT", 200)
    level = level_of(mug)
    limits("warehouse", adjust_max_units=1)
    order_id = allocated({mug: 200})
    count = mia.starts(level_ids=[str(level)])

    assert line(mia.counts(count, level, 197))[0] == "blocked", "within the tolerance of 2 %"
    with transaction():
        inventory_service.release(order_id, None, by=SYSTEM, reason="short")

    assert line(mia.counts(count, level, 197))[0] == "held"
    assert counters(mug).on_hand == 200


def test_the_only_person_recounts_with_a_second_factor(mia: Hands) -> None:
    mug = goods("CNT-ALONE", 10)
    count = mia.starts(level_ids=[str(level_of(mug))])
    mia.counts(count, level_of(mug), 2)

    again = mia.counts(count, level_of(mug), 2)

    assert (again.status_code, again.json["code"]) == (403, "second_factor_missing")
    assert counters(mug).on_hand == 10


def test_shrinkage_has_the_value_of_the_average_cost(mia: Hands) -> None:
    mug = goods("CNT-VALUE", 0)
    with transaction():
        change = StockChange(
            variant_id=mug, location_id=inventory_service.default_location(), quantity=60,
            unit_cost=333,
        )  # fmt: skip
        inventory_service.change_stock(
            [change], kind=MovementKind.RECEIVED, reason="received", by=SYSTEM
        )
    count = mia.starts(level_ids=[str(level_of(mug))], is_blind=False)

    assert mia.counts(count, level_of(mug), 59).json["lines"][0]["value"] == -333


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"zone": "NONE"}, "nothing_to_count"),
        ({"bin_id": str(new_id())}, "bin_not_found"),
        ({"level_ids": [str(new_id())]}, "level_not_found"),
        ({"location_id": str(new_id())}, "location_not_found"),
        ({"zone": "A", "abc_class": "A"}, "invalid"),
    ],
)
def test_a_count_of_nothing_is_refused(mia: Hands, body: dict[str, Any], code: str) -> None:
    answer = mia.posts("/counts", body)
    assert (answer.json["code"], 400 <= answer.status_code < 500) == (code, True)


def test_a_count_is_of_one_location(mia: Hands) -> None:
    mug, other = goods("CNT-HERE", 10), a_location("OTHER")
    tea = goods("CNT-THERE", 10, at=other)

    apart = mia.posts("/counts", {"level_ids": [str(level_of(mug)), str(level_of(tea, at=other))]})

    assert (apart.status_code, apart.json["code"]) == (422, "levels_apart")


def test_a_discarded_count_keeps_what_was_posted(mia: Hands) -> None:
    mug, tea = goods("CNT-END-MUG", 10), goods("CNT-END-TEA", 30)
    count = mia.starts(level_ids=[str(level_of(mug)), str(level_of(tea))])
    mia.counts(count, level_of(mug), 9)

    ended = mia.posts(f"/counts/{count}/discard")

    assert (ended.status_code, ended.json["status"]) == (200, "discarded")
    assert (counters(mug).on_hand, counters(tea).on_hand) == (9, 30)
    assert mia.counts(count, level_of(tea), 29).json["code"] == "invalid_state"
    assert mia.posts(f"/counts/{count}/discard").json["code"] == "invalid_state"
    assert mia.posts(f"/counts/{new_id()}/discard").status_code == 404


def test_a_count_of_long_ago_cannot_be_compared(mia: Hands) -> None:
    level = level_of(goods("CNT-OLD", 5))
    count = mia.starts(level_ids=[str(level)])
    old = (clock.now() - timedelta(days=8)).isoformat()
    assert mia.counts(count, level, 5, counted_at=old).json["code"] == "counted_at_unlikely"


def test_classes_go_by_what_was_shipped(mia: Hands) -> None:
    variants = [goods(f"CNT-ABC{n}", 100) for n in range(4)]
    for variant, units in zip(variants, (80, 15, 5, 0), strict=True):
        if units:
            order_id, wanted = new_id(), demand({variant: units})
            with transaction():
                inventory_service.allocate(order_id, wanted, cart_id=None, by=SYSTEM)
                line_id = wanted[0].order_line_id
                inventory_service.ship(
                    order_id, {line_id: units}, fulfilment_id=new_id(), by=SYSTEM
                )
    found = {
        letter: [one["sku"] for one in mia.posts("/counts", {"abc_class": letter}).json["lines"]]
        for letter in "ABC"
    }
    assert found == {"A": ["CNT-ABC0"], "B": ["CNT-ABC1"], "C": ["CNT-ABC2", "CNT-ABC3"]}


def test_tasks_say_where_units_belong(mia: Hands) -> None:
    mug, tea = goods("CNT-PUT", 10), goods("CNT-FACE", 30)
    assert mia.gets("/warehouse/put-away")["tasks"] == [], "a shop without bins has no such work"
    dock, face = a_bin("R-1", kind=BinKind.RECEIVING), a_bin("P-1", pick_sequence=5)
    bulk, empty = a_bin("B-1", kind=BinKind.BULK, pick_sequence=9), a_bin("P-0", pick_sequence=1)
    put(level_of(mug), 10, dock)
    put(level_of(tea), 2, face)
    put(level_of(tea), 20, bulk)
    with transaction():
        inventory_service.edit_level(
            level_of(tea),
            {"preferred_bin_id": face, "replenish_min": 5, "replenish_max": 12},
            expected_version=None,
            by=SYSTEM,
        )

    tasks = mia.gets("/warehouse/put-away")["tasks"]
    fill = mia.gets("/warehouse/replenishment")["tasks"]

    assert {(t["sku"], t["bin_code"], t["quantity"], t["target"]["code"]) for t in tasks} == {
        ("CNT-PUT", "R-1", 10, "P-0"),
        ("CNT-FACE", None, 8, "P-1"),
    }
    assert [(t["sku"], t["bin_code"], t["quantity"], t["target"]["code"]) for t in fill] == [
        ("CNT-FACE", "B-1", 10, "P-1")
    ]
    put(level_of(tea), 10, face, source=bulk)
    assert mia.gets("/warehouse/replenishment")["tasks"] == []
    assert empty


def test_each_article_is_put_away_into_a_bin_of_its_own(mia: Hands) -> None:
    skus = ("CNT-ONE", "CNT-TWO", "CNT-OFF", "CNT-MORE")
    one, two, off = [goods(sku, 10) for sku in skus][:3]
    dock, closed = a_bin("R-1", kind=BinKind.RECEIVING), a_bin("P-0", pick_sequence=1)
    face = a_bin("P-1", pick_sequence=2)
    for number in (2, 3, 4):
        a_bin(f"P-{number}", pick_sequence=number + 1)
    tea = level_of(goods("CNT-FACE", 0))
    for variant in (one, two, off):
        put(level_of(variant), 4, dock)
    with transaction():
        for level, bin_id in ((level_of(off), closed), (tea, face)):
            inventory_service.edit_level(
                level,
                {"preferred_bin_id": bin_id, "replenish_min": 2, "replenish_max": 3},
                expected_version=None,
                by=SYSTEM,
            )
        inventory_service.edit_bin(closed, {"is_active": False}, expected_version=None, by=SYSTEM)

    tasks = mia.gets("/warehouse/put-away")["tasks"]

    targets: dict[str, set[str | None]] = {sku: set() for sku in skus}
    for task in tasks:
        targets[task["sku"]].add(task["target"] and task["target"]["code"])
    # What is in a receiving bin and what is in no bin of the same article belong together.
    assert len(tasks) == 7
    assert all(len(codes) == 1 for codes in targets.values()), targets
    # Three bins are empty and nobody's face; the fourth article gets none that another one has.
    assert set.union(*targets.values()) == {"P-2", "P-3", "P-4", None}
    assert mia.gets("/warehouse/replenishment")["tasks"] == [], "nothing goes into a closed bin"


def test_labels_of_bins_are_printed_by_zone(mia: Hands) -> None:
    for n in range(2):
        a_bin(f"LB-{n}", zone="LABELS", pick_sequence=n)

    def printed(query: str) -> Any:
        return mia.client.get(f"{ADMIN}/warehouse/labels?{query}", headers=mia.who.headers)

    text = printed("kind=bins&zone=LABELS&format=zpl&copies=2").text
    assert [text.count(f"^FDL-LB-{n}^FS") for n in range(2)] == [2, 2]
    commands = printed("kind=commands")
    assert (commands.mimetype, commands.data[:4]) == ("application/pdf", b"%PDF")
    assert printed("kind=bins&zone=NONE").json["code"] == "nothing_to_print"
    assert printed("kind=products").json["code"] == "nothing_to_print"


def test_a_bin_that_should_be_empty_is_checked(mia: Hands) -> None:
    mug = goods("CNT-ZERO", 4)
    place = a_bin("ZC-1")

    seen = mia.posts(f"/bins/{place}/zero-check", {"is_empty": True})
    assert (seen.json["status"], seen.json["scope"]) == ("posted", "Zero check of bin ZC-1")
    assert seen.json["lines"] == []

    found = mia.posts(f"/bins/{place}/zero-check", {"is_empty": False})
    assert (found.json["status"], found.json["scope"]) == ("counting", "Bin ZC-1")
    entered = mia.counts(found.json["id"], level_of(mug), 1, bin_id=str(place))
    assert entered.json["lines"][0]["bin_code"] == "ZC-1"

    put(level_of(mug), 4, place)
    refused = mia.posts(f"/bins/{place}/zero-check", {"is_empty": True})
    assert (refused.status_code, refused.json["code"]) == (409, "bin_not_empty_by_books")
    assert (refused.json["units"], stock_differences()) == (5, [])


def test_a_count_is_planned_by_label_code_and_place(mia: Hands) -> None:
    level = level_of(goods("CNT-NAMED", 3))
    place = a_bin("NM-1")
    put(level, 2, place)
    day = clock.now().date().isoformat()

    by_bin = mia.posts("/counts", {"bin": "nm-1", "planned_for": day, "location": "MAIN"})
    by_code = mia.posts("/counts", {"codes": ["cnt-named"], "location": "MAIN"})

    assert (by_bin.json["status"], by_bin.json["scope"]) == ("planned", "Bin NM-1")
    assert [(one["sku"], one["bin_code"]) for one in by_code.json["lines"]] == [
        ("CNT-NAMED", "NM-1"), ("CNT-NAMED", None),
    ]  # fmt: skip
    due = mia.gets(f"/counts?bin_id={place}")["data"]
    assert {one["id"] for one in due} == {by_bin.json["id"], by_code.json["id"]}
    for body, code in (
        ({"codes": ["CNT-NOBODY"]}, "counted_code_unknown"),
        ({"bin": "NO-SUCH"}, "bin_not_found"),
        ({"location": "NOWHERE"}, "location_not_found"),
    ):
        assert mia.posts("/counts", body).json["code"] == code
