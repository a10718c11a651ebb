"""Files of the stack: complete or not there at all, and closed to other people."""

import os
from pathlib import Path


def write_privately(file: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner alone.

    Whoever reads it, or finds it after a kill, sees the old text or the new one.
    """
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(file)
