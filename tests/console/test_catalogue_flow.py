"""Changing many prices at once: exact in every currency, never below zero, nothing sent unseen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.client.bulk_changes import BulkChange, BulkChangeRow, inverse
from console.client.catalog_models import (
    Price,
    PriceHistoryEntry,
    ProductRow,
    ProductWithVariants,
    ScheduledPrice,
    VariantCard,
)
from console.client.models import Money
from console.client.outbox import Command, State
from console.flows.catalog import edit_parsing, events, filters, reducer
from console.flows.catalog.change_plan import SelectedProduct, goods_of, plan
from console.flows.catalog.edit_parsing import CannotPrice, Kind, NotAnEdit, places, priced, rounded
from console.flows.catalog.price_history import LOOKS_BACK, POINTS, PriceHistory
from console.flows.catalog.reducer import CatalogState, Stage, step
from console.flows.catalog.results import Result, outcome

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CURRENCIES = ("JPY", "EUR", "KWD")
MOVES = {"publish": {"draft"}, "archive": {"draft", "active"}, "unarchive": {"archived"}}


def a_line(n: int, variants: int = 2, status: str = "active") -> ProductRow:
    return ProductRow(
        f"p{n}", 1, f"Mug {n}", status, "Brown", "Kitchen", Money(990, "EUR"), False, True,
        variants, NOON, None,
    )  # fmt: skip


def a_variant(n: int, k: int, price: Price | None = None) -> VariantCard:
    prices = (price or Price(Money(990, "EUR")),)
    return VariantCard(f"p{n}v{k}", 3, f"p{n}", f"size {k}", True, prices, f"MUG-{n}-{k}")


def a_product(n: int, *variants: VariantCard, status: str = "active") -> ProductWithVariants:
    mine = variants or (a_variant(n, 0), a_variant(n, 1))
    return ProductWithVariants(f"p{n}", 7, f"Mug {n}", status, mine)


def half_up(value: Fraction) -> int:
    """Another way to the same figure: the floor of a half more."""
    return (value + Fraction(1, 2)).__floor__()


# The figures


@given(
    amount=st.integers(1, 10**9),
    hundredths=st.integers(1, 9_999),
    rises=st.booleans(),
    currency=st.sampled_from(CURRENCIES),
)
def test_a_percentage_is_exact_and_halves_are_rounded_up(
    amount: int, hundredths: int, rises: bool, currency: str
) -> None:
    share = f"{'+' if rises else '-'}{hundredths // 100}.{hundredths % 100:02d}%"
    wanted = half_up(Fraction(amount * (10_000 + (hundredths if rises else -hundredths)), 10_000))
    edit = edit_parsing.read(Kind.PRICE, share, currency)

    if wanted in (0, amount):
        with pytest.raises(CannotPrice):
            priced(edit, Price(Money(amount, currency)))
    else:
        assert priced(edit, Price(Money(amount, currency))).price == Money(wanted, currency)


@given(
    amount=st.integers(0, 10**9),
    ending=st.sampled_from((99, 95, 0)),
    currency=st.sampled_from(("EUR", "KWD")),
)
def test_a_rounded_price_ends_as_it_should_and_none_is_nearer(
    amount: int, ending: int, currency: str
) -> None:
    unit = 10 ** places(currency)
    found = rounded(amount, ending, currency)

    assert found >= 0
    assert found % unit == ending * unit // 100
    for other in (found - unit, found + unit):
        assert other < 0 or abs(found - amount) <= abs(other - amount)
    assert rounded(found, ending, currency) == found


@pytest.mark.parametrize(
    ("text", "currency", "old", "new"),
    [
        ("=19.90", "EUR", 990, 1990), ("19,9", "EUR", 990, 1990), ("=1500", "JPY", 990, 1500),
        ("=1.250", "KWD", 990, 1250), ("+2", "EUR", 990, 1190), ("-2.50", "EUR", 990, 740),
        ("+2", "JPY", 990, 992), ("+2", "KWD", 990, 2990), ("-10%", "EUR", 995, 896),
        ("-10%", "JPY", 995, 896), ("-0.5%", "KWD", 100, 100), ("+10% .99", "EUR", 990, 1099),
        ("-20% .95", "EUR", 1000, 795), (".99", "EUR", 1049, 1099), (".99", "EUR", 1048, 999),
        ("whole", "EUR", 1050, 1100), ("whole", "JPY", 990, 990), (".99", "KWD", 1400, 990),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_the_price(text: str, currency: str, old: int, new: int) -> None:
    edit = edit_parsing.read(Kind.PRICE, text, currency)

    if new == old:
        with pytest.raises(CannotPrice, match="already"):
            priced(edit, Price(Money(old, currency)))
    else:
        assert priced(edit, Price(Money(old, currency))).price == Money(new, currency)


@pytest.mark.parametrize(
    ("kind", "text", "currency", "why"),
    [
        (Kind.PRICE, "", "EUR", "Nothing was typed"),
        (Kind.PRICE, "=1.5", "JPY", "JPY has no decimals"),
        (Kind.PRICE, "=1.505", "EUR", "EUR has 2 decimals"),
        (Kind.PRICE, ".99", "JPY", "no cents"),
        (Kind.PRICE, "5012345678917", "EUR", "looks like a barcode"),
        (Kind.PRICE, "10%", "EUR", r"say \+ or -"),
        (Kind.PRICE, "-100%", "EUR", "less than 100 % down"),
        (Kind.PRICE, "=-5", "EUR", "not an amount"),
        (Kind.PRICE, "off", "EUR", "not an amount"),
        (Kind.PRICE, "+1 +2", "EUR", "too much at once"),
        (Kind.PRICE, "=١٢", "EUR", "not an amount"),
        (Kind.WAS, "+3", "EUR", "set with = or cleared"),
        (Kind.WAS, "=3 .99", "EUR", "not rounded"),
        (Kind.SALE, "0", "EUR", "more than 0"),
        (Kind.SALE, "100", "EUR", "less than 100"),
        (Kind.LOW, "-1", "", "not a quantity"),
        (Kind.LOW, "12345", "", "looks like a barcode"),
        (Kind.STATUS, "burn", "", "is no command"),
    ],
)
def test_what_makes_no_sense_is_refused_with_words(
    kind: Kind, text: str, currency: str, why: str
) -> None:
    with pytest.raises(NotAnEdit, match=why):
        edit_parsing.read(kind, text, currency)


@given(st.text(max_size=12), st.sampled_from(list(Kind)), st.sampled_from(CURRENCIES))
def test_anything_may_be_typed(text: str, kind: Kind, currency: str) -> None:
    try:
        edit_parsing.read(kind, text, currency)
    except NotAnEdit:
        return


@given(
    amount=st.integers(1, 10**6),
    was=st.none() | st.integers(1, 10**6),
    text=st.sampled_from(
        ("=0", "=5", "+3", "-3", "-900", "+5%", "-99.99%", "whole", "20", "50", "off", "=7")
    ),
    kind=st.sampled_from((Kind.PRICE, Kind.WAS, Kind.SALE)),
    currency=st.sampled_from(CURRENCIES),
)
def test_no_price_is_negative_and_the_compare_at_price_stays_above(
    amount: int, was: int | None, text: str, kind: Kind, currency: str
) -> None:
    before = Money(amount + was, currency) if was else None
    try:
        edit = edit_parsing.read(kind, text, currency)
        new = priced(edit, Price(Money(amount, currency), before))
    except (NotAnEdit, CannotPrice):
        return

    assert new.price.amount >= 0
    assert new.price.amount > 0 or edit.how == "set"
    assert new.compare_at is None or new.compare_at.amount > new.price.amount


def test_a_sale_shows_the_old_price_beside_the_new_one_and_ends_at_it() -> None:
    sale = priced(edit_parsing.read(Kind.SALE, "20 .99", "EUR"), Price(Money(2500, "EUR")))
    over = priced(edit_parsing.read(Kind.SALE, "off", "EUR"), sale)

    assert sale == Price(Money(1999, "EUR"), Money(2500, "EUR"))
    assert over == Price(Money(2500, "EUR"))
    with pytest.raises(CannotPrice, match="on sale already"):
        priced(edit_parsing.read(Kind.SALE, "10", "EUR"), sale)


def test_rounding_that_eats_the_reduction_is_no_sale() -> None:
    with pytest.raises(CannotPrice, match="not be cheaper"):
        priced(edit_parsing.read(Kind.SALE, "1 .99", "EUR"), Price(Money(1999, "EUR")))


def test_a_variant_without_a_price_gets_one_only_when_it_is_set() -> None:
    assert priced(edit_parsing.read(Kind.PRICE, "=5", "EUR"), None) == Price(Money(500, "EUR"))
    with pytest.raises(CannotPrice, match="no price in EUR"):
        priced(edit_parsing.read(Kind.PRICE, "+5", "EUR"), None)


# What each row becomes


def test_a_plan_says_what_changes_and_what_does_not_and_why() -> None:
    on_sale = a_variant(1, 1, Price(Money(500, "EUR"), Money(700, "EUR")))
    elsewhere = a_variant(1, 2, Price(Money(500, "USD")))
    found = plan(
        edit_parsing.read(Kind.PRICE, "+3", "EUR"),
        [goods_of(a_product(1, a_variant(1, 0), on_sale, elsewhere), None),
         SelectedProduct("p9", 0, "Gone", "", problem="is there no more")],
    )  # fmt: skip

    assert [(row.id, row.before, row.after) for row in found.rows] == [
        ("p1v0", "9.90 €", "12.90 €")
    ]
    assert found.rows[0].item == {
        "price_updates": [{"price": {"amount": 1290, "currency": "EUR"}, "compare_at": None}]
    }
    told = {one.name: one.why for one in found.skipped}
    assert "would not be above" in told["MUG-1-1 Mug 1 · size 1"]
    assert told["MUG-1-2 Mug 1 · size 2"] == "has no price in EUR"
    assert told["Gone"] == "is there no more"


@pytest.mark.parametrize("command", MOVES)
@pytest.mark.parametrize("status", ["draft", "active", "archived"])
def test_only_what_can_be_moved_is_moved(command: str, status: str) -> None:
    found = plan(
        edit_parsing.read(Kind.STATUS, command, ""), [goods_of(a_product(1, status=status), None)]
    )

    assert bool(found.rows) == (status in MOVES[command])
    assert len(found.rows) + len(found.skipped) == 1


# The steps


def desk_with(*lines: ProductRow) -> CatalogState:
    return step(CatalogState(), events.RowShown(lines)).state


def reviewed(desk: CatalogState, text: str = "-10%", kind: Kind = Kind.PRICE) -> CatalogState:
    asked = step(desk, events.Typed(kind, text, "EUR"))
    (gather,) = asked.commands
    assert isinstance(gather, events.FetchProducts)
    goods = tuple(goods_of(a_product(int(one[1:])), chosen) for one, chosen in gather.products)
    return step(asked.state, events.Ready(gather.serial, goods)).state


def test_the_review_has_its_focus_on_no_and_enter_sends_nothing() -> None:
    desk = reviewed(step(desk_with(a_line(1)), events.Toggle("p1")).state)
    assert desk.question is not None
    assert desk.question.focused.name == "no"

    left = step(desk, events.Enter(), "me")
    assert (left.commands, left.state.stage) == ((), Stage.CHOOSING)
    sent = step(step(desk, events.Turn(1)).state, events.Enter(), "me")
    assert [type(one) for one in sent.commands] == [events.Send]


def test_the_answer_to_an_older_edit_is_not_taken() -> None:
    desk = step(desk_with(a_line(1)), events.Toggle("p1")).state
    first = step(desk, events.Typed(Kind.PRICE, "-10%", "EUR"))
    again = step(step(first.state, events.Back()).state, events.Typed(Kind.PRICE, "+5%", "EUR"))
    (gather,) = first.commands
    assert isinstance(gather, events.FetchProducts)

    late = step(again.state, events.Ready(gather.serial, (goods_of(a_product(1), None),)))
    assert late.state == again.state


def test_with_nothing_chosen_the_change_is_for_what_the_cursor_is_on() -> None:
    asked = step(desk_with(a_line(1)), events.Typed(Kind.PRICE, "+1", "EUR", "p1", "p1v1"))
    (gather,) = asked.commands

    assert isinstance(gather, events.FetchProducts)
    assert gather.products == (("p1", frozenset({"p1v1"})),)


LINES = [a_line(n, variants=2) for n in range(4)]
IDS = [one.id for one in LINES]
EVENTS = st.one_of(
    st.lists(st.sampled_from(LINES), max_size=3).map(lambda some: events.RowShown(tuple(some))),
    st.sampled_from([*IDS, "unknown"]).map(events.Toggle),
    st.tuples(st.sampled_from([*IDS, "unknown"]), st.integers(0, 2)).map(
        lambda two: events.ToggleVariant(
            two[0], f"{two[0]}v{two[1]}", frozenset({f"{two[0]}v0", f"{two[0]}v1"})
        )
    ),
    st.lists(st.sampled_from([*IDS, "unknown"]), max_size=4).map(
        lambda some: events.SelectMore(tuple(some))
    ),
    st.sampled_from([events.Deselect(), events.UndoSelection(), events.Commit(), events.Enter(),
                     events.Turn(1), events.Back(), events.ShowResult(), events.Again()]),
    st.sampled_from(["-10%", "=0", "-99", "+5 .99", "nonsense"]).map(
        lambda text: events.Typed(Kind.PRICE, text, "EUR", "p1")
    ),
    st.sampled_from(list(MOVES)).map(lambda text: events.Typed(Kind.STATUS, text, "", "p2")),
    st.just("ready"),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=30))
def test_whatever_happens_nothing_is_sent_unseen_and_only_known_rows_are_chosen(
    happening: list[events.Event | str],
) -> None:
    desk = CatalogState()
    for event in happening:
        if event == "ready":
            chosen = tuple(desk.choice.picks.items()) or (("p1", None),)
            goods = tuple(goods_of(a_product(int(one[1:])), some) for one, some in chosen)
            event = events.Ready(desk.serial, goods)
        assert not isinstance(event, str)
        before, taken = desk, step(desk, event, "me")
        desk = taken.state
        assert set(desk.choice.picks) <= set(desk.choice.known)
        assert all(some is None or some for some in desk.choice.picks.values())
        assert (desk.stage is Stage.REVIEW) == (desk.plan is not None)
        for command in taken.commands:
            if isinstance(command, events.Send):
                assert before.stage is Stage.REVIEW
                assert before.plan is not None
                assert command.run.rows == before.plan.rows
                assert command.run.rows
                for row in command.run.rows:
                    for update in row.item.get("price_updates", ()):  # type: ignore[attr-defined]
                        assert update["price"]["amount"] >= 0


@given(st.lists(st.integers(0, 1), max_size=12))
def test_choosing_the_variants_one_by_one_is_choosing_the_product(turns: list[int]) -> None:
    choice = desk_with(a_line(1)).choice
    of = frozenset({"p1v0", "p1v1"})
    wanted: set[str] = set()
    for one in turns:
        choice = choice.turned_variant("p1", f"p1v{one}", of)
        wanted ^= {f"p1v{one}"}
        assert {v for v in of if choice.has("p1", v)} == wanted
        assert choice.mark("p1") == ("all" if wanted == of else "some" if wanted else "")
        assert choice.variants == len(wanted)


def test_what_is_chosen_stays_chosen_over_another_search_and_is_taken_back_step_by_step() -> None:
    desk = step(desk_with(a_line(1), a_line(2)), events.Toggle("p1")).state
    desk = step(desk, events.RowShown((a_line(3),))).state
    desk = step(desk, events.Toggle("p3")).state
    desk = step(desk, events.Deselect()).state
    assert desk.choice.products == 0

    desk = step(desk, events.UndoSelection()).state
    assert sorted(desk.choice.picks) == ["p1", "p3"]
    desk = step(desk, events.UndoSelection()).state
    assert sorted(desk.choice.picks) == ["p1"]


# How it went


def a_row(n: int, back: bool = True) -> BulkChangeRow:
    item = {"price_updates": [Price(Money(100 + n, "EUR")).as_wire()]}
    return BulkChangeRow(
        f"v{n}", 3, item, f"p{n}", f"row {n}", "old", "new", {"prices": []} if back else None
    )


def a_command(rows: range, state: State, results: dict[int, str] | None = None) -> Command:
    answer = None
    if results is not None:
        answer = {
            "data": [
                {"index": at, "id": f"v{n}", "status": "ok" if results[n] == "ok" else "failed",
                 "version": 4 if results[n] == "ok" else None,
                 "error": None if results[n] == "ok" else
                 {"code": results[n], "detail": "No.", "status": 409, "errors": []}}
                for at, n in enumerate(rows)
            ]
        }  # fmt: skip
    body = {"items": [{"id": f"v{n}"} for n in rows]}
    return Command(
        rows.start, f"key-{rows.start}", "me", "batch", "catalogue:batch", "/", body, "x", None,
        None, 0.0, state, 1, 0, 0.0, 200, 1.0, None, answer,
    )  # fmt: skip


RUN = BulkChange(
    "me", "variants", "Price -10%", ("price", "-10%", "EUR"), tuple(a_row(n) for n in range(5))
)


def test_every_row_is_told_what_became_of_it() -> None:
    commands = [
        a_command(range(3), State.DONE, {0: "ok", 1: "stale_version", 2: "compare_at_not_above"}),
        a_command(range(3, 4), State.WAITING), a_command(range(4, 5), State.STOPPED),
    ]  # fmt: skip
    found = outcome(RUN, commands)

    assert [one.fate for one in found.rows] == [
        Result.CHANGED, Result.CONFLICT, Result.REFUSED, Result.WAITING, Result.STOPPED
    ]  # fmt: skip
    assert not found.is_over
    assert [row.id for row in found.again] == ["v1", "v2"]


def test_refused_rows_are_worked_out_anew_and_no_others() -> None:
    lines = [replace(a_line(n), id=f"p{n}") for n in range(5)]
    results = {0: "ok", 1: "stale_version", 2: "ok", 3: "ok", 4: "ok"}
    told = events.ResultArrived(outcome(RUN, [a_command(range(5), State.DONE, results)]))
    desk = step(step(desk_with(*lines), told).state, events.ShowResult()).state
    asked = step(desk, events.Again())
    (gather,) = asked.commands
    assert isinstance(gather, events.FetchProducts)
    assert [one for one, _ in gather.products] == ["p1"]

    product = a_product(1, replace(a_variant(1, 0), id="v1"), a_variant(1, 1))
    desk = step(asked.state, events.Ready(gather.serial, (goods_of(product, None),))).state
    assert desk.plan is not None
    assert [row.id for row in desk.plan.rows] == ["v1"]


def test_only_what_was_done_is_taken_back_from_the_version_that_it_left() -> None:
    results = {0: "ok", 1: "stale_version", 2: "ok"}
    commands = [a_command(range(3), State.DONE, results), a_command(range(3, 5), State.STOPPED)]
    taken = inverse(RUN, commands)

    assert taken is not None
    run, undone = taken
    assert [(row.id, row.version, row.after) for row in run.rows] == [
        ("v0", 4, "old"), ("v2", 4, "old")
    ]  # fmt: skip
    assert undone == (("key-0", 2),)
    assert inverse(RUN, commands[1:]) is None


def test_one_change_at_a_time() -> None:
    told = events.ResultArrived(outcome(RUN, [a_command(range(5), State.WAITING)]))
    desk = step(desk_with(a_line(1)), told).state

    assert step(desk, events.Typed(Kind.PRICE, "+1", "EUR", "p1")).commands == ()


# The list's filter


def test_filter_words_become_a_query_and_nonsense_changes_nothing() -> None:
    state = filters.find(filters.ProductFilter(), 'mug vendor:"Brown & Sons" in:usd').state
    assert state.as_query() == {"q": "mug", "vendor": "Brown & Sons", "currency": "USD"}
    assert state.turned(1).as_query()["status"] == "active"
    for text in ('"half', "in:US", "sort:price", "vendor:"):
        found = filters.find(state, text)
        assert found.feedback is not None
        assert found.state == state


def test_the_sentence_names_every_outcome() -> None:
    results = {0: "ok", 1: "stale_version", 2: "x", 3: "ok", 4: "ok"}
    found = reducer.ending(outcome(RUN, [a_command(range(5), State.DONE, results)]))

    assert found.text == (
        "Price -10%: 3 changed, 1 changed by others, 1 refused. y tries them again"
    )


def test_thousands_of_rows_are_told_in_groups() -> None:
    run = RUN._replace(rows=tuple(a_row(n) for n in range(1_200)))
    answers = dict.fromkeys(range(1_200), "ok")

    assert outcome(run, [a_command(range(1_200), State.DONE, answers)]).sentence == "1 200 changed"


def test_a_second_try_stays_in_the_currency_of_the_first() -> None:
    run = RUN._replace(edit=("price", "+1", "USD"))
    results = dict.fromkeys(range(5), "stale_version")
    told = events.ResultArrived(outcome(run, [a_command(range(5), State.DONE, results)]))
    desk = step(step(desk_with(a_line(0)), told).state, events.ShowResult()).state
    (gather,) = step(desk, events.Again()).commands

    assert isinstance(gather, events.FetchProducts)
    assert gather.edit.currency == "USD"


# The past


@given(
    spans=st.lists(
        st.tuples(st.integers(1, 40), st.one_of(st.none(), st.integers(1, 9_999))), max_size=12
    )
)
def test_the_course_of_a_price_is_what_it_was_at_each_moment(
    spans: list[tuple[int, int | None]],
) -> None:
    past, until = [], None
    for days, amount in spans:
        since = (until or NOON) - timedelta(days=days)
        past.append(PriceHistoryEntry(since, until, Money(amount, "EUR") if amount else None))
        until = since
    story = PriceHistory("v", "EUR", tuple(past))
    by_day = [amount for days, amount in spans for _ in range(days)]

    course = story.course(NOON)

    assert course[-1] == (spans[0][1] if spans else None)
    for n, value in enumerate(reversed(course[:-1]), start=1):
        # A moment between two days belongs to the later one, as a price does to its first moment.
        day = (int(n * LOOKS_BACK / POINTS / timedelta(hours=1)) - 1) // 24
        assert value == (by_day[day] if day < len(by_day) else None)
    reach = story.span(NOON)
    known = [value for value in course if value is not None]
    if known:
        assert reach is not None
        assert reach[0].amount <= min(known) <= max(known) <= reach[1].amount
    elif not any(by_day[:90]):
        assert reach is None


def test_only_what_is_planned_in_the_shown_currency_comes() -> None:
    euro, dollar = (
        ScheduledPrice(Money(5, currency), None, NOON, None, "waiting", None)
        for currency in ("EUR", "USD")
    )
    past = PriceHistoryEntry(NOON, None, Money(900, "EUR"))

    assert PriceHistory("v", "EUR", (past,), (dollar, euro)).coming == (euro,)
    assert PriceHistory("v", "EUR", (past,)).since() == NOON
    assert PriceHistory("v", "EUR", (replace(past, price=None),)).since() is None
    assert PriceHistory("v", "EUR").span(NOON) is None


@pytest.mark.parametrize(
    ("old", "new", "falls", "rises"),
    [(1000, 500, 0, 0), (1000, 499, 1, 0), (1000, 2000, 0, 0), (1000, 2001, 0, 1),
     (0, 500, 0, 0), (1000, 0, 1, 0), (None, 1, 0, 0)],
)  # fmt: skip
def test_far_is_more_than_half_down_or_more_than_twice(
    old: int | None, new: int, falls: int, rises: int
) -> None:
    before = () if old is None else (Price(Money(old, "EUR")),)
    product = a_product(1, replace(a_variant(1, 0), prices=before))
    found = plan(edit_parsing.read(Kind.PRICE, f"={new // 100}.{new % 100:02d}", "EUR"),
                 [goods_of(product, None)])  # fmt: skip

    assert found.odd == (falls, rises)
    words = reducer.review_text(found)
    assert ("⚠" in words) == bool(falls or rises)
    assert ("fall" in words) == bool(falls)


def test_a_figure_is_asked_for_again_as_it_was_typed_and_a_barcode_is_not() -> None:
    desk = desk_with(a_line(1))
    wrong = step(desk, events.Typed(Kind.PRICE, "=1,x", "EUR", "p1"))
    barcode = step(desk, events.Typed(Kind.LOW, "5012345600017", "EUR", "p1"))
    nothing = step(desk, events.Typed(Kind.SALE, " ", "EUR", "p1"))

    assert wrong.commands == (events.AskAgain(Kind.PRICE, "=1,x"),)
    assert barcode.commands == (events.AskAgain(Kind.LOW, ""),)
    assert nothing.commands == ()
    assert wrong.state == barcode.state == nothing.state == desk
