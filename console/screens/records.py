"""Records of one kind: a list, the page of one beside it, and forms for what may be done."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from textual.widget import Widget

from console.client.errors import CallFailed
from console.client.models import OrderDetail, Page
from console.client.outbox import Command
from console.flows.paged_list import Fetch
from console.flows.records.shapes import Kind, Record, RecordCommand, at, why_not
from console.flows.transition import noted
from console.messages import Open
from console.scan.input_buffer import Prompt
from console.screens.choosing import ChoosingScreen
from console.screens.context import AppContext
from console.screens.filling import free_name, written
from console.screens.list_file import csv_of
from console.screens.workers import run_in_background
from console.widgets.hstack import HStack
from console.widgets.line_widget import CursorWidget
from console.widgets.record_view import columns_of, record_page, record_row
from console.widgets.table import WindowTable
from console.widgets.text_layout import Line
from console.widgets.view_tabs import ViewTabs

VOID = "void_parcel"
FIND = Prompt("find_record", "/")


class RecordsScreen(ChoosingScreen):
    """All records of a kind, or those that belong to one thing."""

    def __init__(self, context: AppContext) -> None:
        kind, styles = self.KIND, context.styles
        table: WindowTable[Record] = WindowTable(
            styles,
            columns_of(kind.columns),
            record_row(styles, kind, self._is_pending, self.is_chosen),
            partial(_record_id, kind),
            empty=f"There is no {kind.one} here.",
            id="records",
            is_one_way=True,
        )
        super().__init__(context, table)
        self.views = ViewTabs(styles, id="views")
        self.sheet = CursorWidget(styles, id="record")
        self.view = kind.views[0]
        self.told: list[Line] = []
        """The picture of a secret, while it is in sight."""

        self.sought = ""
        """What the list is searched for."""

        self._whole: dict[str, Record] = {}
        self._below: dict[str, tuple[Record, ...]] = {}
        self._shown = ""

    def body(self) -> Iterable[Widget]:
        """The selections, the list, and one record beside it or in its place."""
        return (self.views, HStack(self.table, self.sheet))

    def crumbs(self) -> tuple[str, ...]:
        """Which kind, and of what."""
        title = self.KIND.title or self.NAME.replace("_", " ").capitalize()
        title += f" /{self.sought}" if self.sought else ""
        about = self.context.cached_order(self.subject.split(",")[0]) if self.subject else None
        return ("Orders", about[0].number, title) if about else (title,)

    async def show(self, subject: str, order: OrderDetail | None) -> None:
        """The list as it was left, or that of something else."""
        self.set_class(False, "-inside")
        if subject.startswith("/"):
            self.sought, subject = subject[1:], ""
            self.table.start_over()
        if subject != self.subject:
            self.subject, self.form, self.chosen = subject, None, ()
            self._whole.clear()
            self.problem.hide()
            self.table.start_over()
        self._draw()
        self.read_soon()

    async def page(self, fetch: Fetch) -> Page[Record]:
        """One page of the list."""
        kind, records = self.KIND, self.context.shop.records
        if kind.is_single:
            return await records.only(kind.path.format(about=self.subject))
        if kind.is_whole and kind.rows_in:
            path = kind.path.format(about=self.subject)
            return await records.rows(path, {}, kind.rows_in)
        query = {} if kind.is_whole else {**dict(self.view[1]), **self.as_list_query(fetch)}
        if kind.finds and self.sought:
            query[kind.finds] = self.sought
        if kind.about not in {"", "path"} and self.subject:
            query[kind.about] = self.subject
        return await records.page(kind.path.format(about=self.subject), query)

    async def do_csv(self) -> None:
        """Write the list as it is selected into a file."""
        run_in_background(self, "csv", self._write_csv, beside=True)

    async def _write_csv(self) -> None:
        content = await self.asked("The list did not load", self.as_csv(), is_aside=True)
        if content is not None:
            name = self.NAME.replace("_", "-")
            self.say(written(free_name(f"{name}.csv"), content))

    async def as_csv(self) -> bytes:
        """The whole list as CSV."""
        return await csv_of(self.KIND, self.page)

    def list_arrived(self) -> None:
        """The first page is here: what was read of single ones is older."""
        self._whole.clear()
        self._below.clear()
        if self.KIND.is_single and self.subject:
            self.set_class(True, "-inside")  # there is no other one to choose
        elif not (self.record_at_cursor() or self.told or self.KIND.is_single):
            self.set_class(False, "-inside")  # it left the list that is selected
        self._draw()
        self.cursor_rests()

    def cursor_rests(self) -> None:
        """The record under the cursor, written out."""
        self._draw()
        record = self.record_at_cursor()
        if record is not None and (self.has_class("-wide") or self.has_class("-inside")):
            run_in_background(self, "record", self._read_whole, record)

    def point_out(self, item: str) -> None:
        """The record that was scanned."""
        self.table.go_to(item)
        self.cursor_rests()

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
        self.close_form()

    def go_back(self) -> bool:
        """Esc: out of what is told once, of the form, of the page."""
        if self.told_once:
            self.close_form()
            return True
        if self.form is not None:
            self.close_form()
            self.say(noted("Not sent"))
            return True
        if self.has_class("-inside") and not (self.KIND.is_single and self.subject):
            self.set_class(False, "-inside")
            self._draw()
            return True
        if self.sought:
            self._seek("")
            return True
        return False

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """What is searched for, or an answer of the form."""
        if prompt.name == FIND.name:
            self._seek(text.strip())
        else:
            await super().take_answer(prompt, text)

    def take_cancel(self, prompt: Prompt) -> None:
        """The search is left as it was; a form is not sent."""
        if prompt.name != FIND.name:
            super().take_cancel(prompt)

    async def do_find(self) -> None:
        """Search the list."""
        self.ask(FIND, self.sought)

    def _seek(self, text: str) -> None:
        self.sought = text
        self._draw()
        self.search_now()

    def why_not(self, action: str) -> str | None:
        """What fits this record."""
        if action == "commit":
            return None if self.is_reviewed else "Nothing to send: a key of the upper row begins"
        if action == "enter":
            return (
                None
                if self.is_reviewed or self.record_at_cursor()
                else f"No {self.KIND.one} is chosen"
            )
        if action == "clear_marks":
            return None if self.chosen else "Nothing is chosen"
        command = self._command(action)
        return self.why_not_command(command) if command else None

    def doing(self, action: str) -> Callable[[], Awaitable[None]] | None:
        """Each command of the kind is an action of this screen."""
        command = self._command(action)
        return partial(self._begin, command) if command else super().doing(action)

    async def undo_shipment(self, fulfilment_id: str, key: str) -> bool:
        """Ask whether to void a parcel that was just shipped."""
        await self.ready()
        void = self._command(VOID)
        is_there = self.table.go_to(fulfilment_id)
        if void is None or not is_there or why_not(void, self.KIND, self.record_at_cursor()):
            return False
        await self._begin(void, undoes=key)
        return True

    async def do_enter(self) -> None:
        """In a form, the focused answer; else the screen of the record, or its whole page."""
        record = self.record_at_cursor()
        if self.form is None and self.KIND.opens and record is not None:
            self.post_message(Open(self.KIND.opens, str(at(record, self.KIND.identified_by))))
        elif self.form is None:
            self.set_class(True, "-inside")
            self.cursor_rests()
        elif self.form.says_yes:
            self.send()
        else:
            self.go_back()

    async def do_labels(self) -> None:
        """The labels of the order whose parcels these are."""
        self.post_message(Open("labels", self.subject))

    async def do_open_case(self) -> None:
        """Unpack the return under the cursor."""
        self._open_of_record("return_case")

    async def do_tracking_events(self) -> None:
        """What the carrier said of the parcel under the cursor."""
        self._open_of_record("tracking_events")

    async def do_customs_form(self) -> None:
        """The customs form of the parcel under the cursor, or of that of a label."""
        self._open_of_record("customs_form")

    async def do_next_view(self) -> None:
        """The selection to the right."""
        self._turn_view(1)

    async def do_last_view(self) -> None:
        """The selection to the left."""
        self._turn_view(-1)

    async def command_ended(self, command: Command, failure: CallFailed | None) -> None:
        """A command that was done changes the list."""
        self.table.invalidate()
        if failure is None and self.is_current and self._command(command.kind):
            run_in_background(self, "list", self.reload)

    def on_window_table_cursor_moved(self, message: WindowTable.CursorMoved) -> None:
        """Another record."""
        message.stop()
        self._draw_views()
        self.cursor_moves()

    def on_window_table_row_chosen(self, message: WindowTable.RowChosen) -> None:
        """A second click opens."""
        message.stop()
        run_in_background(self, "open", self.do_enter)

    # Inside

    def tell_once(self, name: str, value: object) -> None:
        """The secret of an app is a picture for its camera, an explanation is a page."""
        if name == "explanation" and isinstance(value, list):
            self._show_told([Line(((f" {step}", self.context.styles.ink),)) for step in value])
            self.say(noted("Esc when you have read it"))
            return
        if name != "uri":
            super().tell_once(name, value)
            return
        # Its package is loaded here and not with the screen: hardly anybody ever sees one.
        drawn = importlib.import_module("console.widgets.qr").qr_lines(str(value))
        typed = str(value).partition("secret=")[2].partition("&")[0]
        self._show_told([*drawn, Line(((f" or type {typed}", self.context.styles.bright),))])
        self.say(noted("Take it over into your app; then Esc, and c confirms one of its codes"))

    def _show_told(self, lines: list[Line]) -> None:
        self.told = lines
        self.set_class(True, "-inside")
        self.sheet.top = 0
        self._draw()

    def close_form(self) -> None:
        """Ask for nothing more, and show nothing that is told once."""
        if self.told and not self.KIND.is_single:
            self.set_class(False, "-inside")
        self.told = []
        super().close_form()

    def _open_of_record(self, screen: str) -> None:
        record = self.record_at_cursor()
        if record is None:
            self.say(noted(f"No {self.KIND.one} is chosen"))
        else:
            self.post_message(Open(screen, str(record.get("fulfilment_id") or record["id"])))

    async def _begin(self, command: RecordCommand, *, undoes: str = "") -> None:
        record = self.record_at_cursor()
        if self.is_for_chosen(command):
            self.fill_for_chosen(command)
            return
        if record is not None and command.method != "POST":
            # What stands there now, and its version: the row may be older.
            await self._read_whole(record)
            record = self._whole.get(str(record.get("id")), record)
        await self.fill(command, record, undoes=undoes)

    def _command(self, name: str) -> RecordCommand | None:
        return next((one for one in self.KIND.commands if one.name == name), None)

    def _turn_view(self, by: int) -> None:
        views = self.KIND.views
        self.view = views[(views.index(self.view) + by) % len(views)]
        self._draw()
        self.search_now()

    def _is_pending(self, record: Record) -> bool:
        outbox = self.context.shop.outbox
        aggregate = self.aggregate(record)
        if aggregate not in outbox.busy:
            return False
        return any(f"/{record.get('id')}/" in one.path for one in outbox.open_commands(aggregate))

    async def _read_whole(self, record: Record) -> None:
        kind, record_id = self.KIND, str(record.get("id"))
        records = self.context.shop.records
        if kind.item and record_id not in self._whole:
            whole = await self.asked(
                f"This {kind.one} did not load",
                records.one(kind.item.format_map(record)),
                is_aside=True,
            )
            if whole is not None:
                self._whole[record_id] = whole
        may_read = self.context.may(kind.below_needs)
        if kind.below and may_read and record_id not in self._below:
            about = {kind.below_about: record_id} if kind.below_about else {}
            below = await self.asked(
                f"What belongs to this {kind.one} did not load",
                records.page(kind.below.format_map(record), {"limit": "50", **about}),
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
        self.refresh_status_bar()
        self._draw_views()
        kind, record = self.KIND, self.record_at_cursor()
        self.key_bar.relabel(self.key_labels())
        self.views.display = not self.told
        if self.told or record is None:
            self.sheet.show(self.told)
            return
        record_id = str(record.get("id"))
        lines = record_page(
            kind, self._whole.get(record_id, record), self._below.get(record_id, ()),
            self.context.styles, self.sheet.size.width,
        )  # fmt: skip
        self.sheet.show(lines, keep_place=record_id == self._shown)
        self._shown = record_id


def screen_of(kind: Kind) -> type[RecordsScreen]:
    """The screen of a kind of records."""
    return type(f"{kind.name.title()}Screen", (RecordsScreen,), {"KIND": kind, "NAME": kind.name})


def _record_id(kind: Kind, record: Record) -> str:
    return str(record.get(kind.identified_by) or record.get("variant_id") or "")
