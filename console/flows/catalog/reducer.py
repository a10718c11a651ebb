"""What follows from each event at the catalogue: choose, type, look it over, send, see how it went.

Nothing is sent that was not shown row by row before, and the answer that has the focus is no. One
change at a time: a second one would be based on rows that the first is still changing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from console.client.bulk_changes import BulkChange, can_go_again
from console.flows.catalog import edit_parsing, events
from console.flows.catalog.change_plan import Plan, SelectedProduct, plan
from console.flows.catalog.edit_parsing import Edit, Kind
from console.flows.catalog.results import Outcome, Result
from console.flows.catalog.selection import Selection
from console.flows.formatting import count
from console.flows.transition import Choice as Answer
from console.flows.transition import (
    Feedback,
    Question,
    Transition,
    done,
    good,
    noted,
    waiting,
    wrong,
)

MAX_PRODUCTS = 2_000
"""Products of one change: all of them are read before anything is shown."""


NO, BACK = Answer("no", "no, go back"), Answer("no", "go back")


class Stage(StrEnum):
    """What is shown."""

    CHOOSING = "choosing"
    GATHERING = "gathering"
    """An edit was typed; the chosen products are being read."""

    REVIEW = "review"
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class CatalogState:
    """The catalogue as the operator has it before them."""

    choice: Selection = field(default_factory=Selection)
    stage: Stage = Stage.CHOOSING
    edit: Edit | None = None
    wanted: int = 0
    """Products that are being read for the edit."""

    gathered: int = 0
    serial: int = 0
    """Counts the edits, so that products read for an older one are not taken for this one's."""

    only: frozenset[str] | None = None
    """Rows that a second try is about; None for all that come of the edit."""

    plan: Plan | None = None
    question: Question | None = None
    outcome: Outcome | None = None
    """How the last change stands."""

    @property
    def is_under_way(self) -> bool:
        """Whether the last change is not over yet."""
        return self.outcome is not None and not self.outcome.is_over


CatalogStep = Transition[CatalogState, events.FetchProducts | events.Send | events.AskAgain]


def step(desk: CatalogState, event: events.Event, operator: str = "") -> CatalogStep:
    """Take one event."""
    match event:
        case events.RowShown(lines):
            return Transition(replace(desk, choice=desk.choice.seen(lines)))
        case events.ResultArrived(outcome):
            return _told(desk, outcome)
        case events.ProductsFetched(serial, so_far):
            return Transition(replace(desk, gathered=so_far) if serial == desk.serial else desk)
        case events.Ready(serial, goods):
            return _ready(desk, serial, goods)
        case events.NotReady(serial, why):
            if serial != desk.serial or desk.stage is not Stage.GATHERING:
                return Transition(desk)
            return Transition(_choosing(desk), feedback=wrong(f"Nothing changed: {why}"))
        case events.Commit():
            return _commit(desk, operator)
        case events.Enter():
            return _enter(desk, operator)
        case events.Turn(by):
            question = desk.question.moved(by) if desk.question else None
            return Transition(replace(desk, question=question))
        case events.Back():
            return _back(desk)
        case events.ShowResult():
            return _look(desk)
        case events.Typed():
            return _typed(desk, event)
        case events.Again():
            return _again(desk)
    return _mark(desk, event)


def _mark(desk: CatalogState, event: events.Event) -> CatalogStep:
    if desk.stage is not Stage.CHOOSING:
        return Transition(desk, feedback=noted("Esc goes back to choosing first"))
    choice = desk.choice
    match event:
        case events.Toggle(product_id):
            choice = choice.turned(product_id)
        case events.ToggleVariant(product_id, variant_id, of):
            choice = choice.turned_variant(product_id, variant_id, of)
        case events.SelectMore(product_ids):
            choice = choice.added(product_ids)
        case events.Deselect():
            choice = choice.cleared()
        case events.UndoSelection():
            choice = choice.taken_back()
    return Transition(replace(desk, choice=choice), feedback=good(f"Chosen: {chosen(choice)}"))


def chosen(choice: Selection) -> str:
    """`12 products, 40 variants`; `nothing`."""
    if not choice.products:
        return "nothing"
    return f"{_of(choice.products, 'product')}, {_of(choice.variants, 'variant')}"


def why_not_now(desk: CatalogState) -> Feedback | None:
    """Why no change can be begun, or None: from the results of one the next may follow at once."""
    if desk.stage in (Stage.GATHERING, Stage.REVIEW):
        return noted("Esc goes back to choosing first")
    if desk.is_under_way:
        return waiting("The change before is still being sent: F12 shows it")
    return None


def _typed(desk: CatalogState, typed: events.Typed) -> CatalogStep:
    refusal_now = why_not_now(desk)
    if refusal_now is not None:
        return Transition(desk, feedback=refusal_now)
    if desk.stage is Stage.RESULTS:
        desk = _choosing(desk)
    try:
        edit = edit_parsing.read(typed.kind, typed.text, typed.currency)
    except edit_parsing.NotAnEdit as refusal:
        text = "" if isinstance(refusal, edit_parsing.NotAFigure) else typed.text
        again = (events.AskAgain(typed.kind, text),) if typed.text.strip() else ()
        return Transition(desk, again, wrong(str(refusal)))
    wanted = tuple(desk.choice.picks.items())
    if not wanted and typed.product_id in desk.choice.known:
        some = frozenset({typed.variant_id}) if typed.variant_id else None
        wanted = ((typed.product_id, some),)
    if not wanted:
        return Transition(desk, feedback=noted("Nothing is chosen"))
    if len(wanted) > MAX_PRODUCTS:
        told = f"{_of(len(wanted), 'product')} are chosen: {count(MAX_PRODUCTS)} at once at most"
        return Transition(desk, feedback=wrong(told))
    return _gather(desk, edit, wanted, None)


def _again(desk: CatalogState) -> CatalogStep:
    outcome = desk.outcome
    if outcome is None or desk.stage is not Stage.RESULTS:
        return Transition(desk, feedback=noted("There is nothing to try again"))
    if not outcome.is_over:
        return Transition(desk, feedback=waiting("The change is still being sent: F12 shows it"))
    if not outcome.again or not can_go_again(outcome.run):
        return Transition(desk, feedback=noted("There is nothing to try again"))
    kind, text, currency = outcome.run.edit
    try:
        edit = edit_parsing.read(Kind(kind), text, currency)
    except ValueError as refusal:
        return Transition(desk, feedback=wrong(str(refusal)))
    only = frozenset(row.id for row in outcome.again)
    some = only if edit.of == "variants" else None
    products = dict.fromkeys(row.product_id for row in outcome.again)
    return _gather(desk, edit, tuple((one, some) for one in products), only)


def _gather(
    desk: CatalogState,
    edit: Edit,
    wanted: tuple[tuple[str, frozenset[str] | None], ...],
    only: frozenset[str] | None,
) -> CatalogStep:
    serial = desk.serial + 1
    state = replace(
        desk, stage=Stage.GATHERING, edit=edit, serial=serial, wanted=len(wanted), gathered=0,
        only=only, plan=None, question=None,
    )  # fmt: skip
    words = noted(f"{edit.title}: reading what it would change, nothing is sent yet")
    return Transition(state, (events.FetchProducts(serial, edit, wanted),), words)


def _ready(desk: CatalogState, serial: int, goods: tuple[SelectedProduct, ...]) -> CatalogStep:
    if serial != desk.serial or desk.stage is not Stage.GATHERING or desk.edit is None:
        return Transition(desk)
    found = plan(desk.edit, goods)
    if desk.only is not None:
        rows = tuple(row for row in found.rows if row.id in desk.only)
        # Levels that were not asked for are no rows that were left alone.
        skipped = () if rows and found.edit.of == "levels" else found.skipped
        found = replace(found, rows=rows, skipped=skipped)
    state = replace(desk, stage=Stage.REVIEW, plan=found)
    if not found.rows:
        question = Question("Nothing would change. The rows below say why.", (BACK,))
        return Transition(replace(state, question=question), feedback=noted("Nothing would change"))
    question = Question(review_text(found), (NO, Answer("yes", _yes(found))))
    words = noted("Look it over: nothing has been sent yet")
    return Transition(replace(state, question=question), feedback=words)


def review_text(found: Plan) -> str:
    """What is about to happen, in one sentence."""
    rows = _of(len(found.rows), _row_word(found.edit))
    of = f" of {_of(found.products, 'product')}" if found.edit.of != "products" else ""
    skipped = f" {_of(len(found.skipped), 'row')} left as before." if found.skipped else ""
    return f"{found.edit.title}: change {rows}{of}?{skipped}{_odd(found)}"


def _odd(found: Plan) -> str:
    """What a person should look at twice: such a figure is more often a slip than a wish."""
    fall, rise = found.odd
    told = f" ⚠ {_of(fall, 'price')} would fall by more than half." if fall else ""
    return told + (f" ⚠ {_of(rise, 'price')} would more than double." if rise else "")


def _yes(found: Plan) -> str:
    return f"yes, change {_of(len(found.rows), _row_word(found.edit))}"


def _row_word(edit: Edit) -> str:
    return {"variants": "price", "products": "product", "levels": "level"}[edit.of]


def _commit(desk: CatalogState, operator: str) -> CatalogStep:
    if desk.stage is Stage.GATHERING:
        return Transition(desk, feedback=waiting("The chosen products are still being read"))
    if desk.stage is Stage.RESULTS:
        # F10 was pressed twice, or by somebody who is not sure.
        words = waiting("It is being sent") if desk.is_under_way else noted("It was sent already")
        return Transition(desk, feedback=words)
    found = desk.plan
    if desk.stage is not Stage.REVIEW or found is None:
        return Transition(desk, feedback=noted("Type a change first: p, w, s, l, u, x or n"))
    if not found.rows:
        return Transition(desk, feedback=noted("Nothing would change. Esc goes back"))
    edit = found.edit
    run = BulkChange(
        operator, edit.of, edit.title, (str(edit.kind), edit.text, edit.currency), found.rows
    )
    state = replace(
        desk, stage=Stage.RESULTS, question=None, plan=None, choice=desk.choice.settled()
    )
    return Transition(state, (events.Send(run),), waiting(f"{edit.title}: being sent"))


def _enter(desk: CatalogState, operator: str) -> CatalogStep:
    if desk.question is not None and desk.question.focused.name == "yes":
        return _commit(desk, operator)
    return _back(desk)


def _back(desk: CatalogState) -> CatalogStep:
    words = noted("Nothing was sent") if desk.stage in (Stage.GATHERING, Stage.REVIEW) else None
    return Transition(_choosing(desk), feedback=words)


def _choosing(desk: CatalogState) -> CatalogState:
    return replace(
        desk, stage=Stage.CHOOSING, edit=None, plan=None, question=None, only=None,
        serial=desk.serial + 1,
    )  # fmt: skip


def _look(desk: CatalogState) -> CatalogStep:
    if desk.outcome is None:
        return Transition(desk, feedback=noted("Nothing was changed here lately"))
    if desk.stage is Stage.REVIEW:
        return Transition(desk, feedback=noted("Send it or leave it first: F10 or Esc"))
    return Transition(replace(_choosing(desk), stage=Stage.RESULTS))


def _told(desk: CatalogState, outcome: Outcome | None) -> CatalogStep:
    state = replace(desk, outcome=outcome)
    if outcome is None and desk.stage is Stage.RESULTS:
        return Transition(_choosing(state))
    ended = desk.outcome is not None and not desk.outcome.is_over
    if outcome is None or not outcome.is_over or not ended or outcome.count(Result.DROPPED):
        # Who dropped it was told so where they dropped it.
        return Transition(state)
    return Transition(state, feedback=ending(outcome))


def ending(outcome: Outcome) -> Feedback:
    """How a change ended, in one sentence."""
    told = f"{outcome.run.title}: {outcome.sentence}"
    if outcome.again:
        more = ". y tries them again" if can_go_again(outcome.run) else ""
        return wrong(f"{told}{more}")
    return done(told)


def _of(number: int, word: str) -> str:
    return f"{count(number)} {word}" + ("" if number == 1 else "s")
