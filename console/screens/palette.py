"""The palette: go anywhere and do anything by name, or by a letter after the colon."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from console import keys
from console.flows.transition import noted
from console.keys import Action
from console.messages import ActionChosen, Open, ScreenClosed
from console.scan.input_buffer import Prompt
from console.screens.base_screen import BaseScreen
from console.screens.context import AppContext
from console.widgets.line_widget import CursorWidget
from console.widgets.text_layout import Line, Part, fit

GO = Prompt("palette", ":", is_live=True)
TAKES_TEXT = {"o": "orders", "s": "stock", "p": "catalogue"}
"""Aliases that may be followed by a search: `:o ada`, `:s mug`, `:p mug`."""


UNLIKE = 3


class PaletteScreen(BaseScreen):
    """A list of actions that grows shorter as one types."""

    NAME = "palette"
    HINT = "type a name, or one letter"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.sheet = CursorWidget(context.styles, id="palette")
        self.about: BaseScreen | None = None
        self.cursor = 0
        self._text = ""
        self._found: list[Action] = []

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        return (self.sheet,)

    def crumbs(self) -> tuple[str, ...]:
        """Going somewhere."""
        return ("Go to",)

    def show_overlay(self, screen: BaseScreen) -> None:
        """Offer what can be done on this screen."""
        self.about = screen
        self._look("")
        self.ask(GO)

    def move(self, action: str) -> None:
        """The cursor goes from action to action."""
        self.cursor = keys.moved(action, self.cursor, len(self._found))
        self._draw()
        self.sheet.reveal(str(self.cursor))

    def take_change(self, prompt: Prompt, text: str) -> None:
        """Fewer actions with every letter."""
        self._look(text)

    def take_cancel(self, prompt: Prompt) -> None:
        """Esc: never mind."""
        self.post_message(ScreenClosed())

    async def take_answer(self, prompt: Prompt, text: str) -> None:
        """Enter: the action that was named, or the one under the cursor."""
        self._look(text) if text != self._text else None
        alias, _, search = text.strip().partition(" ")
        self.post_message(ScreenClosed())
        if search and alias in TAKES_TEXT:
            self.post_message(Open(TAKES_TEXT[alias], f"/{search.strip()}"))
            return
        if not self._found:
            self.say(noted(f"Nothing that you may do is called {text.strip()}"))
            return
        action = self._found[self.cursor]
        if action.id in keys.BY_KEY_ONLY:
            self.say(noted(f"{action.face} does that"))
            return
        self.post_message(ActionChosen(action.id))

    def on_cursor_widget_chosen(self, message: CursorWidget.Chosen) -> None:
        """A click does it."""
        message.stop()
        self.context.entry.close()
        action = self._found[int(message.item)]
        self.post_message(ScreenClosed())
        self.post_message(ActionChosen(action.id))

    def on_resize(self) -> None:
        """Another width, another layout."""
        self._draw()

    def _look(self, text: str) -> None:
        self._text = text
        self.cursor = 0
        wanted = text.strip().casefold()
        screen = self.about.NAME if self.about else "home"
        allowed = keys.allowed_on(screen, self.context.may)
        actions = [
            one for one in allowed if one.id not in keys.CURSOR_ACTIONS | {"palette", "enter"}
        ]
        named = next((one for one in allowed if one.alias and one.alias == wanted), None)
        ranked = [(_rank(one, wanted), one) for one in actions if one is not named]
        found = [one for rank, one in sorted(ranked, key=lambda pair: pair[0]) if rank < UNLIKE]
        self._found = ([named] if named else []) + found
        if named is None and any(one.alias == wanted for one in keys.actions_on(screen) if wanted):
            self._found = []  # the name of what the role may not do means nothing else
        self._draw()

    def _draw(self) -> None:
        self.refresh_status_bar()
        styles, width = self.context.styles, self.size.width
        lines = []
        for at, action in enumerate(self._found):
            here = at == self.cursor
            lead: Part = (" ▶ " if here else "   ", styles.accent)
            alias = f":{action.alias}" if action.alias else ""
            name = action.id.replace("_", " ")
            parts: tuple[Part, ...] = (
                lead,
                (fit(name, 18), styles.bright if here else styles.ink),
                (fit(alias, 13), styles.accent),
                (fit(action.help, max(10, width - 44)), styles.dim),
            )
            ground = styles.cursor if here else None
            lines.append(Line(parts, ((f"{action.face} ", styles.dim),), ground, str(at)))
        if not lines:
            lines = [Line(), Line((("   Nothing that you may do is called that.", styles.dim),))]
        self.sheet.show(lines)


def _rank(action: Action, wanted: str) -> int:
    """How well an action fits what was typed; 0 is best."""
    name = f"{action.id.replace('_', ' ')} {action.label}".casefold()
    if name.startswith(wanted):
        return 0
    if wanted in name:
        return 1
    return 2 if len(wanted) > 1 and wanted in action.help.casefold() else UNLIKE
