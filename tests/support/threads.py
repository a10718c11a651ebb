"""Many at once: every caller in a thread with its own session, all let go at one moment."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import Flask

from api.platform.db import session

Result = TypeVar("Result")
PATIENCE_SECONDS = 60


@dataclass
class Outcomes(Generic[Result]):
    """What came of it: results of those who succeeded, errors of those who did not."""

    results: list[Result] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    def refused_by(self, kind: type[BaseException]) -> int:
        """Count the callers who got exactly this error; any other error is raised."""
        for error in self.errors:
            if type(error) is not kind:
                raise error
        return len(self.errors)

    def of_status(self, status: int) -> int:
        """Count the answers with this status; a caller who got no answer at all is raised."""
        for error in self.errors:
            raise error
        return sum(getattr(answer, "status_code", None) == status for answer in self.results)


def at_once(app: Flask, calls: Sequence[Callable[[], Result]]) -> Outcomes[Result]:
    """Run all calls at the same moment and collect what they return or raise.

    The caller's own session lets go of its connection first, so that it holds no snapshot of the
    time before.
    """
    session.remove()
    outcomes: Outcomes[Result] = Outcomes()
    gate, mutex = threading.Barrier(len(calls)), threading.Lock()

    def run(call: Callable[[], Result]) -> None:
        with app.app_context():
            gate.wait(PATIENCE_SECONDS)
            try:
                result: Any = call()
            except BaseException as error:  # noqa: BLE001 - the test looks at it
                with mutex:
                    outcomes.errors.append(error)
            else:
                with mutex:
                    outcomes.results.append(result)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "a caller hangs"
    return outcomes
