"""How the running shop is reached: what `make run` decided, kept for the other commands."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from api.dev.files import write_privately
from api.dev.register import OnlyCopy
from api.dev.trouble import Trouble

_FILE: Final = "environment.json"
_KEPT: Final = (
    *("PORT", "PUBLIC_URL", "DATABASE_URL", "REDIS_URL", "SMTP_URL", "STRIPE_API_BASE"),
    *("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY"),
)


def write(folder: Path, environment: Mapping[str, str]) -> None:
    """Keep the addresses and keys of this start where only their owner can read them."""
    kept = {name: environment[name] for name in _KEPT if name in environment}
    write_privately(folder / _FILE, json.dumps(kept, indent=1))


def read(folder: Path) -> dict[str, str]:
    """Return them; `Trouble` when no shop is running in this folder."""
    if not OnlyCopy(folder).is_held() or not (folder / _FILE).exists():
        raise Trouble("Stockroom is not running in this folder: start it with make run.")
    kept: dict[str, str] = json.loads((folder / _FILE).read_text())
    return kept
