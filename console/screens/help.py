"""Help: what can be done on the screen that one came from, straight from the registry."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from console import keys
from console.keys import Action
from console.messages import ActionChosen, ScreenClosed
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.widgets.line_widget import CursorWidget
from console.widgets.text_layout import Line, Part, fit, wrapped

SCANNING = (
    "Scan or type a code anywhere: an order, a SKU or a barcode opens what it means. On lists a "
    "digit or a capital begins a code; small letters are commands, which open a page or a form and "
    "send nothing by themselves. A scanner that sends Ctrl+B first is understood everywhere, even "
    "while you type a note: :scanner tests it and says what to programme."
)


class HelpScreen(BaseScreen):
    """Keys of one screen, each of which can be pressed from here."""

    NAME = "help"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="help")
        self.about: BaseScreen | None = None
        self.cursor = 0
        self._actions: list[Action] = []

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Help about which screen."""
        return ("Help", self.about.NAME.replace("_", " ").capitalize() if self.about else "")

    def show_overlay(self, screen: BaseScreen) -> None:
        """Become the help of this screen."""
        self.about = screen
        self.cursor = 0
        self.sheet.top = 0
        allowed = keys.allowed_on(screen.NAME, self.context.may)
        self._actions = [one for one in allowed if one.keys or one.alias]
        self._draw()

    def move(self, action: str) -> None:
        """The cursor goes from key to key."""
        self.cursor = keys.moved(action, self.cursor, len(self._actions))
        self._draw()
        self.sheet.reveal(str(self.cursor))

    async def do_enter(self) -> None:
        """Press the key that the cursor is on, where one came from."""
        if self._actions:
            action = self._actions[self.cursor]
            self.post_message(ScreenClosed())
            self.post_message(ActionChosen(action.id))

    def on_cursor_widget_chosen(self, message: CursorWidget.Chosen) -> None:
        """A click goes to a key."""
        message.stop()
        self.cursor = int(message.item)
        self._draw()

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    def _draw(self) -> None:
        self.refresh_status_bar()
        styles, width = self.context.styles, self.size.width
        lines = [Line(((f" {row}", styles.dim),)) for row in wrapped(SCANNING, width - 4)]
        group = ""
        for at, action in enumerate(self._actions):
            if action.group != group:
                group = action.group
                lines += [Line(), Line(((f" {group.upper()}", styles.heading),))]
            lines += self._row(at, action, width)
        self.sheet.show(lines)

    def _row(self, at: int, action: Action, width: int) -> list[Line]:
        styles, here = self.context.styles, at == self.cursor
        refusal = self.about.why_not(action.id) if self.about else None
        lead: Part = (" ▶ " if here else "   ", styles.accent)
        face = action.face or f":{action.alias}"
        alias = f":{action.alias}" if action.alias and action.face else ""
        key: Part = (fit(face, 7), styles.bright)
        text = f"{action.help}  (not now: {refusal})" if refusal else action.help
        words = wrapped(text, width - 22)
        ground = styles.cursor if here else None
        first = Line(
            (
                lead,
                key,
                (fit(alias, 6), styles.dim),
                (words[0], styles.dim if refusal else styles.ink),
            ),
            ground=ground,
            item=str(at),
        )
        more = [Line(((" " * 16 + row, styles.dim),), ground=ground) for row in words[1:]]
        return [first, *more]
