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
    requested: int = 0
    """Products that are being read for the edit."""

    fetched: int = 0
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


def step(state: CatalogState, event: events.Event, operator: str = "") -> CatalogStep:
    """Take one event."""
    match event:
        case events.RowShown(lines):
            return Transition(replace(state, choice=state.choice.seen(lines)))
        case events.ResultArrived(outcome):
            return _told(state, outcome)
        case events.ProductsFetched(serial, so_far):
            return Transition(replace(state, fetched=so_far) if serial == state.serial else state)
        case events.Ready(serial, goods):
            return _ready(state, serial, goods)
        case events.NotReady(serial, why):
            if serial != state.serial or state.stage is not Stage.GATHERING:
                return Transition(state)
            return Transition(_choosing(state), feedback=wrong(f"Nothing changed: {why}"))
        case events.Commit():
            return _commit(state, operator)
        case events.Enter():
            return _enter(state, operator)
        case events.Turn(by):
            question = state.question.moved(by) if state.question else None
            return Transition(replace(state, question=question))
        case events.Back():
            return _back(state)
        case events.ShowResult():
            return _look(state)
        case events.Typed():
            return _typed(state, event)
        case events.Again():
            return _again(state)
    return _mark(state, event)


def _mark(state: CatalogState, event: events.Event) -> CatalogStep:
    if state.stage is not Stage.CHOOSING:
        return Transition(state, feedback=noted("Esc goes back to choosing first"))
    choice = state.choice
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
            choice = choice.undone()
    return Transition(replace(state, choice=choice), feedback=good(f"Chosen: {chosen(choice)}"))


def chosen(choice: Selection) -> str:
    """`12 products, 40 variants`; `nothing`."""
    if not choice.products:
        return "nothing"
    return f"{_of(choice.products, 'product')}, {_of(choice.variants, 'variant')}"


def why_not_now(state: CatalogState) -> Feedback | None:
    """Why no change can be begun, or None: from the results of one the next may follow at once."""
    if state.stage in (Stage.GATHERING, Stage.REVIEW):
        return noted("Esc goes back to choosing first")
    if state.is_under_way:
        return waiting("The change before is still being sent: F12 shows it")
    return None


def _typed(state: CatalogState, typed: events.Typed) -> CatalogStep:
    refusal_now = why_not_now(state)
    if refusal_now is not None:
        return Transition(state, feedback=refusal_now)
    if state.stage is Stage.RESULTS:
        state = _choosing(state)
    try:
        edit = edit_parsing.read(typed.kind, typed.text, typed.currency)
    except edit_parsing.NotAnEdit as refusal:
        text = "" if isinstance(refusal, edit_parsing.NotAFigure) else typed.text
        again = (events.AskAgain(typed.kind, text),) if typed.text.strip() else ()
        return Transition(state, again, wrong(str(refusal)))
    requested = tuple(state.choice.picks.items())
    if not requested and typed.product_id in state.choice.known:
        some = frozenset({typed.variant_id}) if typed.variant_id else None
        requested = ((typed.product_id, some),)
    if not requested:
        return Transition(state, feedback=noted("Nothing is chosen"))
    if len(requested) > MAX_PRODUCTS:
        message = (
            f"{_of(len(requested), 'product')} are chosen: {count(MAX_PRODUCTS)} at once at most"
        )
        return Transition(state, feedback=wrong(message))
    return _gather(state, edit, requested, None)


def _again(state: CatalogState) -> CatalogStep:
    outcome = state.outcome
    if outcome is None or state.stage is not Stage.RESULTS:
        return Transition(state, feedback=noted("There is nothing to try again"))
    if not outcome.is_over:
        return Transition(state, feedback=waiting("The change is still being sent: F12 shows it"))
    if not outcome.again or not can_go_again(outcome.run):
        return Transition(state, feedback=noted("There is nothing to try again"))
    kind, text, currency = outcome.run.edit
    try:
        edit = edit_parsing.read(Kind(kind), text, currency)
    except ValueError as refusal:
        return Transition(state, feedback=wrong(str(refusal)))
    only = frozenset(row.id for row in outcome.again)
    some = only if edit.of == "variants" else None
    products = dict.fromkeys(row.product_id for row in outcome.again)
    return _gather(state, edit, tuple((one, some) for one in products), only)


def _gather(
    state: CatalogState,
    edit: Edit,
    requested: tuple[tuple[str, frozenset[str] | None], ...],
    only: frozenset[str] | None,
) -> CatalogStep:
    serial = state.serial + 1
    next_state = replace(
        state, stage=Stage.GATHERING, edit=edit, serial=serial, requested=len(requested), fetched=0,
        only=only, plan=None, question=None,
    )  # fmt: skip
    words = noted(f"{edit.title}: reading what it would change, nothing is sent yet")
    return Transition(next_state, (events.FetchProducts(serial, edit, requested),), words)


def _ready(state: CatalogState, serial: int, goods: tuple[SelectedProduct, ...]) -> CatalogStep:
    if serial != state.serial or state.stage is not Stage.GATHERING or state.edit is None:
        return Transition(state)
    changes = plan(state.edit, goods)
    if state.only is not None:
        rows = tuple(row for row in changes.rows if row.id in state.only)
        # Levels that were not asked for are no rows that were left alone.
        skipped = () if rows and changes.edit.of == "levels" else changes.skipped
        changes = replace(changes, rows=rows, skipped=skipped)
    next_state = replace(state, stage=Stage.REVIEW, plan=changes)
    if not changes.rows:
        question = Question("Nothing would change. The rows below say why.", (BACK,))
        return Transition(
            replace(next_state, question=question), feedback=noted("Nothing would change")
        )
    question = Question(review_text(changes), (NO, Answer("yes", _yes(changes))))
    words = noted("Look it over: nothing has been sent yet")
    return Transition(replace(next_state, question=question), feedback=words)


def review_text(changes: Plan) -> str:
    """What is about to happen, in one sentence."""
    rows = _of(len(changes.rows), _row_word(changes.edit))
    of = f" of {_of(changes.products, 'product')}" if changes.edit.of != "products" else ""
    skipped = f" {_of(len(changes.skipped), 'row')} left as before." if changes.skipped else ""
    return f"{changes.edit.title}: change {rows}{of}?{skipped}{_odd(changes)}"


def _odd(changes: Plan) -> str:
    """What a person should look at twice: such a figure is more often a slip than a wish."""
    fall, rise = changes.odd
    message = f" ⚠ {_of(fall, 'price')} would fall by more than half." if fall else ""
    return message + (f" ⚠ {_of(rise, 'price')} would more than double." if rise else "")


def _yes(changes: Plan) -> str:
    return f"yes, change {_of(len(changes.rows), _row_word(changes.edit))}"


def _row_word(edit: Edit) -> str:
    return {"variants": "price", "products": "product", "levels": "level"}[edit.of]


def _commit(state: CatalogState, operator: str) -> CatalogStep:
    if state.stage is Stage.GATHERING:
        return Transition(state, feedback=waiting("The chosen products are still being read"))
    if state.stage is Stage.RESULTS:
        # F10 was pressed twice, or by somebody who is not sure.
        words = waiting("It is being sent") if state.is_under_way else noted("It was sent already")
        return Transition(state, feedback=words)
    changes = state.plan
    if state.stage is not Stage.REVIEW or changes is None:
        return Transition(state, feedback=noted("Type a change first: p, w, s, l, u, x or n"))
    if not changes.rows:
        return Transition(state, feedback=noted("Nothing would change. Esc goes back"))
    edit = changes.edit
    run = BulkChange(
        operator, edit.of, edit.title, (str(edit.kind), edit.text, edit.currency), changes.rows
    )
    next_state = replace(
        state, stage=Stage.RESULTS, question=None, plan=None, choice=state.choice.settled()
    )
    return Transition(next_state, (events.Send(run),), waiting(f"{edit.title}: being sent"))


def _enter(state: CatalogState, operator: str) -> CatalogStep:
    if state.question is not None and state.question.focused.name == "yes":
        return _commit(state, operator)
    return _back(state)


def _back(state: CatalogState) -> CatalogStep:
    words = noted("Nothing was sent") if state.stage in (Stage.GATHERING, Stage.REVIEW) else None
    return Transition(_choosing(state), feedback=words)


def _choosing(state: CatalogState) -> CatalogState:
    return replace(
        state, stage=Stage.CHOOSING, edit=None, plan=None, question=None, only=None,
        serial=state.serial + 1,
    )  # fmt: skip


def _look(state: CatalogState) -> CatalogStep:
    if state.outcome is None:
        return Transition(state, feedback=noted("Nothing was changed here lately"))
    if state.stage is Stage.REVIEW:
        return Transition(state, feedback=noted("Send it or leave it first: F10 or Esc"))
    return Transition(replace(_choosing(state), stage=Stage.RESULTS))


def _told(state: CatalogState, outcome: Outcome | None) -> CatalogStep:
    next_state = replace(state, outcome=outcome)
    if outcome is None and state.stage is Stage.RESULTS:
        return Transition(_choosing(next_state))
    ended = state.outcome is not None and not state.outcome.is_over
    if outcome is None or not outcome.is_over or not ended or outcome.count(Result.DROPPED):
        # Who dropped it was told so where they dropped it.
        return Transition(next_state)
    return Transition(next_state, feedback=ending(outcome))


def ending(outcome: Outcome) -> Feedback:
    """How a change ended, in one sentence."""
    message = f"{outcome.run.title}: {outcome.sentence}"
    if outcome.again:
        more = ". y tries them again" if can_go_again(outcome.run) else ""
        return wrong(f"{message}{more}")
    return done(message)


def _of(number: int, word: str) -> str:
    return f"{count(number)} {word}" + ("" if number == 1 else "s")
