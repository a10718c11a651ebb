"""A form for one command: asked question by question, looked over, then sent.

Nothing is sent by its key alone: the last step is always a question whose safe answer has the
focus, so a barcode that runs into a list can open a form and do nothing more.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from console.client.models import Money
from console.flows import address_input, amount_input, tracking
from console.flows.records import shipping_input, tier_input
from console.flows.records.formatting import told
from console.flows.records.shapes import Field, Input, Kind, Record, RecordCommand, at
from console.flows.transition import Choice, Question, Transition, wrong

LONGEST = 500
LARGEST_FILE = 16_000_000
SEVERAL = "Numbers, or how the words begin, with blanks between. Esc: no."
WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)
SHARE = re.compile(r"\d{1,3}([.,]\d{1,2})? ?%?", re.ASCII)
WORDS = {"yes": True, "y": True, "1": True, "no": False, "n": False, "0": False}


class NotAnAnswer(ValueError):
    """What was typed cannot be taken; the message says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Form:
    """A command being filled in."""

    kind: Kind
    command: RecordCommand
    record: Record | None
    currency: str
    answers: tuple[tuple[str, object], ...] = ()
    """What goes into the body; what was left as it is stands in none of them."""

    at: int = 0
    """Questions that were answered, or left out."""

    question: Question | None = None
    undoes: str = ""
    """Key of the command that this one undoes, where F9 asks for it."""

    station: str = ""
    """The name of this console's computer."""

    sent: tuple[tuple[Record, Mapping[str, object]], ...] = ()
    """For records that were chosen: the first of each group, and what is sent for the group."""

    @property
    def asked(self) -> Input | None:
        """The question that is due."""
        return self.command.fields[self.at] if self.at < len(self.command.fields) else None

    @property
    def says_yes(self) -> bool:
        """Whether the focused answer is the one that sends."""
        return self.question is not None and self.question.focused.name == "yes"

    @property
    def body(self) -> dict[str, object]:
        """What is sent."""
        copied = {name: at(self.record, path) for name, path in self.command.copied if self.record}
        answers = dict(self.answers)
        if self.command.wrapped_in == "reasons":
            answers = {"reasons": {str(answers.pop("code")): answers.pop("reason")}}
        elif self.command.wrapped_in:
            with_it = {
                name: at(self.record or {}, path) for name, path in self.command.wrapped_with
            }
            answers = {**with_it, **answers}
            answers = {self.command.wrapped_in: [answers]}
        return _nested({**dict(self.command.constants), **copied, **answers})

    @property
    def name(self) -> str:
        """What the command is about, in words."""
        value = at(self.record, self.kind.named_by) if self.record else None
        return str(value or self.kind.one)

    def turned(self, by: int) -> Form:
        """The focus on another answer."""
        return self if self.question is None else replace(self, question=self.question.moved(by))

    def start(self) -> str:
        """What stands in the entry bar before anything is typed."""
        asked = self.asked
        if asked is not None and asked.form == "station":
            return self.station
        if asked is None or not asked.start or self.record is None:
            return ""
        value = at(self.record, asked.start)
        if asked.form == "carrier":
            allowed_states = tracking.carriers_of(str(self.body.get("tracking_number", "")))
            value = allowed_states[0] if len(allowed_states) == 1 else value
        if asked.form == "money" and value:
            return told(Field("", "", "figure"), value)
        if asked.form == "share" and value:
            return told(Field("", "", "share"), value)
        if asked.form in LISTS | {"words"} and isinstance(value, list):
            return " ".join(map(str, value))
        if asked.form == "yes":
            return "yes" if value else "no"
        if asked.form in ("areas", "bands", *tier_input.EXAMPLE):
            return told(Field("", "", asked.form), value)
        if asked.form == "choices" and isinstance(value, list):
            held = (asked.choices.index(one) for one in value if one in asked.choices)
            return " ".join(str(n + 1) for n in held)
        return "" if value is None else str(value)


FormStep = Transition[Form, None]


def begin(
    kind: Kind,
    command: RecordCommand,
    record: Record | None,
    currency: str,
    *,
    undoes: str = "",
    station: str = "",
) -> Form:
    """Begin to fill it in; one without questions is looked over at once."""
    record = None if command.is_new else record
    # What is bought abroad is in the supplier's currency.
    currency = str((record or {}).get("currency") or currency)
    return _reviewed(Form(kind, command, record, currency, undoes=undoes, station=station))


def answered(form: Form, text: str) -> FormStep:
    """Take an answer. One that makes no sense is asked for again, with what would be right."""
    asked = form.asked
    assert asked is not None
    typed = text.strip()
    # A change names only what is to become another; a command names all that it takes.
    is_same = form.command.method == "PATCH" and bool(asked.start) and typed == form.start()
    if is_same or (not typed and asked.is_optional):
        return Transition(_reviewed(replace(form, at=form.at + 1)))
    is_off = asked.may_be_off and typed.casefold() == "off"
    try:
        nothing: list[str] | None = [] if asked.form in LISTS else None
        value = nothing if is_off else parsed(asked, typed, form.currency)
    except NotAnAnswer as refusal:
        return Transition(form, feedback=wrong(str(refusal)))
    grown = replace(form, answers=(*form.answers, (asked.name, value)), at=form.at + 1)
    return Transition(_reviewed(grown))


def parsed(asked: Input, text: str, currency: str) -> object:
    """Read one answer. Raises `NotAnAnswer`; a decimal comma is read where there are decimals."""
    if not text:
        raise NotAnAnswer(f"Nothing was typed: {asked.label.rstrip(':')}?")
    if len(text) > LONGEST and asked.form != "days":
        raise NotAnAnswer(f"{len(text)} characters are too many, {LONGEST} are the most")
    if asked.form in READ_BY:
        return READ_BY[asked.form](text)
    match asked.form:
        case "money" | "signed money":
            negative = asked.form == "signed money" and text.startswith("-")
            try:
                amount = amount_input.parse(text[negative:], currency, zero=True)
                return Money(-amount.amount if negative else amount.amount, currency).as_wire()
            except amount_input.NotAnAmount as refusal:
                raise NotAnAnswer(str(refusal)) from refusal
        case "yes":
            if text.casefold() not in WORDS:
                raise NotAnAnswer(f"{text} is neither yes nor no")
            return WORDS[text.casefold()]
        case "day":
            try:
                return dt.date.fromisoformat(text).isoformat()
            except ValueError as refusal:
                raise NotAnAnswer(f"{text} is no day such as 2026-11-20") from refusal
        case "areas" | "bands" | "value tiers" | "unit tiers":
            return _several(asked, text, currency)
        case "choice":
            return _chosen(asked, text)
        case "tracking":
            return _tracking(text)
        case "choices":
            words = text.replace(",", " ").split()
            return list(dict.fromkeys(_chosen(asked, word) for word in words))
    return text


def _nested(flat: Mapping[str, object]) -> dict[str, object]:
    """Put `conditions.profiles` into `conditions`, beside what stands there already."""
    body: dict[str, object] = {}
    for name, value in flat.items():
        whole, _, member = name.partition(".")
        if member:
            before = body.get(whole)
            value = {**(before if isinstance(before, dict) else {}), member: value}
        body[whole] = value
    return body


def _share(text: str) -> int:
    if not SHARE.fullmatch(text):
        raise NotAnAnswer(f"{text} is no share such as 7.5")
    return round(float(text.replace(",", ".").rstrip("% ")) * 100)


def _tracking(text: str) -> str:
    number = tracking.tidy(text)
    if (why := tracking.why_not(number)) is not None:
        raise NotAnAnswer(why)
    return number


def put(form: Form) -> tuple[Question, str]:
    """The question that is due, as it is put, and how it is answered."""
    asked = form.asked
    assert asked is not None
    told = f"{form.command.help}: {form.name}"
    if asked.form == "choices":
        return Question(f"{told}. {choices(asked)}", ()), SEVERAL
    return Question(told, ()), choices(asked) if asked.choices else "Esc: no."


def choices(asked: Input) -> str:
    """`1 owner   2 manager   ...`"""
    return "   ".join(f"{n} {word}" for n, word in enumerate(asked.choices, 1))


def _several(asked: Input, text: str, currency: str) -> object:
    try:
        if asked.form in tier_input.EXAMPLE:
            return tier_input.tiers(asked.form, text, currency)
        return shipping_input.parsed(asked.form, text, currency)
    except shipping_input.NotReadable as refusal:
        raise NotAnAnswer(str(refusal)) from refusal


def _chosen(asked: Input, text: str) -> str:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(asked.choices):
        return asked.choices[int(text) - 1]
    word = text.casefold()
    meant = [one for one in asked.choices if one.casefold() == word]
    meant = meant or [one for one in asked.choices if one.casefold().startswith(word)]
    if len(meant) != 1:
        raise NotAnAnswer(f"{text} is none of {choices(asked)}")
    return meant[0]


def _goods(text: str) -> dict[str, object]:
    """`MUG 2`, or `MUG` alone for one."""
    sku, _, units = text.strip().rpartition(" ")
    if sku and WHOLE.fullmatch(units):
        return {"sku": sku.strip(), "quantity": int(units)}
    return {"sku": text.strip()}


def _address(text: str) -> dict[str, str]:
    try:
        return address_input.parse(text)
    except address_input.NotAnAddress as refusal:
        raise NotAnAnswer(str(refusal)) from refusal


def _file(name: str) -> str:
    path = Path(name).expanduser()
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise NotAnAnswer(f"{path} is larger than {LARGEST_FILE // 1_000_000} MB")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as refusal:
        raise NotAnAnswer(f"{path} cannot be read: {refusal}") from refusal


def _number(text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise NotAnAnswer(f"{text} is not a whole number such as 12")
    return int(text)


def _weekdays(text: str) -> list[int]:
    days = text.replace(",", " ").split()
    if not all(len(day) == 1 and day in "1234567" for day in days):
        raise NotAnAnswer(f"{text} are no weekdays such as 1 2 3 4 5, where 1 is Monday")
    return sorted({int(day) for day in days})


def _days(text: str) -> list[str]:
    days = text.replace(",", " ").split()
    try:
        return sorted({dt.date.fromisoformat(day).isoformat() for day in days})
    except ValueError as refusal:
        raise NotAnAnswer(f"{text} are no days such as 2026-12-24 2026-12-25") from refusal


def _moment(text: str) -> str:
    """Read `16:00` of today, or a day with a time, by this computer's clock."""
    try:
        if ":" in text and "-" not in text:
            moment = dt.datetime.combine(dt.datetime.now().astimezone(), _time(text))
        else:
            moment = dt.datetime.fromisoformat(text)
    except ValueError as refusal:
        raise NotAnAnswer(f"{text} is no time such as 16:00 or 2026-11-20 16:00") from refusal
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _time(text: str) -> dt.time:
    hours, minutes = text.split(":")
    return dt.time(int(hours), int(minutes))


LISTS = frozenset({"names", "weekdays", "days"})
"""Forms whose answer is a list, which `off` empties."""
READ_BY: Mapping[str, Callable[[str], object]] = {
    "number": _number,
    "moment": _moment,
    "share": _share,
    "names": lambda text: list(dict.fromkeys(text.replace(",", " ").split())),
    "words": lambda text: list(dict.fromkeys(text.replace(",", " ").upper().split())),
    "goods": lambda text: [_goods(one) for one in text.split(",") if one.strip()],
    "file": _file,
    "weekdays": _weekdays,
    "days": _days,
    "address": _address,
}
"""How the answers of some forms are read."""


def _reviewed(form: Form) -> Form:
    """With the question whether to send it, once everything is known."""
    while form.asked is not None and not _is_asked(form, form.asked):
        form = replace(form, at=form.at + 1)
    if form.asked is not None:
        return form
    facts = {**(form.record or {}), **dict(form.answers), "name": form.name}
    text = form.command.question.format_map(facts)
    told_answers = ", ".join(
        f"{asked.label.rstrip(':').split(',')[0]} {_said(asked, dict(form.answers)[asked.name])}"
        for asked in form.command.fields
        if asked.name in dict(form.answers)
    )
    if told_answers:
        text = f"{text} {told_answers}."
    return replace(form, question=to_send(form.command, text))


def to_send(command: RecordCommand, text: str) -> Question:
    """The last question: whether it is sent."""
    return Question(text, (Choice("no", "no"), Choice("yes", f"yes, {command.label}")))


def _is_asked(form: Form, asked: Input) -> bool:
    """Whether a question is asked of this record, after these answers."""
    if asked.only_where is None:
        return True
    name, values = asked.only_where
    return dict(form.answers).get(name, at(form.record or {}, name)) in values


def _said(asked: Input, value: object) -> str:
    if asked.form == "secret":
        return "•" * 8
    if asked.form == "file":
        return f"with {str(value).count(chr(10))} lines"
    if asked.form == "address" and isinstance(value, dict):
        return ", ".join(map(str, value.values()))
    if asked.form == "goods" and isinstance(value, list):
        return ", ".join(f"{one.get('quantity', 1)} {one['sku']}" for one in value)
    if asked.form in {"words", "names", "weekdays", "days"}:
        return told(Field("", "", "list"), value)
    if value is None:
        return "off"
    return told(Field("", "", "list" if asked.form == "choices" else asked.form), value)
