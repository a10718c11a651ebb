"""The parcel that was packed last: its label is scanned back, to prove that it is the right one."""

from __future__ import annotations

from dataclasses import dataclass

from console.client.errors import CallFailed
from console.client.outbox import Command
from console.flows import tracking
from console.flows.transition import Feedback, done, wrong


@dataclass(slots=True)
class LastParcel:
    """A parcel that has left the station."""

    order_id: str
    fulfilment_id: str
    number: str
    tracking: str
    status: str
    is_checked: bool = False

    @classmethod
    def of(cls, command: Command) -> LastParcel | None:
        """The parcel that the shop answered with."""
        answer = command.answer or {}
        if "number" not in answer:
            return None
        return cls(
            order_id=str(answer["order_id"]),
            fulfilment_id=str(answer["id"]),
            number=str(answer["number"]),
            tracking=str(answer.get("tracking_number") or ""),
            status=str(answer["status"]),
        )

    @property
    def told(self) -> str:
        """What is said of it."""
        state = "ready for pick-up" if self.status == "ready_for_pickup" else "shipped"
        label = " · label checked ✔" if self.is_checked else ""
        return f"{self.number} {state}{label}"

    def take_label(self, code: str) -> bool:
        """Whether a code is a label that is scanned back."""
        is_its = code.upper() in (self.number, self.tracking.upper())
        return is_its or bool(tracking.carriers_of(code))

    def checked(self, command: Command, failure: CallFailed | None) -> Feedback:
        """What the shop says of the label."""
        if failure is not None:
            return wrong(f"The label was not checked. {failure.detail}")
        answer = command.answer or {}
        message = str(answer.get("message", ""))
        if answer.get("result") != "ok":
            return wrong(f"WRONG LABEL  {message}")
        self.is_checked = True
        return done(f"{message} is on it")
