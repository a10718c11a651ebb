"""Asking how many units of an item are stopped, on the pages of a bin and of a level."""

from __future__ import annotations

from console.flows import stops
from console.flows.transition import good, noted, wrong
from console.scan.input_buffer import Prompt
from console.screens.base_screen import BaseScreen

NAME = "stop"


def ask(screen: BaseScreen, sku: str, text: str = "") -> None:
    """Ask how many units, and what they become."""
    screen.ask(Prompt(NAME, f"{sku}: how many, and d q du qu:", sign="!"), text)


def begin(screen: BaseScreen, sku: str) -> None:
    """Say what may be typed, and ask."""
    screen.say(noted(stops.WORDS))
    ask(screen, sku)


def answer(screen: BaseScreen, level_id: str, sku: str, text: str) -> None:
    """Send what was typed; what is not understood is asked again."""
    typed = text.removeprefix("!")
    try:
        draft = stops.command(level_id, sku, typed)
    except stops.NotUnderstood as refusal:
        screen.say(wrong(str(refusal)))
        ask(screen, sku, typed)
        return
    screen.context.shop.give(draft)
    screen.say(good(f"{draft.label} · F9 changes it back"))
