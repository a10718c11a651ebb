"""The terminal that the stack talks to, which may go away before the stack does."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Terminal:
    """Standard output that is allowed to vanish: a closed window must not break the stopping."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_gone = False

    def write(self, text: str) -> int:
        """Write, unless nobody listens any more."""
        if not self._is_gone:
            try:
                self._stream.write(text)
                self._stream.flush()
            except OSError:
                self._is_gone = True
                # Python would complain at exit about what it could not write.
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back; here for those who expect a file."""

    def isatty(self) -> bool:
        """Say whether colours make sense."""
        return self._stream.isatty()


@contextmanager
def own_foreground() -> Iterator[None]:
    """Receive Ctrl-C alone, so that `make` above us waits for our exit status and does not fail.

    Only when we are in the foreground of a terminal. Ctrl-Z is ignored: a shop that stands still
    while its database runs helps nobody.
    """
    if not sys.stdin.isatty() or os.tcgetpgrp(0) != os.getpgrp() or os.getpgrp() == os.getpid():
        yield
        return
    before = os.getpgrp()
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # else handing the terminal back would stop us
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    try:
        yield
    finally:
        os.tcsetpgrp(0, before)
