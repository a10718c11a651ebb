"""Records of the shop that have no screen of their own: how they are listed, shown and changed.

A kind of record is data: where it is read, what is shown of it, and what may be done to it by
which key. One list, one page and one form carry all of them out, so a new operation of the shop
reaches the console by a few lines of a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Record = Mapping[str, Any]


ASKS_FOR_CODE = frozenset({"approvals:write", "keys:write", "staff:write"})
"""What the shop may ask a fresh code of one's app for: somebody must be there to give it."""


class Field(NamedTuple):
    """A value of a record, as a column of the list or as a line of the page."""

    title: str
    path: str
    """Where it stands in the record: `progress.rows`."""

    form: str = "text"
    """text, state, when, age, money, count, bars (the last seven of many), yes, units, list,
    people, share (of a hundred)."""

    width: int = 10
    grow: int = 0
    from_width: int = 0


class Input(NamedTuple):
    """A question of a form."""

    name: str
    """Where the answer goes in what is sent; `conditions.profiles` is a member of `conditions`."""

    label: str
    form: str = "text"
    """text, number, share (per cent), money, signed money, yes, day, moment, secret, choice,
    choices (several), weekdays (numbers, 1 is Monday), days (several), tracking, carrier, areas,
    bands, value tiers, unit tiers, words (several codes), names (several, as typed), goods (SKUs,
    each with a quantity), address (on one line), file (the text of one here), station (this one
    stands there already)."""

    choices: tuple[str, ...] = ()
    choices_at: tuple[str, str] | None = None
    """The list of the shop whose records are the choices, and what they are called by."""

    is_optional: bool = False
    """Whether Enter alone leaves it out, which leaves it as it is."""

    may_be_off: bool = False
    """Whether `off` leaves nothing there."""

    start: str = ""
    """Path of the value that stands there already."""

    only_where: tuple[str, tuple[str, ...]] | None = None
    """What it depends on, an answer before or a member of the record, and for which values it is
    asked."""


STATION = Input("station", "on the printer of which station:", "station")


class Together(NamedTuple):
    """How a command is sent for the chosen records: once for all that have the same `by`."""

    by: tuple[str, ...]
    """Paths of what they must have in common; a record without one of them is left out."""

    makes: str
    """What one of them makes, for the question: `an order to {supplier[name]}`."""

    sent_in: str
    """The member of the body that has one entry for each record."""

    entry: tuple[tuple[str, tuple[str, ...]], ...]
    """Its members, each the least of the values at these paths; one without a name is all of it.

    A record of which a value is 0 is left out.
    """


class RecordCommand(NamedTuple):
    """Something that may be done, to the record under the cursor or to make a new one."""

    name: str
    key: str
    label: str
    help: str
    path: str
    """`/fulfilments/{id}/deliver`; `{about}` is what the list is about."""

    needs: str
    question: str
    """What is asked before it is sent; `{name}` is the record."""

    method: str = "POST"
    fields: tuple[Input, ...] = ()
    allowed_states: tuple[str | bool, ...] = ()
    """States of a record to which this may be done; none stands for all."""

    refusal: str = ""
    """What is said of a record to which it may not be done, where its state is no word."""

    together: Together | None = None
    """How it is sent for records that were chosen with the space bar, if it can be."""

    is_new: bool = False
    """Whether it makes a record and needs none."""

    constants: tuple[tuple[str, object], ...] = ()
    """What is sent beside the answers."""

    copied: tuple[tuple[str, str], ...] = ()
    """What is sent of the record under the cursor: a name, and its path there."""

    wrapped_in: str = ""
    """Where the answers go: `lines`, as one line; `reasons`, one by SKU."""

    wrapped_with: tuple[tuple[str, str], ...] = ()
    """What of the record goes along with the answers in there: a name, and its path."""

    must_have: str = ""
    """The path of what a record must have; without it `refusal` is said."""

    file: str = ""
    """What the file is called into which the answer is written; of what is read only."""

    shows_once: str = ""
    """What of the answer is told this once, such as a key: it stays in sight until Esc."""

    answers_within: float = 0.0
    """Seconds that its answer may take while the operator waits for it: a carrier is asked."""

    @property
    def is_sent_at_once(self) -> bool:
        """Whether it is sent while the operator waits: what replaces a version, and secrets.

        Everything else goes through the outbox. A password never lies there.
        """
        return (
            self.method != "POST"
            or bool(self.shows_once)
            or self.answers_within > 0
            or self.needs in ASKS_FOR_CODE
            or any(one.form in ("secret", "file") for one in self.fields)
        )


class Kind(NamedTuple):
    """A kind of record. Its name is that of its screen."""

    name: str
    one: str
    """One of them, in a word."""

    help: str
    path: str
    columns: tuple[Field, ...]
    page: tuple[Field, ...]
    """What the page tells beside the columns."""

    commands: tuple[RecordCommand, ...] = ()
    alias: str = ""
    needs: str = ""
    item: str = ""
    """Where one of them is read whole; without it the row is all there is."""

    below: str = ""
    """A list that belongs to a record and stands below its page."""

    below_shown: tuple[Field, ...] = ()
    below_about: str = ""
    """The query that narrows what stands below to the record."""

    below_needs: str = ""
    about: str = ""
    """The query that narrows the list to what it is about, or `path` where the path does."""

    views: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (("all", ()),)
    """Selections of the list: a name and its query."""

    title: str = ""
    """What the list is called, where that is not its name."""

    named_by: str = "name"
    state: str = "status"
    is_single: bool = False
    """Whether there is but one of them, which is read in place of a list."""

    finds: str = ""
    """The query by which the list is searched; without one it cannot be."""

    is_whole: bool = False
    """Whether the shop gives the list in one piece, and takes no question about it."""

    opens: str = ""
    """The screen that Enter opens for a record, where it has one of its own."""

    identified_by: str = "id"
    """Where the id of what Enter opens stands in a record."""

    rows_in: str = ""
    """Where the rows stand in an answer that is no page of a list."""

    has_csv: bool = False
    """Whether `w` writes the list as CSV."""

    @property
    def has_choice(self) -> bool:
        """Whether the space bar chooses records: a command can be sent for several at once."""
        return any(command.together for command in self.commands)


def at(record: Record, path: str) -> Any:
    """A value of a record; None where there is nothing on the way."""
    value: Any = record
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def why_not(command: RecordCommand, kind: Kind, record: Record | None) -> str | None:
    """Why this cannot be done to this record, or None."""
    if command.is_new:
        return None
    if record is None:
        return f"No {kind.one} is chosen"
    state = at(record, kind.state)
    if command.must_have and at(record, command.must_have) is None:
        return command.refusal
    if command.allowed_states and state not in command.allowed_states:
        allowed = _or(command.allowed_states)
        refusal = f"It is {str(state).replace('_', ' ')}: {command.label} is for what is {allowed}"
        return command.refusal or refusal
    return None


def _or(states: tuple[str | bool, ...]) -> str:
    words = [str(one).replace("_", " ") for one in states]
    return " or ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} or {words[-1]}"
