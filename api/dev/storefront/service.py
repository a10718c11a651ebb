"""How the storefront's server is started."""

import sys
from pathlib import Path

from api.dev.processes import Service, answers


def service(*, port: int, api: str, stripe_js: str) -> Service:
    """Describe the server; `api` is the shop's address, `stripe_js` where the card form is from."""
    return Service(
        name="storefront",
        command=(sys.executable, "-m", "api.dev.storefront.server", str(port)),
        is_ready=lambda: answers(port),
        environment={"STOREFRONT_API": api, "STOREFRONT_STRIPE_JS": stripe_js},
        folder=Path(__file__).parents[3],
    )
