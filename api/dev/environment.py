"""How the running shop is reached: what `make run` decided, kept for the other commands."""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from api.dev.errors import DevError
from api.dev.pidfiles import InstanceLock
from api.dev.private_files import write_privately
from api.dev.processes import LOOPBACK

_FILE: Final = "environment.json"
_SETTINGS: Final = (
    *("PORT", "WEB_CONCURRENCY", "CORS_ORIGINS", "SHOP_NAME", "SHOP_CURRENCY", "MAIL_FROM"),
    *("MEDIA_ROOT", "MEDIA_URL", "MEDIA_PUBLIC_URL", "PROMETHEUS_MULTIPROC_DIR"),
    *("STOCKROOM_ENV", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SMTP_URL"),
    *("SECRET_KEY", "JWT_SECRET_KEY"),
    *("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE"),
    *("PUBLIC_URL", "PAYMENT_INSTRUCTIONS", "SHOP_LANGUAGES", "STAFF_ALERT_EMAIL", "LOG_FORMAT"),
)


def write(folder: Path, environment: Mapping[str, str]) -> None:
    """Keep the settings of this start, and nothing else of the environment, for its owner alone."""
    kept = {name: environment[name] for name in _SETTINGS if name in environment}
    write_privately(folder / _FILE, json.dumps(kept, indent=1))


def read(folder: Path) -> dict[str, str]:
    """Return it; `Trouble` when no shop is running in this folder."""
    if not InstanceLock(folder).is_held() or not (folder / _FILE).exists():
        raise DevError("Stockroom is not running in this folder: start it with make run.")
    kept: dict[str, str] = json.loads((folder / _FILE).read_text())
    return kept


def exports(folder: Path) -> str:
    """Return lines for a shell: where everything is, and what `flask` needs to work beside it.

    `API`, `STRIPE` and `STOREFRONT` are addresses for people; the rest are the shop's own settings.
    """
    there = read(folder)
    said = {
        "API": f"http://{LOOPBACK}:{there['PORT']}/api/v1",
        "STRIPE": there.get("STRIPE_API_BASE", "https://api.stripe.com"),
        "STOREFRONT": there["PUBLIC_URL"],
        "FLASK_APP": "api.dev.app",
        **there,
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in said.items()]
    return "\n".join(
        [*lines, f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"']
    )
