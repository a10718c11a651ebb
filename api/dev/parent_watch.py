"""Tie a program to the one that starts it, then become that program.

Run as `python -I -S parent_watch.py PARENT SIGNAL UID GID COMMAND...`; imported by nobody. When the
parent dies without a word, the kernel sends SIGNAL, so that no database stays behind without an
owner. Where the kernel cannot do that, `register.py` finds the left-over by its start time.

UID `-` keeps the user. Otherwise the user is changed before the tether is tied: the kernel forgets
a tether when a program changes its user.
"""

import ctypes
import os
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1


def main(parent: int, death_signal: int, uid: str, gid: str, command: list[str]) -> None:
    """Drop to the user, tie the tether and become the command."""
    # What our own terminal ignores must not be ignored down there: PostgreSQL stops by SIGINT.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTSTP, signal.SIGTTOU):
        signal.signal(number, signal.SIG_DFL)
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, death_signal)
        if os.getppid() != parent:  # it died before the tether was tied
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])
