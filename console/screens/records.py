"""Records of one kind: a list, the page of one beside it, and forms for what may be done."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import ClassVar

from textual.widget import Widget

from console.client.caller import ADMIN
from console.client.errors import CallFailed, SignedOut
from console.client.models import CaseFile, Page
from console.client.orders import aggregate_of as order_aggregate
from console.client.outbox import Command, Draft
from console.flows.records import form as forms
from console.flows.records.form import Form
from console.flows.records.shapes import Asked, Kind, Record, Verb, at, why_not
from console.flows.step import Question, done, noted, waiting, wrong
from console.flows.window import Fetch
from console.messages import SignInNeeded
from console.scan.entry import Prompt
from console.screens.background import begin
from console.screens.counter import Counter
from console.screens.paged import PagedScreen
from console.widgets.columns import Columns
from console.widgets.drawn import Sheet
from console.widgets.record_page import columns_of, record_page, record_row
from console.widgets.table import WindowTable
from console.widgets.views import Views

SEVERAL = "Numbers, or how the words begin, with blanks between. Esc: no."
LOOK_OVER = "F10 sends it. Esc goes back, nothing is sent."
VOID = "void_parcel"


class RecordsScreen(PagedScreen):
    """All records of a kind, or those that belong to one thing."""

    KIND: ClassVar[Kind]

    def __init__(self, counter: Counter) -> None:
        kind, paints = self.KIND, counter.paints
        table: WindowTable[Record] = WindowTable(
            paints,
            columns_of(kind.columns),
            record_row(paints, kind, self._is_pending),
            _record_id,
            empty=f"There is no {kind.one} here.",
            id="records",
            is_one_way=True,
        )
        super().__init__(counter, table)
        self.views = Views(paints, id="views")
        self.sheet = Sheet(paints, id="record")
        self.subject = ""
        """What the list is about, where it is about something."""

        self.view = kind.views[0]
        self.form: Form | None = None
        self._whole: dict[str, Record] = {}
        self._below: dict[str, tuple[Record, ...]] = {}
        self._shown = ""

    def body(self) -> Iterable[Widget]:
        """The selections, the list, and one record beside it or in its place."""
        return (self.views, Columns(self.table, self.sheet))

    def crumbs(self) -> tuple[str, ...]:
        """Which kind, and of what."""
        title = self.KIND.title or self.NAME.replace("_", " ").capitalize()
        about = self.counter.known_case(self.subject.split(",")[0]) if self.subject else None
        return ("Orders", about[0].number, title) if about else (title,)

    async def show(self, subject: str, order: CaseFile | None) -> None:
        """The list as it was left, or that of something else."""
        self.set_class(False, "-inside")
        if subject != self.subject:
            self.subject, self.form = subject, None
            self._whole.clear()
            self.problem.hide()
            self.table.start_over()
        self._draw()
        self.read_soon()

    async def page(self, fetch: Fetch) -> Page[Record]:
        """One page of the list."""
        kind, records = self.KIND, self.counter.shop.records
        if kind.is_single:
            return await records.only(kind.path)
        query = {} if kind.is_whole else {**dict(self.view[1]), **self.as_list_query(fetch)}
        if kind.about not in {"", "path"} and self.subject:
            query[kind.about] = self.subject
        return await records.page(kind.path.format(about=self.subject), query)

    def list_arrived(self) -> None:
        """The first page is here: what was read of single ones is older."""
        self._whole.clear()
        self._below.clear()
        self._draw()
        self.cursor_rests()

    def cursor_rests(self) -> None:
        """The record under the cursor, written out."""
        self._draw()
        record = self._record()
        if record is not None and (self.has_class("-wide") or self.has_class("-inside")):
            begin(self, "record", self._read_whole, record)

    def redraw(self) -> None:
        """Other colours."""
        self._draw()

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    def move(self, action: str) -> None:
        """The cursor walks through the list; on the page alone, the page scrolls."""
        if self.has_class("-inside"):
            self.sheet.move(action)
        else:
            super().move(action)

    def leave(self) -> None:
        """A form that was not sent is not sent."""
        self._close_form()

    def go_back(self) -> bool:
        """Esc: out of the form, out of the page."""
        if self.form is not None:
            self._close_form()
            self.say(noted("Not sent"))
            return True
        if self.has_class("-inside"):
            self.set_class(False, "-inside")
            self._draw()
            return True
        return False

    def why_not(self, action: str) -> str | None:
        """What fits this record."""
        if action == "commit":
            return None if self._review else "Nothing to send: a key of the upper row begins"
        if action == "enter":
            return None if self._review or self._record() else f"No {self.KIND.one} is chosen"
        verb = self._verb(action)
        return why_not(verb, self.KIND, self._record()) if verb else None

    def doing(self, action: str) -> Callable[[], Awaitable[None]] | None:
        """Each verb of the kind is an action of this screen."""
        verb = self._verb(action)
        return partial(self._begin, verb) if verb else super().doing(action)

    async def undo_shipment(self, fulfilment_id: str, key: str) -> bool:
        """Ask whether a parcel is taken back that has just left."""
        await self.ready()
        void = self._verb(VOID)
        is_there = self.table.go_to(fulfilment_id)
        if void is None or not is_there or why_not(void, self.KIND, self._record()):
            return False
        await self._begin(void, undoes=key)
        return True

    async def do_enter(self) -> None:
        """In a form, the focused answer; else the whole page of the record."""
        if self.form is None:
            self.set_class(True, "-inside")
            self.cursor_rests()
        elif self.form.says_yes:
            self._send()
        else:
            self.go_back()

    async def do_commit(self) -> None:
        """F10: send what was looked over."""
        self._send()

    async def do_turn_left(self) -> None:
        """The answer before."""
        self._turn(-1)

    async def do_turn_right(self) -> None:
        """The next answer."""
        self._turn(1)

    async def do_next_view(self) -> None:
        """The selection to the right."""
        self._turn_view(1)

    async def do_last_view(self) -> None:
        """The selection to the left."""
        self._turn_view(-1)

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """An answer of the form."""
        if self.form is None:
            return
        step = forms.answered(self.form, text)
        self.form = step.state
        self.say(step.feedback)
        self._ask(text if step.feedback else None)

    def take_cancel(self, prompt: Prompt) -> None:
        """Never mind."""
        self._close_form()
        self.say(noted("Not sent"))

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A command that was done changes the list."""
        self.table.invalidate()
        if failure is None and self.is_current and self._verb(command.kind):
            begin(self, "list", self.reload)

    def on_window_table_cursor_moved(self, message: WindowTable.CursorMoved) -> None:
        """Another record."""
        message.stop()
        self._draw_views()
        self.cursor_moves()

    def on_window_table_row_chosen(self, message: WindowTable.RowChosen) -> None:
        """A second click opens."""
        message.stop()
        begin(self, "open", self.do_enter)

    # Inside

    @property
    def _review(self) -> bool:
        return self.form is not None and self.form.question is not None

    def _record(self) -> Record | None:
        row: Record | None = self.table.current
        return row

    def _verb(self, name: str) -> Verb | None:
        return next((one for one in self.KIND.verbs if one.name == name), None)

    async def _begin(self, verb: Verb, *, undoes: str = "") -> None:
        record = self._record()
        if record is not None and verb.method != "POST":
            # What stands there now, and its version: the row may be older.
            await self._read_whole(record)
            record = self._whole.get(str(record.get("id")), record)
        offered = [await self._with_choices(one) for one in verb.asks]
        asks = tuple(one for one in offered if one is not None)
        if len(asks) < len(offered):
            return
        verb = verb._replace(asks=asks)
        self.form = forms.begin(self.KIND, verb, record, self.counter.currency, undoes=undoes)
        self._ask()

    async def _with_choices(self, asked: Asked) -> Asked | None:
        """A question with what may be chosen at the shop now; None when that did not load."""
        if asked.choices_at is None:
            return asked
        path, name = asked.choices_at
        page = await self.asked(
            "What may be chosen did not load", self.counter.shop.records.page(path, {"limit": "50"})
        )
        if page is None:
            return None
        return asked._replace(choices=tuple(str(row[name]) for row in page.rows))

    def _ask(self, again: str | None = None) -> None:
        """Put the next question of the form, or the last one."""
        form = self.form
        assert form is not None
        asked = form.asked
        if asked is None:
            self.question.show(form.question, LOOK_OVER)
        else:
            hint, told = "Esc: no.", f"{form.verb.help}: {form.name}"
            if asked.form == "choices":
                hint, told = SEVERAL, f"{told}. {forms.choices(asked)}"
            elif asked.choices:
                hint = forms.choices(asked)
            self.question.show(Question(told, ()), hint)
            prompt = Prompt(f"record_{asked.name}", asked.label, is_secret=asked.form == "secret")
            self.ask(prompt, form.start() if again is None else again)
        self._draw()

    def _turn(self, by: int) -> None:
        if self.form is not None and self.form.question is not None:
            self.form = self.form.turned(by)
            self.question.show(self.form.question, LOOK_OVER)

    def _turn_view(self, by: int) -> None:
        views = self.KIND.views
        self.view = views[(views.index(self.view) + by) % len(views)]
        self._draw()
        self.search_now()

    def _close_form(self) -> None:
        self.form = None
        self.question.show(None)
        self._draw()

    def _send(self) -> None:
        form = self.form
        if form is None or form.question is None:
            return
        self._close_form()
        verb, label = form.verb, f"{form.name} {form.verb.label}"
        path = verb.path.format_map({**(form.record or {}), "about": self.subject})
        if verb.waits:
            self.say(waiting(f"{label}: being sent"))
            begin(self, "change", self._change, form, path, label, beside=True)
            return
        aggregate, undoes = self._aggregate(form.record), form.undoes or None
        self.counter.shop.give(
            Draft(verb.name, aggregate, f"{ADMIN}{path}", form.body, label, undoes=undoes)
        )
        self.say(done(f"{label}: being sent"))
        self.table.invalidate()

    async def _change(self, form: Form, path: str, label: str) -> None:
        version = at(form.record, "version") if form.record else None
        if form.verb.asks and not form.body:
            self.say(noted("Nothing was changed"))
            return
        try:
            await self.counter.shop.records.change(
                form.verb.method, path, form.body, key=str(uuid.uuid4()), version=version
            )
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
        except CallFailed as failure:
            self.say(wrong(f"{label}: {failure.detail} {failure.remedy}".strip()))
        else:
            self.say(done(f"{label}: done"))
        begin(self, "list", self.reload)

    def _aggregate(self, record: Record | None) -> str:
        """What is done to an order's parcels stands in the queue of that order."""
        if self.KIND.about == "path":
            return order_aggregate(self.subject)
        return f"{self.NAME}:{at(record, 'id') if record else 'new'}"

    def _is_pending(self, record: Record) -> bool:
        outbox = self.counter.shop.outbox
        aggregate = self._aggregate(record)
        if aggregate not in outbox.busy:
            return False
        return any(f"/{record.get('id')}/" in one.path for one in outbox.open_commands(aggregate))

    async def _read_whole(self, record: Record) -> None:
        kind, record_id = self.KIND, str(record.get("id"))
        records = self.counter.shop.records
        if kind.item and record_id not in self._whole:
            whole = await self.asked(
                f"This {kind.one} did not load",
                records.one(kind.item.format_map(record)),
                is_aside=True,
            )
            if whole is not None:
                self._whole[record_id] = whole
        if kind.below and record_id not in self._below:
            below = await self.asked(
                f"What belongs to this {kind.one} did not load",
                records.page(kind.below.format_map(record), {"limit": "50"}),
                is_aside=True,
            )
            if below is not None:
                self._below[record_id] = below.rows
        self._draw()

    def _draw_views(self) -> None:
        names = [name for name, _ in self.KIND.views] if len(self.KIND.views) > 1 else []
        self.views.show(
            names, self.view[0], note="" if names else self.KIND.help, position=self.table.position
        )

    def _draw(self) -> None:
        self.restand()
        self._draw_views()
        kind, record = self.KIND, self._record()
        labels = {verb.name: "" for verb in kind.verbs if self.form or why_not(verb, kind, record)}
        if self._review:
            labels["enter"] = "answer"
        elif self.form is not None:
            labels["enter"] = "next"
        elif record is None or self.has_class("-inside"):
            labels["enter"] = ""
        if not self._review:
            labels["commit"] = ""
        if len(kind.views) == 1:
            labels["next_view"] = ""
        self.key_bar.relabel(labels)
        if record is None:
            self.sheet.show([])
            return
        record_id = str(record.get("id"))
        lines = record_page(
            kind, self._whole.get(record_id, record), self._below.get(record_id, ()),
            self.counter.paints, self.sheet.size.width,
        )  # fmt: skip
        self.sheet.show(lines, keep_place=record_id == self._shown)
        self._shown = record_id


def screen_of(kind: Kind) -> type[RecordsScreen]:
    """The screen of a kind of records."""
    return type(f"{kind.name.title()}Screen", (RecordsScreen,), {"KIND": kind, "NAME": kind.name})


def _record_id(record: Record) -> str:
    return str(record.get("id") or record.get("variant_id") or "")
