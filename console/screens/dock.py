"""What each person counted on the receiving dock, kept on disk until it is posted."""

from __future__ import annotations

from dataclasses import asdict

from console.client.parsing import read
from console.flows import receiving as flow
from console.flows.formatting import units
from console.flows.receiving import Dock
from console.flows.transition import good
from console.flows.undo_stack import UndoStack
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext


class DockScreen(BaseScreen):
    """A screen with a count for each subject; what one person counted no other one posts."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.subject = ""
        self.drafts: dict[tuple[str, str], UndoStack[Dock]] = {}
        """What each person counted, by its subject."""

    @property
    def slot(self) -> tuple[str, str]:
        """Whose count of what."""
        person = self.context.shop.session.person
        return (person.id if person else "", self.subject)

    @property
    def history(self) -> UndoStack[Dock] | None:
        """What was counted of the order at hand."""
        return self.drafts.get(self.slot)

    def keep(self) -> None:
        """What was counted and not posted outlives a closed terminal."""
        history, drafts = self.history, self.context.shop.drafts
        dock = history.now if history else None
        if dock is None or not dock.units:
            drafts.keep(f"receive:{self.subject}", None)
            return
        name = dock.order.number if dock.order else "goods without an order"
        told = f"{units(dock.units)} of {name}"
        drafts.keep(f"receive:{self.subject}", {"told": told, "dock": asdict(dock)})

    def restore(self) -> None:
        """Go on where a closed terminal left off."""
        draft = self.context.shop.drafts.kept(f"receive:{self.subject}")
        if draft is not None:
            dock = read(Dock, draft["dock"])
            self.drafts[self.slot] = UndoStack(dock)
            self.say(good(f"{units(dock.units)} that you had counted are still here"))
        elif not self.subject:
            self.drafts[self.slot] = UndoStack(flow.start(None))
