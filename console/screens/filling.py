"""A form for one record: asked question by question, looked over, then sent."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

from console.client import approvals
from console.client.errors import CallFailed, SignedOut
from console.client.orders import aggregate_of as order_aggregate
from console.client.outbox import NewCommand
from console.client.parsing import ADMIN
from console.flows.formatting import counted
from console.flows.records import form as forms
from console.flows.records.form import Form
from console.flows.records.shapes import Kind, Record, RecordCommand, at
from console.flows.transition import Feedback, Question, done, noted, waiting, wrong
from console.messages import ShowMessage, SignInNeeded
from console.scan.input_buffer import Prompt
from console.screens.context import AppContext
from console.screens.list_screen import ListScreen
from console.screens.workers import run_in_background
from console.widgets.table import WindowTable

FRESH_CODE = Prompt("fresh_code", "Code of your app:", is_secret=True)
NO_SECRETS = frozenset({"message", "new_events", "summary", "updated"})
"""What is shown once and told again whenever it is asked for."""

TOLD_ONCE = "Copy it now: it is told this once. Esc when you have it."
LOOK_OVER = "F10 sends it. Esc goes back, nothing is sent."


class FillingScreen(ListScreen):
    """A list to whose records something may be done by a form."""

    KIND: ClassVar[Kind]

    def __init__(self, context: AppContext, table: WindowTable[Record]) -> None:
        super().__init__(context, table)
        self.subject = ""
        """What the list is about, where it is about something."""

        self.form: Form | None = None
        self.told_once = False
        """Whether something is in sight that the shop tells this once."""

        self._asks_code: tuple[Form, str, str] | None = None
        """What is sent again once a code of the operator's app was shown."""

    def redraw(self) -> None:
        """Draw the list and the record as they are now."""
        raise NotImplementedError

    async def do_commit(self) -> None:
        """F10: send what was looked over."""
        self.send()

    async def do_turn_left(self) -> None:
        """The answer before."""
        self._turn(-1)

    async def do_turn_right(self) -> None:
        """The next answer."""
        self._turn(1)

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """An answer of the form, or the code that the shop asks for first."""
        if prompt == FRESH_CODE:
            run_in_background(self, "change", self._step_up, text, beside=True)
            return
        if self.form is None:
            return
        step = forms.answered(self.form, text)
        self.form = step.state
        if step.feedback is not None or self.context.feedback is not None:
            self.post_message(ShowMessage(step.feedback))  # a refusal goes with the right answer
        self.ask_next(text if step.feedback else None)

    def take_cancel(self, prompt: Prompt) -> None:
        """Never mind."""
        self.close_form()
        self.say(noted("Not sent"))

    async def fill(
        self, command: RecordCommand, record: Record | None, *, undoes: str = ""
    ) -> None:
        """Begin the form of a command, with what may be chosen at the shop now."""
        fields = []
        for asked in command.fields:
            if asked.choices_at is not None:
                choices = await self.asked(
                    "What may be chosen did not load",
                    self.context.shop.records.names(*asked.choices_at),
                )
                if choices is None:
                    return
                asked = asked._replace(choices=choices)
            fields.append(asked)
        whole = command._replace(fields=tuple(fields))
        self.form = forms.begin(
            self.KIND, whole, record, self.context.currency, undoes=undoes,
            station=self.context.shop.station,
        )  # fmt: skip
        self.ask_next()

    def close_form(self) -> None:
        """Ask for nothing more; what was filled in is forgotten."""
        self.form, self.told_once, self._asks_code = None, False, None
        self.question.show(None)
        self.redraw()

    def aggregate(self, record: Record | None) -> str:
        """What is done to an order's parcels stands in the queue of that order."""
        if self.KIND.about == "path":
            return order_aggregate(self.subject)
        return f"{self.NAME}:{at(record, 'id') if record else 'new'}"

    @property
    def is_reviewed(self) -> bool:
        """Whether everything is answered, and only sending it is left."""
        return self.form is not None and self.form.question is not None

    def send(self) -> None:
        """Send what was looked over."""
        form = self.form
        if form is None or form.question is None:
            return
        self.close_form()
        if form.sent:
            self._send_each(form)
            return
        command, label = form.command, f"{form.name} {form.command.label}"
        path = command.path.format_map({**(form.record or {}), "about": self.subject})
        if command.is_sent_at_once:
            self.say(waiting(f"{label}: being sent"))
            run_in_background(self, "change", self._change, form, path, label, beside=True)
            return
        aggregate, undoes = self.aggregate(form.record), form.undoes or None
        self.context.shop.give(
            NewCommand(command.name, aggregate, f"{ADMIN}{path}", form.body, label, undoes=undoes)
        )
        self.say(done(f"{label}: being sent"))
        self.table.invalidate()

    def _send_each(self, form: Form) -> None:
        """Send a command for chosen records: once for each group of them."""
        command = form.command
        for record, body in form.sent:
            path, label = command.path.format_map(record), f"{command.label} of what was chosen"
            self.context.shop.give(
                NewCommand(command.name, self.aggregate(record), f"{ADMIN}{path}", body, label)
            )
        self.say(done(f"{counted(len(form.sent), command.label, f'{command.label}s')}: being sent"))
        self.table.invalidate()

    def ask_next(self, again: str | None = None) -> None:
        """Put the next question of the form, or the last one."""
        form = self.form
        assert form is not None
        if form.asked is None:
            self.question.show(form.question, LOOK_OVER)
        else:
            asked = form.asked
            self.question.show(*forms.put(form))
            prompt = Prompt(f"record_{asked.name}", asked.label, is_secret=asked.form == "secret")
            self.ask(prompt, form.start() if again is None else again)
        self.redraw()

    def _turn(self, by: int) -> None:
        if self.form is not None and self.form.question is not None:
            self.form = self.form.turned(by)
            self.question.show(self.form.question, LOOK_OVER)

    async def _change(self, form: Form, path: str, label: str) -> None:
        version = at(form.record, "version") if form.record else None
        if form.command.method == "PATCH" and form.command.fields and not form.body:
            self.say(noted("Nothing was changed"))
            return
        try:
            if form.command.method == "GET":
                query = f"?{urlencode(form.body)}" if form.body else ""
                content = await self.context.shop.records.download(f"{path}{query}")
                self.say(written(_file_of(form, path, content), content))
                return
            answer = await self.context.shop.records.change(
                form.command.method, path, form.body, key=str(uuid.uuid4()), version=version,
                within=form.command.answers_within or None,
            )  # fmt: skip
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
        except CallFailed as failure:
            if failure.code == "step_up_required":
                self._asks_code = (form, path, label)
                self.ask(FRESH_CODE)
                return
            self.say(wrong(f"{label}: {failure.detail} {failure.remedy}".strip()))
        else:
            waits_for = approvals.approvers(approvals.HELD, answer)
            told = answer.get(form.command.shows_once) if form.command.shows_once else None
            if waits_for is not None:
                self.say(noted(f"{label}: {approvals.held(waits_for)}"))
            else:
                self.say(done(f"{label}: done"))
            if told is not None:
                self.told_once = True
                self.tell_once(form.command.shows_once, told)
        run_in_background(self, "list", self.reload)

    def tell_once(self, name: str, value: object) -> None:
        """Show what the shop tells this once, until Esc."""
        words = "  ".join(map(str, value)) if isinstance(value, list) else str(value)
        title = name.replace("_", " ").capitalize()
        hint = "Esc when you have read it." if name in NO_SECRETS else TOLD_ONCE
        self.question.show(Question(f"{title}: {words}", ()), hint)

    async def _step_up(self, code: str) -> None:
        is_sent_at_once = self._asks_code
        if is_sent_at_once is None:
            return
        try:
            await self.context.shop.auth.step_up(code)
        except SignedOut as failure:
            self.post_message(SignInNeeded(failure))
        except CallFailed as failure:
            self.say(wrong(failure.detail))
            self.ask(FRESH_CODE)
        else:
            self._asks_code = None
            await self._change(*is_sent_at_once)


def _file_of(form: Form, path: str, content: bytes) -> Path:
    """Name the file of a download; one of a single record has the name of the record."""
    if not form.command.file:
        stem = path.removesuffix("/export").rpartition("/")[2]
        if path.endswith("/file"):
            stem = re.sub(r"[^\w.-]+", "-", form.name).strip("-.") or stem
        return Path(stem + (".pdf" if content.startswith(b"%PDF") else ".csv"))
    facts = {**(form.record or {}), **form.body, "name": form.name}
    return free_name(form.command.file.format_map(facts))


def free_name(name: str) -> Path:
    """A file of this name in this folder, with a number where there is one already."""
    wanted = Path(re.sub(r"[^\w.-]", "_", name))
    numbered = (wanted.with_stem(f"{wanted.stem}-{n}") for n in range(2, 1000))
    return next(one for one in (wanted, *numbered) if not one.exists())


def written(target: Path, content: bytes) -> Feedback:
    """Write a file of the shop into this folder; one that is there is left as it is."""
    target = target.resolve()
    try:
        with target.open("xb") as file:
            file.write(content)
    except OSError as refusal:
        return wrong(f"{target} was not written: {refusal.strerror}")
    return done(f"Written: {target}")
