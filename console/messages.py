"""Messages of widgets and screens to the app, which alone decides what follows."""

from __future__ import annotations

from dataclasses import dataclass, field

from textual.message import Message

from console.client.change_models import ChangeBatch
from console.client.errors import CallFailed
from console.client.models import OrderDetail
from console.client.outbox import Command
from console.flows.transition import Feedback


@dataclass
class ShowMessage(Message):
    """Something to tell the operator, in the entry bar; None takes away what stands there."""

    feedback: Feedback | None


@dataclass
class Open(Message):
    """Go to a screen. `subject` is what it is about: an order's id, a level's id, a filter."""

    screen: str
    subject: str = ""
    order: OrderDetail | None = field(default=None, repr=False)
    """The order itself, where the screen before has just read it."""


@dataclass
class ScreenClosed(Message):
    """The screen is done with; go back to the one before."""


@dataclass
class ActionChosen(Message):
    """An action was chosen with the mouse, on the help page or in the palette."""

    action: str


@dataclass
class SignedIn(Message):
    """Somebody signed in."""


@dataclass
class SignInNeeded(Message):
    """The shop does not know the operator any more."""

    failure: CallFailed


@dataclass
class CommandEnded(Message):
    """A command of the outbox was done, or (with a failure) stopped."""

    command: Command
    failure: CallFailed | None = None


@dataclass
class LineChanged(Message):
    """Something about the line to the shop or the outbox changed."""


@dataclass
class Heard(Message):
    """The shop told what changed, and who has which order open."""

    news: ChangeBatch
    has_other_claims: bool


@dataclass
class OrderDone(Message):
    """What was to be done with an order is done: go back to before the order was opened."""

    subject: str
