"""A list of records of which some are chosen, for one command on all of them."""

from __future__ import annotations

from console.flows.records import choosing
from console.flows.records.shapes import Record, RecordCommand, why_not
from console.flows.transition import noted, wrong
from console.screens.context import AppContext
from console.screens.filling import FillingScreen
from console.widgets.table import WindowTable


class ChoosingScreen(FillingScreen):
    """A list whose records may be chosen with the space bar."""

    def __init__(self, context: AppContext, table: WindowTable[Record]) -> None:
        super().__init__(context, table)
        self.chosen: tuple[Record, ...] = ()

    def record_at_cursor(self) -> Record | None:
        """The record under the cursor."""
        row: Record | None = self.table.current
        return row

    def is_chosen(self, record: Record) -> bool:
        """Whether a record is chosen."""
        return any(one["id"] == record["id"] for one in self.chosen)

    def is_for_chosen(self, command: RecordCommand) -> bool:
        """Whether a command is for what is chosen, and not for what the cursor is on."""
        return bool(self.chosen) and command.together is not None

    def why_not_command(self, command: RecordCommand) -> str | None:
        """Why a command does not fit the record, or None; what is chosen is looked at later."""
        if self.is_for_chosen(command):
            return None
        return why_not(command, self.KIND, self.record_at_cursor())

    def key_labels(self) -> dict[str, str]:
        """What keys are called now, where that is not their name; those that do nothing: not."""
        kind = self.KIND
        labels = {"enter": "open"} if kind.opens else {}
        labels |= {
            command.name: ""
            for command in kind.commands
            if self.form or self.why_not_command(command)
        }
        if self.is_reviewed:
            labels["enter"] = "answer"
        elif self.form is not None:
            labels["enter"] = "next"
        elif self.record_at_cursor() is None or self.has_class("-inside"):
            labels["enter"] = ""
        if not self.is_reviewed:
            labels["commit"] = ""
        if len(kind.views) == 1:
            labels["next_view"] = ""
        return labels

    async def do_mark(self) -> None:
        """Choose the record under the cursor, or no longer; then the next one."""
        record = self.record_at_cursor()
        if record is None:
            self.say(noted(f"No {self.KIND.one} is here"))
            return
        chosen = choosing.toggled(self.chosen, record)
        if len(chosen) > choosing.MOST:
            self.say(wrong(f"At most {choosing.MOST} at once"))
            return
        self._choose(chosen)
        self.move("down")

    async def do_clear_marks(self) -> None:
        """Choose nothing."""
        self._choose(())

    def fill_for_chosen(self, command: RecordCommand) -> None:
        """Look over a command for all that is chosen."""
        form = choosing.form_of(command, self.KIND, self.chosen)
        if isinstance(form, str):
            self.say(wrong(form))
            return
        self.form = form
        self.ask_next()

    def send(self) -> None:
        """Send what was looked over; what was chosen for it is chosen no more."""
        is_for_chosen = self.form is not None and bool(self.form.sent)
        super().send()
        if is_for_chosen:
            self.chosen = ()
            self.redraw()

    def _choose(self, chosen: tuple[Record, ...]) -> None:
        self.chosen = chosen
        self.table.invalidate()
        self.say(noted(f"{len(chosen) or 'Nothing'} chosen"))
        self.redraw()
