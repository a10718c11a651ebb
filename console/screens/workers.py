"""Work that goes on while the operator does something else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, cast

from textual.app import App
from textual.dom import DOMNode
from textual.worker import Worker


def run_in_background(
    host: DOMNode,
    group: str,
    work: Callable[..., Coroutine[Any, Any, object]],
    *arguments: object,
    beside: bool = False,
) -> Worker[None]:
    """Begin some work; what is still under way in its group is called off, unless it runs beside.

    Takes a function and not a coroutine: work that is called off before it began was then never
    made, instead of never awaited.
    """
    prepared = cast("Any", partial(work, *arguments))
    worker = host.run_worker(prepared, name=group, group=group, exclusive=not beside)
    return cast("Worker[None]", worker)


async def over(app: App[None]) -> None:
    """Call off all work and wait for its end: Textual cancels it, but closes without waiting."""
    app.workers.cancel_all()
    # How each of them ended was told when it did.
    await asyncio.gather(*(one.wait() for one in app.workers), return_exceptions=True)
