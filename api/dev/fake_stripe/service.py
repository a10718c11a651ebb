"""How the stand-in for Stripe is started.

Apart from the server itself, so that nobody loads aiohttp without becoming one.
"""

import sys
from pathlib import Path

from api.dev.processes import Service, answers


def service(folder: Path, *, port: int, webhook_url: str, webhook_secret: str) -> Service:
    """Describe the server, which tells the shop's webhook about everything that happens."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Service(
        name="stripe",
        command=(
            *(sys.executable, "-m", "api.dev.fake_stripe.server"),
            *(str(port), str(folder.absolute())),
        ),
        is_ready=lambda: answers(port),
        environment={"STRIPE_WEBHOOK_URL": webhook_url, "STRIPE_WEBHOOK_SECRET": webhook_secret},
        folder=Path(__file__).parents[3],
    )
