"""Which port each part of the shop has: chosen once, kept from start to start."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from api.dev.private_files import write_privately
from api.dev.processes import free_port, is_free

# Below the range from which the system takes ports for outgoing connections.
_PREFERRED: Final = {
    "web": range(8000, 8100),
    "storefront": [18080],
    "postgres": [15432],
    "redis": [16379],
    "stripe": [18420],
    "mailbox": [11025],
}


class Ports:
    """The ports of one folder of data; None keeps nothing, for tests that throw all away."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._kept: dict[str, int] = (
            json.loads(file.read_text()) if file is not None and file.exists() else {}
        )
        self.moved: list[str] = []
        """A sentence for each part that could not have its port of last time."""

    def of(self, part: str) -> int:
        """Return the port that a part had last time, or else a free one, which is then kept."""
        kept = self._kept.get(part)
        if kept is not None and is_free(kept):
            return kept
        chosen = free_port() if self._file is None else _first_free(_PREFERRED[part])
        if kept is not None:
            self.moved.append(f"Port {kept} of {part} is taken now; it has {chosen} from here on.")
        self._kept[part] = chosen
        if self._file is not None:
            write_privately(self._file, json.dumps(self._kept))
        return chosen


def _first_free(wanted: Iterable[int]) -> int:
    return next((port for port in wanted if is_free(port)), 0) or free_port()
