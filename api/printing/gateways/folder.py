"""Papers as files in a folder, which another program prints or a person looks at."""

import os
import re
from typing import Final

from api.printing.gateways import NotTaken, Sheet, Surroundings, Target
from api.printing.states import PrintFormat

NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,59}")
_ENDING: Final = {PrintFormat.PDF: "pdf", PrintFormat.ESCPOS: "bin", PrintFormat.ZPL: "zpl"}


class FolderGateway:
    """Writes papers into files."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._folder = surroundings.folder

    def send(self, target: Target, sheet: Sheet) -> None:
        """Write a paper whole or not at all: it gets its name when it is complete.

        Sent again it replaces itself. Raises `NotTaken`.
        """
        if self._folder is None:
            raise NotTaken("PRINT_FOLDER is not set")
        folder = self._folder / target.address
        path = folder / f"{sheet.name}.{_ENDING[target.format]}"
        unfinished = path.with_name(f".{path.name}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(sheet.content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError as error:
            raise NotTaken(f"{folder}: {(error.strerror or str(error)).lower()}") from error
